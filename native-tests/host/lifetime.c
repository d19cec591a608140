/* Loading, unloading, fork, threads that come and go, exit: the library lives through all that a host does. */
#define _GNU_SOURCE
#include "host.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void dlclose_is_harmless(void)
{
    library rr = host_load();
    host_work(&rr);
    for (int i = 0; i < 50; i++) {
        CHECK(dlclose(rr.handle) == 0, "%s", dlerror());
        rr.abi_version(); /* -z nodelete: the code is still there */
        rr = host_load();
        host_work(&rr);
    }
    CHECK(dlclose(rr.handle) == 0, "%s", dlerror());
    CHECK(dlopen(host_library_path, RTLD_NOW | RTLD_NOLOAD) != NULL, "the library was unloaded");
    usleep(20000); /* a thread whose code is gone would fault by now */
}

static void dlclose_before_the_first_call_is_harmless(void)
{
    library rr = host_load();
    CHECK(dlclose(rr.handle) == 0, "%s", dlerror());
    rr = host_load();
    host_work(&rr);
}

/* A heap with live objects is on both sides of the fork; each goes on with its own copy. */
static void fork_child_allocates_and_collects(void)
{
    library rr = host_load();
    rr_heap *heap = rr.heap_new(NULL);
    void *list = rr.list_new(heap);
    for (int i = 0; i < 10000; i++) {
        void *cycle = rr.list_new(heap);
        CHECK(rr.list_append(cycle, cycle) == RR_OK && rr.list_append(list, cycle) == RR_OK, "%s", rr.last_error());
        CHECK(rr.decref(cycle) == RR_OK, "%s", rr.last_error());
    }

    pid_t child = fork();
    /* From here on the same for both: the child's thread owns what its parent's thread owned. */
    CHECK(rr.list_count(list) == 10000, "%lld items are left", (long long)rr.list_count(list));
    for (int i = 0; i < 1000; i++)
        CHECK(rr.list_append(list, list) == RR_OK, "%s", rr.last_error());
    CHECK(rr.decref(list) == RR_OK, "%s", rr.last_error());
    int64_t collected = rr.collect(heap);
    CHECK(collected == 10001, "10001 lists are dead, but rr_collect says %lld", (long long)collected);
    CHECK(rr.heap_verify(heap) == RR_OK, "%s", rr.last_error());
    CHECK(rr.heap_free(heap) == RR_OK, "%s", rr.last_error());
    host_work(&rr);
    if (child == 0)
        exit(EXIT_SUCCESS);
    host_expect_success_of(child);
}

static void fork_before_the_first_call(void)
{
    library rr = host_load();
    pid_t child = fork();
    host_work(&rr);
    if (child == 0)
        exit(EXIT_SUCCESS);
    host_expect_success_of(child);
}

static void fork_of_a_fork(void)
{
    library rr = host_load();
    host_work(&rr);
    pid_t child = fork();
    if (child == 0) {
        host_work(&rr);
        pid_t grandchild = fork();
        host_work(&rr);
        if (grandchild == 0)
            exit(EXIT_SUCCESS);
        host_expect_success_of(grandchild);
        exit(EXIT_SUCCESS);
    }
    host_expect_success_of(child);
}

static void *work_on_thread(void *argument)
{
    host_work(argument);
    return NULL;
}

/* The child has one thread and makes new ones. */
static void fork_child_starts_threads(void)
{
    library rr = host_load();
    host_work(&rr);
    pid_t child = fork();
    for (int i = 0; i < 20; i++) {
        pthread_t thread;
        CHECK(pthread_create(&thread, NULL, work_on_thread, &rr) == 0 && pthread_join(thread, NULL) == 0, "thread %d can't be made", i);
    }
    if (child == 0)
        exit(EXIT_SUCCESS);
    host_expect_success_of(child);
}

static void first_call_on_another_thread(void)
{
    pthread_t thread;
    library rr = host_load();
    CHECK(pthread_create(&thread, NULL, work_on_thread, &rr) == 0 && pthread_join(thread, NULL) == 0, "no thread");
    host_work(&rr);
}

/* Four threads race for the start of the runtime. */
static void first_calls_at_once(void)
{
    pthread_t threads[4];
    library rr = host_load();
    for (int i = 0; i < 4; i++)
        CHECK(pthread_create(&threads[i], NULL, work_on_thread, &rr) == 0, "no thread");
    for (int i = 0; i < 4; i++)
        CHECK(pthread_join(threads[i], NULL) == 0, "no thread");
}

static const library *shared;
static rr_heap *heap_of_ended_thread;

static void *make_heap(void *argument)
{
    (void)argument;
    heap_of_ended_thread = shared->heap_new(NULL);
    return NULL;
}

static void *use_heap(void *argument)
{
    (void)argument;
    CHECK(shared->list_new(heap_of_ended_thread) == NULL, "a thread used the heap of one that has ended");
    CHECK(shared->last_status() == RR_E_WRONG_THREAD, "it was refused otherwise: %s", shared->last_error());
    return NULL;
}

/* glibc gives a new thread the stack and the control block of one that has ended: an address is no identity. */
static void a_new_thread_is_not_the_ended_one(void)
{
    pthread_t thread;
    library rr = host_load();
    shared = &rr;
    CHECK(pthread_create(&thread, NULL, make_heap, NULL) == 0 && pthread_join(thread, NULL) == 0, "no thread");
    CHECK(heap_of_ended_thread != NULL, "%s", rr.last_error());
    for (int i = 0; i < 10; i++)
        CHECK(pthread_create(&thread, NULL, use_heap, NULL) == 0 && pthread_join(thread, NULL) == 0, "no thread");
}

static void at_exit(void)
{
    host_work(shared);
    puts("worked at exit");
}

/* Registered before the library is loaded, so it runs after the library's own exit handlers. */
static void calls_at_exit_work(void)
{
    static library rr;
    CHECK(atexit(at_exit) == 0, "atexit failed");
    rr = host_load();
    shared = &rr;
    host_work(&rr);
}

int main(int argc, char **argv)
{
    static const host_case cases[] = {
        { "dlclose_is_harmless", dlclose_is_harmless },
        { "dlclose_before_the_first_call_is_harmless", dlclose_before_the_first_call_is_harmless },
        { "fork_child_allocates_and_collects", fork_child_allocates_and_collects },
        { "fork_before_the_first_call", fork_before_the_first_call },
        { "fork_of_a_fork", fork_of_a_fork },
        { "fork_child_starts_threads", fork_child_starts_threads },
        { "first_call_on_another_thread", first_call_on_another_thread },
        { "first_calls_at_once", first_calls_at_once },
        { "a_new_thread_is_not_the_ended_one", a_new_thread_is_not_the_ended_one },
        { "calls_at_exit_work", calls_at_exit_work },
    };
    return host_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
