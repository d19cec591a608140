/* abi.md, Stats, and rr_heap_verify: each number moves with what it counts, and no byte past struct_size is written. */
#include "support.h"

static void objects_and_bytes_follow_allocation_and_death(void **state) {
    rr_heap *heap = *state;
    rr_stats empty = stats_of(heap);
    assert_int_equal(empty.live_objects, 0);
    assert_int_equal(empty.live_bytes, 0);
    void *bytes = rr_alloc_items(heap, RR_TYPE_BYTES, 1000);
    node *object = node_new(heap, 0, 1);
    rr_stats two = stats_of(heap);
    assert_int_equal(two.live_objects, 2);
    assert_in_range(two.live_bytes, 1000 + sizeof(node), 1500);
    assert_int_equal(two.objects_allocated, empty.objects_allocated + 2);
    assert_true(two.committed_bytes >= two.live_bytes);
    assert_true(two.reserved_bytes >= two.committed_bytes);
    assert_true(two.peak_bytes >= two.committed_bytes);
    rr_decref(bytes);
    rr_decref(object);
    rr_stats none = stats_of(heap);
    assert_int_equal(none.live_objects, 0);
    assert_int_equal(none.live_bytes, 0);
    assert_int_equal(none.objects_freed, empty.objects_freed + 2);
}

static void the_peak_stays_when_the_memory_has_gone(void **state) {
    rr_heap *heap = *state;
    void *big = rr_alloc_items(heap, RR_TYPE_BYTES, 100 << 20);
    assert_non_null(big);
    rr_decref(big);
    rr_heap_trim(heap);
    rr_stats stats = stats_of(heap);
    assert_true(stats.peak_bytes >= 100 << 20);
    assert_true(stats.committed_bytes < 50 << 20);
}

static void keep(node *self) {
    if (self->id == 1)
        rr_incref(self);
}

static void collections_are_counted(void **state) {
    rr_heap *heap = *state;
    rr_decref(ring_new(heap, NODE_FINALIZE, 10));
    assert_int_equal(rr_collect(heap), 10);
    rr_stats stats = stats_of(heap);
    assert_int_equal(stats.collections, 1);
    assert_int_equal(stats.objects_collected, 10);
    assert_int_equal(stats.objects_resurrected, 0);
    assert_int_equal(stats.finalizers_run, 10);
    assert_true(stats.objects_visited >= 10);
    assert_true(stats.gc_ns_total > 0);
    assert_true(stats.gc_ns_max > 0);
    assert_true(stats.gc_ns_total >= stats.gc_ns_max);

    node *object = node_new(heap, NODE_FINALIZE, 1);
    on_finalize = keep;
    rr_decref(object);
    assert_int_equal(stats_of(heap).objects_resurrected, 1);
    assert_int_equal(stats_of(heap).finalizers_run, 11);
    rr_decref(object);
    assert_int_equal(stats_of(heap).finalizers_run, 11);
}

static void no_byte_past_the_struct_size_is_written(void **state) {
    rr_heap *heap = *state;
    struct {
        rr_stats stats;
        unsigned char after[64];
    } guarded;
    memset(&guarded, 0x5A, sizeof guarded);
    guarded.stats.struct_size = sizeof guarded.stats;
    assert_int_equal(rr_heap_stats(heap, &guarded.stats), RR_OK);
    for (size_t i = 0; i < sizeof guarded.after; i++)
        assert_int_equal(guarded.after[i], 0x5A);
    assert_int_equal(guarded.stats.struct_size, sizeof guarded.stats);
}

static void stats_of_the_wrong_size_are_refused_and_not_written(void **state) {
    rr_heap *heap = *state;
    static const uint32_t sizes[] = {0, 4, 8, sizeof(rr_stats) - 8};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        rr_stats stats, before;
        memset(&stats, 0x5A, sizeof stats);
        stats.struct_size = sizes[i];
        before = stats;
        assert_refused(rr_heap_stats(heap, &stats), RR_E_ARGUMENT, "struct_size", sizes[i]);
        assert_memory_equal(&stats, &before, sizeof stats);
    }
    assert_refused(rr_heap_stats(heap, NULL), RR_E_ARGUMENT, "out", 0);
}

static void a_heap_verifies_in_every_state_it_can_be_in(void **state) {
    rr_heap *heap = *state;
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    node *ring = ring_new(heap, NODE_FINALIZE | NODE_DESTROY, 1000);
    void *weak = rr_weakref_new(ring, log_weak, "ref");
    void *list = rr_list_new(heap);
    for (int i = 0; i < 1000; i++)
        rr_list_append(list, ring);
    void *big = rr_alloc_items(heap, RR_TYPE_BYTES, 50 << 20), *raw = rr_mem_alloc(heap, 123456);
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    rr_gc_freeze(heap);
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    rr_gc_unfreeze(heap);
    rr_decref(list);
    rr_decref(ring);
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    rr_collect(heap);
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    rr_decref(big);
    rr_mem_free(heap, raw);
    rr_decref(weak);
    rr_heap_trim(heap);
    assert_int_equal(rr_heap_verify(heap), RR_OK);
}

static rr_heap *current;

static void verify(node *self) {
    (void)self;
    log_event("verify: %d", rr_heap_verify(current));
}

static void a_heap_can_be_verified_from_a_finalizer(void **state) {
    rr_heap *heap = current = *state;
    on_finalize = verify;
    rr_decref(node_new(heap, NODE_FINALIZE, 1));
    rr_decref(ring_new(heap, NODE_FINALIZE, 2));
    rr_collect(heap);
    assert_int_equal(log_count("verify: 0"), 3);
}

/* A borrowed pointer in a strong slot is the client's bug: it is reported, and nothing dies of it. */
static void more_references_than_counts_are_reported_as_corrupt(void **state) {
    rr_heap *heap = *state;
    node *holder = node_new(heap, 0, 1), *held = node_new(heap, 0, 2);
    holder->next = held;
    holder->other = held; /* two slots, one count, which is ours */
    assert_int_equal(rr_heap_verify(heap), RR_E_CORRUPT);
    assert_int_equal(rr_last_status(), RR_E_CORRUPT);
    assert_non_null(strstr(rr_last_error(), "rr_heap_verify"));
    holder->next = holder->other = NULL;
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    rr_decref(held);
    rr_decref(holder);
}

/* Both are derived: blocks handed to bins, less what lies there. A trim puts those back. */
static void a_trim_leaves_what_was_allocated_and_freed_as_it_was(void **state) {
    rr_heap *heap = *state;
    for (int i = 0; i < 10; i++)
        rr_decref(node_new(heap, 0, i));
    node *kept = node_new(heap, 0, 10);
    rr_stats before = stats_of(heap);
    assert_int_equal(rr_heap_trim(heap), RR_OK);
    rr_stats after = stats_of(heap);
    assert_int_equal(after.objects_allocated, before.objects_allocated);
    assert_int_equal(after.objects_freed, before.objects_freed);
    assert_int_equal(after.live_objects, 1);
    rr_decref(kept);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_MANUAL_HEAP(a_trim_leaves_what_was_allocated_and_freed_as_it_was),
        WITH_MANUAL_HEAP(objects_and_bytes_follow_allocation_and_death),
        WITH_MANUAL_HEAP(the_peak_stays_when_the_memory_has_gone),
        WITH_MANUAL_HEAP(collections_are_counted),
        WITH_MANUAL_HEAP(no_byte_past_the_struct_size_is_written),
        WITH_MANUAL_HEAP(stats_of_the_wrong_size_are_refused_and_not_written),
        WITH_MANUAL_HEAP(a_heap_verifies_in_every_state_it_can_be_in),
        WITH_MANUAL_HEAP(a_heap_can_be_verified_from_a_finalizer),
        WITH_MANUAL_HEAP(more_references_than_counts_are_reported_as_corrupt),
    };
    return cmocka_run_group_tests_name("stats", tests, NULL, NULL);
}
