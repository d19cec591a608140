/* abi.md, Cycles: when collections run by themselves, and everything that steers them: thresholds, enable and disable,
 * steps, freeze, track, events, external memory. */
#include "support.h"

#include <inttypes.h>

static void drop_rings(rr_heap *heap, size_t count, size_t length) {
    for (size_t i = 0; i < count; i++)
        rr_decref(ring_new(heap, 0, length));
}

/* ---- Automatic collection ---------------------------------------------------------------------------------------- */

static void garbage_does_not_pile_up(void **state) {
    rr_heap *heap = *state;
    uint64_t most = 0;
    for (int i = 0; i < 300; i++) {
        drop_rings(heap, 1000, 3);
        uint64_t now = live(heap);
        most = now > most ? now : most;
    }
    assert_true(stats_of(heap).collections > 0);
    assert_true(most < 300000); /* of 900,000 made */
    rr_collect(heap);
}

static void cycles_closed_by_plain_writes_do_not_pile_up_either(void **state) {
    rr_heap *heap = *state;
    uint64_t most = 0;
    for (int i = 0; i < 5 * 1000 * 1000; i++) {
        node *object = rr_alloc(heap, node_type(0));
        object->next = object; /* the only reference moves inside: no decrement, ever */
        if (i % 10000 == 0) {
            uint64_t now = live(heap);
            most = now > most ? now : most;
        }
    }
    assert_true(stats_of(heap).collections > 0);
    assert_true(most < 2500 * 1000);
    rr_collect(heap);
}

static void a_threshold_that_is_reached_starts_a_collection(void **state) {
    rr_heap *heap = *state;
    assert_int_equal(rr_gc_set_threshold(heap, 100), RR_OK);
    assert_int_equal(rr_gc_get_threshold(heap), 100);
    uint64_t before = stats_of(heap).collections;
    drop_rings(heap, 50, 1);
    assert_int_equal(stats_of(heap).collections, before);
    assert_int_equal(live(heap), 50);
    drop_rings(heap, 200, 1);
    assert_true(stats_of(heap).collections > before);
    assert_true(live(heap) < 200);
    rr_collect(heap);
}

static void threshold_0_never_collects_by_count(void **state) {
    rr_heap *heap = *state;
    assert_int_equal(rr_gc_set_threshold(heap, 0), RR_OK);
    assert_int_equal(rr_gc_get_threshold(heap), 0);
    drop_rings(heap, 5000, 1);
    assert_int_equal(stats_of(heap).collections, 0);
    assert_int_equal(live(heap), 5000);
    assert_int_equal(rr_collect(heap), 5000);
}

static void candidates_are_logged_once_and_forgotten_with_their_object(void **state) {
    rr_heap *heap = *state;
    node *object = node_new(heap, 0, 1);
    void *leaf = rr_alloc_items(heap, RR_TYPE_BYTES, 8);
    assert_int_equal(rr_gc_get_candidates(heap), 0);
    for (int i = 0; i < 10; i++) {
        rr_incref(object);
        rr_decref(object);
        rr_incref(leaf);
        rr_decref(leaf);
    }
    assert_int_equal(rr_gc_get_candidates(heap), 1); /* the leaf never is one */
    assert_int_equal(stats_of(heap).candidates, 1);
    rr_decref(object);
    assert_int_equal(rr_gc_get_candidates(heap), 0);
    rr_decref(leaf);
    drop_rings(heap, 7, 2);
    assert_true(rr_gc_get_candidates(heap) >= 7);
    rr_collect(heap);
    assert_int_equal(rr_gc_get_candidates(heap), 0);
}

static void disabled_collection_waits_for_rr_collect(void **state) {
    rr_heap *heap = *state;
    assert_int_equal(rr_gc_is_enabled(heap), 1);
    assert_int_equal(rr_gc_disable(heap), RR_OK);
    assert_int_equal(rr_gc_is_enabled(heap), 0);
    rr_gc_set_threshold(heap, 10);
    drop_rings(heap, 50000, 2);
    assert_int_equal(stats_of(heap).collections, 0);
    assert_int_equal(live(heap), 100000);
    assert_int_equal(rr_collect(heap), 100000);
    assert_int_equal(rr_gc_enable(heap), RR_OK);
    assert_int_equal(rr_gc_is_enabled(heap), 1);
    drop_rings(heap, 1000, 2);
    assert_true(live(heap) < 2000);
    rr_collect(heap);
}

static void a_manual_heap_collects_only_when_asked(void **state) {
    rr_heap *heap = *state;
    assert_int_equal(rr_gc_is_enabled(heap), 0);
    rr_gc_set_threshold(heap, 10);
    drop_rings(heap, 50000, 2);
    assert_int_equal(stats_of(heap).collections, 0);
    assert_int_equal(rr_collect(heap), 100000);
}

static void a_release_never_collects(void **state) {
    rr_heap *heap = *state;
    enum { COUNT = 10000 };
    static node *objects[COUNT];
    rr_gc_disable(heap);
    for (size_t i = 0; i < COUNT; i++)
        objects[i] = ring_new(heap, 0, 1);
    rr_gc_set_threshold(heap, 1);
    rr_gc_enable(heap);
    uint64_t before = stats_of(heap).collections;
    for (size_t i = 0; i < COUNT; i++)
        rr_decref(objects[i]);
    assert_int_equal(stats_of(heap).collections, before);
    assert_int_equal(live(heap), COUNT);
    rr_collect(heap);
}

static void what_lives_survives_automatic_collections(void **state) {
    rr_heap *heap = *state;
    rr_gc_set_threshold(heap, 20);
    node *kept = ring_new(heap, 0, 5000);
    drop_rings(heap, 5000, 4);
    node *at = kept;
    for (int64_t i = 0; i < 5000; i++, at = at->next)
        assert_int_equal(at->id, i);
    assert_ptr_equal(at, kept);
    rr_decref(kept);
    rr_collect(heap);
    assert_int_equal(live(heap), 0);
}

static void a_bounded_heap_collects_in_the_end_as_well(void **state) {
    (void)state;
    rr_heap *heap = heap_with(RR_HEAP_BOUNDED, 0);
    for (int i = 0; i < 300; i++)
        drop_rings(heap, 1000, 3);
    assert_true(live(heap) < 450000);
    rr_collect(heap);
    heap_end(heap);
}

/* ---- Steps ------------------------------------------------------------------------------------------------------- */

static void steps_come_to_an_end_with_nothing_left(void **state) {
    rr_heap *heap = *state;
    assert_int_equal(rr_gc_pending(heap), 0);
    assert_int_equal(rr_collect_step(heap, 1000), 0);
    drop_rings(heap, 1000, 3);
    assert_int_equal(rr_gc_pending(heap), 1);
    int64_t freed = 0;
    int steps = 0;
    while (rr_gc_pending(heap) != 0) {
        int64_t step = rr_collect_step(heap, 50 * 1000);
        assert_true(step >= 0);
        freed += step;
        assert_true(++steps < 1000 * 1000);
        assert_int_equal(rr_heap_verify(heap), RR_OK);
    }
    assert_int_equal(freed, 3000);
    assert_int_equal(live(heap), 0);
    assert_int_equal(rr_collect_step(heap, 1000), 0);
}

static void a_step_without_a_budget_does_no_harm(void **state) {
    rr_heap *heap = *state;
    drop_rings(heap, 10, 3);
    int64_t freed = 0;
    for (int i = 0; i < 100000 && rr_gc_pending(heap) != 0; i++)
        freed += rr_collect_step(heap, 0);
    freed += rr_collect(heap);
    assert_int_equal(freed, 30);
}

/* ---- Freeze, track ----------------------------------------------------------------------------------------------- */

static void frozen_objects_are_left_out_of_collections(void **state) {
    rr_heap *heap = *state;
    assert_int_equal(rr_gc_freeze_count(heap), 0);
    node *frozen = ring_new(heap, NODE_DESTROY, 10);
    assert_int_equal(rr_gc_freeze(heap), RR_OK);
    assert_int_equal(rr_gc_freeze_count(heap), 10);
    rr_decref(frozen);
    drop_rings(heap, 1, 5);
    assert_int_equal(rr_collect(heap), 5);
    assert_int_equal(live(heap), 10);
    assert_int_equal(rr_gc_freeze_count(heap), 10);
    assert_int_equal(rr_gc_unfreeze(heap), RR_OK);
    assert_int_equal(rr_gc_freeze_count(heap), 0);
    assert_int_equal(rr_collect(heap), 10);
    assert_int_equal(log_count("destroy"), 10);
}

static void frozen_objects_are_counted_whatever_they_are_and_die_by_counting(void **state) {
    rr_heap *heap = *state;
    node *object = node_new(heap, NODE_DESTROY, 1);
    void *leaf = rr_alloc_items(heap, RR_TYPE_BYTES, 100);
    void *list = rr_list_new(heap);
    assert_int_equal(rr_gc_freeze(heap), RR_OK);
    assert_int_equal(rr_gc_freeze_count(heap), 3);
    void *later = node_new(heap, 0, 2);
    assert_int_equal(rr_gc_freeze_count(heap), 3);
    rr_decref(object);
    assert_log("destroy 1");
    assert_int_equal(rr_gc_freeze_count(heap), 2);
    rr_decref(leaf);
    rr_decref(list);
    rr_decref(later);
    assert_int_equal(rr_gc_freeze_count(heap), 0);
}

static void what_a_frozen_object_holds_stays_alive(void **state) {
    rr_heap *heap = *state;
    node *frozen = ring_new(heap, 0, 1);
    rr_gc_freeze(heap);
    node *ring = ring_new(heap, 0, 3);
    link_other(frozen, ring);
    rr_decref(ring);
    rr_decref(frozen);
    assert_int_equal(rr_collect(heap), 0);
    assert_int_equal(live(heap), 4);
    rr_gc_unfreeze(heap);
    assert_int_equal(rr_collect(heap), 4);
}

static void freeze_its_heap(void *object, void *user) {
    (void)user;
    rr_gc_freeze(rr_heap_of(object));
}

static void a_freeze_while_a_logged_object_dies_keeps_the_number_of_candidates(void **state) {
    rr_heap *heap = *state;
    rr_type_info info = type_info("freezes");
    info.size = 16;
    info.ref_offsets = (const uint32_t[]){0};
    info.ref_count = 1;
    info.destroy = freeze_its_heap;
    void *dying = rr_alloc(heap, rr_type_new(&info));
    rr_incref(dying);
    rr_decref(dying);
    assert_int_equal(rr_gc_get_candidates(heap), 1);
    rr_decref(dying);
    assert_int_equal(rr_gc_get_candidates(heap), 0);
    assert_int_equal(rr_heap_verify(heap), RR_OK);
}

static void untracked_objects_are_left_out_until_tracked_again(void **state) {
    rr_heap *heap = *state;
    node *ring = ring_new(heap, 0, 3);
    assert_int_equal(rr_gc_is_tracked(ring), 1);
    assert_int_equal(rr_gc_untrack(ring), RR_OK);
    assert_int_equal(rr_gc_is_tracked(ring), 0);
    rr_decref(ring);
    assert_int_equal(rr_collect(heap), 0);
    assert_int_equal(live(heap), 3);
    assert_int_equal(rr_gc_track(ring), RR_OK);
    assert_int_equal(rr_gc_is_tracked(ring), 1);
    assert_int_equal(rr_collect(heap), 3);
}

static void leaves_are_never_tracked(void **state) {
    rr_heap *heap = *state;
    void *bytes = rr_alloc_items(heap, RR_TYPE_BYTES, 8), *tuple = rr_alloc(heap, RR_TYPE_TUPLE);
    void *weak = rr_weakref_new(tuple, NULL, NULL);
    assert_int_equal(rr_gc_is_tracked(bytes), 0);
    assert_int_equal(rr_gc_is_tracked(weak), 0);
    assert_int_equal(rr_gc_is_tracked(tuple), 1);
    rr_decref(bytes);
    rr_decref(weak);
    rr_decref(tuple);
}

/* ---- Events ------------------------------------------------------------------------------------------------------ */

static void log_gc(rr_heap *heap, const rr_gc_event *event, void *user) {
    rr_gc_event *last = user;
    if (heap == NULL || event->struct_size < sizeof *event) {
        log_event("bad event");
        return;
    }
    *last = *event;
    log_event("%s %" PRIu64, event->phase == RR_GC_PHASE_START ? "start" : "stop", event->collected);
}

static void the_callback_hears_of_each_collection_as_it_starts_and_stops(void **state) {
    rr_heap *heap = *state;
    rr_gc_event last;
    memset(&last, 0, sizeof last);
    assert_int_equal(rr_gc_set_callback(heap, log_gc, &last), RR_OK);
    drop_rings(heap, 1, 10);
    assert_log("");
    assert_int_equal(rr_collect(heap), 10);
    assert_log("start 0; stop 10");
    assert_int_equal(last.reason, RR_GC_REASON_REQUESTED);
    assert_int_equal(last.collected, 10);
    assert_int_equal(last.resurrected, 0);
    assert_true(last.visited >= 10);
    assert_true(last.duration_ns > 0);
    assert_true(last.duration_ns < UINT64_C(10000000000));
    assert_int_equal(rr_gc_set_callback(heap, NULL, NULL), RR_OK);
    log_clear();
    rr_collect(heap);
    assert_log("");
}

static void an_automatic_collection_says_why_it_runs(void **state) {
    rr_heap *heap = *state;
    rr_gc_event last;
    memset(&last, 0xFF, sizeof last);
    rr_gc_set_callback(heap, log_gc, &last);
    rr_gc_set_threshold(heap, 10);
    drop_rings(heap, 100, 1);
    assert_true(log_count("start") > 0);
    assert_int_equal(log_count("start"), log_count("stop"));
    assert_int_equal(last.reason, RR_GC_REASON_CANDIDATES);
    rr_gc_set_callback(heap, NULL, NULL);
    rr_collect(heap);
}

static void *resurrected;

static void keep_it(node *self) {
    resurrected = rr_newref(self);
}

static void an_event_counts_the_resurrected(void **state) {
    rr_heap *heap = *state;
    rr_gc_event last;
    memset(&last, 0, sizeof last);
    rr_gc_set_callback(heap, log_gc, &last);
    on_finalize = keep_it;
    rr_decref(ring_new(heap, NODE_FINALIZE, 1));
    assert_int_equal(rr_collect(heap), 0);
    assert_int_equal(last.resurrected, 1);
    assert_int_equal(last.collected, 0);
    rr_gc_set_callback(heap, NULL, NULL);
    on_finalize = NULL;
    rr_decref(resurrected);
    assert_int_equal(rr_collect(heap), 1);
}

static void allocate_in_the_event(rr_heap *heap, const rr_gc_event *event, void *user) {
    (void)user;
    void *object = rr_alloc(heap, node_type(0));
    log_event("%" PRIu32 " alloc %d collect %d", event->phase, object != NULL, (int)rr_collect(heap));
    rr_decref(object);
}

static void the_callback_may_use_the_heap_and_does_not_nest_collections(void **state) {
    rr_heap *heap = *state;
    rr_gc_set_callback(heap, allocate_in_the_event, NULL);
    drop_rings(heap, 1, 4);
    assert_int_equal(rr_collect(heap), 4);
    rr_gc_set_callback(heap, NULL, NULL);
    assert_log("0 alloc 1 collect 0; 1 alloc 1 collect 0");
}

/* ---- External memory --------------------------------------------------------------------------------------------- */

static void external_memory_is_summed_and_stops_at_0(void **state) {
    rr_heap *heap = *state;
    assert_int_equal(rr_report_external(heap, 1000), RR_OK);
    assert_int_equal(rr_report_external(heap, 500), RR_OK);
    assert_int_equal(stats_of(heap).external_bytes, 1500);
    assert_int_equal(rr_report_external(heap, -600), RR_OK);
    assert_int_equal(stats_of(heap).external_bytes, 900);
    assert_int_equal(rr_report_external(heap, -1000000), RR_OK);
    assert_int_equal(stats_of(heap).external_bytes, 0);
    assert_int_equal(rr_report_external(heap, INT64_MIN), RR_OK);
    assert_int_equal(stats_of(heap).external_bytes, 0);
}

static void external_memory_brings_a_collection_forward(void **state) {
    rr_heap *heap = *state;
    rr_gc_set_threshold(heap, 0);
    for (int i = 0; i < 1000 && stats_of(heap).collections == 0; i++) {
        drop_rings(heap, 1, 2);
        assert_int_equal(rr_report_external(heap, 16 << 20), RR_OK); /* each ring stands for 16 MiB */
    }
    assert_true(stats_of(heap).collections > 0);
    rr_report_external(heap, INT64_MIN);
    rr_collect(heap);
}

/* The blocks that the allocator has at hand when a collection ends are handed out without its knowing, so it must not forget their page. */
static void a_cycle_closed_by_plain_writes_after_a_collection_is_found_by_the_next(void **state) {
    rr_heap *heap = *state;
    node *kept = node_new(heap, 0, 1);
    for (int round = 0; round < 3; round++) {
        assert_int_equal(rr_collect(heap), 0);
        node *lost = node_new(heap, 0, 2);
        lost->next = lost; /* its only reference: no count changes */
        assert_int_equal(rr_collect(heap), 1);
    }
    rr_decref(kept);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_MANUAL_HEAP(a_cycle_closed_by_plain_writes_after_a_collection_is_found_by_the_next),
        WITH_HEAP(garbage_does_not_pile_up),
        WITH_HEAP(cycles_closed_by_plain_writes_do_not_pile_up_either),
        WITH_HEAP(a_threshold_that_is_reached_starts_a_collection),
        WITH_HEAP(threshold_0_never_collects_by_count),
        WITH_MANUAL_HEAP(candidates_are_logged_once_and_forgotten_with_their_object),
        WITH_HEAP(disabled_collection_waits_for_rr_collect),
        WITH_MANUAL_HEAP(a_manual_heap_collects_only_when_asked),
        WITH_HEAP(a_release_never_collects),
        WITH_HEAP(what_lives_survives_automatic_collections),
        cmocka_unit_test(a_bounded_heap_collects_in_the_end_as_well),
        WITH_MANUAL_HEAP(steps_come_to_an_end_with_nothing_left),
        WITH_MANUAL_HEAP(a_step_without_a_budget_does_no_harm),
        WITH_MANUAL_HEAP(frozen_objects_are_left_out_of_collections),
        WITH_MANUAL_HEAP(frozen_objects_are_counted_whatever_they_are_and_die_by_counting),
        WITH_MANUAL_HEAP(what_a_frozen_object_holds_stays_alive),
        WITH_MANUAL_HEAP(a_freeze_while_a_logged_object_dies_keeps_the_number_of_candidates),
        WITH_MANUAL_HEAP(untracked_objects_are_left_out_until_tracked_again),
        WITH_MANUAL_HEAP(leaves_are_never_tracked),
        WITH_MANUAL_HEAP(the_callback_hears_of_each_collection_as_it_starts_and_stops),
        WITH_HEAP(an_automatic_collection_says_why_it_runs),
        WITH_MANUAL_HEAP(an_event_counts_the_resurrected),
        WITH_MANUAL_HEAP(the_callback_may_use_the_heap_and_does_not_nest_collections),
        WITH_HEAP(external_memory_is_summed_and_stops_at_0),
        WITH_HEAP(external_memory_brings_a_collection_forward),
    };
    return cmocka_run_group_tests_name("collections", tests, NULL, NULL);
}
