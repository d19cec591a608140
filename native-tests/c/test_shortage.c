/* When the system itself has no memory left: calls fail, nothing is lost, and the heap goes on when there is memory again.
 * Each scenario runs in a child whose address space is limited to a little more than it has. */
#define _GNU_SOURCE
#include "support.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Limits the address space to what is in use and bytes more; 0 lifts the limit. */
static int limit_memory(size_t bytes) {
    struct rlimit limit;
    REQUIRE(getrlimit(RLIMIT_AS, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    if (bytes != 0) {
        unsigned long pages = 0;
        FILE *file = fopen("/proc/self/statm", "r");
        REQUIRE(file != NULL);
        REQUIRE(fscanf(file, "%lu", &pages) == 1);
        fclose(file);
        limit.rlim_cur = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + bytes;
    }
    REQUIRE(setrlimit(RLIMIT_AS, &limit) == 0);
    return 0;
}

static void in_a_child(int (*scenario)(void)) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(100); /* it ends, whatever happens */
        int line = scenario();
        if (line != 0)
            fprintf(stderr, "the requirement on line %d does not hold; last error: %s\n", line, rr_last_error());
        _exit(line != 0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static rr_heap *new_heap(uint32_t flags) {
    rr_heap_options options = {.struct_size = sizeof options, .flags = flags};
    return rr_heap_new(&options);
}

static uint64_t count_live(rr_heap *heap) {
    rr_stats stats = {.struct_size = sizeof stats};
    return rr_heap_stats(heap, &stats) == RR_OK ? stats.live_objects : UINT64_MAX;
}

/* To check a heap takes memory too. */
static bool verifies_or_says_why_not(rr_heap *heap) {
    rr_status status = rr_heap_verify(heap);
    return status == RR_OK || status == RR_E_NO_MEMORY;
}

static int objects_until_nothing_is_left(void) {
    rr_heap *heap = new_heap(0);
    rr_type type = node_type(0);
    REQUIRE(heap != NULL);
    REQUIRE(limit_memory(64 << 20) == 0);
    uint64_t count = 0;
    void *chain = NULL;
    for (;;) {
        node *fresh = rr_alloc(heap, type);
        if (fresh == NULL)
            break;
        fresh->next = chain;
        chain = fresh;
        REQUIRE(++count < 100 * 1000 * 1000);
    }
    REQUIRE(rr_last_status() == RR_E_NO_MEMORY);
    REQUIRE(count > 100 * 1000);
    REQUIRE(count_live(heap) == count);
    REQUIRE(verifies_or_says_why_not(heap));
    REQUIRE(rr_decref(chain) == RR_OK);
    REQUIRE(count_live(heap) == 0);
    void *again = rr_alloc(heap, type);
    REQUIRE(again != NULL);
    REQUIRE(rr_decref(again) == RR_OK);
    REQUIRE(rr_heap_free(heap) == RR_OK);
    return 0;
}

static void an_allocation_fails_when_the_system_has_nothing_left(void **state) {
    (void)state;
    in_a_child(objects_until_nothing_is_left);
}

static int collect_with_nothing_left(void) {
    rr_heap *heap = new_heap(RR_HEAP_MANUAL_GC);
    rr_type type = node_type(0);
    REQUIRE(heap != NULL);
    REQUIRE(limit_memory(64 << 20) == 0);
    /* One dead ring of all memory, as large a work list as there can be. */
    node *first = rr_alloc(heap, type), *last = first;
    REQUIRE(first != NULL);
    uint64_t count = 1;
    for (;; count++) {
        node *fresh = rr_alloc(heap, type);
        if (fresh == NULL)
            break;
        REQUIRE(rr_take(&last->next, fresh) == RR_OK);
        last = fresh;
    }
    REQUIRE(rr_store(&last->next, first) == RR_OK);
    REQUIRE(rr_decref(first) == RR_OK);
    /* It may succeed, or say that it can't; it may not lose anything. */
    int64_t collected = rr_collect(heap);
    REQUIRE(collected == (int64_t)count || collected == RR_E_NO_MEMORY);
    REQUIRE(verifies_or_says_why_not(heap));
    REQUIRE(count_live(heap) == (collected < 0 ? count : 0));
    REQUIRE(limit_memory(0) == 0);
    REQUIRE(rr_heap_verify(heap) == RR_OK);
    if (collected < 0)
        REQUIRE(rr_collect(heap) == (int64_t)count);
    REQUIRE(count_live(heap) == 0);
    REQUIRE(rr_heap_free(heap) == RR_OK);
    return 0;
}

static void a_collection_without_memory_loses_nothing(void **state) {
    (void)state;
    in_a_child(collect_with_nothing_left);
}

static int use_everything_with_nothing_left(void) {
    rr_heap *heap = new_heap(RR_HEAP_MANUAL_GC);
    REQUIRE(heap != NULL);
    void *list = rr_list_new(heap), *item = rr_alloc(heap, RR_TYPE_TUPLE), *target = rr_alloc(heap, node_type(0));
    REQUIRE(list != NULL && item != NULL && target != NULL);
    REQUIRE(limit_memory(8 << 20) == 0);
    /* Large things first, then smaller ones, until not even the smallest fits. */
    void **bytes = NULL;
    for (size_t size = 4 << 20; size >= 16; size /= 2) {
        void **fresh;
        while ((fresh = rr_alloc_items(heap, RR_TYPE_TUPLE, size / sizeof(void *))) != NULL) {
            fresh[0] = bytes;
            bytes = fresh;
        }
        REQUIRE(rr_last_status() == RR_E_NO_MEMORY);
    }
    int64_t count = 0;
    while (rr_list_append(list, item) == RR_OK)
        REQUIRE(++count < 100 * 1000 * 1000);
    REQUIRE(rr_last_status() == RR_E_NO_MEMORY);
    REQUIRE(rr_list_count(list) == count);
    REQUIRE(rr_getrefcount(item) == count + 1);
    while (rr_mem_alloc(heap, 64) != NULL)
        REQUIRE(++count < 100 * 1000 * 1000);
    REQUIRE(rr_last_status() == RR_E_NO_MEMORY);
    while (rr_weakref_new(target, log_weak, "x") != NULL)
        REQUIRE(++count < 100 * 1000 * 1000);
    REQUIRE(rr_last_status() == RR_E_NO_MEMORY);
    REQUIRE(new_heap(0) == NULL || rr_last_status() == RR_E_NO_MEMORY);
    void *out[4];
    REQUIRE(rr_get_path(item, out, 4) > 0 || rr_last_status() == RR_E_NO_MEMORY);
    REQUIRE(rr_get_referrers(item, out, 4) >= 0 || rr_last_status() == RR_E_NO_MEMORY);
    REQUIRE(verifies_or_says_why_not(heap));
    /* Dying needs no memory. */
    REQUIRE(rr_decref(bytes) == RR_OK);
    REQUIRE(rr_decref(list) == RR_OK);
    REQUIRE(rr_getrefcount(item) == 1);
    REQUIRE(rr_decref(item) == RR_OK);
    REQUIRE(rr_decref(target) == RR_OK);
    REQUIRE(limit_memory(0) == 0);
    REQUIRE(rr_heap_verify(heap) == RR_OK);
    REQUIRE(rr_heap_free(heap) == RR_OK);
    return 0;
}

static void every_kind_of_allocation_fails_cleanly(void **state) {
    (void)state;
    in_a_child(use_everything_with_nothing_left);
}

static int drop_a_graph_with_nothing_left(void) {
    rr_heap *heap = new_heap(RR_HEAP_MANUAL_GC);
    rr_type type = node_type(0);
    REQUIRE(heap != NULL);
    /* A tree: its death has a wide front of objects that wait for theirs. */
    enum { COUNT = 1 << 20 };
    static node *nodes[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        REQUIRE((nodes[i] = rr_alloc(heap, type)) != NULL);
    for (size_t i = 0; i < COUNT; i++) {
        if (2 * i + 1 < COUNT)
            REQUIRE(rr_take(&nodes[i]->next, nodes[2 * i + 1]) == RR_OK);
        if (2 * i + 2 < COUNT)
            REQUIRE(rr_take(&nodes[i]->other, nodes[2 * i + 2]) == RR_OK);
    }
    REQUIRE(limit_memory(1) == 0);
    REQUIRE(rr_decref(nodes[0]) == RR_OK);
    REQUIRE(count_live(heap) == 0);
    REQUIRE(limit_memory(0) == 0);
    REQUIRE(rr_heap_verify(heap) == RR_OK);
    REQUIRE(rr_heap_free(heap) == RR_OK);
    return 0;
}

static void objects_die_without_any_memory_to_spare(void **state) {
    (void)state;
    in_a_child(drop_a_graph_with_nothing_left);
}

static uint64_t collections_begun;

static void count_collections(rr_heap *heap, const rr_gc_event *event, void *user) {
    (void)heap;
    (void)user;
    collections_begun += event->phase == RR_GC_PHASE_START;
}

static int allocate_while_collections_fail(void) {
    rr_heap *heap = new_heap(0);
    rr_type type = node_type(0);
    REQUIRE(heap != NULL);
    REQUIRE(rr_gc_disable(heap) == RR_OK);
    enum { COUNT = 500 * 1000, FREE = 1000 };
    static node *nodes[COUNT];
    for (size_t i = 0; i < COUNT; i++)
        REQUIRE((nodes[i] = rr_alloc(heap, type)) != NULL);
    for (size_t i = 0; i < COUNT; i++)
        REQUIRE(rr_store(&nodes[i]->next, nodes[(i + 7919) % COUNT]) == RR_OK);
    for (size_t i = 0; i < COUNT; i++)
        REQUIRE(rr_decref(nodes[i]) == RR_OK); /* half a million candidates */
    void *spare[FREE];
    for (size_t i = 0; i < FREE; i++)
        REQUIRE((spare[i] = rr_alloc(heap, type)) != NULL);
    for (size_t i = 0; i < FREE; i++)
        REQUIRE(rr_decref(spare[i]) == RR_OK); /* blocks that can be had without the system */
    REQUIRE(rr_incref(nodes[0]) == RR_OK);     /* all of it lives */
    REQUIRE(rr_gc_set_callback(heap, count_collections, NULL) == RR_OK);
    REQUIRE(limit_memory(1) == 0);
    REQUIRE(rr_gc_enable(heap) == RR_OK);
    for (int i = 0; i < 20000; i++)
        REQUIRE(rr_decref(rr_alloc(heap, type)) == RR_OK);
    REQUIRE(collections_begun < 100);
    REQUIRE(limit_memory(0) == 0);
    REQUIRE(rr_gc_set_callback(heap, NULL, NULL) == RR_OK);
    REQUIRE(rr_decref(nodes[0]) == RR_OK);
    REQUIRE(rr_collect(heap) == COUNT);
    REQUIRE(rr_heap_verify(heap) == RR_OK);
    REQUIRE(rr_heap_free(heap) == RR_OK);
    return 0;
}

static void a_collection_that_lacks_memory_is_not_tried_again_at_each_allocation(void **state) {
    (void)state;
    in_a_child(allocate_while_collections_fail);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_allocation_fails_when_the_system_has_nothing_left),
        cmocka_unit_test(a_collection_without_memory_loses_nothing),
        cmocka_unit_test(every_kind_of_allocation_fails_cleanly),
        cmocka_unit_test(objects_die_without_any_memory_to_spare),
        cmocka_unit_test(a_collection_that_lacks_memory_is_not_tried_again_at_each_allocation),
    };
    return cmocka_run_group_tests_name("shortage", tests, NULL, NULL);
}
