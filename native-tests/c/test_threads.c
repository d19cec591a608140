/* abi.md, Heaps: who may use a heap from which thread. Owned heaps refuse strangers and can be handed over, serialized
 * heaps leave the order to the caller, synchronized heaps bring their own lock. */
#define _GNU_SOURCE
#include "support.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>

/* ---- Owned heaps ------------------------------------------------------------------------------------------------- */

typedef struct property {
    rr_heap *heap;
    node *first, *second;
    void *list, *weak, *raw;
} property;

#define REQUIRE_WRONG_THREAD(call) \
    do { \
        (void)rr_alloc(NULL, UINT32_MAX); \
        REQUIRE((call) == RR_E_WRONG_THREAD); \
        REQUIRE(rr_last_status() == RR_E_WRONG_THREAD); \
        REQUIRE(strlen(rr_last_error()) > 0); \
    } while (0)

#define REQUIRE_NULL_WRONG_THREAD(call) \
    do { \
        (void)rr_alloc(NULL, UINT32_MAX); \
        REQUIRE((call) == 0); \
        REQUIRE(rr_last_status() == RR_E_WRONG_THREAD); \
    } while (0)

static int stranger_changes(void *data) {
    property *p = data;
    rr_stats stats = {.struct_size = sizeof stats};
    REQUIRE_WRONG_THREAD(rr_heap_free(p->heap));
    REQUIRE_WRONG_THREAD(rr_heap_trim(p->heap));
    REQUIRE_WRONG_THREAD(rr_heap_verify(p->heap));
    REQUIRE_WRONG_THREAD(rr_heap_stats(p->heap, &stats));
    REQUIRE_NULL_WRONG_THREAD(rr_alloc(p->heap, RR_TYPE_TUPLE));
    REQUIRE_NULL_WRONG_THREAD(rr_alloc_items(p->heap, RR_TYPE_TUPLE, 2));
    REQUIRE_WRONG_THREAD(rr_incref(p->first));
    REQUIRE_WRONG_THREAD(rr_decref(p->first));
    REQUIRE_NULL_WRONG_THREAD(rr_newref(p->first));
    REQUIRE_NULL_WRONG_THREAD(rr_try_incref(p->first));
    REQUIRE_WRONG_THREAD(rr_store(&p->first->next, p->second));
    REQUIRE_WRONG_THREAD(rr_take(&p->first->next, p->second));
    REQUIRE_WRONG_THREAD(rr_make_immortal(p->first));
    return 0;
}

static int stranger_collects(void *data) {
    property *p = data;
    REQUIRE_WRONG_THREAD(rr_collect(p->heap));
    REQUIRE_WRONG_THREAD(rr_collect_step(p->heap, 1000000));
    REQUIRE_WRONG_THREAD(rr_gc_enable(p->heap));
    REQUIRE_WRONG_THREAD(rr_gc_disable(p->heap));
    REQUIRE_WRONG_THREAD(rr_gc_set_threshold(p->heap, 5));
    REQUIRE_WRONG_THREAD(rr_gc_set_pause_goal(p->heap, 5));
    REQUIRE_WRONG_THREAD(rr_gc_freeze(p->heap));
    REQUIRE_WRONG_THREAD(rr_gc_unfreeze(p->heap));
    REQUIRE_WRONG_THREAD(rr_gc_freeze_count(p->heap));
    REQUIRE_WRONG_THREAD(rr_gc_candidate(p->first));
    REQUIRE_WRONG_THREAD(rr_gc_track(p->first));
    REQUIRE_WRONG_THREAD(rr_gc_untrack(p->first));
    REQUIRE_WRONG_THREAD(rr_gc_set_callback(p->heap, NULL, NULL));
    REQUIRE_WRONG_THREAD(rr_report_external(p->heap, 100));
    return 0;
}

static int stranger_uses_the_rest(void *data) {
    property *p = data;
    void *out[4];
    REQUIRE_NULL_WRONG_THREAD(rr_weakref_new(p->first, NULL, NULL));
    REQUIRE_NULL_WRONG_THREAD(rr_weakref_get(p->weak));
    REQUIRE_NULL_WRONG_THREAD(rr_list_new(p->heap));
    REQUIRE_WRONG_THREAD(rr_list_append(p->list, p->first));
    REQUIRE_WRONG_THREAD(rr_list_insert(p->list, 0, p->first));
    REQUIRE_WRONG_THREAD(rr_list_set(p->list, 0, p->first));
    REQUIRE_WRONG_THREAD(rr_list_remove(p->list, 0));
    REQUIRE_WRONG_THREAD(rr_list_clear(p->list));
    REQUIRE_NULL_WRONG_THREAD(rr_mem_alloc(p->heap, 10));
    REQUIRE_NULL_WRONG_THREAD(rr_mem_realloc(p->heap, p->raw, 20));
    REQUIRE_WRONG_THREAD(rr_mem_free(p->heap, p->raw));
    REQUIRE_WRONG_THREAD(rr_get_referents(p->first, out, 4));
    REQUIRE_WRONG_THREAD(rr_get_referrers(p->first, out, 4));
    REQUIRE_WRONG_THREAD(rr_get_objects(p->heap, 0, out, 4));
    REQUIRE_WRONG_THREAD(rr_get_class_usage(p->heap, NULL, 0));
    REQUIRE_WRONG_THREAD(rr_get_type_usage(p->heap, NULL, 0));
    REQUIRE_WRONG_THREAD(rr_get_pauses(p->heap, NULL, 0));
    REQUIRE_WRONG_THREAD(rr_heap_print_stats(p->heap, "/dev/null"));
    REQUIRE_WRONG_THREAD(rr_get_path(p->first, out, 4));
    return 0;
}

/* The heap itself, or what belongs to it. */
static int stranger_is_told_what_was_wrong(void *data) {
    property *p = data;
    char expected[200];
    snprintf(expected, sizeof expected, "rr_list_new: heap 0x%" PRIxPTR " is a heap that another thread owns", (uintptr_t)p->heap);
    REQUIRE_NULL_WRONG_THREAD(rr_list_new(p->heap));
    REQUIRE(strcmp(rr_last_error(), expected) == 0);
    snprintf(expected, sizeof expected, "rr_list_clear: list 0x%" PRIxPTR " belongs to a heap that another thread owns",
             (uintptr_t)p->list);
    REQUIRE_WRONG_THREAD(rr_list_clear(p->list));
    REQUIRE(strcmp(rr_last_error(), expected) == 0);
    return 0;
}

/* A reader answers as on its own thread, or with its error value and the status that says why. */
static int stranger_reads(void *data) {
    property *p = data;
#define RIGHT_OR_REFUSED(call, right, error) \
    do { \
        (void)rr_alloc(NULL, UINT32_MAX); \
        int64_t answer = (int64_t)(call); \
        REQUIRE(answer == (int64_t)(right) || (answer == (error) && rr_last_status() == RR_E_WRONG_THREAD)); \
    } while (0)
    RIGHT_OR_REFUSED(rr_is_object(p->first), 1, 0);
    RIGHT_OR_REFUSED((intptr_t)rr_heap_of(p->first), (intptr_t)p->heap, 0);
    RIGHT_OR_REFUSED(rr_type_of(p->first), node_type(0), 0);
    RIGHT_OR_REFUSED(rr_size(p->first), sizeof(node), 0);
    RIGHT_OR_REFUSED(rr_item_count(p->first), 0, 0);
    RIGHT_OR_REFUSED(rr_getrefcount(p->first), 2, RR_E_WRONG_THREAD);
    RIGHT_OR_REFUSED(rr_is_unique(p->first), 0, 0);
    RIGHT_OR_REFUSED(rr_is_immortal(p->first), 0, 0);
    RIGHT_OR_REFUSED(rr_gc_is_tracked(p->first), 1, 0);
    RIGHT_OR_REFUSED(rr_is_finalized(p->first), 0, 0);
    RIGHT_OR_REFUSED(rr_weakref_count(p->first), 1, RR_E_WRONG_THREAD);
    RIGHT_OR_REFUSED((intptr_t)rr_list_get(p->list, 0), (intptr_t)p->first, 0);
    RIGHT_OR_REFUSED(rr_list_count(p->list), 1, RR_E_WRONG_THREAD);
    RIGHT_OR_REFUSED(rr_gc_is_enabled(p->heap), 1, 0);
    RIGHT_OR_REFUSED(rr_gc_pending(p->heap), 0, 0);
    RIGHT_OR_REFUSED(rr_gc_get_candidates(p->heap), 0, 0);
    return 0;
}

static void an_owned_heap_refuses_another_thread_and_stays_as_it_is(void **state) {
    rr_heap *heap = *state;
    property p = {.heap = heap, .first = node_new(heap, 0, 1), .second = node_new(heap, 0, 2)};
    p.list = rr_list_new(heap);
    assert_int_equal(rr_list_append(p.list, p.first), RR_OK);
    p.weak = rr_weakref_new(p.first, NULL, NULL);
    p.raw = rr_mem_alloc(heap, 10);

    on_thread(stranger_changes, &p);
    on_thread(stranger_collects, &p);
    on_thread(stranger_uses_the_rest, &p);
    on_thread(stranger_is_told_what_was_wrong, &p);
    on_thread(stranger_reads, &p);

    assert_int_equal(rr_getrefcount(p.first), 2);
    assert_int_equal(rr_getrefcount(p.second), 1);
    assert_null(p.first->next);
    assert_int_equal(rr_list_count(p.list), 1);
    assert_int_equal(rr_weakref_count(p.first), 1);
    assert_int_equal(rr_mem_free(heap, p.raw), RR_OK);
    rr_decref(p.weak);
    rr_decref(p.list);
    rr_decref(p.first);
    rr_decref(p.second);
}

static int adopt(void *data) {
    property *p = data;
    REQUIRE(rr_heap_attach(p->heap) == RR_OK);
    REQUIRE(rr_incref(p->first) == RR_OK);
    REQUIRE(rr_decref(p->first) == RR_OK);
    p->second = rr_alloc(p->heap, node_type(0));
    REQUIRE(p->second != NULL);
    return 0;
}

static void attach_hands_an_owned_heap_to_the_calling_thread(void **state) {
    rr_heap *heap = *state;
    property p = {.heap = heap, .first = node_new(heap, 0, 1)};
    on_thread(adopt, &p);
    assert_refused(rr_decref(p.first), RR_E_WRONG_THREAD, "object", (uintptr_t)p.first);
    assert_int_equal(rr_heap_attach(heap), RR_OK);
    assert_int_equal(rr_decref(p.first), RR_OK);
    assert_int_equal(rr_decref(p.second), RR_OK);
}

static int make_and_leave(void *data) {
    rr_heap **heap = data;
    *heap = rr_heap_new(NULL);
    REQUIRE(*heap != NULL);
    REQUIRE(rr_alloc(*heap, RR_TYPE_TUPLE) != NULL);
    return 0;
}

static void a_heap_whose_thread_has_ended_can_be_adopted_and_freed(void **state) {
    (void)state;
    rr_heap *heap = NULL;
    on_thread(make_and_leave, &heap);
    assert_int_equal(rr_heap_attach(heap), RR_OK);
    assert_int_equal(live(heap), 1);
    assert_int_equal(rr_heap_free(heap), RR_OK);
}

static int own_life(void *unused) {
    (void)unused;
    for (int round = 0; round < 50; round++) {
        rr_heap *heap = rr_heap_new(&(rr_heap_options){.struct_size = sizeof(rr_heap_options), .flags = RR_HEAP_MANUAL_GC});
        REQUIRE(heap != NULL);
        void *list = rr_list_new(heap);
        for (int i = 0; i < 1000; i++) {
            void *item = rr_alloc(heap, RR_TYPE_LIST);
            REQUIRE(item != NULL);
            REQUIRE(rr_list_append(item, list) == RR_OK);
            REQUIRE(rr_list_append(list, item) == RR_OK);
            REQUIRE(rr_decref(item) == RR_OK);
        }
        REQUIRE(rr_decref(list) == RR_OK);
        REQUIRE(rr_collect(heap) == 1001);
        REQUIRE(rr_heap_verify(heap) == RR_OK);
        REQUIRE(rr_heap_free(heap) == RR_OK);
    }
    return 0;
}

typedef struct worker {
    int (*work)(void *);
    void *argument;
    int result;
} worker;

static void *worker_main(void *data) {
    worker *self = data;
    self->result = self->work(self->argument);
    return NULL;
}

enum { THREADS = 8 };

static void run_together(int (*work)(void *), void *argument) {
    pthread_t threads[THREADS];
    worker workers[THREADS];
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){.work = work, .argument = argument, .result = -1};
        assert_int_equal(pthread_create(&threads[i], NULL, worker_main, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(workers[i].result, 0);
}

static void eight_threads_with_heaps_of_their_own_do_not_meet(void **state) {
    (void)state;
    run_together(own_life, NULL);
}

/* ---- Shared heaps ------------------------------------------------------------------------------------------------ */

/* A graph that all threads change: slots of shared nodes, one list, rings that are closed and dropped. */
typedef struct shared_graph {
    rr_heap *heap;
    pthread_mutex_t *lock; /* NULL when the heap has its own */
    node *hub[16];
    void *list;
    rr_type type;
    atomic_int destroyed, created, number;
} shared_graph;

static shared_graph *counting;

static void count_destroy(void *object, void *user) {
    (void)object;
    (void)user;
    atomic_fetch_add(&counting->destroyed, 1);
}

static void enter(shared_graph *graph) {
    if (graph->lock != NULL)
        pthread_mutex_lock(graph->lock);
}

static void leave(shared_graph *graph) {
    if (graph->lock != NULL)
        pthread_mutex_unlock(graph->lock);
}

static int share(void *data) {
    shared_graph *graph = data;
    uint32_t random = 12345u + (uint32_t)atomic_fetch_add(&graph->number, 1) * 7919u;
    for (int step = 0; step < 20000; step++) {
        random = random * 1664525u + 1013904223u;
        node *hub = graph->hub[random >> 28];
        enter(graph);
        node *fresh = rr_alloc(graph->heap, graph->type);
        leave(graph);
        REQUIRE(fresh != NULL);
        atomic_fetch_add(&graph->created, 1);
        enter(graph);
        rr_status stored = rr_store((random & 1) != 0 ? &hub->next : &hub->other, fresh);
        stored |= rr_store(&fresh->next, (random & 2) != 0 ? (void *)hub : (void *)fresh);
        leave(graph);
        REQUIRE(stored == RR_OK);
        if ((random & 0x70000) == 0) {
            enter(graph);
            stored = rr_list_append(graph->list, fresh);
            leave(graph);
            REQUIRE(stored == RR_OK);
        }
        enter(graph);
        rr_status dropped = rr_incref(fresh) | rr_decref(fresh) | rr_decref(fresh);
        leave(graph);
        REQUIRE(dropped == RR_OK);
        if (step % 5000 == 0) {
            enter(graph);
            int64_t collected = rr_collect(graph->heap);
            rr_status verified = rr_heap_verify(graph->heap);
            leave(graph);
            REQUIRE(collected >= 0);
            REQUIRE(verified == RR_OK);
        }
    }
    return 0;
}

static void share_among_eight_threads(rr_heap *heap, pthread_mutex_t *lock) {
    static const uint32_t offsets[] = {offsetof(node, next), offsetof(node, other)};
    rr_type_info info = type_info("shared node");
    info.size = sizeof(node);
    info.ref_offsets = offsets;
    info.ref_count = 2;
    info.destroy = count_destroy;
    shared_graph graph = {.heap = heap, .lock = lock, .type = rr_type_new(&info), .list = rr_list_new(heap)};
    assert_int_not_equal(graph.type, 0);
    counting = &graph;
    for (size_t i = 0; i < LENGTH(graph.hub); i++)
        graph.hub[i] = node_new(heap, 0, (int64_t)i);

    run_together(share, &graph);

    assert_int_equal(atomic_load(&graph.created), THREADS * 20000);
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    for (size_t i = 0; i < LENGTH(graph.hub); i++)
        assert_int_equal(rr_decref(graph.hub[i]), RR_OK);
    assert_int_equal(rr_decref(graph.list), RR_OK);
    assert_true(rr_collect(heap) >= 0);
    assert_int_equal(atomic_load(&graph.destroyed), atomic_load(&graph.created));
    heap_end(heap);
}

static void eight_threads_share_one_graph_in_a_synchronized_heap(void **state) {
    (void)state;
    share_among_eight_threads(heap_with(RR_HEAP_SYNCHRONIZED, 0), NULL);
}

static void eight_threads_share_one_graph_in_a_serialized_heap_under_the_callers_lock(void **state) {
    (void)state;
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    share_among_eight_threads(heap_with(RR_HEAP_SERIALIZED, 0), &lock);
    pthread_mutex_destroy(&lock);
}

static int count_up_and_down(void *object) {
    for (int i = 0; i < 20000; i++) {
        REQUIRE(rr_incref(object) == RR_OK);
        REQUIRE(rr_newref(object) == object);
        REQUIRE(rr_try_incref(object) == 1);
        REQUIRE(rr_decref(object) == RR_OK);
        REQUIRE(rr_decref(object) == RR_OK);
    }
    return 0;
}

static void counts_of_a_synchronized_heap_are_exact_under_eight_threads(void **state) {
    (void)state;
    rr_heap *heap = heap_with(RR_HEAP_SYNCHRONIZED, 0);
    void *object = node_new(heap, 0, 1);
    assert_int_equal(rr_is_unique(object), 1);
    run_together(count_up_and_down, object);
    assert_int_equal(rr_getrefcount(object), 1 + THREADS * 20000);
    for (int i = 0; i < THREADS * 20000; i++)
        rr_decref(object);
    assert_int_equal(rr_is_unique(object), 1);
    assert_int_equal(rr_decref(object), RR_OK);
    heap_end(heap);
}

static void a_synchronized_heap_keeps_all_rules_of_counting(void **state) {
    (void)state;
    rr_heap *heap = heap_with(RR_HEAP_SYNCHRONIZED, 0);
    log_clear();
    node *object = node_new(heap, NODE_FINALIZE | NODE_DESTROY, 1);
    assert_int_equal(rr_getrefcount(object), 1);
    void *weak = rr_weakref_new(object, log_weak, "ref");
    assert_int_equal(rr_incref(object), RR_OK);
    assert_int_equal(rr_getrefcount(object), 2);
    assert_int_equal(rr_is_immortal(object), 0);
    rr_decref(object);
    rr_decref(object);
    assert_log("finalize 1; weak ref; destroy 1");
    assert_int_equal(rr_is_object(object), 0);
    rr_decref(weak);
    rr_decref(ring_new(heap, 0, 100));
    assert_int_equal(rr_collect(heap), 100);
    heap_end(heap);
}

static rr_heap *reentered;

static void use_the_heap_again(node *self) {
    (void)self;
    void *object = rr_alloc(reentered, RR_TYPE_TUPLE);
    log_event("%s", object == NULL ? "refused" : "allocated");
    rr_decref(object);
}

static void the_lock_of_a_synchronized_heap_is_recursive(void **state) {
    (void)state;
    rr_heap *heap = reentered = heap_with(RR_HEAP_SYNCHRONIZED, 0);
    log_clear();
    on_finalize = use_the_heap_again;
    rr_decref(node_new(heap, NODE_FINALIZE, 1));
    on_finalize = NULL;
    assert_log("finalize 1; allocated");
    heap_end(heap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_HEAP(an_owned_heap_refuses_another_thread_and_stays_as_it_is),
        WITH_HEAP(attach_hands_an_owned_heap_to_the_calling_thread),
        cmocka_unit_test(a_heap_whose_thread_has_ended_can_be_adopted_and_freed),
        cmocka_unit_test(eight_threads_with_heaps_of_their_own_do_not_meet),
        cmocka_unit_test(eight_threads_share_one_graph_in_a_synchronized_heap),
        cmocka_unit_test(eight_threads_share_one_graph_in_a_serialized_heap_under_the_callers_lock),
        cmocka_unit_test(counts_of_a_synchronized_heap_are_exact_under_eight_threads),
        cmocka_unit_test(a_synchronized_heap_keeps_all_rules_of_counting),
        cmocka_unit_test(the_lock_of_a_synchronized_heap_is_recursive),
    };
    return cmocka_run_group_tests_name("threads", tests, NULL, NULL);
}
