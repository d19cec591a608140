/* Threads of the host's: small stacks, destructors that call as a thread ends, heaps that outlive their thread, cancellation. */
#define _GNU_SOURCE
#include "host.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static library rr;

/* ---- Small stacks ------------------------------------------------------------------------------------------------ */

typedef struct pair {
    void *first, *second;
} pair;

static unsigned finalized, destroyed, weakened, heard, events;

static void finalize(void *object, void *user)
{
    (void)object;
    (void)user;
    finalized++;
}

static void destroy(void *object, void *user)
{
    (void)object;
    (void)user;
    destroyed++;
}

static void weak_callback(void *weakref, void *user)
{
    (void)weakref;
    (void)user;
    weakened++;
}

static void hear(rr_status status, const char *message, const void *object, void *user)
{
    (void)object;
    (void)user;
    heard += status < 0 && message[0] != '\0';
}

static void count_events(rr_heap *heap, const rr_gc_event *event, void *user)
{
    (void)heap;
    (void)event;
    (void)user;
    events++;
}

static rr_type pair_type(void)
{
    static const uint32_t slots[] = { offsetof(pair, first), offsetof(pair, second) };
    rr_type_info info = { .struct_size = sizeof info, .name = "pair", .size = sizeof(pair), .ref_offsets = slots, .ref_count = 2,
                          .finalize = finalize, .destroy = destroy };
    rr_type type = rr.type_new(&info);
    CHECK(type != RR_TYPE_NONE, "rr_type_new: %s", rr.last_error());
    return type;
}

#define WORKS(call) CHECK((call) == RR_OK, "%s", rr.last_error())

static char path[PATH_MAX];

static const char *file_named(const char *name)
{
    snprintf(path, sizeof path, "%s/%s", host_directory(), name);
    return path;
}

static void expect_file(const char *name)
{
    struct stat status;
    CHECK(stat(file_named(name), &status) == 0 && status.st_size > 100, "%s is not written", name);
}

/* The [any] functions, with an object and with what is none. */
static void *ask_about(void *object, int is_object)
{
    CHECK(rr.is_object(object) == is_object, "rr_is_object");
    CHECK((rr.heap_of(object) != NULL) == is_object, "rr_heap_of");
    CHECK((rr.type_of(object) != RR_TYPE_NONE) == is_object, "rr_type_of");
    CHECK((rr.size(object) != 0) == is_object, "rr_size");
    CHECK(rr.item_count(object) == 0, "rr_item_count");
    CHECK((rr.getrefcount(object) > 0) == is_object, "rr_getrefcount");
    CHECK(rr.is_immortal(object) == 0, "rr_is_immortal");
    CHECK((rr.weakref_count(object) >= 0) == is_object, "rr_weakref_count");
    CHECK(rr.weakref_get(object) == NULL, "rr_weakref_get");
    if (rr.try_incref(object) != 0)
        WORKS(rr.decref(object));
    if (rr.incref(object) == RR_OK)
        WORKS(rr.decref(object));
    if (rr.newref(object) != NULL)
        WORKS(rr.decref(object));
    (void)rr.is_unique(object);
    if (!is_object) {
        CHECK(rr.decref(object) == RR_E_NOT_OBJECT && rr.make_immortal(object) == RR_E_NOT_OBJECT, "%s", rr.last_error());
        CHECK(rr.last_status() == RR_E_NOT_OBJECT && rr.last_error()[0] != '\0', "the error is not told");
    }
    return NULL;
}

static void *use_everything(void *unused)
{
    enum { COUNT = 5000 };
    (void)unused;
    rr_heap *heap = rr.heap_new(NULL);
    CHECK(heap != NULL, "rr_heap_new: %s", rr.last_error());
    rr_type type = pair_type();
    WORKS(rr.set_error_handler(hear, NULL));
    WORKS(rr.gc_set_callback(heap, count_events, NULL));
    WORKS(rr.trace_start(file_named("trace.json")));
    WORKS(rr.profile_start(heap, 256));

    void *list = rr.list_new(heap);
    for (int i = 0; i < COUNT; i++) {
        pair *fresh = rr.alloc(heap, type);
        CHECK(fresh != NULL, "rr_alloc: %s", rr.last_error());
        WORKS(rr.store(&fresh->first, fresh));
        WORKS(rr.list_append(list, fresh));
        WORKS(rr.decref(fresh));
    }
    pair *last = rr.list_get(list, COUNT - 1);
    void *weak = rr.weakref_new(last, weak_callback, NULL);
    CHECK(weak != NULL, "rr_weakref_new: %s", rr.last_error());
    void *memory = rr.mem_alloc(heap, 100);
    WORKS(rr.mem_free(heap, memory));
    ask_about(last, 1);
    ask_about(&heap, 0);
    ask_about((void *)(uintptr_t)0x123456789abc, 0);
    ask_about((char *)last + 8, 0);

    void *chain[4];
    CHECK(rr.get_path(last, chain, 4) == 2, "rr_get_path: %s", rr.last_error());
    CHECK(rr.get_referrers(last, chain, 4) == 2, "rr_get_referrers: %s", rr.last_error());
    CHECK(rr.get_referents(last, chain, 4) == 1, "rr_get_referents: %s", rr.last_error());
    CHECK(rr.get_objects(heap, type, chain, 4) == COUNT, "rr_get_objects: %s", rr.last_error());
    WORKS(rr.heap_verify(heap));
    WORKS(rr.heap_print_stats(heap, file_named("stats.txt")));
    WORKS(rr.heap_snapshot(heap, file_named("x.heapsnapshot")));
    WORKS(rr.heap_dot(heap, file_named("x.dot"), 100));
    WORKS(rr.leak_report(heap, file_named("leaks.txt")));
    WORKS(rr.leak_report(heap, file_named("leaks.json")));
    WORKS(rr.profile_write(heap, file_named("x.pb")));
    CHECK(rr.heap_snapshot(heap, "/nowhere/x") == RR_E_IO, "a file was written in a directory that is not there");

    WORKS(rr.gc_freeze(heap));
    WORKS(rr.gc_unfreeze(heap));
    WORKS(rr.decref(list));
    CHECK(rr.collect_step(heap, 1000) >= 0, "%s", rr.last_error());
    CHECK(rr.collect(heap) >= 0, "%s", rr.last_error());
    WORKS(rr.decref(weak));
    WORKS(rr.profile_stop(heap));
    WORKS(rr.trace_stop());
    WORKS(rr.heap_trim(heap));
    WORKS(rr.heap_verify(heap));
    WORKS(rr.heap_free(heap));
    WORKS(rr.set_error_handler(NULL, NULL));
    CHECK(finalized == COUNT && destroyed == COUNT && weakened == 1 && heard > 20 && events > 1, "%u %u %u %u %u", finalized, destroyed,
          weakened, heard, events);
    return NULL;
}

static void expect_files(void)
{
    static const char *const names[] = { "trace.json", "stats.txt", "x.heapsnapshot", "x.dot", "leaks.txt", "leaks.json", "x.pb" };
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        expect_file(names[i]);
}

/* The smallest that POSIX lets a thread have; the system takes its own part of it. */
static void a_stack_of_16_kib_is_enough_for_everything(void)
{
    rr = host_load();
    host_work(&rr);
    host_on_thread(16384, use_everything, NULL);
    expect_files();
}

static void a_stack_of_16_kib_is_enough_for_the_first_call(void)
{
    rr = host_load();
    host_on_thread(16384, use_everything, NULL);
    expect_files();
}

/* Checked heaps take the caller's stack with each call: the system's unwinder needs room for that. */
static void a_stack_of_64_kib_is_enough_for_checked_heaps(void)
{
    setenv("REFRUNTIME_CHECK", "1", 1);
    rr = host_load();
    host_on_thread(65536, use_everything, NULL);
    expect_files();
}

/* ---- As a thread ends -------------------------------------------------------------------------------------------- */

static pthread_key_t early_key, late_key;
static atomic_int calls_in_destructors;
static int rounds_wanted;

/* Everything of host_work, and an error that has a message. */
static void work_in_destructor(void *value)
{
    static int no_object;
    host_work(&rr);
    CHECK(rr.decref(&no_object) == RR_E_NOT_OBJECT && strstr(rr.last_error(), "rr_decref") != NULL, "the error reads: %s", rr.last_error());
    calls_in_destructors++;
    (void)value;
}

static void early_destructor(void *value)
{
    work_in_destructor(value);
    if ((intptr_t)value < rounds_wanted)
        pthread_setspecific(early_key, (char *)value + 1);
}

static void late_destructor(void *value)
{
    work_in_destructor(value);
    if ((intptr_t)value < rounds_wanted)
        pthread_setspecific(late_key, (char *)value + 1);
}

/* One key is made before the library is loaded, and so before the runtime's, the other after it. */
static void make_keys(void)
{
    CHECK(pthread_key_create(&early_key, early_destructor) == 0, "no key");
    rr = host_load();
    host_work(&rr);
    CHECK(pthread_key_create(&late_key, late_destructor) == 0, "no key");
}

static void *end_with_values(void *has_called)
{
    if (has_called != NULL)
        work_in_destructor(NULL);
    pthread_setspecific(early_key, (void *)1);
    pthread_setspecific(late_key, (void *)1);
    return NULL;
}

static void expect_calls(int each, int threads)
{
    CHECK(calls_in_destructors == each * threads, "%d destructors worked, not %d times %d", calls_in_destructors, threads, each);
    /* The runtime has forgotten these threads: its list of them leads nowhere else. */
    for (int i = 0; i < 20; i++)
        host_on_thread(0, end_with_values, NULL);
    host_work(&rr);
}

static void destructors_of_thread_specific_data_may_call(void)
{
    make_keys();
    rounds_wanted = 2;
    for (int i = 0; i < 50; i++)
        host_on_thread(0, end_with_values, &rr);
    expect_calls(1 + 2 * 2, 50);
}

static void a_first_call_may_come_from_a_destructor(void)
{
    make_keys();
    rounds_wanted = 2;
    for (int i = 0; i < 50; i++)
        host_on_thread(0, end_with_values, NULL);
    expect_calls(2 * 2, 50);
}

static void *end_with_value(void *key)
{
    pthread_setspecific(*(pthread_key_t *)key, (void *)2);
    return NULL;
}

/* One call only, in the first round, before the runtime's turn or after it: it must not stay on its list. */
static void a_first_call_may_be_the_last(void)
{
    make_keys();
    rounds_wanted = 2;
    for (int i = 0; i < 50; i++) {
        host_on_thread(0, end_with_value, &early_key);
        host_on_thread(0, end_with_value, &late_key);
    }
    expect_calls(2, 50);
}

extern void *__dso_handle;
int __cxa_thread_atexit_impl(void (*destroy)(void *), void *object, void *library);

static void *end_with_thread_local(void *has_called)
{
    if (has_called != NULL)
        work_in_destructor(NULL);
    CHECK(__cxa_thread_atexit_impl(work_in_destructor, NULL, &__dso_handle) == 0, "no destructor"); /* what C++ compilers call */
    return NULL;
}

static void destructors_of_thread_local_variables_may_call(void)
{
    make_keys();
    for (int i = 0; i < 50; i++) {
        host_on_thread(0, end_with_thread_local, &rr);
        host_on_thread(0, end_with_thread_local, NULL);
    }
    expect_calls(1 + 2, 50);
}

static void free_heap(void *heap)
{
    CHECK(rr.heap_free(heap) == RR_OK, "%s", rr.last_error());
    calls_in_destructors++;
}

static void *end_with_heap(void *key)
{
    rr_heap *heap = rr.heap_new(NULL);
    void *list = rr.list_new(heap);
    CHECK(rr.list_append(list, list) == RR_OK, "%s", rr.last_error());
    pthread_setspecific(*(pthread_key_t *)key, heap);
    return NULL;
}

/* What hosts want it for: a heap for each thread. */
static void a_heap_ends_with_its_thread(void)
{
    pthread_key_t key;
    rr = host_load();
    CHECK(pthread_key_create(&key, free_heap) == 0, "no key");
    for (int i = 0; i < 50; i++)
        host_on_thread(0, end_with_heap, &key);
    CHECK(calls_in_destructors == 50, "%d heaps were freed", calls_in_destructors);
}

static rr_heap *left;
static void *left_list;

static void *leave_a_heap(void *unused)
{
    (void)unused;
    left = rr.heap_new(NULL);
    left_list = rr.list_new(left);
    for (int i = 0; i < 1000; i++) {
        void *ring = rr.list_new(left);
        CHECK(rr.list_append(ring, ring) == RR_OK && rr.list_append(left_list, ring) == RR_OK && rr.decref(ring) == RR_OK, "%s", rr.last_error());
    }
    (void)rr.collect_step(left, 1);
    pthread_exit(NULL); /* in the middle of a collection in slices */
}

static void the_heap_of_an_ended_thread_can_be_taken_over(void)
{
    rr = host_load();
    host_on_thread(0, leave_a_heap, NULL);
    CHECK(rr.decref(left_list) == RR_E_WRONG_THREAD, "%s", rr.last_error());
    WORKS(rr.heap_attach(left));
    WORKS(rr.decref(left_list));
    int64_t collected = rr.collect(left);
    CHECK(collected == 1000, "rr_collect says %lld", (long long)collected);
    WORKS(rr.heap_verify(left));
    WORKS(rr.heap_free(left));
}

/* ---- Cancellation ------------------------------------------------------------------------------------------------ */

static atomic_int is_cancelled, is_through;
static int has_to_load;

static void wait_for_cancel(void)
{
    CHECK(pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL) == 0, "cancellation can't be disabled");
    while (!is_cancelled) {
    }
    CHECK(pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL) == 0, "cancellation can't be enabled");
}

static void *be_cancelled(void *unused)
{
    if (has_to_load) {
        wait_for_cancel();
        rr_heap *heap = rr.heap_new(NULL);
        CHECK(heap != NULL, "%s", rr.last_error());
        WORKS(rr.heap_free(heap));
    } else {
        rr_heap *heap = rr.heap_new(NULL);
        void *list = rr.list_new(heap);
        WORKS(rr.profile_start(heap, 64));
        for (int i = 0; i < 3000; i++) {
            void *item = rr.list_new(heap);
            CHECK(rr.list_append(list, item) == RR_OK && rr.decref(item) == RR_OK, "%s", rr.last_error());
        }
        wait_for_cancel();
        WORKS(rr.heap_snapshot(heap, file_named("x.heapsnapshot")));
        WORKS(rr.leak_report(heap, file_named("leaks.txt")));
        WORKS(rr.profile_write(heap, file_named("x.pb")));
        WORKS(rr.heap_print_stats(heap, file_named("stats.txt")));
        WORKS(rr.trace_start(file_named("trace.json")));
        CHECK(rr.collect(heap) >= 0, "%s", rr.last_error());
        WORKS(rr.trace_stop());
        WORKS(rr.decref(list));
        WORKS(rr.heap_free(heap));
    }
    is_through = 1;
    pthread_testcancel();
    return unused;
}

/* The cancellation is pending when the thread calls, so any cancellation point inside would be the end of it. */
static void cancel_a_thread(void)
{
    pthread_t thread;
    void *result;
    CHECK(pthread_create(&thread, NULL, be_cancelled, NULL) == 0, "no thread");
    CHECK(pthread_cancel(thread) == 0, "no cancellation");
    is_cancelled = 1;
    CHECK(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED, "the thread was not cancelled");
    CHECK(is_through, "the thread was cancelled inside a call");
    host_work(&rr);
}

static void a_thread_is_not_cancelled_in_its_first_call(void)
{
    rr = host_load();
    has_to_load = 1;
    alarm(30);
    cancel_a_thread();
}

static void a_thread_is_not_cancelled_while_it_writes_files(void)
{
    static const char *const names[] = { "x.heapsnapshot", "leaks.txt", "x.pb", "stats.txt", "trace.json" };
    rr = host_load();
    alarm(30);
    (void)host_directory();
    cancel_a_thread();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        expect_file(names[i]);
}

int main(int argc, char **argv)
{
    static const host_case cases[] = {
        { "a_stack_of_16_kib_is_enough_for_everything", a_stack_of_16_kib_is_enough_for_everything },
        { "a_stack_of_16_kib_is_enough_for_the_first_call", a_stack_of_16_kib_is_enough_for_the_first_call },
        { "a_stack_of_64_kib_is_enough_for_checked_heaps", a_stack_of_64_kib_is_enough_for_checked_heaps },
        { "destructors_of_thread_specific_data_may_call", destructors_of_thread_specific_data_may_call },
        { "a_first_call_may_come_from_a_destructor", a_first_call_may_come_from_a_destructor },
        { "a_first_call_may_be_the_last", a_first_call_may_be_the_last },
        { "destructors_of_thread_local_variables_may_call", destructors_of_thread_local_variables_may_call },
        { "a_heap_ends_with_its_thread", a_heap_ends_with_its_thread },
        { "the_heap_of_an_ended_thread_can_be_taken_over", the_heap_of_an_ended_thread_can_be_taken_over },
        { "a_thread_is_not_cancelled_in_its_first_call", a_thread_is_not_cancelled_in_its_first_call },
        { "a_thread_is_not_cancelled_while_it_writes_files", a_thread_is_not_cancelled_while_it_writes_files },
    };
    return host_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
