/* abi.md, Cycles: a collection in slices, between which the program does what it likes. By rr_collect_step with budget 0, which
 * does the least that makes progress, so that a few thousand objects take many steps; and automatically. */
#define _POSIX_C_SOURCE 200809L /* mkstemp */
#include "support.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    STEPS = 100000, /* more than any collection here takes: a test that needs more hangs */
    EMBEDDED = 1500, /* nodes that make a round last: they are live and on many pages */
};

/* ---- Steps ------------------------------------------------------------------------------------------------------- */

/* One step of budget 0, after which the heap must verify. */
static int64_t step(rr_heap *heap) {
    int64_t freed = rr_collect_step(heap, 0);
    if (freed < 0)
        fail_msg("rr_collect_step: %s", rr_last_error());
    if (rr_heap_verify(heap) != RR_OK)
        fail_msg("the heap is broken after a step: %s", rr_last_error());
    return freed;
}

/* Steps until nothing is pending; how many objects they freed in all. */
static int64_t finish(rr_heap *heap) {
    int64_t freed = 0;
    for (int steps = 0; rr_gc_pending(heap) == 1; steps++) {
        assert_true(steps < STEPS);
        int64_t now = rr_collect_step(heap, 0);
        assert_true(now >= 0);
        freed += now;
    }
    assert_int_equal(rr_gc_pending(heap), 0);
    assert_int_equal(rr_collect_step(heap, 0), 0);
    return freed;
}

/* As many steps; false when the collection is over before. */
static bool do_steps(rr_heap *heap, int steps, int64_t *freed) {
    for (int i = 0; i < steps; i++) {
        if (rr_gc_pending(heap) == 0)
            return false;
        *freed += i + 8 < steps ? rr_collect_step(heap, 0) : step(heap);
    }
    return rr_gc_pending(heap) == 1;
}

/* A heap that holds a live chain, all of it new to the collector: its round takes many steps of budget 0. */
static node *live_chain(rr_heap *heap, size_t count) {
    node *first = node_new(heap, 0, 0);
    node *last = first;
    for (size_t i = 1; i < count; i++) {
        node *fresh = node_new(heap, 0, (int64_t)i);
        last->next = fresh; /* plainly, into an object just allocated: its only reference */
        last = fresh;
    }
    return first;
}

static void assert_chain(const node *first, size_t count) {
    size_t i = 0;
    for (const node *at = first; at != NULL; at = at->next, i++) {
        assert_int_equal(at->id, i);
        assert_int_equal(rr_getrefcount(at), 1);
    }
    assert_int_equal(i, count);
}

/* A dead ring that nobody has logged: its references are written plainly, into objects just allocated. A round finds it, no trial. */
static void unlogged_ring(rr_heap *heap, unsigned features, int count, int64_t first_id) {
    node *first = node_new(heap, features, first_id);
    node *last = first;
    for (int i = 1; i < count; i++)
        last = last->next = node_new(heap, features, first_id + i);
    last->next = first;
}

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

/* ---- Changes between two steps ----------------------------------------------------------------------------------- */

/* Two objects that refer to each other, with live chains between them and behind: their pages come in this order. */
typedef struct pair {
    node *low, *high, *chains[2];
} pair;

static node *node_of_size(rr_heap *heap, uint32_t size) {
    static const uint32_t offsets[] = {offsetof(node, next), offsetof(node, other)};
    rr_type_info info = type_info("a node on a page of its own");
    info.size = size;
    info.ref_offsets = offsets;
    info.ref_count = LENGTH(offsets);
    return rr_alloc(heap, rr_type_new(&info));
}

static pair pair_new(rr_heap *heap) {
    pair made;
    made.low = node_of_size(heap, 500);
    made.chains[0] = live_chain(heap, EMBEDDED);
    made.high = node_of_size(heap, 700);
    made.chains[1] = live_chain(heap, 2 * EMBEDDED);
    link_next(made.low, made.high);
    link_next(made.high, made.low);
    return made;
}

/* Runs a case with 0, 1, 2, ... steps before its change, until the collection is over before the change comes. Of the long phases
 * only some steps: one more than a part of those before. */
enum { EACH = INT32_MAX, SOME = 16 };

static void at_steps(int part, void (*run)(rr_heap *heap, int steps, bool *is_over)) {
    bool is_over = false;
    int steps = 0;
    for (; !is_over; steps += 1 + steps / part) {
        assert_true(steps < STEPS);
        rr_heap *heap = heap_with(RR_HEAP_MANUAL_GC, 0);
        run(heap, steps, &is_over);
        heap_end(heap);
    }
    assert_true(steps > 5); /* or else nothing happened in the middle */
}

/* It dies by a change that hides an edge: the round must not forget it. Among so many other candidates that a trial hardly comes
 * to it before the round. */
static void dies_in_the_middle(rr_heap *heap, int steps, bool *is_over) {
    *is_over = true;
    for (int order = 0; order < 2; order++) {
        pair p = pair_new(heap);
        node *held = order == 0 ? p.high : p.low, *inner = order == 0 ? p.low : p.high;
        rr_decref(inner);
        int64_t freed = 0;
        bool more = do_steps(heap, steps, &freed);
        assert_int_equal(freed, 0);
        link_other(inner, held); /* no decrement */
        for (int c = 0; c < 2; c++) {
            for (node *at = p.chains[c]; at != NULL; at = at->next)
                rr_gc_candidate(at);
        }
        rr_decref(held);
        freed += finish(heap);
        assert_int_equal(freed, 2);
        assert_int_equal(rr_collect(heap), 0);
        assert_int_equal(live(heap), 3 * EMBEDDED);
        for (int c = 0; c < 2; c++)
            rr_decref(p.chains[c]);
        finish(heap);
        *is_over = *is_over && !more;
    }
}

static void a_set_that_dies_in_the_middle_of_a_round_is_found(void **state) {
    (void)state;
    at_steps(4 * SOME, dies_in_the_middle);
}

static uint64_t live_after(rr_heap *heap) {
    finish(heap);
    return live(heap);
}

/* Garbage that is never logged: it is known by the page that it was born in, also when the round has looked at that page. */
static void is_born_meanwhile(rr_heap *heap, int steps, bool *is_over) {
    node *chain = live_chain(heap, EMBEDDED);
    int64_t freed = 0;
    *is_over = !do_steps(heap, steps, &freed);
    node *loop = node_new(heap, 0, 1);
    loop->next = loop;
    freed += finish(heap);
    assert_int_equal(freed, 1);
    assert_int_equal(live(heap), EMBEDDED);
    assert_chain(chain, EMBEDDED);
    rr_decref(chain);
}

static void what_is_born_in_the_middle_of_a_round_is_left_to_the_next(void **state) {
    (void)state;
    at_steps(EACH, is_born_meanwhile);
}

/* Dead for the round so far, and reached from a weak reference after all. */
static void comes_back(rr_heap *heap, int steps, bool *is_over) {
    enum { RING = 200 };
    node *chain = live_chain(heap, EMBEDDED);
    node *ring = ring_new(heap, 0, RING);
    rr_take(&ring->other, node_new(heap, 0, 77)); /* a tail */
    void *weak = rr_weakref_new(ring, NULL, NULL);
    rr_collect(heap);
    rr_gc_candidate(chain);
    rr_take(&ring->other, live_chain(heap, EMBEDDED)); /* makes the round long and the trial too short */
    for (node *at = chain; at != NULL; at = at->next)
        rr_gc_candidate(at);
    rr_decref(ring);
    int64_t freed = 0;
    bool more = do_steps(heap, steps, &freed);
    node *back = rr_weakref_get(weak);
    if (back != NULL) {
        assert_int_equal(freed, 0);
        for (int i = 0; i < 40 && rr_gc_pending(heap) == 1; i++) {
            assert_int_equal(step(heap), 0);
            assert_int_equal(back->id, 0);
        }
        assert_int_equal(finish(heap), 0);
        node *at = back;
        for (int64_t i = 0; i < RING; i++, at = at->next) {
            assert_int_equal(rr_is_object(at), 1);
            assert_int_equal(at->id, i);
            assert_int_equal(rr_getrefcount(at), i == 0 ? 2 : 1);
        }
        assert_ptr_equal(at, back);
        assert_chain(back->other, EMBEDDED);
        rr_decref(back);
        assert_int_equal(finish(heap), RING + EMBEDDED);
    } else {
        finish(heap);
    }
    *is_over = !more;
    rr_decref(weak);
    assert_int_equal(live_after(heap), EMBEDDED);
    assert_chain(chain, EMBEDDED);
    rr_decref(chain);
}

static void what_looks_dead_and_is_reached_again_never_dies(void **state) {
    (void)state;
    at_steps(EACH, comes_back);
}

/* Two sets that look dead to the round come back, and their members go by counting while the round still has them in its list; other
 * objects take their places. Some steps lie in between. */
static void comes_back_and_goes(rr_heap *heap, int steps, bool *is_over) {
    enum { RING = 400 };
    *is_over = true;
    for (int between = 0; between < 12; between++) {
        node *chain = live_chain(heap, EMBEDDED);
        node *rings[2];
        void *weak[2];
        for (int r = 0; r < 2; r++) {
            rings[r] = ring_new(heap, 0, RING);
            link_other(rings[r], chain);
            weak[r] = rr_weakref_new(rings[r], NULL, NULL);
        }
        rr_take(&((node *)rings[0]->next)->other, live_chain(heap, 9000)); /* more than a trial looks at */
        rr_take(&((node *)rings[1]->next)->other, live_chain(heap, 9000));
        for (int r = 0; r < 2; r++)
            rr_decref(rings[r]);
        int64_t freed = 0;
        bool more = do_steps(heap, steps, &freed);
        node *back[2] = {rr_weakref_get(weak[0]), rr_weakref_get(weak[1])};
        for (int i = 0; i < between && rr_gc_pending(heap) == 1; i++)
            step(heap);
        if (back[0] != NULL) {
            link_next(back[0], NULL); /* the other members die, with what they hold */
            rr_decref(back[0]);
        }
        node *fresh = live_chain(heap, RING);
        if (between % 2 == 0) { /* or their places stay free */
            rr_decref(fresh);
            fresh = NULL;
        }
        for (node *at = fresh; at != NULL; at = at->next)
            link_other(at, chain);
        finish(heap);
        if (back[1] != NULL) {
            node *at = back[1];
            for (int64_t i = 0; i < RING; i++, at = at->next) {
                assert_int_equal(rr_is_object(at), 1);
                assert_int_equal(at->id, i);
                assert_int_equal(rr_getrefcount(at), i == 0 ? 2 : 1);
            }
            rr_decref(back[1]);
        }
        assert_int_equal(rr_heap_verify(heap), RR_OK);
        for (int r = 0; r < 2; r++)
            rr_decref(weak[r]);
        size_t length = 0;
        for (node *at = fresh; at != NULL; at = at->next)
            assert_int_equal(at->id, length++);
        assert_int_equal(length, fresh == NULL ? 0 : RING);
        rr_decref(fresh);
        finish(heap);
        assert_int_equal(live(heap), EMBEDDED);
        assert_chain(chain, EMBEDDED);
        rr_decref(chain);
        *is_over = *is_over && !more;
    }
}

static void what_comes_back_may_go_while_the_round_still_lists_it(void **state) {
    (void)state;
    at_steps(4 * SOME, comes_back_and_goes);
}

/* The round has reached objects by search, and queued them; they go, with their pages, before it comes to them. */
static void queued_objects_go(rr_heap *heap, int steps, bool *is_over) {
    enum { ITEMS = 30000, KEPT_EVERY = 1000 };
    void **root = rr_alloc_items(heap, RR_TYPE_TUPLE, ITEMS);
    node *shared = node_new(heap, 0, -1);
    for (int i = 0; i < ITEMS; i++) {
        node *item = node_new(heap, 0, i);
        rr_take(&root[i], item);
        link_other(item, shared);
    }
    rr_collect(heap); /* nothing is new, so all but the root is reached by search */
    rr_gc_candidate(root);
    int64_t freed = 0;
    *is_over = !do_steps(heap, steps, &freed);
    assert_int_equal(freed, 0);
    for (int i = 0; i < ITEMS; i++) {
        if (i % KEPT_EVERY != 0)
            rr_store(&root[i], NULL);
    }
    if (steps % 2 == 0)
        rr_heap_trim(heap); /* drops the round */
    void **other = rr_alloc_items(heap, RR_TYPE_TUPLE, 300);
    for (int i = 0; i < 300; i++) {
        rr_take(&other[i], rr_alloc_items(heap, i % 2 == 0 ? RR_TYPE_BYTES : RR_TYPE_TUPLE, 200));
        memset(other[i], i % 2 == 0 ? 0xff : 0, 200);
    }
    step(heap);
    finish(heap);
    for (int i = 0; i < ITEMS; i += KEPT_EVERY) {
        node *item = root[i];
        assert_int_equal(item->id, i);
        assert_int_equal(rr_getrefcount(item), 1);
    }
    assert_int_equal(rr_getrefcount(shared), 1 + ITEMS / KEPT_EVERY);
    rr_decref(root);
    rr_decref(other);
    rr_decref(shared);
}

static void what_the_round_has_queued_may_go(void **state) {
    (void)state;
    at_steps(SOME, queued_objects_go);
}

/* What is held only by an object that the program holds moves from one holder to another: never dead, always on the way. */
static void an_object_that_moves_ahead_of_the_round_lives(void **state) {
    (void)state;
    for (int stride = 1; stride < 5; stride++) {
        rr_heap *heap = heap_with(RR_HEAP_MANUAL_GC, 0);
        enum { HOLDERS = 64 };
        node *holders[HOLDERS];
        for (int i = 0; i < HOLDERS; i++) {
            holders[i] = node_new(heap, 0, i);
            rr_take(&holders[i]->next, live_chain(heap, 50));
        }
        node *wanderer = ring_new(heap, 0, 50);
        rr_take(&holders[0]->other, wanderer);
        int at = 0;
        for (int i = 0; i < 500; i++) {
            step(heap);
            int next = (at + stride * 7) % HOLDERS;
            link_other(holders[next], wanderer);
            if (next != at)
                link_other(holders[at], NULL);
            at = next;
            assert_int_equal(rr_is_object(wanderer), 1);
            assert_int_equal(rr_getrefcount(wanderer), 2);
            node *member = wanderer;
            for (int64_t k = 0; k < 50; k++, member = member->next)
                assert_int_equal(member->id, k);
        }
        for (int i = 0; i < HOLDERS; i++)
            rr_decref(holders[i]);
        finish(heap);
        heap_end(heap);
    }
}

/* Blocks, pages, spans and huge objects that the round knows go away and come back as something else. */
static void memory_changes_hands(rr_heap *heap, int steps, bool *is_over) {
    static rr_type other;
    static const uint32_t offset[] = {8};
    if (other == 0) {
        rr_type_info info = type_info("a node of another shape");
        info.size = 24;
        info.ref_offsets = offset;
        info.ref_count = 1;
        other = rr_type_new(&info);
    }
    enum { NODES = 2500, LARGE = 6 };
    node *chain = live_chain(heap, EMBEDDED);
    node *going = live_chain(heap, NODES), *going_ring = ring_new(heap, 0, 3);
    void **span = rr_alloc_items(heap, RR_TYPE_TUPLE, 30000), **huge = rr_alloc_items(heap, RR_TYPE_TUPLE, 600000);
    rr_store(&span[0], huge);
    rr_store(&huge[0], span);
    rr_take(&span[1], going_ring);
    rr_decref(span);
    int64_t freed = 0;
    *is_over = !do_steps(heap, steps, &freed);
    assert_int_equal(freed, 0);
    if (steps % 3 == 0)
        rr_heap_trim(heap);
    rr_decref(going); /* whole pages */
    rr_store(&huge[0], NULL);
    rr_store(&huge[599999], huge);
    step(heap);
    rr_store(&huge[599999], NULL);
    rr_decref(huge);
    if (steps % 3 == 1)
        rr_heap_trim(heap);
    void **held[LARGE];
    void **ring = NULL;
    for (int i = 0; i < LARGE; i++) {
        held[i] = rr_alloc_items(heap, i % 2 == 0 ? RR_TYPE_TUPLE : RR_TYPE_BYTES, i % 2 == 0 ? 30000u + (unsigned)i : 4000000u);
        assert_non_null(held[i]);
    }
    for (int i = 0; i < NODES; i++) {
        void **fresh = rr_alloc(heap, other);
        fresh[0] = (void *)(intptr_t)-1; /* no reference in this type */
        rr_take(&fresh[1], ring);
        ring = fresh;
        if (i % 500 == 0)
            step(heap);
    }
    rr_store(&held[0][0], ring);
    step(heap);
    for (int i = 0; i < LARGE; i++)
        rr_decref(held[i]);
    finish(heap);
    int length = 0;
    for (void **at = ring; at != NULL; at = at[1], length++) {
        assert_ptr_equal(at[0], (void *)(intptr_t)-1);
        assert_int_equal(rr_getrefcount(at), 1);
    }
    assert_int_equal(length, NODES);
    rr_decref(ring);
    assert_chain(chain, EMBEDDED);
    rr_decref(chain);
    finish(heap);
}

static void memory_that_the_round_knows_changes_hands(void **state) {
    (void)state;
    at_steps(SOME, memory_changes_hands);
}

/* ---- A set that waits -------------------------------------------------------------------------------------------- */

enum { WAITING = 20000 };

static node *members[WAITING];

/* A dead ring whose members refer to kept, weak references to some of its members, and steps until it is dying. */
static int64_t begin_to_die(rr_heap *heap, unsigned features, node *kept, void **weak, size_t weak_count) {
    node *ring = ring_new(heap, features, WAITING);
    node *at = ring;
    for (size_t i = 0; i < WAITING; i++, at = at->next) {
        link_other(at, kept);
        members[i] = at;
        if (i < weak_count)
            weak[i] = rr_weakref_new(at, NULL, NULL);
    }
    rr_decref(ring);
    int64_t freed = 0;
    for (int steps = 0; stats_of(heap).weakrefs_live != 0; steps++) {
        assert_true(steps < STEPS);
        freed += rr_collect_step(heap, 0);
    }
    return freed;
}

static void members_that_still_wait_look_dead(void **state) {
    rr_heap *heap = *state;
    node *kept = node_new(heap, 0, 5);
    void *weak[20];
    int64_t freed = begin_to_die(heap, 0, kept, weak, LENGTH(weak));
    static void *found[LENGTH(weak) + WAITING];
    int between = 0;
    while (freed < WAITING) {
        assert_int_equal(rr_gc_pending(heap), 1);
        for (size_t i = 0; i < LENGTH(weak); i++)
            assert_null(rr_weakref_get(weak[i]));
        if (between++ % 16 != 0) {
            freed += rr_collect_step(heap, 0);
            continue;
        }
        assert_int_equal(rr_get_objects(heap, node_type(0), found, LENGTH(found)), 1);
        assert_ptr_equal(found[0], kept);
        for (int i = between % 7; i < WAITING; i += WAITING / 2 + 1) {
            node *member = members[i];
            if (!rr_is_object(member)) /* freed, of the last stage */
                continue;
            assert_int_equal(rr_getrefcount(member), 0);
            assert_int_equal(rr_try_incref(member), 0);
            assert_true(rr_incref(member) < 0);
            assert_null(rr_newref(member));
            assert_null(rr_weakref_new(member, NULL, NULL));
            assert_true(rr_get_path(member, NULL, 0) <= 1);
            assert_true(rr_get_referrers(member, NULL, 0) >= 0);
            assert_int_equal(rr_get_referents(member, NULL, 0), 0);
        }
        assert_int_equal(rr_get_referrers(kept, found, LENGTH(found)), 0);
        assert_int_equal(rr_get_path(kept, found, LENGTH(found)), 1);
        assert_true(rr_getrefcount(kept) >= 1);
        rr_incref(kept);
        rr_decref(kept);
        freed += step(heap);
    }
    assert_true(between > 100);
    assert_int_equal(freed + finish(heap), WAITING);
    assert_int_equal(rr_getrefcount(kept), 1);
    for (size_t i = 0; i < LENGTH(weak); i++)
        rr_decref(weak[i]);
    rr_decref(kept);
}

static void others_die_and_are_born_while_a_set_waits(void **state) {
    rr_heap *heap = *state;
    node *kept = node_new(heap, 0, 5);
    void *weak[1];
    int64_t freed = begin_to_die(heap, NODE_DESTROY, kept, weak, 1);
    rr_decref(weak[0]);
    log_clear();
    int64_t rings = 0;
    while (rr_gc_pending(heap) == 1 && rings < 300) {
        rr_decref(ring_new(heap, NODE_FINALIZE, 3));
        rr_decref(live_chain(heap, 30));
        rings++;
        freed += step(heap);
    }
    freed += finish(heap);
    assert_int_equal(freed, WAITING + 3 * rings);
    assert_int_equal(rr_getrefcount(kept), 1);
    rr_decref(kept);
}

static size_t destroyed;

static void count_destroyed(node *self) {
    (void)self;
    destroyed++;
}

static void destroy_callbacks_run_once_for_each_member(void **state) {
    rr_heap *heap = *state;
    on_destroy = count_destroyed;
    destroyed = 0;
    node *kept = node_new(heap, 0, 5);
    void *weak[1];
    int64_t freed = begin_to_die(heap, NODE_DESTROY, kept, weak, 1);
    size_t before = destroyed;
    assert_true(before < WAITING);
    freed += step(heap);
    assert_true(destroyed < WAITING); /* a slice, too */
    freed += finish(heap);
    assert_int_equal(destroyed, WAITING);
    assert_int_equal(freed, WAITING);
    rr_decref(weak[0]);
    assert_int_equal(rr_getrefcount(kept), 1);
    rr_decref(kept);
}

static void small_sets_die(rr_heap *heap, int steps, bool *is_over) {
    enum { RINGS = 100, LENGTH_OF_EACH = 5, ALL = RINGS * LENGTH_OF_EACH };
    on_destroy = count_destroyed;
    destroyed = 0;
    for (int i = 0; i < RINGS; i++)
        unlogged_ring(heap, NODE_DESTROY, LENGTH_OF_EACH, i * LENGTH_OF_EACH);
    int64_t freed = 0;
    *is_over = !do_steps(heap, steps, &freed);
    assert_true(destroyed <= ALL);
    size_t before = destroyed;

    char name[] = "/tmp/refruntime-XXXXXX";
    int file = mkstemp(name);
    assert_true(file >= 0);
    close(file);
    assert_int_equal(rr_leak_report(heap, name), RR_OK); /* shows no half-dead set */
    unlink(name);
    int64_t finished = (int64_t)stats_of(heap).objects_collected - freed;
    assert_true(finished >= 0 && finished <= ALL - freed);
    assert_true(destroyed >= before);
    assert_int_equal(destroyed, freed + finished);
    assert_int_equal(rr_heap_verify(heap), RR_OK);

    if (steps % 2 == 0)
        assert_int_equal(freed + finished + rr_collect(heap), ALL);
    else
        assert_int_equal(freed + finished + finish(heap), ALL);
    assert_int_equal(destroyed, ALL);
}

static void small_sets_die_in_slices_too(void **state) {
    (void)state;
    at_steps(4 * SOME, small_sets_die);
}

/* ---- Finalizers in slices ---------------------------------------------------------------------------------------- */

enum { FINALIZED = 20000 };

static uint8_t times[FINALIZED];
static node *revived;

static void count_finalized(node *self) {
    times[self->id]++;
}

static node *first_finalized(rr_heap *heap, int64_t *freed) {
    memset(times, 0, sizeof times);
    on_finalize = count_finalized;
    node *ring = ring_new(heap, NODE_FINALIZE, FINALIZED);
    rr_decref(ring);
    for (int steps = 0; stats_of(heap).finalizers_run == 0; steps++) {
        assert_true(steps < STEPS);
        *freed += rr_collect_step(heap, 0);
    }
    assert_true(stats_of(heap).finalizers_run < FINALIZED); /* a slice of them */
    return ring;
}

static void finalizers_run_in_slices_once_each(void **state) {
    int64_t freed = 0;
    first_finalized(*state, &freed);
    assert_int_equal(freed, 0);
    assert_int_equal(finish(*state), FINALIZED);
    for (int i = 0; i < FINALIZED; i++)
        assert_int_equal(times[i], 1);
}

/* Does the text stand in the file? It is removed. */
static bool file_has(const char *name, const char *text) {
    static char content[1 << 16];
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    size_t length = fread(content, 1, sizeof content - 1, file);
    fclose(file);
    unlink(name);
    content[length] = '\0';
    return strstr(content, text) != NULL;
}

/* The collection itself holds them meanwhile. */
static void what_waits_for_its_finalizers_is_shown_as_held_by_nobody(void **state) {
    rr_heap *heap = *state;
    int64_t freed = 0;
    node *ring = first_finalized(heap, &freed);
    char name[] = "/tmp/rr-slices-XXXXXX";
    close(mkstemp(name));
    assert_int_equal(rr_get_path(ring, NULL, 0), 0);
    assert_int_equal(rr_object_dot(ring, name, 4), RR_OK);
    assert_false(file_has(name, "from outside"));
    void *weak = rr_weakref_new(ring, NULL, NULL);
    void *held = rr_weakref_get(weak);
    assert_int_equal(rr_get_path(ring, NULL, 0), 1);
    rr_decref(held);
    rr_decref(weak);
    assert_int_equal(finish(heap), FINALIZED);
}

static void a_weak_reference_brings_a_set_back_before_its_last_finalizer(void **state) {
    rr_heap *heap = *state;
    memset(times, 0, sizeof times);
    on_finalize = count_finalized;
    node *ring = ring_new(heap, NODE_FINALIZE, FINALIZED);
    void *weak = rr_weakref_new(ring->next, NULL, NULL);
    rr_decref(ring);
    for (int steps = 0; stats_of(heap).finalizers_run == 0; steps++) {
        assert_true(steps < STEPS);
        assert_int_equal(rr_collect_step(heap, 0), 0);
    }
    node *back = rr_weakref_get(weak);
    assert_non_null(back);
    assert_int_equal(finish(heap), 0);
    assert_int_equal(stats_of(heap).objects_resurrected, FINALIZED);
    node *at = back;
    for (int i = 0; i < FINALIZED; i++, at = at->next) {
        assert_int_equal(at->id, (i + 1) % FINALIZED);
        assert_int_equal(times[i], 1);
        assert_int_equal(rr_getrefcount(at), i == 0 ? 2 : 1);
    }
    rr_decref(back);
    assert_int_equal(finish(heap), FINALIZED);
    for (int i = 0; i < FINALIZED; i++)
        assert_int_equal(times[i], 1);
    rr_decref(weak);
}

static void revive(node *self) {
    times[self->id]++;
    if (self->id == FINALIZED - 1)
        revived = rr_newref(self);
}

static void a_finalizer_brings_its_set_back(void **state) {
    rr_heap *heap = *state;
    int64_t freed = 0;
    revived = NULL;
    first_finalized(heap, &freed);
    on_finalize = revive;
    assert_int_equal(finish(heap), 0);
    assert_non_null(revived);
    assert_int_equal(live(heap), FINALIZED);
    rr_decref(revived);
    assert_int_equal(finish(heap), FINALIZED);
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

/* ---- Kinds of objects -------------------------------------------------------------------------------------------- */

typedef struct hidden {
    void *reference;
    int64_t id;
} hidden;

static void hidden_traverse(void *object, rr_visit_fn visit, void *arg, void *user) {
    (void)user;
    visit(((hidden *)object)->reference, arg);
}

static void lists_tuples_tagged_values_and_traverse_types_die_in_slices(void **state) {
    rr_heap *heap = *state;
    enum { COUNT = 6000 };
    rr_value_format format = {
        .struct_size = sizeof format, .value_size = 8, .tag_offset = 0, .pointer_offset = 0,
        .mask = 7, .low = 0, .high = 0, .pointer_mask = ~UINT64_C(7),
    };
    static const uint32_t offsets[] = {0, 8};
    rr_type_info info = type_info("tagged in slices");
    info.size = 16;
    info.ref_offsets = offsets;
    info.ref_count = LENGTH(offsets);
    info.values = &format;
    rr_type tagged = rr_type_new(&info);
    info = type_info("traversed in slices");
    info.size = sizeof(hidden);
    info.traverse = hidden_traverse;
    rr_type traversed = rr_type_new(&info);
    assert_true(tagged != 0 && traversed != 0);

    node *kept = node_new(heap, 0, 9);
    void *leaf = rr_alloc_items(heap, RR_TYPE_BYTES, 10);
    void *first = rr_list_new(heap);
    void *previous = rr_newref(first);
    for (int i = 0; i < COUNT; i++) { /* each holds the one before */
        void *fresh;
        if (i % 4 == 0) {
            fresh = rr_list_new(heap);
            rr_list_append(fresh, previous);
            rr_list_append(fresh, leaf);
            rr_decref(previous);
        } else if (i % 4 == 1) {
            uint64_t *values = fresh = rr_alloc(heap, tagged);
            values[0] = (uint64_t)(uintptr_t)previous;
            values[1] = ((uint64_t)i << 3) | 5; /* a number */
        } else if (i % 4 == 2) {
            hidden *object = fresh = rr_alloc(heap, traversed);
            object->reference = previous;
        } else {
            void **items = fresh = rr_alloc_items(heap, RR_TYPE_TUPLE, 3);
            items[0] = previous;
            rr_store(&items[1], kept);
            rr_store(&items[2], leaf);
        }
        previous = fresh;
    }
    rr_list_append(first, previous);
    rr_decref(previous);
    rr_list_append(first, kept);
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    rr_decref(first);
    int64_t freed = 0;
    while (rr_gc_pending(heap) == 1)
        freed += step(heap);
    assert_int_equal(freed, COUNT + 1);
    assert_int_equal(rr_getrefcount(kept), 1);
    assert_int_equal(rr_getrefcount(leaf), 1);
    assert_int_equal(stats_of(heap).raw_bytes, 0);
    rr_decref(kept);
    rr_decref(leaf);
}

static void a_synchronized_heap_is_collected_in_slices(void **state) {
    (void)state;
    rr_heap *heap = heap_with(RR_HEAP_SYNCHRONIZED | RR_HEAP_MANUAL_GC, 0);
    node *chain = live_chain(heap, EMBEDDED);
    node *kept = node_new(heap, 0, 1);
    void *weak[1];
    int64_t freed = begin_to_die(heap, NODE_DESTROY, kept, weak, 1);
    for (int i = 0; rr_gc_pending(heap) == 1; i++)
        freed += i % 16 == 0 ? step(heap) : rr_collect_step(heap, 0);
    assert_int_equal(freed, WAITING);
    assert_int_equal(rr_getrefcount(kept), 1);
    assert_chain(chain, EMBEDDED);
    rr_decref(weak[0]);
    rr_decref(kept);
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
        cmocka_unit_test(a_set_that_dies_in_the_middle_of_a_round_is_found),
        cmocka_unit_test(what_is_born_in_the_middle_of_a_round_is_left_to_the_next),
        cmocka_unit_test(what_looks_dead_and_is_reached_again_never_dies),
        cmocka_unit_test(what_comes_back_may_go_while_the_round_still_lists_it),
        cmocka_unit_test(what_the_round_has_queued_may_go),
        cmocka_unit_test(an_object_that_moves_ahead_of_the_round_lives),
        cmocka_unit_test(memory_that_the_round_knows_changes_hands),
        WITH_MANUAL_HEAP(members_that_still_wait_look_dead),
        WITH_MANUAL_HEAP(others_die_and_are_born_while_a_set_waits),
        WITH_MANUAL_HEAP(destroy_callbacks_run_once_for_each_member),
        cmocka_unit_test(small_sets_die_in_slices_too),
        WITH_MANUAL_HEAP(finalizers_run_in_slices_once_each),
        WITH_MANUAL_HEAP(what_waits_for_its_finalizers_is_shown_as_held_by_nobody),
        WITH_MANUAL_HEAP(a_weak_reference_brings_a_set_back_before_its_last_finalizer),
        WITH_MANUAL_HEAP(a_finalizer_brings_its_set_back),
        cmocka_unit_test(rr_collect_finds_all_at_once),
        cmocka_unit_test(rr_heap_trim_loses_nothing),
        cmocka_unit_test(freezing_loses_nothing),
        cmocka_unit_test(rr_heap_free_ends_a_heap_with_a_round_under_way),
        WITH_MANUAL_HEAP(a_forked_child_goes_on_with_the_round),
        cmocka_unit_test(a_limit_that_is_reached_in_the_middle_collects_in_one_go),
        WITH_MANUAL_HEAP(lists_tuples_tagged_values_and_traverse_types_die_in_slices),
        cmocka_unit_test(a_synchronized_heap_is_collected_in_slices),
        WITH_HEAP(a_small_goal_makes_many_slices_of_a_collection),
        WITH_HEAP(goals_are_5_milliseconds_and_500_microseconds_when_bounded),
        cmocka_unit_test(floating_garbage_stays_bounded),
        WITH_MANUAL_HEAP(a_step_inside_a_callback_does_nothing),
        WITH_MANUAL_HEAP(no_heap_is_refused),
        WITH_MANUAL_HEAP(another_threads_heap_is_refused),
    };
    return cmocka_run_group_tests_name("slices", tests, NULL, NULL);
}
