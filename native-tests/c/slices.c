#include "slices.h"

size_t destroyed;

void count_destroyed(node *self) {
    (void)self;
    destroyed++;
}

int64_t step(rr_heap *heap) {
    int64_t freed = rr_collect_step(heap, 0);
    if (freed < 0)
        fail_msg("rr_collect_step: %s", rr_last_error());
    if (rr_heap_verify(heap) != RR_OK)
        fail_msg("the heap is broken after a step: %s", rr_last_error());
    return freed;
}

int64_t finish(rr_heap *heap) {
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

bool do_steps(rr_heap *heap, int steps, int64_t *freed) {
    for (int i = 0; i < steps; i++) {
        if (rr_gc_pending(heap) == 0)
            return false;
        *freed += i + 8 < steps ? rr_collect_step(heap, 0) : step(heap);
    }
    return rr_gc_pending(heap) == 1;
}

node *live_chain(rr_heap *heap, size_t count) {
    node *first = node_new(heap, 0, 0);
    node *last = first;
    for (size_t i = 1; i < count; i++) {
        node *fresh = node_new(heap, 0, (int64_t)i);
        last->next = fresh; /* plainly, into an object just allocated: its only reference */
        last = fresh;
    }
    return first;
}

void assert_chain(const node *first, size_t count) {
    size_t i = 0;
    for (const node *at = first; at != NULL; at = at->next, i++) {
        assert_int_equal(at->id, i);
        assert_int_equal(rr_getrefcount(at), 1);
    }
    assert_int_equal(i, count);
}

void unlogged_ring(rr_heap *heap, unsigned features, int count, int64_t first_id) {
    node *first = node_new(heap, features, first_id);
    node *last = first;
    for (int i = 1; i < count; i++)
        last = last->next = node_new(heap, features, first_id + i);
    last->next = first;
}

int nearly_each(void) {
    return in_forced_slices() ? 4 * SOME : EACH;
}

void at_steps(int part, void (*run)(rr_heap *heap, int steps, bool *is_over)) {
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
