/* abi.md, Heaps: islands, options, freeing, limits, memory given back, many heaps, fork. Who may use a heap from which
 * thread is in test_threads.c. */
#define _GNU_SOURCE
#include "support.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void the_default_heap_is_one_and_stands_for_null(void **state) {
    (void)state;
    rr_heap *heap = rr_heap_default();
    assert_non_null(heap);
    assert_ptr_equal(rr_heap_default(), heap);
    void *object = rr_alloc(NULL, RR_TYPE_TUPLE);
    assert_ptr_equal(rr_heap_of(object), heap);
    rr_decref(object);
    assert_int_equal(rr_heap_verify(NULL), RR_OK);
    assert_int_equal(rr_collect(NULL), 0);
}

static void the_default_heap_cannot_be_freed(void **state) {
    (void)state;
    rr_heap *heap = rr_heap_default();
    assert_refused(rr_heap_free(heap), RR_E_ARGUMENT, "heap", (uintptr_t)heap);
    assert_int_equal(rr_heap_free(NULL), RR_E_ARGUMENT);
    assert_int_equal(rr_heap_verify(heap), RR_OK);
}

static int use_default_heap(void *unused) {
    (void)unused;
    void *object = rr_alloc(NULL, RR_TYPE_TUPLE);
    REQUIRE(object != NULL);
    REQUIRE(rr_decref(object) == RR_OK);
    return 0;
}

static void the_default_heap_is_serialized(void **state) {
    (void)state;
    assert_int_equal(use_default_heap(NULL), 0);
    on_thread(use_default_heap, NULL);
}

static void every_flag_is_accepted(void **state) {
    (void)state;
    for (uint32_t flags = 0; flags < 64; flags++) {
        if ((flags & RR_HEAP_SERIALIZED) != 0 && (flags & RR_HEAP_SYNCHRONIZED) != 0)
            continue;
        rr_heap *heap = heap_with(flags, 0);
        void *object = rr_alloc(heap, RR_TYPE_TUPLE);
        assert_non_null(object);
        assert_int_equal(rr_decref(object), RR_OK);
        heap_end(heap);
    }
}

static void options_of_the_wrong_size_are_refused(void **state) {
    (void)state;
    static const uint32_t sizes[] = {0, 1, 4, 8, 15};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        rr_heap_options options = {.struct_size = sizes[i]};
        assert_refused_null(rr_heap_new(&options), RR_E_ARGUMENT, "options", sizes[i]);
    }
}

static void unknown_flags_are_refused(void **state) {
    (void)state;
    static const uint32_t flags[] = {64, 1u << 31, UINT32_MAX};
    for (size_t i = 0; i < LENGTH(flags); i++) {
        rr_heap_options options = {.struct_size = sizeof options, .flags = flags[i]};
        assert_refused_null(rr_heap_new(&options), RR_E_ARGUMENT, "flags", flags[i]);
    }
}

/* Calls each function that takes a heap with one that is none. */
static void assert_no_heap(rr_heap *none) {
    rr_stats stats = {.struct_size = sizeof stats};
    void *out[1];
    uintptr_t value = (uintptr_t)none;
    assert_refused(rr_heap_free(none), RR_E_ARGUMENT, "heap", value);
    assert_refused(rr_heap_trim(none), RR_E_ARGUMENT, "heap", value);
    assert_refused(rr_heap_verify(none), RR_E_ARGUMENT, "heap", value);
    assert_refused(rr_heap_stats(none, &stats), RR_E_ARGUMENT, "heap", value);
    assert_refused(rr_heap_attach(none), RR_E_ARGUMENT, "heap", value);
    assert_refused_null(rr_alloc(none, RR_TYPE_TUPLE), RR_E_ARGUMENT, "heap", value);
    assert_refused_null(rr_alloc_items(none, RR_TYPE_TUPLE, 1), RR_E_ARGUMENT, "heap", value);
    assert_refused(rr_collect(none), RR_E_ARGUMENT, "heap", value);
    assert_refused(rr_collect_step(none, 0), RR_E_ARGUMENT, "heap", value);
    assert_refused_zero(rr_gc_pending(none), RR_E_ARGUMENT, "heap", value);
    assert_refused(rr_gc_enable(none), RR_E_ARGUMENT, "heap", value);
    assert_refused(rr_gc_disable(none), RR_E_ARGUMENT, "heap", value);
    assert_refused_zero(rr_gc_is_enabled(none), RR_E_ARGUMENT, "heap", value);
    assert_refused(rr_gc_set_threshold(none, 1), RR_E_ARGUMENT, "heap", value);
    assert_refused_zero(rr_gc_get_threshold(none), RR_E_ARGUMENT, "heap", value);
    assert_refused(rr_gc_set_pause_goal(none, 1), RR_E_ARGUMENT, "heap", value);
    assert_refused_zero(rr_gc_get_pause_goal(none), RR_E_ARGUMENT, "heap", value);
    assert_refused_zero(rr_gc_get_candidates(none), RR_E_ARGUMENT, "heap", value);
    assert_refused(rr_gc_freeze(none), RR_E_ARGUMENT, "heap", value);
    assert_refused(rr_gc_unfreeze(none), RR_E_ARGUMENT, "heap", value);
    assert_refused(rr_gc_freeze_count(none), RR_E_ARGUMENT, "heap", value);
    assert_refused(rr_gc_set_callback(none, NULL, NULL), RR_E_ARGUMENT, "heap", value);
    assert_refused(rr_report_external(none, 1), RR_E_ARGUMENT, "heap", value);
    assert_refused_null(rr_list_new(none), RR_E_ARGUMENT, "heap", value);
    assert_refused_null(rr_mem_alloc(none, 1), RR_E_ARGUMENT, "heap", value);
    assert_refused_null(rr_mem_realloc(none, NULL, 1), RR_E_ARGUMENT, "heap", value);
    assert_refused(rr_mem_free(none, NULL), RR_E_ARGUMENT, "heap", value);
    assert_refused(rr_get_objects(none, 0, out, 1), RR_E_ARGUMENT, "heap", value);
    assert_refused(rr_get_class_usage(none, NULL, 0), RR_E_ARGUMENT, "heap", value);
    assert_refused(rr_get_type_usage(none, NULL, 0), RR_E_ARGUMENT, "heap", value);
    assert_refused(rr_get_pauses(none, NULL, 0), RR_E_ARGUMENT, "heap", value);
    assert_refused(rr_heap_print_stats(none, "/dev/null"), RR_E_ARGUMENT, "heap", value);
}

static void a_pointer_that_was_never_a_heap_is_refused_by_every_function(void **state) {
    rr_heap *heap = *state;
    char local[64] = {0};
    void *object = rr_alloc_items(heap, RR_TYPE_BYTES, 256);
    rr_heap *const none[] = {
        (rr_heap *)1, (rr_heap *)(void *)local, (rr_heap *)UINTPTR_MAX, (rr_heap *)((uintptr_t)heap + 8), (rr_heap *)object,
    };
    for (size_t i = 0; i < LENGTH(none); i++)
        assert_no_heap(none[i]);
    assert_int_equal(rr_decref(object), RR_OK);
}

static void a_freed_heap_is_refused_by_every_function(void **state) {
    (void)state;
    rr_heap *heap = heap_with(0, 0);
    heap_end(heap);
    assert_no_heap(heap);
}

static void an_object_of_a_freed_heap_is_none_any_more(void **state) {
    (void)state;
    rr_heap *heap = heap_with(0, 0);
    void *object = rr_alloc(heap, RR_TYPE_TUPLE);
    assert_int_equal(rr_heap_free(heap), RR_OK);
    assert_int_equal(rr_is_object(object), 0);
    assert_refused(rr_decref(object), RR_E_NOT_OBJECT, "object", (uintptr_t)object);
}

static void a_reference_into_another_heap_is_refused(void **state) {
    rr_heap *heap = *state;
    rr_heap *island = heap_with(0, 0);
    node *here = node_new(heap, 0, 1);
    node *there = node_new(island, 0, 2);
    void *list = rr_list_new(heap);
    assert_int_equal(rr_list_append(list, here), RR_OK);

    assert_refused(rr_store(&here->next, there), RR_E_ARGUMENT, "value", (uintptr_t)there);
    assert_refused(rr_take(&here->next, there), RR_E_ARGUMENT, "value", (uintptr_t)there);
    assert_refused(rr_list_append(list, there), RR_E_ARGUMENT, "object", (uintptr_t)there);
    assert_refused(rr_list_insert(list, 0, there), RR_E_ARGUMENT, "object", (uintptr_t)there);
    assert_refused(rr_list_set(list, 0, there), RR_E_ARGUMENT, "object", (uintptr_t)there);

    assert_null(here->next);
    assert_int_equal(rr_getrefcount(there), 1);
    assert_int_equal(rr_list_count(list), 1);
    assert_ptr_equal(rr_list_get(list, 0), here);
    rr_decref(list);
    rr_decref(here);
    rr_decref(there);
    heap_end(island);
}

static void heap_of_tells_the_heaps_apart(void **state) {
    rr_heap *heap = *state;
    rr_heap *island = heap_with(0, 0);
    void *here = rr_alloc(heap, RR_TYPE_TUPLE);
    void *there = rr_alloc_items(island, RR_TYPE_BYTES, 10000000);
    assert_ptr_equal(rr_heap_of(here), heap);
    assert_ptr_equal(rr_heap_of(there), island);
    rr_decref(here);
    rr_decref(there);
    heap_end(island);
}

static void freeing_a_heap_finalizes_and_destroys_what_is_left_as_one_set(void **state) {
    (void)state;
    rr_heap *heap = heap_with(RR_HEAP_MANUAL_GC, 0);
    log_clear();
    node *held = node_new(heap, NODE_FINALIZE | NODE_DESTROY, 1);
    node *cyclic = node_new(heap, NODE_FINALIZE | NODE_DESTROY, 2);
    link_next(cyclic, cyclic);
    rr_decref(cyclic);
    node *immortal = node_new(heap, NODE_FINALIZE | NODE_DESTROY, 3);
    assert_int_equal(rr_make_immortal(immortal), RR_OK);
    link_next(immortal, held);
    void *weak = rr_weakref_new(held, log_weak, "ref");
    assert_non_null(weak);

    assert_int_equal(rr_heap_free(heap), RR_OK);
    for (int id = 1; id <= 3; id++) {
        char event[32];
        sprintf(event, "finalize %d", id);
        assert_int_equal(log_count(event), 1);
        sprintf(event, "destroy %d", id);
        assert_int_equal(log_count(event), 1);
    }
    assert_int_equal(log_count("weak"), 0);
    const char *first_destroy = strstr(log_text(), "destroy");
    assert_null(strstr(first_destroy, "finalize"));
}

static void freeing_a_heap_destroys_what_is_frozen_untracked_or_logged(void **state) {
    (void)state;
    rr_heap *heap = heap_with(0, 0);
    log_clear();
    node *frozen = node_new(heap, NODE_DESTROY, 1);
    assert_int_equal(rr_gc_freeze(heap), RR_OK);
    node *untracked = node_new(heap, NODE_DESTROY, 2);
    link_next(untracked, untracked);
    assert_int_equal(rr_gc_untrack(untracked), RR_OK);
    rr_decref(untracked);
    node *logged = node_new(heap, NODE_DESTROY, 3);
    assert_int_equal(rr_gc_candidate(logged), RR_OK);
    (void)frozen;
    assert_int_equal(rr_heap_free(heap), RR_OK);
    assert_int_equal(log_count("destroy"), 3);
}

static void resurrect_forever(node *self) {
    rr_incref(self);
}

static void an_object_that_resurrects_itself_does_not_outlive_its_heap(void **state) {
    (void)state;
    rr_heap *heap = heap_with(0, 0);
    log_clear();
    (void)node_new(heap, NODE_FINALIZE | NODE_DESTROY, 1);
    on_finalize = resurrect_forever;
    assert_int_equal(rr_heap_free(heap), RR_OK);
    on_finalize = NULL;
    assert_log("finalize 1; destroy 1");
}

static rr_heap *heap_to_free;

static void free_the_heap(node *self) {
    (void)self;
    log_event("free: %d", rr_heap_free(heap_to_free));
}

static void free_the_heap_when_weak(void *weakref, void *user) {
    (void)weakref;
    (void)user;
    log_event("free: %d", rr_heap_free(heap_to_free));
}

static void free_the_heap_when_collecting(rr_heap *heap, const rr_gc_event *event, void *user) {
    (void)event;
    (void)user;
    log_event("free: %d", rr_heap_free(heap));
}

static void a_heap_cannot_be_freed_from_inside_a_callback(void **state) {
    rr_heap *heap = heap_to_free = *state;
    on_finalize = on_destroy = free_the_heap;
    rr_decref(node_new(heap, NODE_FINALIZE | NODE_DESTROY, 1));
    assert_log("finalize 1; free: -5; destroy 1; free: -5");

    log_clear();
    node *target = node_new(heap, 0, 2);
    void *weak = rr_weakref_new(target, free_the_heap_when_weak, NULL);
    rr_decref(target);
    rr_decref(weak);
    assert_log("free: -5");

    log_clear();
    assert_int_equal(rr_gc_set_callback(heap, free_the_heap_when_collecting, NULL), RR_OK);
    assert_int_equal(rr_collect(heap), 0);
    assert_int_equal(rr_gc_set_callback(heap, NULL, NULL), RR_OK);
    assert_log("free: -5; free: -5");
}

static void an_allocation_over_the_limit_fails_and_changes_nothing(void **state) {
    (void)state;
    const uint64_t limit = 16 << 20;
    rr_heap *heap = heap_with(0, limit);
    void *chain = NULL;
    size_t count = 0;
    for (;; count++) {
        node *fresh = rr_alloc(heap, node_type(0));
        if (fresh == NULL)
            break;
        fresh->next = chain;
        chain = fresh;
        assert_true(count < limit / sizeof(node));
    }
    assert_int_equal(rr_last_status(), RR_E_NO_MEMORY);
    assert_non_null(strstr(rr_last_error(), "rr_alloc"));
    assert_true(count > limit / sizeof(node) / 4);
    rr_stats stats = stats_of(heap);
    assert_int_equal(stats.live_objects, count);
    assert_in_range(stats.live_bytes, limit / 2, limit);
    assert_in_range(stats.committed_bytes, limit / 2, limit);
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    assert_null(rr_alloc_items(heap, RR_TYPE_BYTES, limit));
    assert_int_equal(rr_last_status(), RR_E_NO_MEMORY);
    assert_null(rr_mem_alloc(heap, limit));
    assert_int_equal(rr_last_status(), RR_E_NO_MEMORY);
    assert_int_equal(live(heap), count);

    assert_int_equal(rr_decref(chain), RR_OK);
    void *again = rr_alloc(heap, node_type(0));
    assert_non_null(again);
    rr_decref(again);
    heap_end(heap);
}

static void a_limited_heap_serves_large_objects_up_to_its_limit_again_and_again(void **state) {
    (void)state;
    rr_heap *heap = heap_with(0, 64 << 20);
    for (int round = 0; round < 20; round++) {
        void *half = rr_alloc_items(heap, RR_TYPE_BYTES, 24 << 20);
        assert_non_null(half);
        assert_null(rr_alloc_items(heap, RR_TYPE_BYTES, 64 << 20));
        assert_int_equal(rr_last_status(), RR_E_NO_MEMORY);
        assert_int_equal(rr_decref(half), RR_OK);
    }
    heap_end(heap);
}

static void raw_and_external_memory_count_against_the_limit(void **state) {
    (void)state;
    rr_heap *heap = heap_with(0, 32 << 20);
    void *raw = rr_mem_alloc(heap, 20 << 20);
    assert_non_null(raw);
    assert_null(rr_alloc_items(heap, RR_TYPE_BYTES, 20 << 20));
    assert_int_equal(rr_last_status(), RR_E_NO_MEMORY);
    assert_null(rr_mem_realloc(heap, raw, 60 << 20));
    assert_int_equal(rr_last_status(), RR_E_NO_MEMORY);
    assert_int_equal(rr_mem_free(heap, raw), RR_OK);

    assert_int_equal(rr_report_external(heap, 20 << 20), RR_OK);
    assert_null(rr_alloc_items(heap, RR_TYPE_BYTES, 20 << 20));
    assert_int_equal(rr_last_status(), RR_E_NO_MEMORY);
    assert_int_equal(rr_report_external(heap, -(20 << 20)), RR_OK);
    void *object = rr_alloc_items(heap, RR_TYPE_BYTES, 20 << 20);
    assert_non_null(object);
    rr_decref(object);
    heap_end(heap);
}

static void fill_with_dead_rings(rr_heap *heap, size_t bytes) {
    for (size_t used = 0; used < bytes; used += 3 * sizeof(node)) {
        node *ring = rr_alloc(heap, node_type(0));
        if (ring == NULL)
            return;
        rr_store(&ring->next, ring);
        rr_decref(ring);
    }
}

static void at_the_limit_a_heap_collects_before_it_fails(void **state) {
    (void)state;
    rr_heap *heap = heap_with(0, 16 << 20);
    assert_int_equal(rr_gc_set_threshold(heap, 0), RR_OK);
    for (int round = 0; round < 4; round++) {
        fill_with_dead_rings(heap, 16 << 20);
        void *fresh = rr_alloc(heap, node_type(0));
        assert_non_null(fresh);
        rr_decref(fresh);
    }
    assert_true(stats_of(heap).collections > 0);
    rr_collect(heap);
    heap_end(heap);
}

static void at_the_limit_a_manual_heap_fails_without_collecting(void **state) {
    (void)state;
    rr_heap *heap = heap_with(RR_HEAP_MANUAL_GC, 16 << 20);
    fill_with_dead_rings(heap, 64 << 20);
    assert_null(rr_alloc(heap, node_type(0)));
    assert_int_equal(rr_last_status(), RR_E_NO_MEMORY);
    assert_int_equal(stats_of(heap).collections, 0);
    uint64_t dead = live(heap);
    assert_true(dead > 0);
    assert_int_equal(rr_collect(heap), (int64_t)dead);
    void *fresh = rr_alloc(heap, node_type(0));
    assert_non_null(fresh);
    rr_decref(fresh);
    heap_end(heap);
}

static size_t resident_bytes(void) {
    unsigned long total = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%lu %lu", &total, &resident), 2);
    fclose(file);
    return (size_t)resident * (size_t)sysconf(_SC_PAGESIZE);
}

static void trim_gives_free_memory_back_to_the_system(void **state) {
    rr_heap *heap = *state;
    void *chain = NULL;
    for (int i = 0; i < 500000; i++) {
        node *fresh = node_new(heap, 0, i);
        fresh->next = chain;
        chain = fresh;
    }
    node *survivor = node_new(heap, 0, 7);
    uint64_t committed = stats_of(heap).committed_bytes;
    size_t resident = resident_bytes();
    assert_true(committed >= 500000 * sizeof(node));
    rr_decref(chain);
    assert_int_equal(rr_heap_trim(heap), RR_OK);
    assert_true(stats_of(heap).committed_bytes < committed / 8);
    assert_true(resident_bytes() + (8 << 20) < resident);
    assert_int_equal(survivor->id, 7);
    assert_int_equal(rr_heap_verify(heap), RR_OK);

    node *fresh = node_new(heap, 0, 8);
    assert_null(fresh->next);
    rr_decref(fresh);
    rr_decref(survivor);
}

static void memory_goes_back_by_itself_when_a_lot_is_free(void **state) {
    rr_heap *heap = *state;
    void *big = rr_alloc_items(heap, RR_TYPE_BYTES, (size_t)256 << 20);
    assert_non_null(big);
    memset(big, 1, (size_t)256 << 20);
    size_t resident = resident_bytes();
    rr_decref(big);
    assert_true(resident_bytes() + (200 << 20) < resident);
    assert_true(stats_of(heap).committed_bytes < (uint64_t)64 << 20);
}

/* Locked memory can't be given back: the system refuses, and what is handed out again must be zeroed all the same. */
static void trim_of_locked_memory_leaves_no_dirt(void **state) {
    rr_heap *heap = *state;
    if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0) {
        skip();
        return;
    }
    bool clean = true;
    for (int round = 0; round < 2; round++) {
        void *objects[300] = {NULL};
        for (size_t i = 0; i < LENGTH(objects); i++) {
            size_t size = i % 2 == 0 ? 4000 : 200000;
            unsigned char *bytes = objects[i] = rr_alloc_items(heap, RR_TYPE_BYTES, size);
            if (bytes == NULL)
                break;
            for (size_t at = 0; at < size; at++)
                clean = clean && bytes[at] == 0;
            memset(bytes, 0xFF, size);
        }
        for (size_t i = 0; i < LENGTH(objects); i++)
            rr_decref(objects[i]);
        rr_heap_trim(heap);
    }
    munlockall();
    assert_true(clean);
}

static void a_thousand_heaps_come_and_go_and_leave_nothing(void **state) {
    (void)state;
    rr_heap *together[64];
    for (size_t i = 0; i < LENGTH(together); i++) {
        together[i] = heap_with(0, 0);
        (void)node_new(together[i], 0, (int64_t)i);
    }
    for (size_t i = 0; i < LENGTH(together); i++) {
        assert_int_equal(live(together[i]), 1);
        assert_int_equal(rr_heap_free(together[i]), RR_OK);
    }
    size_t resident = resident_bytes();
    for (int i = 0; i < 1000; i++) {
        rr_heap *heap = heap_with(0, 0);
        rr_decref(ring_new(heap, 0, 10));
        (void)rr_mem_alloc(heap, 100000);
        assert_int_equal(rr_heap_free(heap), RR_OK);
    }
    assert_true(resident_bytes() < resident + (16 << 20));
}

static void after_fork_the_child_goes_on_with_its_parents_heaps(void **state) {
    rr_heap *heap = *state;
    node *ring = ring_new(heap, 0, 1000);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int failed = 0;
        void *fresh = rr_alloc(heap, node_type(0));
        failed |= fresh == NULL;
        failed |= rr_decref(fresh) != RR_OK;
        failed |= rr_decref(ring) != RR_OK;
        failed |= rr_collect(heap) != 1000;
        failed |= rr_heap_verify(heap) != RR_OK;
        failed |= rr_heap_free(heap) != RR_OK;
        _exit(failed);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_int_equal(live(heap), 1000);
    rr_decref(ring);
    assert_int_equal(rr_collect(heap), 1000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_default_heap_is_one_and_stands_for_null),
        cmocka_unit_test(the_default_heap_cannot_be_freed),
        cmocka_unit_test(the_default_heap_is_serialized),
        cmocka_unit_test(every_flag_is_accepted),
        cmocka_unit_test(options_of_the_wrong_size_are_refused),
        cmocka_unit_test(unknown_flags_are_refused),
        WITH_HEAP(a_pointer_that_was_never_a_heap_is_refused_by_every_function),
        cmocka_unit_test(a_freed_heap_is_refused_by_every_function),
        cmocka_unit_test(an_object_of_a_freed_heap_is_none_any_more),
        WITH_HEAP(a_reference_into_another_heap_is_refused),
        WITH_HEAP(heap_of_tells_the_heaps_apart),
        cmocka_unit_test(freeing_a_heap_finalizes_and_destroys_what_is_left_as_one_set),
        cmocka_unit_test(freeing_a_heap_destroys_what_is_frozen_untracked_or_logged),
        cmocka_unit_test(an_object_that_resurrects_itself_does_not_outlive_its_heap),
        WITH_HEAP(a_heap_cannot_be_freed_from_inside_a_callback),
        cmocka_unit_test(an_allocation_over_the_limit_fails_and_changes_nothing),
        cmocka_unit_test(a_limited_heap_serves_large_objects_up_to_its_limit_again_and_again),
        cmocka_unit_test(raw_and_external_memory_count_against_the_limit),
        cmocka_unit_test(at_the_limit_a_heap_collects_before_it_fails),
        cmocka_unit_test(at_the_limit_a_manual_heap_fails_without_collecting),
        WITH_HEAP(trim_gives_free_memory_back_to_the_system),
        WITH_HEAP(trim_of_locked_memory_leaves_no_dirt),
        WITH_HEAP(memory_goes_back_by_itself_when_a_lot_is_free),
        cmocka_unit_test(a_thousand_heaps_come_and_go_and_leave_nothing),
        WITH_MANUAL_HEAP(after_fork_the_child_goes_on_with_its_parents_heaps),
    };
    return cmocka_run_group_tests_name("heaps", tests, NULL, NULL);
}
