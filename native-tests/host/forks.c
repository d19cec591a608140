/* fork where it hurts: while other threads are in the middle of calls, inside each kind of callback, between the slices of a
 * collection, with a trace and a profile under way. Each child goes on for itself: it collects, frees what is its own, forks again
 * and exits. A child that hangs is ended by its alarm, which is a failure. */
#define _GNU_SOURCE
#include "host.h"

#include <limits.h>
#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static library rr;

#define WORKS(call) CHECK((call) == RR_OK, "%s", rr.last_error())

typedef struct pair {
    void *first, *second;
} pair;

static rr_type pair_with(rr_finalize_fn finalize, rr_destroy_fn destroy)
{
    static const uint32_t slots[] = { offsetof(pair, first), offsetof(pair, second) };
    rr_type_info info = { .struct_size = sizeof info, .name = "pair", .size = sizeof(pair), .ref_offsets = slots, .ref_count = 2,
                          .finalize = finalize, .destroy = destroy };
    rr_type type = rr.type_new(&info);
    CHECK(type != RR_TYPE_NONE, "rr_type_new: %s", rr.last_error());
    return type;
}

static rr_heap *heap_with(uint32_t flags)
{
    rr_heap_options options = { .struct_size = sizeof options, .flags = flags };
    rr_heap *heap = rr.heap_new(&options);
    CHECK(heap != NULL, "rr_heap_new: %s", rr.last_error());
    return heap;
}

/* Garbage of both kinds, and something that lives for a while. */
static void churn(rr_heap *heap, rr_type type)
{
    pair *kept = NULL;
    for (int i = 0; i < 100; i++) {
        pair *fresh = rr.alloc(heap, type);
        CHECK(fresh != NULL, "rr_alloc: %s", rr.last_error());
        WORKS(rr.store(&fresh->first, i % 3 == 0 ? fresh : NULL));
        WORKS(rr.store(&fresh->second, kept));
        WORKS(rr.decref(kept));
        kept = fresh;
        if (i % 25 == 0) {
            WORKS(rr.store(&kept->second, NULL));
            CHECK(rr.collect_step(heap, 20000) >= 0, "%s", rr.last_error());
        }
    }
    WORKS(rr.decref(kept));
}

static void end(rr_heap *heap)
{
    CHECK(rr.collect(heap) >= 0, "%s", rr.last_error());
    WORKS(rr.heap_verify(heap));
    WORKS(rr.heap_free(heap));
}

/* ---- Among threads ------------------------------------------------------------------------------------------------- */

static rr_type type;
static rr_heap *synchronized_heap, *serialized_heap;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* the host's own, for the serialized heap */
static atomic_int is_over;
static atomic_ulong rounds[4];

static void *churn_synchronized(void *unused)
{
    while (!is_over) {
        churn(synchronized_heap, type);
        rounds[0]++;
    }
    return unused;
}

static void *churn_serialized(void *unused)
{
    while (!is_over) {
        pthread_mutex_lock(&lock);
        churn(serialized_heap, type);
        rounds[1]++;
        pthread_mutex_unlock(&lock);
    }
    return unused;
}

/* Heaps come and go too: the list that a fork goes through is never the same. */
static void *churn_owned(void *unused)
{
    while (!is_over) {
        rr_heap *heap = heap_with(0), *other = heap_with(RR_HEAP_SYNCHRONIZED);
        churn(heap, type);
        churn(other, type);
        WORKS(rr.heap_free(heap));
        WORKS(rr.heap_free(other));
        rounds[2]++;
    }
    return unused;
}

static void *make_types_and_errors(void *unused)
{
    while (!is_over) {
        CHECK(rr.type_new(NULL) == RR_TYPE_NONE, "a type of nothing was made");
        CHECK(rr.decref(&unused) == RR_E_NOT_OBJECT, "%s", rr.last_error());
        rounds[3]++;
    }
    return unused;
}

static rr_heap *own;
static pair *own_ring;
static unsigned lost;

/* In a checked heap what is refused is misuse, which ends the process unless somebody hears of it. */
static void hear(rr_status status, const char *message, const void *object, void *user)
{
    (void)status;
    (void)message;
    (void)object;
    (void)user;
}

/* In the child, which has this thread only. */
static void go_on_in_child(int generation)
{
    alarm(30);
    pair *ring = own_ring;
    CHECK(rr.getrefcount(ring) == 2, "the ring has %lld references", (long long)rr.getrefcount(ring));
    churn(own, type);
    if (generation == 0) {
        pid_t grandchild = fork();
        if (grandchild == 0) {
            go_on_in_child(1);
            _exit(EXIT_SUCCESS);
        }
        host_expect_success_of(grandchild);
    }
    WORKS(rr.decref(ring));
    end(own);

    /* Held by this thread when it forked. */
    churn(serialized_heap, type);
    CHECK(rr.collect(serialized_heap) >= 0, "%s", rr.last_error());
    WORKS(rr.heap_verify(serialized_heap));
    WORKS(rr.heap_free(serialized_heap));

    /* Whole, or refused. */
    WORKS(rr.set_error_handler(hear, NULL));
    if (rr.collect(synchronized_heap) >= 0) {
        churn(synchronized_heap, type);
        WORKS(rr.heap_verify(synchronized_heap));
        WORKS(rr.heap_free(synchronized_heap));
    } else {
        CHECK(rr.last_status() == RR_E_WRONG_THREAD, "%s", rr.last_error());
        CHECK(rr.heap_free(synchronized_heap) == RR_E_WRONG_THREAD, "%s", rr.last_error());
        lost = 1;
    }
    host_work(&rr);
    rr_type another = pair_with(NULL, NULL);
    rr_heap *fresh = heap_with(RR_HEAP_SYNCHRONIZED);
    churn(fresh, another);
    end(fresh);
}

static void hammer(uint32_t flags, int forks)
{
    void *(*const work[4])(void *) = { churn_synchronized, churn_serialized, churn_owned, make_types_and_errors };
    pthread_t threads[4];
    rr = host_load();
    type = pair_with(NULL, NULL);
    synchronized_heap = heap_with(RR_HEAP_SYNCHRONIZED | flags);
    serialized_heap = heap_with(RR_HEAP_SERIALIZED | flags);
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, work[i], NULL) == 0, "no thread");
    for (int i = 0; i < 4; i++)
        while (rounds[i] == 0)
            usleep(100);

    unsigned children_without = 0;
    for (int i = 0; i < forks; i++) {
        own = heap_with(flags);
        own_ring = rr.alloc(own, type);
        WORKS(rr.store(&own_ring->first, own_ring));
        churn(own, type);
        pthread_mutex_lock(&lock);
        pid_t child = fork();
        if (child == 0) {
            go_on_in_child(0);
            _exit(lost != 0 ? 3 : EXIT_SUCCESS);
        }
        pthread_mutex_unlock(&lock);
        int status;
        CHECK(child > 0 && waitpid(child, &status, 0) == child, "fork failed");
        CHECK(WIFEXITED(status), "child %d was ended by signal %d (%s)", i, WTERMSIG(status), strsignal(WTERMSIG(status)));
        CHECK(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 3, "child %d failed", i);
        children_without += WEXITSTATUS(status) == 3;

        pid_t spawned;
        char *arguments[] = { (char *)(uintptr_t)"true", NULL }, *environment[] = { NULL };
        if (i % 20 == 0) {
            CHECK(posix_spawn(&spawned, "/bin/true", NULL, NULL, arguments, environment) == 0, "posix_spawn failed");
            host_expect_success_of(spawned);
            spawned = vfork();
            if (spawned == 0) {
                execve("/bin/true", arguments, environment);
                _exit(1);
            }
            host_expect_success_of(spawned);
            CHECK(system("true") == 0, "system() failed");
        }
        WORKS(rr.decref(own_ring));
        end(own);
    }
    is_over = 1;
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    end(synchronized_heap);
    end(serialized_heap);
    /* Nobody stays in a call for 0.1 s here, unless the machine stops. */
    printf("%d forks, %u children without the synchronized heap\n", forks, children_without);
    CHECK(children_without <= (unsigned)forks / 10, "%u of %d children lost a heap", children_without, forks);
}

static void a_hundred_forks_among_busy_threads(void)
{
    hammer(0, 100);
}

static void forks_among_busy_threads_with_checked_heaps(void)
{
    hammer(RR_HEAP_CHECKED, 4);
}

/* ---- In callbacks -------------------------------------------------------------------------------------------------- */

static pid_t children[64];
static int child_count, fork_countdown;
static pid_t parent;

/* The child comes back out of the callback as the parent does, and both finish what had called it. */
static void fork_here(void)
{
    if (getpid() != parent || child_count == 64 || --fork_countdown != 0)
        return;
    pid_t child = fork();
    if (child == 0)
        alarm(30);
    else
        children[child_count++] = child;
}

static void finalize_by_fork(void *object, void *user)
{
    (void)object;
    (void)user;
    fork_here();
}

static void weak_by_fork(void *weakref, void *user)
{
    (void)weakref;
    (void)user;
    fork_here();
}

static void traverse_by_fork(void *object, rr_visit_fn visit, void *arg, void *user)
{
    (void)user;
    if (*(void **)object != NULL)
        visit(*(void **)object, arg);
    fork_here();
}

static void event_by_fork(rr_heap *heap, const rr_gc_event *event, void *user)
{
    (void)heap;
    (void)event;
    (void)user;
    fork_here();
}

static void error_by_fork(rr_status status, const char *message, const void *object, void *user)
{
    (void)status;
    (void)message;
    (void)object;
    (void)user;
    fork_here();
}

static rr_type traversed_type(void)
{
    rr_type_info info = { .struct_size = sizeof info, .name = "traversed", .size = 16, .traverse = traverse_by_fork };
    rr_type made = rr.type_new(&info);
    CHECK(made != RR_TYPE_NONE, "rr_type_new: %s", rr.last_error());
    return made;
}

static void in_all_callbacks(uint32_t flags)
{
    enum { COUNT = 100 };
    static rr_type types[4];
    parent = getpid();
    child_count = 0;
    if (types[0] == RR_TYPE_NONE) {
        types[0] = pair_with(finalize_by_fork, NULL);
        types[1] = pair_with(NULL, finalize_by_fork);
        types[2] = pair_with(NULL, NULL);
        types[3] = traversed_type();
    }
    for (int kind = 0; kind < 6; kind++) {
        for (int when = 1; when <= 60; when += 37) {
            rr_heap *heap = heap_with(flags);
            void *weak[COUNT] = { NULL }, *list = rr.list_new(heap);
            fork_countdown = INT_MAX;
            if (kind == 4)
                WORKS(rr.gc_set_callback(heap, event_by_fork, NULL));
            for (int i = 0; i < COUNT; i++) {
                void *fresh = rr.alloc(heap, types[kind < 4 ? kind : 2]);
                CHECK(fresh != NULL, "%s", rr.last_error());
                if (kind == 3) {
                    *(void **)fresh = fresh; /* a cycle; traverse tells of it */
                    WORKS(rr.incref(fresh));
                } else if (i % 2 == 0) {
                    WORKS(rr.store(&((pair *)fresh)->first, fresh));
                }
                if (kind == 2)
                    weak[i] = rr.weakref_new(fresh, weak_by_fork, NULL);
                WORKS(rr.list_append(list, fresh));
                WORKS(rr.decref(fresh));
            }
            fork_countdown = when;
            if (kind == 5) {
                WORKS(rr.set_error_handler(error_by_fork, NULL));
                for (int i = 0; i < COUNT; i++)
                    CHECK(rr.decref(&heap) == RR_E_NOT_OBJECT, "%s", rr.last_error());
            }
            WORKS(rr.decref(list));
            CHECK(rr.collect(heap) >= 0, "%s", rr.last_error());
            for (int i = 0; kind == 4 && i < COUNT; i++)
                CHECK(rr.collect(heap) == 0, "%s", rr.last_error());
            for (int i = 0; i < COUNT; i++)
                WORKS(rr.decref(weak[i]));
            rr_stats stats = { .struct_size = sizeof stats };
            WORKS(rr.heap_stats(heap, &stats));
            CHECK(stats.live_objects == 0, "%llu objects are left, kind %d", (unsigned long long)stats.live_objects, kind);
            WORKS(rr.set_error_handler(NULL, NULL));
            end(heap);
            host_work(&rr);
            if (getpid() != parent)
                _exit(EXIT_SUCCESS);
        }
    }
    CHECK(child_count == 12, "%d children: some callbacks did not run", child_count);
    for (int i = 0; i < child_count; i++)
        host_expect_success_of(children[i]);
}

static void a_fork_in_any_callback_is_fine_on_both_sides(void)
{
    static const uint32_t flags[] = { 0, RR_HEAP_SERIALIZED, RR_HEAP_SYNCHRONIZED, RR_HEAP_BOUNDED, RR_HEAP_CHECKED };
    rr = host_load();
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        in_all_callbacks(flags[i]);
}

/* ---- Without a heap ------------------------------------------------------------------------------------------------ */

static atomic_int stays;

static void stay(void *object, void *user)
{
    (void)object;
    (void)user;
    stays = 1;
    while (stays != 0)
        usleep(1000);
}

static void *stay_in_a_finalizer(void *object)
{
    WORKS(rr.decref(object));
    return NULL;
}

static void expect_the_end(const char *sentence)
{
    size_t length = strlen(rr.last_error()), end = strlen(sentence);
    CHECK(rr.last_status() == RR_E_WRONG_THREAD, "%s", rr.last_error());
    CHECK(length > end && strcmp(rr.last_error() + length - end, sentence) == 0, "%s", rr.last_error());
}

static void a_child_is_told_that_a_heap_stayed_with_a_thread_of_its_parent(void)
{
    pthread_t thread;
    rr = host_load();
    rr_heap *heap = heap_with(RR_HEAP_SYNCHRONIZED);
    void *list = rr.list_new(heap), *slow = rr.alloc(heap, pair_with(stay, NULL));
    CHECK(pthread_create(&thread, NULL, stay_in_a_finalizer, slow) == 0, "no thread");
    while (stays == 0)
        usleep(1000);
    pid_t child = fork();
    if (child == 0) {
        alarm(30);
        CHECK(rr.list_new(heap) == NULL, "a list");
        expect_the_end(" is a heap that another thread was using when this process was forked");
        CHECK(rr.heap_free(heap) == RR_E_WRONG_THREAD, "%s", rr.last_error());
        expect_the_end(" is a heap that another thread was using when this process was forked");
        CHECK(rr.decref(list) == RR_E_WRONG_THREAD, "%s", rr.last_error());
        expect_the_end(" belongs to a heap that another thread was using when this process was forked");
        _exit(EXIT_SUCCESS);
    }
    host_expect_success_of(child);
    stays = 0;
    pthread_join(thread, NULL);
    WORKS(rr.decref(list));
    end(heap);
}

/* ---- In the middle of something ------------------------------------------------------------------------------------ */

/* After each slice a child that finishes the collection; the parent goes on in slices. */
static void a_fork_between_slices_leaves_both_with_the_rest(void)
{
    enum { RINGS = 20000 };
    rr = host_load();
    type = pair_with(NULL, NULL);
    rr_heap *heap = heap_with(RR_HEAP_MANUAL_GC);
    void *list = rr.list_new(heap);
    for (int i = 0; i < RINGS; i++) {
        pair *one = rr.alloc(heap, type), *other = rr.alloc(heap, type);
        WORKS(rr.store(&one->first, other));
        WORKS(rr.take(&other->first, one));
        WORKS(rr.list_append(list, other));
        WORKS(rr.decref(other));
    }
    WORKS(rr.decref(list));

    int forks = 0, slices = 0;
    int64_t freed = 0;
    do {
        int64_t now = rr.collect_step(heap, 30000);
        CHECK(now >= 0, "%s", rr.last_error());
        freed += now;
        if (slices++ % 8 == 0) {
            pid_t child = fork();
            if (child == 0) {
                alarm(30);
                int64_t rest = rr.collect(heap);
                CHECK(rest >= 0, "%s", rr.last_error());
                CHECK(freed + rest == 2 * RINGS, "%lld and %lld are freed", (long long)freed, (long long)rest);
                WORKS(rr.heap_verify(heap));
                WORKS(rr.heap_free(heap));
                _exit(EXIT_SUCCESS);
            }
            host_expect_success_of(child);
            forks++;
        }
    } while (rr.gc_pending(heap) == 1 && slices < 100000);
    CHECK(forks >= 3, "%d forks in %d slices only", forks, slices);
    CHECK(freed == 2 * RINGS, "%lld are freed", (long long)freed);
    end(heap);
}

/* The trace is the parent's; a profile is copied with its heap. */
static void a_fork_under_trace_and_profile_is_fine(void)
{
    char trace[PATH_MAX], profile[PATH_MAX + 16];
    rr = host_load();
    snprintf(trace, sizeof trace, "%s/trace.json", host_directory());
    type = pair_with(NULL, NULL);
    rr_heap *heap = heap_with(0);
    WORKS(rr.trace_start(trace));
    WORKS(rr.profile_start(heap, 128));
    for (int i = 0; i < 10; i++) {
        churn(heap, type);
        pid_t child = fork();
        if (child == 0) {
            alarm(30);
            churn(heap, type);
            snprintf(profile, sizeof profile, "%s/%d.pb", host_directory(), i);
            WORKS(rr.profile_write(heap, profile));
            (void)rr.trace_stop();
            snprintf(profile, sizeof profile, "%s/%d.json", host_directory(), i);
            WORKS(rr.trace_start(profile));
            churn(heap, type);
            WORKS(rr.trace_stop());
            end(heap);
            exit(EXIT_SUCCESS); /* with its handlers, which would end a trace */
        }
        host_expect_success_of(child);
        snprintf(profile, sizeof profile, "%s/%d.pb", host_directory(), i);
        CHECK(access(profile, F_OK) == 0, "the child wrote no profile");
    }
    WORKS(rr.profile_stop(heap));
    end(heap);
    CHECK(access(trace, F_OK) != 0, "a child ended its parent's trace");
    WORKS(rr.trace_stop());

    FILE *file = fopen(trace, "r");
    CHECK(file != NULL, "there is no trace");
    char line[4096], last[4096] = "";
    int lines = 0;
    while (fgets(line, sizeof line, file) != NULL) {
        CHECK(line[0] == '[' || line[0] == '{' || line[0] == ']', "line %d is torn: %s", lines, line);
        strcpy(last, line);
        lines++;
    }
    fclose(file);
    CHECK(lines > 10 && strchr(last, ']') != NULL, "the trace is not whole: %d lines", lines);
}

int main(int argc, char **argv)
{
    static const host_case cases[] = {
        { "a_hundred_forks_among_busy_threads", a_hundred_forks_among_busy_threads },
        { "forks_among_busy_threads_with_checked_heaps", forks_among_busy_threads_with_checked_heaps },
        { "a_fork_in_any_callback_is_fine_on_both_sides", a_fork_in_any_callback_is_fine_on_both_sides },
        { "a_child_is_told_that_a_heap_stayed_with_a_thread_of_its_parent", a_child_is_told_that_a_heap_stayed_with_a_thread_of_its_parent },
        { "a_fork_between_slices_leaves_both_with_the_rest", a_fork_between_slices_leaves_both_with_the_rest },
        { "a_fork_under_trace_and_profile_is_fine", a_fork_under_trace_and_profile_is_fine },
    };
    return host_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
