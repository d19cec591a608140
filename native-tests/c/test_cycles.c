/* abi.md, Cycles: what rr_collect finds, what it counts, and how a dead set dies. When collections run by themselves is
 * in test_collections.c. */
#include "support.h"

#include <inttypes.h>
#include <stdio.h>

static rr_heap *current;
static void *probe;

/* ---- What is found and counted ----------------------------------------------------------------------------------- */

static void an_object_that_holds_itself_is_collected(void **state) {
    rr_heap *heap = *state;
    node *object = ring_new(heap, NODE_DESTROY, 1);
    assert_int_equal(rr_collect(heap), 0);
    rr_decref(object);
    assert_int_equal(rr_collect(heap), 1);
    assert_log("destroy 0");
    assert_int_equal(rr_collect(heap), 0);
}

static void rings_of_every_length_are_collected(void **state) {
    rr_heap *heap = *state;
    for (size_t length = 1; length < 200; length++) {
        node *ring = ring_new(heap, 0, length);
        assert_int_equal(rr_collect(heap), 0);
        rr_decref(ring);
        assert_int_equal(live(heap), length);
        assert_int_equal(rr_collect(heap), (int64_t)length);
        assert_int_equal(live(heap), 0);
    }
}

static void many_independent_rings_die_in_one_collection(void **state) {
    rr_heap *heap = *state;
    for (int i = 0; i < 1000; i++)
        rr_decref(ring_new(heap, 0, 3));
    assert_int_equal(rr_collect(heap), 3000);
    assert_int_equal(rr_heap_verify(heap), RR_OK);
}

static void a_ring_that_is_held_from_outside_lives_with_all_it_reaches(void **state) {
    rr_heap *heap = *state;
    node *ring = ring_new(heap, 0, 50);
    node *side = ring_new(heap, 0, 20);
    link_other(ring->next, side);
    rr_decref(side);
    for (int i = 0; i < 3; i++) {
        rr_incref(ring->next);
        rr_decref(ring->next);
        assert_int_equal(rr_collect(heap), 0);
    }
    assert_int_equal(live(heap), 70);
    rr_decref(ring);
    assert_int_equal(rr_collect(heap), 70);
}

static void tails_of_a_cycle_count_and_leaves_do_not(void **state) {
    rr_heap *heap = *state;
    node *ring = ring_new(heap, 0, 2);
    node *tail = node_new(heap, 0, 10);
    rr_take(&tail->next, node_new(heap, 0, 11));
    rr_take(&tail->other, rr_alloc_items(heap, RR_TYPE_BYTES, 5));
    rr_take(&ring->other, tail);
    rr_take(&((node *)ring->next)->other, rr_alloc(heap, plain_type("leaf", 8, 0, 0)));
    rr_decref(ring);
    assert_int_equal(live(heap), 6);
    assert_int_equal(rr_collect(heap), 4);
    assert_int_equal(live(heap), 0);
}

static void empty_lists_and_tuples_count_weak_references_do_not(void **state) {
    rr_heap *heap = *state;
    void **tuple = rr_alloc_items(heap, RR_TYPE_TUPLE, 4);
    rr_take(&tuple[0], rr_list_new(heap));
    rr_take(&tuple[1], rr_alloc(heap, RR_TYPE_TUPLE));
    rr_take(&tuple[2], rr_weakref_new(tuple[0], NULL, NULL));
    rr_store(&tuple[3], tuple);
    rr_decref(tuple);
    assert_int_equal(live(heap), 4);
    assert_int_equal(rr_collect(heap), 3);
    assert_int_equal(live(heap), 0);
}

static void a_list_that_contains_itself_is_collected(void **state) {
    rr_heap *heap = *state;
    void *list = rr_list_new(heap);
    assert_int_equal(rr_list_append(list, list), RR_OK);
    assert_int_equal(rr_collect(heap), 0);
    rr_decref(list);
    assert_int_equal(rr_collect(heap), 1);
}

static void acyclic_types_are_skipped_and_not_counted(void **state) {
    rr_heap *heap = *state;
    static const uint32_t offset = 0;
    rr_type_info info = type_info("acyclic");
    info.size = 8;
    info.ref_offsets = &offset;
    info.ref_count = 1;
    info.flags = RR_TYPE_ACYCLIC;
    rr_type type = rr_type_new(&info);
    assert_int_not_equal(type, 0);

    /* As the tail of a cycle it dies with it, uncounted. */
    node *ring = ring_new(heap, 0, 2);
    void **acyclic = rr_alloc(heap, type);
    rr_take(&acyclic[0], rr_alloc(heap, RR_TYPE_BYTES));
    rr_take(&ring->other, acyclic);
    rr_decref(ring);
    assert_int_equal(rr_collect(heap), 2);
    assert_int_equal(live(heap), 0);

    /* Who breaks the promise keeps the cycle. */
    acyclic = rr_alloc(heap, type);
    rr_store(&acyclic[0], acyclic);
    rr_decref(acyclic);
    assert_int_equal(rr_collect(heap), 0);
    assert_int_equal(live(heap), 1);
    rr_store(&acyclic[0], NULL);
    assert_int_equal(live(heap), 0);
}

static void a_cycle_that_was_closed_by_plain_writes_is_found(void **state) {
    rr_heap *heap = *state;
    /* No count ever drops: each reference the allocator gave moves into a slot. The heap is manual, so nothing collects
     * between the allocations. */
    node *one = node_new(heap, 0, 1), *two = node_new(heap, 0, 2);
    one->next = two;
    two->next = one;
    assert_int_equal(rr_getrefcount(one), 1);
    assert_int_equal(rr_getrefcount(two), 1);
    assert_int_equal(rr_collect(heap), 2);
    assert_int_equal(live(heap), 0);

    /* The same among objects that have survived a collection, which closes through rr_take. */
    node *old = node_new(heap, 0, 3);
    assert_int_equal(rr_collect(heap), 0);
    assert_int_equal(rr_take(&old->next, old), RR_OK);
    assert_int_equal(rr_collect(heap), 1);
}

static void a_move_that_is_announced_as_candidate_is_found(void **state) {
    rr_heap *heap = *state;
    node *old = node_new(heap, 0, 1);
    assert_int_equal(rr_collect(heap), 0);
    old->next = old; /* the caller's reference moves by a plain write */
    assert_int_equal(rr_gc_candidate(old), RR_OK);
    assert_int_equal(rr_gc_get_candidates(heap), 1);
    assert_int_equal(rr_collect(heap), 1);
}

static void random_graphs_die_exactly(void **state) {
    rr_heap *heap = *state;
    enum { COUNT = 2000, HELD = 20 };
    static node *nodes[COUNT];
    static bool reachable[COUNT];
    uint32_t random = 1;
    for (int round = 0; round < 20; round++) {
        for (int i = 0; i < COUNT; i++)
            nodes[i] = node_new(heap, 0, i);
        for (int i = 0; i < COUNT; i++) {
            random = random * 1664525u + 1013904223u;
            link_next(nodes[i], nodes[(random >> 8) % COUNT]);
            random = random * 1664525u + 1013904223u;
            if ((random >> 28) < 4)
                link_other(nodes[i], nodes[(random >> 8) % COUNT]);
        }
        /* What the first HELD nodes reach lives: found here by a search of our own. */
        memset(reachable, 0, sizeof reachable);
        static int64_t queue[COUNT];
        size_t head = 0, tail = 0;
        for (int i = 0; i < HELD; i++) {
            reachable[i] = true;
            queue[tail++] = i;
        }
        while (head < tail) {
            node *at = nodes[queue[head++]];
            node *const targets[] = {at->next, at->other};
            for (int t = 0; t < 2; t++) {
                if (targets[t] != NULL && !reachable[targets[t]->id]) {
                    reachable[targets[t]->id] = true;
                    queue[tail++] = targets[t]->id;
                }
            }
        }
        for (int i = HELD; i < COUNT; i++)
            rr_decref(nodes[i]);
        uint64_t before = live(heap);
        assert_int_equal(rr_collect(heap), (int64_t)(before - tail));
        assert_int_equal(live(heap), tail);
        for (size_t i = 0; i < tail; i++)
            assert_int_equal(nodes[queue[i]]->id, queue[i]);
        for (int i = 0; i < HELD; i++)
            rr_decref(nodes[i]);
        rr_collect(heap);
        assert_int_equal(live(heap), 0);
    }
}

/* ---- How a set dies ---------------------------------------------------------------------------------------------- */

static void a_dead_set_dies_in_phases(void **state) {
    rr_heap *heap = *state;
    node *one = ring_new(heap, NODE_FINALIZE | NODE_DESTROY, 3);
    node *two = ring_new(heap, NODE_FINALIZE | NODE_DESTROY, 2); /* independent, but in the same collection */
    void *weak[] = {rr_weakref_new(one, log_weak, "old"), rr_weakref_new(one, log_weak, "new"),
                    rr_weakref_new(two, log_weak, "two")};
    rr_decref(one);
    rr_decref(two);
    assert_int_equal(rr_collect(heap), 5);
    assert_int_equal(log_count("finalize"), 5);
    assert_int_equal(log_count("weak"), 3);
    assert_int_equal(log_count("still there"), 0);
    assert_int_equal(log_count("destroy"), 5);
    /* All finalizers, then all weak callbacks, then all destroys. */
    const char *first_weak = strstr(log_text(), "weak"), *first_destroy = strstr(log_text(), "destroy");
    assert_null(strstr(first_weak, "finalize"));
    assert_null(strstr(first_destroy, "weak"));
    assert_true(strstr(log_text(), "weak new") < strstr(log_text(), "weak old"));
    for (size_t i = 0; i < LENGTH(weak); i++)
        rr_decref(weak[i]);
}

static void check_that_the_ring_is_whole(node *self) {
    node *at = self;
    int length = 0;
    do {
        if (at == NULL || !rr_is_object(at) || length > 1000) {
            log_event("broken");
            return;
        }
        at = at->next;
        length++;
    } while (at != self);
    log_event("ring of %d, %s", length, rr_weakref_count(self) == 0 ? "no weak reference" : "weak reference");
}

static void every_finalizer_of_a_dead_ring_sees_it_whole(void **state) {
    rr_heap *heap = *state;
    on_finalize = check_that_the_ring_is_whole;
    rr_decref(ring_new(heap, NODE_FINALIZE, 10));
    assert_int_equal(rr_collect(heap), 10);
    assert_int_equal(log_count("finalize"), 10);
    assert_int_equal(log_count("ring of 10"), 10);
}

static void read_the_neighbour(node *self) {
    node *next = self->next;
    log_event("neighbour %" PRId64, next == NULL ? -1 : next->id);
}

static void every_destroy_of_a_dead_ring_can_read_all_of_it(void **state) {
    rr_heap *heap = *state;
    on_destroy = read_the_neighbour;
    rr_decref(ring_new(heap, NODE_DESTROY, 3));
    assert_int_equal(rr_collect(heap), 3);
    for (int i = 0; i < 3; i++) {
        char expected[64];
        snprintf(expected, sizeof expected, "destroy %d; neighbour %d", i, (i + 1) % 3);
        assert_int_equal(log_count(expected), 1);
    }
}

static void weak_references_inside_a_dead_set_do_not_call_back(void **state) {
    rr_heap *heap = *state;
    node *ring = ring_new(heap, 0, 2);
    rr_take(&ring->other, rr_weakref_new(ring->next, log_weak, "inside"));
    void *outside = rr_weakref_new(ring->next, log_weak, "outside");
    rr_decref(ring);
    assert_int_equal(rr_collect(heap), 2);
    assert_log("weak outside");
    assert_null(rr_weakref_get(outside));
    rr_decref(outside);
}

static void keep_the_ring(node *self) {
    if (self->id == 1)
        probe = rr_newref(self);
}

static void a_set_that_a_finalizer_holds_is_resurrected_whole_and_not_counted(void **state) {
    rr_heap *heap = *state;
    node *saved = ring_new(heap, NODE_FINALIZE | NODE_DESTROY, 3);
    rr_take(&((node *)saved->next)->other, rr_alloc(heap, RR_TYPE_BYTES));
    node *lost = ring_new(heap, 0, 2);
    void *weak = rr_weakref_new(saved, log_weak, "saved"), *weak_lost = rr_weakref_new(lost, log_weak, "lost");
    on_finalize = keep_the_ring;
    rr_decref(saved);
    rr_decref(lost);
    assert_int_equal(rr_collect(heap), 2);
    assert_int_equal(log_count("finalize"), 3);
    assert_int_equal(log_count("destroy"), 0);
    assert_int_equal(log_count("weak saved"), 0);
    assert_int_equal(log_count("weak lost"), 1);
    assert_true(stats_of(heap).objects_resurrected >= 3);
    void *again = rr_weakref_get(weak);
    assert_ptr_equal(again, saved);
    rr_decref(again);
    assert_int_equal(rr_getrefcount(probe), 2);
    assert_int_equal(rr_getrefcount(saved), 1);
    assert_int_equal(rr_is_finalized(saved), 1);

    log_clear();
    assert_int_equal(rr_collect(heap), 0);
    rr_decref(probe);
    assert_int_equal(rr_collect(heap), 3);
    assert_int_equal(log_count("finalize"), 0);
    assert_int_equal(log_count("destroy"), 3);
    rr_decref(weak);
    rr_decref(weak_lost);
}

static void keep_a_tail(node *self) {
    if (self->id == 7 && probe == NULL)
        probe = rr_newref(self);
}

static void a_resurrected_tail_leaves_without_its_cycle(void **state) {
    rr_heap *heap = *state;
    node *ring = ring_new(heap, NODE_DESTROY, 2);
    node *tail = node_new(heap, NODE_FINALIZE | NODE_DESTROY, 7);
    rr_take(&tail->next, node_new(heap, NODE_DESTROY, 8));
    rr_take(&ring->other, tail);
    probe = NULL;
    on_finalize = keep_a_tail;
    rr_decref(ring);
    assert_int_equal(rr_collect(heap), 2);
    assert_int_equal(log_count("destroy 0"), 1);
    assert_int_equal(log_count("destroy 1"), 1);
    assert_int_equal(log_count("destroy 7"), 0);
    assert_ptr_equal(probe, tail);
    assert_int_equal(rr_getrefcount(tail), 1);
    assert_int_equal(((node *)tail->next)->id, 8);
    rr_decref(tail);
    assert_int_equal(log_count("destroy 7; destroy 8"), 1);
}

static void cut_the_cycle(node *self) {
    rr_store(&self->next, NULL);
}

static void a_cycle_that_its_finalizers_cut_is_counted_too(void **state) {
    rr_heap *heap = *state;
    on_finalize = cut_the_cycle;
    rr_decref(ring_new(heap, NODE_FINALIZE | NODE_DESTROY, 4));
    assert_int_equal(rr_collect(heap), 4);
    assert_int_equal(log_count("finalize"), 4);
    assert_int_equal(log_count("destroy"), 4);
    assert_int_equal(live(heap), 0);
}

static void cut_the_cycle_once(node *self) {
    if (self->id == 2)
        rr_store(&self->next, NULL);
}

static void a_cycle_that_one_finalizer_cuts_dies_in_the_same_collection(void **state) {
    rr_heap *heap = *state;
    on_finalize = cut_the_cycle_once;
    rr_decref(ring_new(heap, NODE_FINALIZE | NODE_DESTROY, 5));
    assert_int_equal(rr_collect(heap), 5);
    assert_int_equal(log_count("finalize"), 5);
    assert_int_equal(log_count("destroy"), 5);
    assert_int_equal(live(heap), 0);
}

static void grow_the_ring(node *self) {
    node *fresh = rr_alloc(current, node_type(NODE_DESTROY));
    if (fresh == NULL) {
        log_event("no memory");
        return;
    }
    fresh->id = 100 + self->id;
    rr_store(&fresh->next, self);
    rr_take(&self->other, fresh);
}

static void what_a_finalizer_hangs_into_a_dead_set_does_not_leak(void **state) {
    rr_heap *heap = current = *state;
    on_finalize = grow_the_ring;
    rr_decref(ring_new(heap, NODE_FINALIZE | NODE_DESTROY, 3));
    int64_t first = rr_collect(heap), second = rr_collect(heap), third = rr_collect(heap);
    assert_int_equal(first + second + third, 6);
    assert_int_equal(third, 0);
    assert_int_equal(log_count("finalize"), 3);
    assert_int_equal(log_count("destroy"), 6);
    assert_int_equal(live(heap), 0);
}

static void collect_and_step(node *self) {
    (void)self;
    log_event("collect: %d, step: %d", (int)rr_collect(current), (int)rr_collect_step(current, UINT64_MAX));
}

static void collect_and_step_when_weak(void *weakref, void *user) {
    (void)weakref;
    (void)user;
    log_event("collect: %d, step: %d", (int)rr_collect(current), (int)rr_collect_step(current, UINT64_MAX));
}

static void a_collection_asked_for_in_a_callback_answers_0(void **state) {
    rr_heap *heap = current = *state;
    rr_decref(ring_new(heap, 0, 3)); /* there is work */
    on_finalize = on_destroy = collect_and_step;
    node *object = node_new(heap, NODE_FINALIZE | NODE_DESTROY, 9);
    void *weak = rr_weakref_new(object, collect_and_step_when_weak, NULL);
    rr_decref(object);
    assert_log("finalize 9; collect: 0, step: 0; collect: 0, step: 0; destroy 9; collect: 0, step: 0");
    rr_decref(weak);
    assert_int_equal(rr_collect(heap), 3);
}

/* ---- References the runtime sees in other ways ------------------------------------------------------------------- */

/* A vector whose storage is raw memory: only traverse knows it. */
typedef struct vector {
    void **items;
    size_t count;
} vector;

static void vector_traverse(void *object, rr_visit_fn visit, void *arg, void *user) {
    (void)user;
    vector *self = object;
    for (size_t i = 0; i < self->count; i++)
        visit(self->items[i], arg); /* NULL items too: they are to be ignored */
}

static void vector_destroy(void *object, void *user) {
    (void)user;
    vector *self = object;
    rr_mem_free(current, self->items);
    log_event("destroy vector");
}

static void vector_destroy_and_release(void *object, void *user) {
    (void)user;
    vector *self = object;
    for (size_t i = 0; i < self->count; i++)
        rr_decref(self->items[i]);
    rr_mem_free(current, self->items);
    log_event("destroy vector");
}

static vector *vector_new(rr_heap *heap, rr_type type, size_t count) {
    vector *self = rr_alloc(heap, type);
    assert_non_null(self);
    self->items = rr_mem_alloc(heap, count * sizeof *self->items);
    assert_non_null(self->items);
    memset(self->items, 0, count * sizeof *self->items);
    self->count = count;
    return self;
}

static void check_vectors(rr_heap *heap, rr_type type) {
    current = heap;
    assert_int_not_equal(type, 0);
    /* By counting. */
    vector *alone = vector_new(heap, type, 3);
    alone->items[1] = node_new(heap, NODE_DESTROY, 1);
    rr_decref(alone);
    assert_int_equal(log_count("destroy vector"), 1);
    assert_int_equal(log_count("destroy 1"), 1);
    assert_int_equal(live(heap), 0);
    assert_int_equal(stats_of(heap).raw_bytes, 0);
    /* In a cycle, with a tail, holding one object twice. */
    log_clear();
    vector *cyclic = vector_new(heap, type, 5);
    node *member = node_new(heap, NODE_DESTROY, 2);
    link_next(member, cyclic);
    cyclic->items[0] = rr_newref(cyclic);
    cyclic->items[2] = rr_newref(member);
    cyclic->items[3] = member;
    cyclic->items[4] = node_new(heap, NODE_DESTROY, 3);
    assert_int_equal(rr_collect(heap), 0);
    rr_decref(cyclic);
    assert_int_equal(rr_collect(heap), 3);
    assert_int_equal(log_count("destroy vector"), 1);
    assert_int_equal(log_count("destroy 2"), 1);
    assert_int_equal(log_count("destroy 3"), 1);
    assert_int_equal(live(heap), 0);
    assert_int_equal(stats_of(heap).raw_bytes, 0);
}

static void references_that_only_traverse_reports_are_counted_and_released(void **state) {
    rr_type_info info = type_info("vector");
    info.size = sizeof(vector);
    info.traverse = vector_traverse;
    info.destroy = vector_destroy;
    check_vectors(*state, rr_type_new(&info));
}

static void a_self_releasing_type_releases_its_references_itself(void **state) {
    rr_type_info info = type_info("self-releasing vector");
    info.size = sizeof(vector);
    info.flags = RR_TYPE_SELF_RELEASING;
    info.traverse = vector_traverse;
    info.destroy = vector_destroy_and_release;
    check_vectors(*state, rr_type_new(&info));
}

/* NaN boxing: a word whose upper 16 bits are 0xFFFC holds a pointer, any other is a number. */
#define BOXED UINT64_C(0xFFFC000000000000)
#define BOX(object) (BOXED | (uint64_t)(uintptr_t)(object))

static void nan_boxed_values_are_seen_as_references_or_numbers(void **state) {
    rr_heap *heap = *state;
    static const uint32_t offsets[] = {0, 8, 16, 24};
    const rr_value_format format = {.struct_size = sizeof format,
                                    .value_size = 8,
                                    .mask = UINT64_C(0xFFFF000000000000),
                                    .low = BOXED,
                                    .high = BOXED,
                                    .pointer_mask = UINT64_C(0x0000FFFFFFFFFFFF)};
    rr_type_info info = type_info("boxes");
    info.size = 32;
    info.ref_offsets = offsets;
    info.ref_count = 4;
    info.values = &format;
    rr_type type = rr_type_new(&info);
    assert_int_not_equal(type, 0);

    node *child = node_new(heap, NODE_DESTROY, 1);
    uint64_t *boxes = rr_alloc(heap, type);
    const double number = 3.25;
    memcpy(&boxes[0], &number, 8);
    boxes[1] = BOX(child);
    boxes[2] = (uint64_t)(uintptr_t)child; /* a number that looks like the pointer */
    boxes[3] = BOXED;                      /* a boxed NULL */
    void *out[4];
    assert_int_equal(rr_get_referents(boxes, out, 4), 1);
    assert_ptr_equal(out[0], child);
    rr_decref(boxes);
    assert_log("destroy 1");

    boxes = rr_alloc(heap, type);
    uint64_t *other = rr_alloc(heap, type);
    boxes[0] = BOX(rr_newref(other));
    other[3] = BOX(rr_newref(boxes));
    rr_decref(other);
    assert_int_equal(rr_collect(heap), 0);
    rr_decref(boxes);
    assert_int_equal(rr_collect(heap), 2);
    assert_int_equal(live(heap), 0);
}

/* A tag word and a union, 16 bytes: tags 5 to 7 are references. The pointer's lower four bits are free for marks. */
typedef struct wide_value {
    uint64_t tag;
    uint64_t payload;
} wide_value;

static rr_type wide_tuple_type(void) {
    static const uint32_t offset = 0;
    const rr_value_format format = {.struct_size = sizeof format,
                                    .value_size = 16,
                                    .tag_offset = 0,
                                    .pointer_offset = 8,
                                    .mask = 0xFF,
                                    .low = 5,
                                    .high = 7,
                                    .pointer_mask = ~UINT64_C(15)};
    rr_type_info info = type_info("wide tuple");
    info.size = sizeof(wide_value);
    info.item_size = sizeof(wide_value);
    info.flags = RR_TYPE_ITEMS_ARE_REFS;
    info.ref_offsets = &offset;
    info.ref_count = 1;
    info.values = &format;
    return rr_type_new(&info);
}

static void wide_tuples_hold_tagged_values(void **state) {
    rr_heap *heap = *state;
    rr_type type = wide_tuple_type();
    if (type == 0)
        fail_msg("rr_type_new: %s", rr_last_error());
    node *one = node_new(heap, NODE_DESTROY, 1), *two = node_new(heap, NODE_DESTROY, 2);
    wide_value *values = rr_alloc_items(heap, type, 4); /* one in the fixed part, four items */
    assert_int_equal(rr_size(values), 5 * sizeof *values);
    values[0] = (wide_value){5, (uintptr_t)one};
    values[1] = (wide_value){4, (uintptr_t)one};          /* tag below the range */
    values[2] = (wide_value){7 | 0xAB00, (uintptr_t)two | 9}; /* marks in tag and pointer */
    values[3] = (wide_value){8, (uintptr_t)two};          /* tag above the range */
    values[4] = (wide_value){6, 0};                       /* NULL */
    void *out[5];
    assert_int_equal(rr_get_referents(values, out, 5), 2);
    assert_ptr_equal(out[0], one);
    assert_ptr_equal(out[1], two);
    rr_decref(values);
    assert_int_equal(log_count("destroy"), 2);

    values = rr_alloc_items(heap, type, 2);
    values[2] = (wide_value){6, (uintptr_t)rr_newref(values)};
    assert_int_equal(rr_collect(heap), 0);
    rr_decref(values);
    assert_int_equal(rr_collect(heap), 1);
    assert_int_equal(live(heap), 0);
}

static void a_tuple_of_references_with_a_head_follows_slots_and_items(void **state) {
    rr_heap *heap = *state;
    static const uint32_t offset = 8;
    rr_type_info info = type_info("head and items");
    info.size = 16;
    info.item_size = sizeof(void *);
    info.flags = RR_TYPE_ITEMS_ARE_REFS;
    info.ref_offsets = &offset;
    info.ref_count = 1;
    rr_type type = rr_type_new(&info);
    void **object = rr_alloc_items(heap, type, 2);
    object[0] = (void *)0x1234; /* no slot */
    rr_take(&object[1], rr_alloc(heap, RR_TYPE_TUPLE));
    rr_take(&object[3], rr_alloc(heap, RR_TYPE_TUPLE));
    rr_store(&object[2], object);
    void *out[4];
    assert_int_equal(rr_get_referents(object, out, 4), 3);
    rr_decref(object);
    assert_int_equal(rr_collect(heap), 3);
}

static void a_reference_the_runtime_cannot_see_keeps_its_object(void **state) {
    rr_heap *heap = *state;
    node *ring = ring_new(heap, 0, 3);
    rr_incref(ring->next); /* held by nobody the runtime knows */
    void *hidden = ring->next;
    rr_decref(ring);
    assert_int_equal(rr_collect(heap), 0);
    assert_int_equal(live(heap), 3);
    rr_decref(hidden);
    assert_int_equal(rr_collect(heap), 3);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_MANUAL_HEAP(an_object_that_holds_itself_is_collected),
        WITH_MANUAL_HEAP(rings_of_every_length_are_collected),
        WITH_MANUAL_HEAP(many_independent_rings_die_in_one_collection),
        WITH_MANUAL_HEAP(a_ring_that_is_held_from_outside_lives_with_all_it_reaches),
        WITH_MANUAL_HEAP(tails_of_a_cycle_count_and_leaves_do_not),
        WITH_MANUAL_HEAP(empty_lists_and_tuples_count_weak_references_do_not),
        WITH_MANUAL_HEAP(a_list_that_contains_itself_is_collected),
        WITH_MANUAL_HEAP(acyclic_types_are_skipped_and_not_counted),
        WITH_MANUAL_HEAP(a_cycle_that_was_closed_by_plain_writes_is_found),
        WITH_MANUAL_HEAP(a_move_that_is_announced_as_candidate_is_found),
        WITH_MANUAL_HEAP(random_graphs_die_exactly),
        WITH_MANUAL_HEAP(a_dead_set_dies_in_phases),
        WITH_MANUAL_HEAP(every_finalizer_of_a_dead_ring_sees_it_whole),
        WITH_MANUAL_HEAP(every_destroy_of_a_dead_ring_can_read_all_of_it),
        WITH_MANUAL_HEAP(weak_references_inside_a_dead_set_do_not_call_back),
        WITH_MANUAL_HEAP(a_set_that_a_finalizer_holds_is_resurrected_whole_and_not_counted),
        WITH_MANUAL_HEAP(a_resurrected_tail_leaves_without_its_cycle),
        WITH_MANUAL_HEAP(a_cycle_that_its_finalizers_cut_is_counted_too),
        WITH_MANUAL_HEAP(a_cycle_that_one_finalizer_cuts_dies_in_the_same_collection),
        WITH_MANUAL_HEAP(what_a_finalizer_hangs_into_a_dead_set_does_not_leak),
        WITH_MANUAL_HEAP(a_collection_asked_for_in_a_callback_answers_0),
        WITH_MANUAL_HEAP(references_that_only_traverse_reports_are_counted_and_released),
        WITH_MANUAL_HEAP(a_self_releasing_type_releases_its_references_itself),
        WITH_MANUAL_HEAP(nan_boxed_values_are_seen_as_references_or_numbers),
        WITH_MANUAL_HEAP(wide_tuples_hold_tagged_values),
        WITH_MANUAL_HEAP(a_tuple_of_references_with_a_head_follows_slots_and_items),
        WITH_MANUAL_HEAP(a_reference_the_runtime_cannot_see_keeps_its_object),
    };
    return cmocka_run_group_tests_name("cycles", tests, NULL, NULL);
}
