/*
 * Several threads, random calls, one heap: threads [SECONDS [SEED]]. First a synchronized heap, in which each call takes the heap's
 * lock; then the default heap, for which the threads have a lock of their own, given up between any two calls.
 *
 * What each thread has is its own: references in `held`. What they share is the board, an object with slots that all of them write, a
 * list, and weak references to both. Objects are known by their payload: written before an object is stored anywhere, and
 * looked at by whoever finds it. Now and then all threads wait, and one counts: the references of all objects must be those that
 * threads hold and those that stand in slots, and the heap must verify. In the end everything is let go, and nothing may be left.
 *
 * Built with ThreadSanitizer it sees what is written here: payloads, and the counters that callbacks write under the heap's lock, which is a
 * pthread mutex. What the library writes itself (headers, slots, pages) it does not see: that code is not instrumented.
 */
#include "fuzz.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { THREADS = 4, HELD = 24, BOARD = 32, ROUND = 3000 };

typedef struct item {
    void *left, *right;
    uint64_t number, check;
} item;

typedef struct worker {
    pthread_t thread;
    uint64_t random;
    uint64_t made;
    void *held[HELD];
} worker;

static rr_heap *heap;
static rr_type item_type;
static void **board;
static void *list, *weak_list;
static int has_own_lock;
static pthread_mutex_t own_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t all_wait, all_go;
static int is_over;
static uint64_t finalized, destroyed, made_in_all; /* the first two: written by callbacks, under the heap's lock */
static worker workers[THREADS];

void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("threads: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}

static void enter(void)
{
    if (has_own_lock)
        pthread_mutex_lock(&own_lock);
}

static void leave(void)
{
    if (has_own_lock)
        pthread_mutex_unlock(&own_lock);
}

static uint32_t next_random(worker *self)
{
    self->random = self->random * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(self->random >> 33);
}

static void finalize_item(void *object, void *user)
{
    const item *it = object;
    (void)user;
    require(it->check == ~it->number, "a finalizer gets an object whose payload is %llx", (unsigned long long)it->number);
    finalized++;
}

static void destroy_item(void *object, void *user)
{
    item *it = object;
    (void)user;
    require(it->check == ~it->number, "an object is destroyed twice, or its payload has changed");
    it->check = 0;
    destroyed++;
}

/* ---- What a thread does --------------------------------------------------------------------------------------------------------- */

static void make(worker *self, void **place)
{
    item *made = rr_alloc(heap, item_type);
    require(made != NULL, "rr_alloc: %s", rr_last_error());
    made->number = (uint64_t)(self - workers) << 32 | self->made++;
    made->check = ~made->number;
    require(*place == NULL || rr_decref(*place) == RR_OK, "rr_decref: %s", rr_last_error());
    *place = made;
}

static void check_payload(const void *object)
{
    const item *found = object;
    if (rr_type_of(object) == item_type)
        require(found->check == ~found->number, "an object that another thread has stored is not as it was written");
}

/* Another thread may replace it at any moment: a reference is only had when the library has given one. */
static void take_from_board(worker *self, void **place)
{
    void *seen = __atomic_load_n(&board[next_random(self) % BOARD], __ATOMIC_ACQUIRE);
    if (seen == NULL || !rr_try_incref(seen))
        return;
    check_payload(seen);
    require(*place == NULL || rr_decref(*place) == RR_OK, "rr_decref: %s", rr_last_error());
    *place = seen;
}

static void follow_weak(worker *self, void **place)
{
    void *weak = rr_weakref_new(*place, NULL, NULL);
    require(weak != NULL, "rr_weakref_new: %s", rr_last_error());
    void *target = rr_weakref_get(weak);
    require(target == *place, "a weak reference to what this thread holds gives %p", target);
    require(rr_decref(target) == RR_OK, "rr_decref: %s", rr_last_error());
    if (next_random(self) % 2 == 0)
        require(rr_list_append(weak_list, weak) == RR_OK, "rr_list_append: %s", rr_last_error());
    require(rr_decref(weak) == RR_OK, "rr_decref of a weak reference: %s", rr_last_error());
    if (next_random(self) % 16 == 0)
        require(rr_list_clear(weak_list) == RR_OK, "rr_list_clear: %s", rr_last_error());
}

static void use_list(worker *self, void *object)
{
    int64_t count = rr_list_count(list);
    rr_status status = RR_OK;
    /* It may have become shorter before the next call. */
    if (count < 40)
        status = rr_list_append(list, object);
    else if (next_random(self) % 3 == 0)
        status = rr_list_clear(list);
    else
        status = next_random(self) % 2 == 0 ? rr_list_remove(list, (size_t)count / 2) : rr_list_set(list, 0, object);
    require(status == RR_OK || status == RR_E_ARGUMENT, "a shared list: %s", rr_last_error());
}

static void collect(worker *self)
{
    rr_stats stats = {.struct_size = sizeof stats};
    switch (next_random(self) % 8) {
    case 0:
        require(rr_collect(heap) >= 0, "rr_collect: %s", rr_last_error());
        break;
    case 1:
        require(rr_heap_stats(heap, &stats) == RR_OK && stats.live_objects >= 3, "rr_heap_stats: %s", rr_last_error());
        break;
    case 2:
        require(rr_heap_trim(heap) == RR_OK, "rr_heap_trim: %s", rr_last_error());
        break;
    case 3:
        if (next_random(self) % 8 == 0)
            require(rr_heap_verify(heap) == RR_OK, "rr_heap_verify: %s", rr_last_error());
        break;
    default:
        require(rr_collect_step(heap, next_random(self) % 20000) >= 0, "rr_collect_step: %s", rr_last_error());
        break;
    }
}

static void act(worker *self)
{
    void **place = &self->held[next_random(self) % HELD], *other = self->held[next_random(self) % HELD];
    unsigned what = next_random(self) % 32;
    if (*place == NULL || what < 6) {
        make(self, place);
        return;
    }
    item *object = *place;
    int is_item = rr_type_of(object) == item_type;
    switch (what) {
    case 6: case 7: case 8: case 9: case 10:
        require(rr_store(&board[next_random(self) % BOARD], object) == RR_OK, "rr_store on the board: %s", rr_last_error());
        break;
    case 11: case 12: case 13: case 14:
        take_from_board(self, place);
        break;
    case 15: case 16: case 17: case 18: case 19:
        if (is_item)
            require(rr_store(next_random(self) % 2 == 0 ? &object->left : &object->right, other) == RR_OK, "rr_store: %s", rr_last_error());
        break;
    case 20: case 21:
        follow_weak(self, place);
        break;
    case 22: case 23: case 24:
        use_list(self, object);
        break;
    case 25:
        collect(self);
        break;
    case 26:
        require(rr_store(&board[next_random(self) % BOARD], NULL) == RR_OK, "rr_store of NULL: %s", rr_last_error());
        break;
    case 27:
        require(rr_getrefcount(object) >= 1 && rr_is_object(object) == 1, "an object that this thread holds is none");
        break;
    default:
        *place = NULL;
        require(rr_decref(object) == RR_OK, "rr_decref: %s", rr_last_error());
        break;
    }
}

static void *work(void *data)
{
    worker *self = data;
    for (;;) {
        for (int i = 0; i < ROUND; i++) {
            enter();
            act(self);
            leave();
        }
        pthread_barrier_wait(&all_wait);
        pthread_barrier_wait(&all_go);
        if (is_over)
            return NULL;
    }
}

/* ---- What must hold while all wait ------------------------------------------------------------------------------------------------ */

static void check_sums(void)
{
    static void *objects[1 << 17], *children[4096];
    int64_t count = rr_get_objects(heap, RR_TYPE_NONE, objects, 1 << 17), counted = 0, known = 3;
    require(count >= 3 && count < 1 << 17, "rr_get_objects gives %lld", (long long)count);
    for (int64_t i = 0; i < count; i++) {
        int64_t references = rr_getrefcount(objects[i]), edges = rr_get_referents(objects[i], children, 4096);
        require(references >= 0 && edges >= 0 && edges <= 4096, "an object has %lld references and %lld edges", (long long)references, (long long)edges);
        /* One that dies in slices has given back its own already, or will. */
        known += references == 0 ? 0 : edges;
        counted += references;
    }
    for (int i = 0; i < THREADS; i++)
        for (int j = 0; j < HELD; j++)
            known += workers[i].held[j] != NULL;
    require(counted == known, "the counts of all objects are %lld, and %lld references are known", (long long)counted, (long long)known);
    require(rr_heap_verify(heap) == RR_OK, "rr_heap_verify: %s", rr_last_error());
    made_in_all = 0;
    for (int i = 0; i < THREADS; i++)
        made_in_all += workers[i].made;
    int64_t items = rr_get_objects(heap, item_type, NULL, 0);
    require(made_in_all - destroyed == (uint64_t)items, "%llu items were made, %llu destroyed, and there are %lld", (unsigned long long)made_in_all,
            (unsigned long long)destroyed, (long long)items);
    require(finalized >= destroyed, "%llu items were finalized and %llu destroyed", (unsigned long long)finalized, (unsigned long long)destroyed);
}

static void let_go(void)
{
    rr_stats stats = {.struct_size = sizeof stats};
    for (int i = 0; i < THREADS; i++)
        for (int j = 0; j < HELD; j++)
            require(rr_decref(workers[i].held[j]) == RR_OK, "rr_decref: %s", rr_last_error());
    require(rr_decref(board) == RR_OK && rr_decref(list) == RR_OK && rr_decref(weak_list) == RR_OK, "rr_decref: %s", rr_last_error());
    while (rr_collect(heap) > 0 || rr_gc_pending(heap))
        continue;
    require(rr_heap_stats(heap, &stats) == RR_OK && stats.live_objects == 0, "%llu objects are left in the end", (unsigned long long)stats.live_objects);
    require(destroyed == made_in_all, "%llu items were made, and %llu destroyed", (unsigned long long)made_in_all, (unsigned long long)destroyed);
}

static uint64_t run(rr_heap *shared, int is_serialized, double seconds, uint64_t seed)
{
    uint64_t rounds = 0;
    heap = shared;
    has_own_lock = is_serialized;
    is_over = 0;
    finalized = destroyed = 0;
    memset(workers, 0, sizeof workers);
    board = rr_alloc_items(heap, RR_TYPE_TUPLE, BOARD);
    list = rr_list_new(heap);
    weak_list = rr_list_new(heap);
    require(board != NULL && list != NULL && weak_list != NULL && rr_gc_set_threshold(heap, 200) == RR_OK, "%s", rr_last_error());
    pthread_barrier_init(&all_wait, NULL, THREADS + 1);
    pthread_barrier_init(&all_go, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++) {
        workers[i].random = seed * 1000 + (uint64_t)i;
        require(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0, "no thread can be made");
    }
    time_t end = time(NULL) + (time_t)seconds;
    while (!is_over) {
        pthread_barrier_wait(&all_wait);
        rounds++;
        check_sums();
        is_over = time(NULL) >= end;
        pthread_barrier_wait(&all_go);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(workers[i].thread, NULL);
    let_go();
    pthread_barrier_destroy(&all_wait);
    pthread_barrier_destroy(&all_go);
    return rounds * THREADS * ROUND;
}

int main(int count, char **arguments)
{
    double seconds = count > 1 ? atof(arguments[1]) : 4;
    uint64_t seed = count > 2 ? strtoull(arguments[2], NULL, 10) : (uint64_t)time(NULL);
    static const uint32_t offsets[] = {offsetof(item, left), offsetof(item, right)};
    rr_type_info info = {.struct_size = sizeof info, .name = "item", .size = sizeof(item), .ref_offsets = offsets, .ref_count = 2,
                         .finalize = finalize_item, .destroy = destroy_item};
    rr_heap_options options = {.struct_size = sizeof options, .flags = RR_HEAP_SYNCHRONIZED};
    printf("seed %llu\n", (unsigned long long)seed);
    item_type = rr_type_new(&info);
    rr_heap *synchronized = rr_heap_new(&options);
    require(item_type != RR_TYPE_NONE && synchronized != NULL, "%s", rr_last_error());
    uint64_t made = run(synchronized, 0, seconds / 2, seed);
    printf("synchronized heap: %llu calls of %d threads\n", (unsigned long long)made, THREADS);
    require(rr_heap_free(synchronized) == RR_OK, "rr_heap_free: %s", rr_last_error());
    made = run(rr_heap_default(), 1, seconds / 2, seed + 1);
    printf("default heap: %llu calls of %d threads\n", (unsigned long long)made, THREADS);
    return 0;
}
