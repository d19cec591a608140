/* Between two slices of a collection objects die, are born, come back and change hands: what an earlier slice has seen may be out of date,
 * and nothing dies by it, and nothing is missed. */
#include "slices.h"


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
    at_steps(nearly_each(), dies_in_the_middle);
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
    at_steps(nearly_each(), comes_back);
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_set_that_dies_in_the_middle_of_a_round_is_found),
        cmocka_unit_test(what_is_born_in_the_middle_of_a_round_is_left_to_the_next),
        cmocka_unit_test(what_looks_dead_and_is_reached_again_never_dies),
        cmocka_unit_test(what_comes_back_may_go_while_the_round_still_lists_it),
        cmocka_unit_test(what_the_round_has_queued_may_go),
        cmocka_unit_test(an_object_that_moves_ahead_of_the_round_lives),
        cmocka_unit_test(memory_that_the_round_knows_changes_hands),
    };
    return cmocka_run_group_tests_name("slices: changes", tests, NULL, NULL);
}
