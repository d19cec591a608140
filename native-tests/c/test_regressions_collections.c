/* Bugs of collections that reviews of the library found, each named by what went wrong: rounds in slices that came to no end,
 * trials that lost a candidate, pause goals beyond all time. */
#include "slices.h"

#include <stdlib.h>

/* ---- Collections in slices --------------------------------------------------------------------------------------- */

typedef struct pair {
    void *first, *second;
} pair;

static const uint32_t both_slots[] = {0, 8};

static rr_type pair_with(rr_finalize_fn finalize) {
    rr_type_info info = type_info("pair");
    info.size = sizeof(pair);
    info.ref_offsets = both_slots;
    info.ref_count = 2;
    info.finalize = finalize;
    return rr_type_new(&info);
}

static uint64_t live_in(rr_heap *heap) {
    rr_stats stats = {.struct_size = sizeof stats};
    rr_heap_stats(heap, &stats);
    return stats.live_objects;
}

/* Drops a ring of so many pairs, too large for a trial. */
static void drop_large_ring(rr_heap *heap, rr_type type, int size, void (*between)(rr_heap *)) {
    pair *first = rr_alloc(heap, type), *last = first;
    for (int i = 1; i < size; i++) {
        pair *next = rr_alloc(heap, type);
        rr_store(&last->second, next);
        rr_decref(next);
        last = next;
        if (between != NULL)
            between(heap);
    }
    rr_store(&last->second, first);
    rr_decref(first);
}

static rr_type small_ring_type;

static void drop_small_ring(rr_heap *heap) {
    pair *object = rr_alloc(heap, small_ring_type);
    rr_store(&object->first, object);
    rr_decref(object);
}

static void a_log_that_was_always_full_starved_complete_collections(void **state) {
    rr_heap *heap = *state;
    rr_type type = small_ring_type = pair_with(NULL);
    rr_gc_set_threshold(heap, 1);
    uint64_t most = 0;
    for (int i = 0; i < 60; i++) {
        drop_large_ring(heap, type, 20000, drop_small_ring);
        uint64_t now = live_in(heap);
        most = now > most ? now : most;
    }
    assert_true(most < 1000 * 1000);
    rr_collect(heap);
}

static void trim_now_and_then(rr_heap *heap) {
    static int calls;
    if (++calls % 1000 == 0)
        rr_heap_trim(heap);
}

static void trims_starved_complete_collections(void **state) {
    rr_heap *heap = *state;
    rr_type type = pair_with(NULL);
    rr_gc_set_pause_goal(heap, 200 * 1000);
    uint64_t most = 0;
    for (int i = 0; i < 100; i++) {
        drop_large_ring(heap, type, 20000, trim_now_and_then);
        uint64_t now = live_in(heap);
        most = now > most ? now : most;
    }
    assert_true(most < 1500 * 1000);
    rr_collect(heap);
}

static rr_heap *respawning_heap;
static rr_type respawning_type;
static int respawned;

static void respawn(void *object, void *user) {
    (void)object;
    (void)user;
    if (respawned == 1000 * 1000)
        return;
    respawned++;
    pair *next = rr_alloc(respawning_heap, respawning_type);
    rr_store(&next->first, next);
    rr_decref(next);
}

static void finalizers_that_made_new_garbage_kept_one_allocation_busy_for_ever(void **state) {
    respawning_heap = *state;
    respawning_type = pair_with(respawn);
    rr_gc_set_pause_goal(respawning_heap, 0);
    respawned = 0;
    for (int i = 0; i < 5000; i++) {
        pair *object = rr_alloc(respawning_heap, respawning_type);
        rr_store(&object->first, object);
        rr_decref(object);
    }
    assert_true(respawned < 100 * 1000);
    respawned = 1000 * 1000;
    rr_collect(respawning_heap);
}

enum { FAN = 31, SEEN = 1100 };

static rr_type fan_type;
static void *seen_fans[SEEN];
static int64_t seen_count;

static void hold_all_fans(void *object, void *user) {
    (void)user;
    if (seen_count != 0)
        return;
    seen_count = rr_get_objects(rr_heap_of(object), fan_type, seen_fans, SEEN);
    for (int64_t i = 0; i < seen_count; i++) {
        if (rr_newref(seen_fans[i]) == NULL)
            seen_fans[i] = NULL; /* it is dying: refused */
    }
}

static void *fan_tree(rr_heap *heap, rr_type leaf, int depth) {
    if (depth == 0)
        return rr_alloc(heap, leaf);
    void **fan = rr_alloc(heap, fan_type);
    for (int i = 0; i < FAN; i++)
        fan[i] = fan_tree(heap, leaf, depth - 1);
    return fan;
}

static void a_node_died_that_a_finalizer_below_it_had_taken_a_reference_to(void **state) {
    uint32_t offsets[FAN];
    for (uint32_t i = 0; i < FAN; i++)
        offsets[i] = i * 8;
    rr_type_info info = type_info("fan");
    info.size = FAN * 8;
    info.ref_offsets = offsets;
    info.ref_count = FAN;
    fan_type = rr_type_new(&info);
    seen_count = 0;
    void *root = fan_tree(*state, pair_with(hold_all_fans), 3);
    assert_int_equal(rr_decref(root), RR_OK);
    assert_true(seen_count > 0);
    for (int64_t i = 0; i < seen_count; i++) {
        assert_true(seen_fans[i] == NULL || rr_is_object(seen_fans[i]) == 1);
        rr_decref(seen_fans[i]);
    }
    assert_int_equal(rr_heap_verify(*state), RR_OK);
}

/* ---- Candidates that a trial took from the log and did not walk on from were in no log and in no young page any more ------------ */

static node *multiply_linked_pair(rr_heap *heap, int id) {
    node *first = node_new(heap, 0, id), *second = node_new(heap, 0, id);
    rr_store(&first->next, second);
    rr_store(&first->other, second);
    rr_store(&second->next, first);
    rr_store(&second->other, first);
    rr_decref(second);
    return first;
}

static void candidates_that_a_trial_did_not_walk_on_from_were_lost(void **state) {
    rr_heap *heap = *state;
    enum { PAIRS = 5000 };
    static node *dropped[PAIRS], *kept[PAIRS];
    for (int i = 0; i < PAIRS; i++) {
        dropped[i] = multiply_linked_pair(heap, i);
        kept[i] = multiply_linked_pair(heap, i);
    }
    assert_int_equal(rr_collect(heap), 0); /* no page is young from now on */
    for (int i = 0; i < PAIRS; i++) { /* live candidates with several references: trials learn to look at few */
        rr_incref(kept[i]);
        rr_decref(kept[i]);
    }
    while (rr_gc_pending(heap))
        assert_int_equal(rr_collect_step(heap, 100000), 0);
    for (int i = 0; i < PAIRS; i++)
        rr_decref(dropped[i]);
    assert_true(rr_collect_step(heap, 0) >= 0);
    int64_t left = (int64_t)live(heap) - 2 * PAIRS;
    assert_int_equal(rr_collect(heap), left);
    assert_int_equal(live(heap), 2 * PAIRS);
    for (int i = 0; i < PAIRS; i++)
        rr_decref(kept[i]);
    assert_int_equal(rr_collect(heap), 2 * PAIRS);
}

/* Inline its bit in the log stays behind: the trial that had begun divided by the number of candidates. */
static void let_the_candidate_die(rr_heap *heap, const rr_gc_event *event, void *held) {
    (void)heap;
    void *candidate = *(void **)held;
    if (event->phase == RR_GC_PHASE_START && candidate != NULL) {
        *(void **)held = NULL;
        assert_int_equal(rr_decref(candidate), RR_OK);
    }
}

static void a_trial_whose_last_candidate_died_as_it_began_crashed(void **state) {
    rr_heap *heap = *state;
    node *candidate = node_new(heap, 0, 0);
    void *held = rr_newref(candidate);
    assert_int_equal(rr_decref(candidate), RR_OK);
    assert_int_equal(rr_gc_get_candidates(heap), 1);
    assert_int_equal(rr_gc_set_callback(heap, let_the_candidate_die, &held), RR_OK);
    assert_int_equal(rr_collect_step(heap, 0), 0);
    assert_null(held);
    assert_int_equal(rr_gc_set_callback(heap, NULL, NULL), RR_OK);
    assert_int_equal(live(heap), 0);
    assert_int_equal(rr_heap_verify(heap), RR_OK);
}

/* ---- What a round has listed and what has gone since was passed over in one go, however much it was ------------------------------ */

static void what_had_gone_of_a_list_was_passed_over_in_one_step(void **state) {
    rr_heap *heap = *state;
    enum { HUBS = 100, SPOKES = 4000 };
    void *hubs[HUBS];
    for (int i = 0; i < HUBS; i++)
        hubs[i] = rr_alloc_items(heap, RR_TYPE_TUPLE, SPOKES);
    for (int j = 0; j < SPOKES; j++) { /* the neighbours of a spoke are of other hubs: the first batches reach them all */
        for (int i = 0; i < HUBS; i++) {
            node *spoke = node_new(heap, 0, j);
            spoke->next = rr_newref(hubs[i]);
            ((void **)hubs[i])[j] = spoke;
        }
    }
    for (int i = 0; i < HUBS; i++)
        rr_decref(hubs[i]);
    int64_t freed = 0, steps_after = 0;
    while (rr_gc_pending(heap) == 1) {
        int64_t now = rr_collect_step(heap, 0);
        assert_true(now >= 0);
        freed += now;
        steps_after = now == 0 ? steps_after + 1 : 0;
    }
    assert_int_equal(freed, HUBS * (SPOKES + 1));
    assert_true(steps_after > HUBS * SPOKES / 8192);
}

/* ---- A pause goal beyond the end of the clock -------------------------------------------------------------------------------------- */

static int slices_heard;

static void count_slices(rr_heap *heap, const rr_gc_event *event, void *user) {
    (void)heap;
    (void)user;
    slices_heard += event->phase == RR_GC_PHASE_STOP;
}

static void a_pause_goal_without_an_end_ended_the_process(void **state) {
    rr_heap *heap = *state;
    for (uint64_t less = 0; less < 3; less++) {
        assert_int_equal(rr_gc_set_pause_goal(heap, UINT64_MAX - less * 1000), RR_OK);
        rr_gc_set_callback(heap, count_slices, NULL);
        slices_heard = 0;
        uint64_t before = stats_of(heap).collections;
        rr_decref(live_chain(heap, 500 * 1000)); /* the heap grows beyond its first 8 MiB: a complete collection, in slices */
        uint64_t collections = stats_of(heap).collections - before;
        if (!in_forced_slices()) { /* each in one: the goal leaves it all the time there is */
            assert_true(collections >= 1);
            assert_int_equal(slices_heard, collections);
        }
        rr_gc_set_callback(heap, NULL, NULL);
        rr_collect(heap);
    }
}

/* ---- A callback of one heap in which another one was collected ------------------------------------------------------------------------ */

static rr_heap *heap_beside, *small_heap;
static uint64_t collections_inside;

static void fill_other_heaps(node *self) {
    (void)self;
    for (int i = 0; i < 100 * 1000; i++)
        rr_decref(ring_new(heap_beside, 0, 1));
    node *last = node_new(small_heap, 0, 0);
    for (node *next = last; next != NULL; last = next) { /* to its limit, all of it garbage */
        link_next(last, last);
        rr_decref(last);
        next = rr_alloc(small_heap, node_type(0));
    }
    assert_int_equal(rr_last_status(), RR_E_NO_MEMORY);
    collections_inside = stats_of(heap_beside).collections + stats_of(small_heap).collections;
}

static void in_a_callback_other_heaps_were_collected_automatically(void **state) {
    heap_beside = heap_with(0, 0);
    small_heap = heap_with(0, 1024 * 1024);
    on_finalize = fill_other_heaps;
    rr_decref(node_new(*state, NODE_FINALIZE, 0));
    on_finalize = NULL;
    assert_int_equal(collections_inside, 0);
    assert_int_equal(live(heap_beside), 100 * 1000);
    node *after = node_new(small_heap, 0, 0);
    assert_non_null(after);
    assert_true(stats_of(small_heap).collections > 0);
    rr_decref(after);
    rr_collect(small_heap);
    rr_collect(heap_beside);
    heap_end(heap_beside);
    heap_end(small_heap);
}

/* ---- A long log of the living was emptied in one go, whatever the pause goal said --------------------------------------------------- */

static void a_log_that_had_become_long_was_emptied_in_one_pause(void **state) {
    rr_heap *heap = *state;
    enum { COUNT = 200 * 1000 };
    rr_gc_disable(heap);
    node *first = live_chain(heap, COUNT);
    for (node *at = first; at != NULL; at = at->next) {
        rr_incref(at);
        rr_decref(at);
    }
    assert_int_equal(rr_gc_get_candidates(heap), COUNT);
    rr_gc_set_pause_goal(heap, 3000);
    rr_gc_enable(heap);
    rr_decref(node_new(heap, 0, 0));
    assert_true(rr_gc_get_candidates(heap) > COUNT / 2);
    rr_gc_set_pause_goal(heap, 0);
    rr_gc_set_threshold(heap, 1);
    rr_decref(node_new(heap, 0, 0));
    assert_int_equal(rr_gc_get_candidates(heap), 0);
    rr_decref(first);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_HEAP(a_log_that_was_always_full_starved_complete_collections),
        WITH_HEAP(trims_starved_complete_collections),
        WITH_HEAP(finalizers_that_made_new_garbage_kept_one_allocation_busy_for_ever),
        WITH_MANUAL_HEAP(a_node_died_that_a_finalizer_below_it_had_taken_a_reference_to),
        WITH_MANUAL_HEAP(candidates_that_a_trial_did_not_walk_on_from_were_lost),
        WITH_MANUAL_HEAP(a_trial_whose_last_candidate_died_as_it_began_crashed),
        WITH_MANUAL_HEAP(what_had_gone_of_a_list_was_passed_over_in_one_step),
        WITH_HEAP(a_pause_goal_without_an_end_ended_the_process),
        WITH_HEAP(in_a_callback_other_heaps_were_collected_automatically),
        WITH_HEAP(a_log_that_had_become_long_was_emptied_in_one_pause),
    };
    return cmocka_run_group_tests_name("regressions of collections", tests, NULL, NULL);
}
