/* abi.md, Cycles: a collection in slices, between which the program does what it likes. By rr_collect_step with budget 0; and
 * automatically. What a program may do in between is in test_slices_changes.c, how a set dies in test_slices_death.c. */
#include "slices.h"

#include <inttypes.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Steps ------------------------------------------------------------------------------------------------------- */

static void one_step_of_budget_0_does_only_a_part(void **state) {
    rr_heap *heap = *state;
    enum { COUNT = 30000 };
    node *kept = live_chain(heap, EMBEDDED);
    assert_int_equal(rr_gc_pending(heap), 1);
    rr_decref(ring_new(heap, 0, COUNT));
    int64_t freed = rr_collect_step(heap, 0);
    assert_true(freed < COUNT);
    assert_int_equal(rr_gc_pending(heap), 1);
    int steps = 1;
    for (; rr_gc_pending(heap) == 1; steps++) {
        assert_true(steps < STEPS);
        freed += steps % 16 == 0 ? step(heap) : rr_collect_step(heap, 0);
        assert_true(freed <= COUNT);
    }
    assert_true(steps > 10);
    assert_int_equal(freed, COUNT); /* what the steps return adds up to the dead */
    assert_int_equal(live(heap), EMBEDDED);
    assert_int_equal(rr_collect(heap), 0);
    assert_chain(kept, EMBEDDED);
    rr_decref(kept);
}

static void a_budget_without_an_end_does_all_in_one_step(void **state) {
    rr_heap *heap = *state;
    rr_decref(ring_new(heap, 0, 20000));
    assert_int_equal(rr_collect_step(heap, UINT64_MAX), 20000);
    assert_int_equal(rr_gc_pending(heap), 0);
    assert_int_equal(live(heap), 0);
}

/* Few, and more than the trials of a step take. */
static void steps_come_to_an_end_though_candidates_never_do(void **state) {
    rr_heap *heap = *state;
    enum { RING = 20000 }; /* too large for a trial, and logged by nobody */
    for (size_t candidates = 1; candidates <= 1000; candidates *= 10) {
        node *first = live_chain(heap, candidates);
        unlogged_ring(heap, 0, RING, 0);
        int64_t freed = 0;
        for (int i = 0; freed < RING; i++) {
            assert_true(i < STEPS);
            for (node *at = first; at != NULL; at = at->next) { /* logged anew before each step */
                rr_incref(at);
                rr_decref(at);
            }
            freed += rr_collect_step(heap, 0);
        }
        assert_int_equal(freed, RING);
        rr_decref(first);
    }
}

static void a_ring_larger_than_one_commit_batch_is_freed_by_steps(void **state) {
    rr_heap *heap = *state;
    enum { COUNT = 20000 };
    node *shared = node_new(heap, 0, -1);
    node *ring = ring_new(heap, 0, COUNT);
    node *at = ring;
    for (int i = 0; i < COUNT; i++, at = at->next)
        link_other(at, shared);
    rr_collect(heap);
    assert_int_equal(rr_getrefcount(shared), COUNT + 1);
    rr_decref(ring);
    assert_int_equal(finish(heap), COUNT);
    assert_int_equal(rr_getrefcount(shared), 1);
    rr_decref(shared);
}

/* Nothing of it is new: it is found by search, edge by edge, over pages in no order. */
static void a_ring_in_no_order_is_found_by_search(void **state) {
    rr_heap *heap = *state;
    enum { COUNT = 30000, STRIDE = 7919 };
    static node *nodes[COUNT];
    for (int i = 0; i < COUNT; i++)
        nodes[i] = node_new(heap, 0, i);
    for (int i = 0; i < COUNT; i++) {
        link_next(nodes[i], nodes[(i + STRIDE) % COUNT]);
        link_other(nodes[i], nodes[(i * 31) % COUNT]);
    }
    for (int i = 1; i < COUNT; i++)
        rr_decref(nodes[i]);
    rr_collect(heap);
    assert_int_equal(rr_gc_pending(heap), 0);
    rr_decref(nodes[0]);
    assert_int_equal(finish(heap), COUNT);
    assert_int_equal(live(heap), 0);
}

/* Many small dead structures and a large one, all of which refer to each other one way: a batch ends within one of them. */
static void dead_structures_that_hang_on_each_other_all_die(void **state) {
    rr_heap *heap = *state;
    enum { COUNT = 20000, RINGS = 5000 };
    node *ring = ring_new(heap, 0, COUNT);
    node *at = ring;
    for (int i = 0; i < RINGS; i++, at = at->next) {
        node *small = ring_new(heap, 0, 2);
        if (i % 2 == 0)
            rr_take(&at->other, small); /* held by the large one */
        else {
            link_other(small, at); /* holds the large one */
            rr_decref(small);
        }
    }
    rr_decref(ring);
    assert_int_equal(finish(heap), COUNT + 2 * RINGS);
    assert_int_equal(live(heap), 0);
}

/* ---- Tables of trials -------------------------------------------------------------------------------------------- */

enum { MANY = 40000 }; /* more edges than a trial has room for */

static void a_tuple_of_itself_many_times_over_is_found(void **state) {
    rr_heap *heap = *state;
    void **self = rr_alloc_items(heap, RR_TYPE_TUPLE, MANY);
    for (int i = 0; i < MANY; i++)
        rr_store(&self[i], self);
    rr_collect(heap);
    rr_decref(self);
    finish(heap);
    rr_collect(heap);
    assert_int_equal(live(heap), 0);
}

/* The edges that find no room in a trial lead to something that lives: what that refers to lives as well. */
static void what_a_trial_has_no_room_for_is_taken_for_live_with_all_it_reaches(void **state) {
    rr_heap *heap = *state;
    for (int order = 0; order < 4; order++) {
        void **tuple = (order & 1) != 0 ? rr_alloc_items(heap, RR_TYPE_TUPLE, MANY) : NULL;
        node *middle = node_new(heap, 0, 1);
        rr_take(&middle->next, node_new(heap, 0, 2));
        if (tuple == NULL)
            tuple = rr_alloc_items(heap, RR_TYPE_TUPLE, MANY);
        for (int i = 0; i < MANY; i++)
            rr_store(&tuple[i], middle);
        rr_collect(heap);
        rr_gc_candidate((order & 2) != 0 ? (void *)middle : (void *)tuple);
        rr_gc_candidate((order & 2) != 0 ? (void *)tuple : (void *)middle);
        step(heap);
        finish(heap);
        node *end = middle->next;
        assert_int_equal(rr_is_object(end), 1);
        assert_int_equal(end->id, 2);
        assert_int_equal(rr_getrefcount(end), 1);
        rr_decref(tuple);
        assert_int_equal(rr_getrefcount(middle), 1);
        rr_decref(middle);
    }
}

/* ---- Other calls in the middle of a round ------------------------------------------------------------------------ */

enum { DEAD = 10000 };

/* A dead ring in a heap with a live chain, and as many steps. False when all is over before. */
static bool in_the_middle(rr_heap *heap, int steps, node **chain, int64_t *freed) {
    *chain = live_chain(heap, EMBEDDED);
    rr_decref(ring_new(heap, NODE_FINALIZE, DEAD));
    *freed = 0;
    return do_steps(heap, steps, freed);
}

static void collects(rr_heap *heap, int steps, bool *is_over) {
    node *chain;
    int64_t freed;
    *is_over = !in_the_middle(heap, steps, &chain, &freed);
    assert_int_equal(freed + rr_collect(heap), DEAD);
    assert_int_equal(rr_gc_pending(heap), 0);
    assert_int_equal(stats_of(heap).finalizers_run, DEAD);
    assert_chain(chain, EMBEDDED);
    rr_decref(chain);
}

static void rr_collect_finds_all_at_once(void **state) {
    (void)state;
    at_steps(SOME, collects);
}

static void trims(rr_heap *heap, int steps, bool *is_over) {
    node *chain;
    int64_t freed;
    enum { LOOPS = 5000 };
    for (int i = 0; i < LOOPS; i++) { /* on more than one page, and never logged */
        node *loop = node_new(heap, 0, i);
        loop->next = loop;
    }
    *is_over = !in_the_middle(heap, steps, &chain, &freed);
    assert_int_equal(rr_heap_trim(heap), RR_OK);
    freed += finish(heap);
    assert_int_equal(freed, DEAD + LOOPS);
    assert_chain(chain, EMBEDDED);
    rr_decref(chain);
}

static void rr_heap_trim_loses_nothing(void **state) {
    (void)state;
    at_steps(SOME, trims);
}

static void freezes(rr_heap *heap, int steps, bool *is_over) {
    node *chain;
    int64_t freed;
    *is_over = !in_the_middle(heap, steps, &chain, &freed);
    assert_int_equal(rr_gc_freeze(heap), RR_OK);
    int64_t frozen = rr_gc_freeze_count(heap);
    assert_true(frozen >= EMBEDDED);
    freed += finish(heap);
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    assert_int_equal(rr_gc_unfreeze(heap), RR_OK);
    assert_int_equal(rr_gc_freeze_count(heap), 0);
    freed += finish(heap);
    assert_int_equal(freed, DEAD);
    assert_chain(chain, EMBEDDED);
    rr_decref(chain);
}

static void freezing_loses_nothing(void **state) {
    (void)state;
    at_steps(SOME, freezes);
}

static void the_heap_ends(rr_heap *heap, int steps, bool *is_over) {
    rr_heap *other = heap_with(RR_HEAP_MANUAL_GC, 0);
    node *chain;
    int64_t freed;
    destroyed = 0;
    on_destroy = count_destroyed;
    chain = live_chain(other, EMBEDDED);
    rr_decref(ring_new(other, NODE_FINALIZE | NODE_DESTROY, DEAD));
    freed = 0;
    *is_over = !do_steps(other, steps, &freed);
    assert_int_equal(rr_heap_free(other), RR_OK);
    assert_int_equal(destroyed, DEAD);
    assert_int_equal(rr_is_object(chain), 0);
    (void)heap;
}

static void rr_heap_free_ends_a_heap_with_a_round_under_way(void **state) {
    (void)state;
    at_steps(SOME, the_heap_ends);
}

static void a_forked_child_goes_on_with_the_round(void **state) {
    rr_heap *heap = *state;
    for (int steps = 0; steps < 60; steps += 7) {
        node *chain;
        int64_t freed;
        in_the_middle(heap, steps, &chain, &freed);
        pid_t child = fork();
        if (child == 0) {
            while (rr_gc_pending(heap) == 1)
                freed += rr_collect_step(heap, 0);
            _exit(freed == DEAD && rr_heap_verify(heap) == RR_OK && live(heap) == EMBEDDED ? 0 : 1);
        }
        int status = -1;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
        freed += finish(heap);
        assert_int_equal(freed, DEAD);
        rr_decref(chain);
        rr_collect(heap);
    }
}

static void a_limit_that_is_reached_in_the_middle_collects_in_one_go(void **state) {
    (void)state;
    rr_heap *heap = heap_with(0, 24 * 1024 * 1024);
    node *chain = live_chain(heap, EMBEDDED);
    rr_gc_set_threshold(heap, 0);
    for (int i = 0; i < 400; i++) {
        node *ring = ring_new(heap, 0, 3000); /* 150 KB: 60 MB in all */
        rr_decref(ring);
        rr_collect_step(heap, 0);
    }
    assert_chain(chain, EMBEDDED);
    rr_decref(chain);
    rr_collect(heap);
    heap_end(heap);
}

/* ---- Automatic slices -------------------------------------------------------------------------------------------- */

static uint64_t events, freed_by_events;

static void count_event(rr_heap *heap, const rr_gc_event *event, void *user) {
    (void)heap;
    (void)user;
    events += event->phase;
    freed_by_events += event->phase == 1 ? event->collected : 0;
}

static void a_small_goal_makes_many_slices_of_a_collection(void **state) {
    rr_heap *heap = *state;
    enum { COUNT = 200000 };
    node *chain = live_chain(heap, EMBEDDED);
    assert_int_equal(rr_gc_set_pause_goal(heap, 1), RR_OK);
    assert_int_equal(rr_gc_get_pause_goal(heap), 1);
    rr_gc_set_callback(heap, count_event, NULL);
    rr_gc_set_threshold(heap, 0); /* rounds alone */
    rr_decref(ring_new(heap, 0, COUNT));
    events = freed_by_events = 0;
    void *last = NULL;
    for (int i = 0; freed_by_events < COUNT; i++) { /* live objects: the heap grows */
        assert_true(i < 20 * 1000 * 1000);
        node *fresh = node_new(heap, 0, i);
        fresh->next = last;
        last = fresh;
        if (events == 1)
            assert_int_equal(freed_by_events, 0); /* not in one go */
    }
    assert_true(events > 50);
    assert_int_equal(freed_by_events, COUNT);
    rr_gc_set_callback(heap, NULL, NULL);
    rr_decref(last);
    assert_chain(chain, EMBEDDED);
    rr_decref(chain);
    rr_collect(heap);
}

static void goals_are_5_milliseconds_and_500_microseconds_when_bounded(void **state) {
    assert_int_equal(rr_gc_get_pause_goal(*state), 5000000);
    rr_heap *bounded = heap_with(RR_HEAP_BOUNDED, 0);
    assert_int_equal(rr_gc_get_pause_goal(bounded), 500000);
    assert_int_equal(rr_gc_set_pause_goal(bounded, 0), RR_OK);
    assert_int_equal(rr_gc_get_pause_goal(bounded), 0);
    heap_end(bounded);
}

/* The bound: four times what lives, plus the growth floor of 8 MiB. A round begins when the heap has doubled and ends before it has
 * grown by a half again; what died during one waits for the next. The program makes dead rings beside a live graph into which
 * they refer. */
static void floating_garbage_stays_bounded(void **state) {
    (void)state;
    static const uint32_t flags[] = {0, RR_HEAP_BOUNDED};
    static const size_t lengths[] = {3, 700, 30000};
    enum { LIVE = 400000, FLOOR = 8 * 1024 * 1024 };
    for (size_t f = 0; f < LENGTH(flags); f++) {
        for (size_t l = 0; l < LENGTH(lengths); l++) {
            rr_heap *heap = heap_with(flags[f], 0);
            node *chain = live_chain(heap, LIVE);
            rr_collect(heap);
            uint64_t lives = stats_of(heap).live_bytes, most = 0;
            for (size_t made = 0, looked = 0; made < 5u * LIVE; made += lengths[l]) {
                node *ring = ring_new(heap, 0, lengths[l]);
                link_other(ring, chain);
                rr_decref(ring);
                if (made >= looked) {
                    looked = made + 10000;
                    uint64_t now = stats_of(heap).live_bytes;
                    most = now > most ? now : most;
                }
            }
            if (most > 4 * lives + FLOOR)
                fail_msg("rings of %zu: %" PRIu64 " bytes beside %" PRIu64 " that live", lengths[l], most, lives);
            rr_collect(heap);
            assert_int_equal(live(heap), LIVE);
            rr_decref(chain);
            rr_collect(heap);
            heap_end(heap);
        }
    }
}

/* ---- Wrong calls ------------------------------------------------------------------------------------------------- */

static rr_heap *inside;
static int64_t inside_step, inside_pending;

static void step_inside(node *self) {
    (void)self;
    inside_step += rr_collect_step(inside, UINT64_MAX);
    inside_pending += rr_gc_pending(inside);
}

static void a_step_inside_a_callback_does_nothing(void **state) {
    inside = *state;
    inside_step = inside_pending = 0;
    on_finalize = step_inside;
    on_destroy = step_inside;
    rr_decref(ring_new(inside, NODE_FINALIZE | NODE_DESTROY, 5));
    rr_decref(ring_new(inside, 0, 10000));
    int64_t freed = 0;
    while (rr_gc_pending(inside) == 1)
        freed += rr_collect_step(inside, 0);
    assert_int_equal(freed, 10005);
    assert_int_equal(inside_step, 0);
    assert_true(inside_pending > 0);
}

static void no_heap_is_refused(void **state) {
    (void)state;
    int64_t stack[512] = {0};
    rr_heap *wrong = (rr_heap *)(void *)stack;
    assert_refused(rr_collect_step(wrong, 0), RR_E_ARGUMENT, "heap", (uintptr_t)wrong);
    assert_refused_zero(rr_gc_pending(wrong), RR_E_ARGUMENT, "heap", (uintptr_t)wrong);
    assert_refused(rr_gc_set_pause_goal(wrong, 1), RR_E_ARGUMENT, "heap", (uintptr_t)wrong);
    assert_refused_zero(rr_gc_get_pause_goal(wrong), RR_E_ARGUMENT, "heap", (uintptr_t)wrong);
}

static rr_heap *foreign;

static int from_another_thread(void *argument) {
    (void)argument;
    REQUIRE(rr_collect_step(foreign, 0) == RR_E_WRONG_THREAD);
    REQUIRE(rr_gc_pending(foreign) == 0 && rr_last_status() == RR_E_WRONG_THREAD);
    REQUIRE(rr_gc_set_pause_goal(foreign, 1) == RR_E_WRONG_THREAD);
    REQUIRE(rr_gc_get_pause_goal(foreign) == 0 && rr_last_status() == RR_E_WRONG_THREAD);
    return 0;
}

static void another_threads_heap_is_refused(void **state) {
    foreign = *state;
    on_thread(from_another_thread, NULL);
    assert_int_equal(rr_gc_get_pause_goal(foreign), 5000000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_MANUAL_HEAP(one_step_of_budget_0_does_only_a_part),
        WITH_MANUAL_HEAP(a_budget_without_an_end_does_all_in_one_step),
        WITH_MANUAL_HEAP(steps_come_to_an_end_though_candidates_never_do),
        WITH_MANUAL_HEAP(a_ring_larger_than_one_commit_batch_is_freed_by_steps),
        WITH_MANUAL_HEAP(a_ring_in_no_order_is_found_by_search),
        WITH_MANUAL_HEAP(dead_structures_that_hang_on_each_other_all_die),
        WITH_MANUAL_HEAP(a_tuple_of_itself_many_times_over_is_found),
        WITH_MANUAL_HEAP(what_a_trial_has_no_room_for_is_taken_for_live_with_all_it_reaches),
        cmocka_unit_test(rr_collect_finds_all_at_once),
        cmocka_unit_test(rr_heap_trim_loses_nothing),
        cmocka_unit_test(freezing_loses_nothing),
        cmocka_unit_test(rr_heap_free_ends_a_heap_with_a_round_under_way),
        WITH_MANUAL_HEAP(a_forked_child_goes_on_with_the_round),
        cmocka_unit_test(a_limit_that_is_reached_in_the_middle_collects_in_one_go),
        WITH_HEAP(a_small_goal_makes_many_slices_of_a_collection),
        WITH_HEAP(goals_are_5_milliseconds_and_500_microseconds_when_bounded),
        cmocka_unit_test(floating_garbage_stays_bounded),
        WITH_MANUAL_HEAP(a_step_inside_a_callback_does_nothing),
        WITH_MANUAL_HEAP(no_heap_is_refused),
        WITH_MANUAL_HEAP(another_threads_heap_is_refused),
    };
    return cmocka_run_group_tests_name("slices", tests, NULL, NULL);
}
