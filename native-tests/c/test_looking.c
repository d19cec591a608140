/* abi.md, Looking: referents, referrers, objects, path. */
#include "support.h"

static bool contains(void *const *objects, size_t count, const void *object) {
    for (size_t i = 0; i < count; i++) {
        if (objects[i] == object)
            return true;
    }
    return false;
}

static void referents_are_one_per_slot_in_order(void **state) {
    rr_heap *heap = *state;
    node *parent = node_new(heap, 0, 1), *child = node_new(heap, 0, 2);
    void *out[4] = {NULL, NULL, NULL, NULL};
    assert_int_equal(rr_get_referents(parent, out, 4), 0);
    link_other(parent, child);
    assert_int_equal(rr_get_referents(parent, out, 4), 1);
    assert_ptr_equal(out[0], child);
    link_next(parent, child);
    assert_int_equal(rr_get_referents(parent, out, 4), 2);
    assert_ptr_equal(out[1], child);
    assert_null(out[2]);
    assert_int_equal(rr_getrefcount(child), 3); /* borrowed */
    rr_decref(child);
    rr_decref(parent);
}

static void a_buffer_that_is_too_small_is_filled_and_the_whole_number_answered(void **state) {
    rr_heap *heap = *state;
    void *list = rr_list_new(heap);
    node *items[10];
    for (int i = 0; i < 10; i++) {
        items[i] = node_new(heap, 0, i);
        rr_list_append(list, items[i]);
        link_next(items[i], items[0]);
    }
    void *out[4] = {NULL, NULL, NULL, &out};
    assert_int_equal(rr_get_referents(list, out, 3), 10);
    for (size_t i = 0; i < 3; i++)
        assert_ptr_equal(out[i], items[i]);
    assert_ptr_equal(out[3], &out);
    assert_int_equal(rr_get_referents(list, NULL, 0), 10);
    assert_int_equal(rr_get_referrers(items[0], out, 2), 11);
    assert_int_equal(rr_get_referrers(items[0], NULL, 0), 11);
    assert_int_equal(rr_get_objects(heap, 0, out, 3), 11);
    assert_int_equal(rr_get_objects(heap, 0, NULL, 0), 11);
    assert_ptr_equal(out[3], &out);
    link_next(items[0], NULL);
    for (int i = 0; i < 10; i++)
        rr_decref(items[i]);
    rr_decref(list);
}

static void referents_of_lists_tuples_and_leaves(void **state) {
    rr_heap *heap = *state;
    void **tuple = rr_alloc_items(heap, RR_TYPE_TUPLE, 3);
    void *bytes = rr_alloc_items(heap, RR_TYPE_BYTES, 64);
    memset(bytes, 0xFF, 64);
    rr_store(&tuple[2], bytes);
    void *weak = rr_weakref_new(tuple, NULL, NULL);
    void *out[3];
    assert_int_equal(rr_get_referents(tuple, out, 3), 1);
    assert_ptr_equal(out[0], bytes);
    assert_int_equal(rr_get_referents(bytes, out, 3), 0);
    assert_int_equal(rr_get_referents(weak, out, 3), 0);
    rr_decref(weak);
    rr_decref(bytes);
    rr_decref(tuple);
}

static void referrers_are_the_direct_holders(void **state) {
    rr_heap *heap = *state;
    node *target = node_new(heap, 0, 1), *direct = node_new(heap, 0, 2), *indirect = node_new(heap, 0, 3);
    void *list = rr_list_new(heap);
    link_next(direct, target);
    link_next(indirect, direct);
    rr_list_append(list, target);
    link_other(target, target);
    void *out[8];
    int64_t count = rr_get_referrers(target, out, 8);
    assert_int_equal(count, 3);
    assert_true(contains(out, 3, direct));
    assert_true(contains(out, 3, list));
    assert_true(contains(out, 3, target));
    assert_int_equal(rr_get_referrers(indirect, out, 8), 0);
    link_other(target, NULL);
    rr_decref(list);
    rr_decref(indirect);
    rr_decref(direct);
    rr_decref(target);
}

static void objects_are_found_by_type_across_pages_and_sizes(void **state) {
    rr_heap *heap = *state;
    enum { COUNT = 5000 };
    static void *held[COUNT], *out[2 * COUNT];
    for (size_t i = 0; i < COUNT; i++)
        held[i] = i % 2 == 0 ? rr_alloc_items(heap, RR_TYPE_BYTES, i) : (void *)node_new(heap, 0, (int64_t)i);
    void *huge = rr_alloc_items(heap, RR_TYPE_BYTES, 10 << 20);
    assert_int_equal(rr_get_objects(heap, RR_TYPE_BYTES, out, LENGTH(out)), COUNT / 2 + 1);
    assert_true(contains(out, COUNT / 2 + 1, huge));
    assert_int_equal(rr_get_objects(heap, node_type(0), out, LENGTH(out)), COUNT / 2);
    for (size_t i = 0; i < COUNT / 2; i++)
        assert_int_equal(rr_type_of(out[i]), node_type(0));
    assert_int_equal(rr_get_objects(heap, RR_TYPE_TUPLE, out, LENGTH(out)), 0);
    assert_int_equal(rr_get_objects(heap, 0, out, LENGTH(out)), COUNT + 1);
    rr_decref(huge);
    for (size_t i = 0; i < COUNT; i++)
        rr_decref(held[i]);
    assert_int_equal(rr_get_objects(heap, 0, out, LENGTH(out)), 0);
}

static void a_path_leads_from_what_is_held_outside_to_the_object(void **state) {
    rr_heap *heap = *state;
    /* root -> 1 -> 2 -> target, and a shortcut root -> 3 -> target. */
    node *root = node_new(heap, 0, 0), *one = node_new(heap, 0, 1), *two = node_new(heap, 0, 2), *three = node_new(heap, 0, 3);
    node *target = node_new(heap, 0, 4);
    link_next(two, target);
    rr_take(&one->next, two);
    rr_take(&root->next, one);
    void *out[5];
    rr_decref(target);
    assert_int_equal(rr_get_path(target, out, 5), 4);
    void *const longer[] = {root, one, two, target};
    assert_memory_equal(out, longer, sizeof longer);

    link_next(three, target);
    rr_take(&root->other, three);
    assert_int_equal(rr_get_path(target, out, 5), 3);
    void *const shorter[] = {root, three, target};
    assert_memory_equal(out, shorter, sizeof shorter);

    assert_int_equal(rr_get_path(root, out, 5), 1);
    assert_ptr_equal(out[0], root);
    assert_int_equal(rr_get_path(target, out, 1), 3);
    rr_decref(root);
}

static void an_object_that_is_held_outside_is_its_own_path(void **state) {
    rr_heap *heap = *state;
    node *ring = ring_new(heap, 0, 5);
    void *out[8];
    assert_int_equal(rr_get_path(ring, out, 8), 1);
    assert_int_equal(rr_get_path(((node *)ring->next)->next, out, 8), 3);
    assert_ptr_equal(out[0], ring);
    rr_decref(ring);
    assert_int_equal(rr_collect(heap), 5);
}

/* Searches back from the target: how many objects the shortest chain from one that is held has; 0 = there is none. */
static int64_t expected_length(node *const *nodes, const bool *held, int count, int target) {
    enum { MOST = 200 };
    int distance[MOST], queue[MOST], head = 0, tail = 0;
    for (int i = 0; i < count; i++)
        distance[i] = 0;
    distance[target] = 1;
    queue[tail++] = target;
    while (head < tail) {
        int here = queue[head++];
        if (held[here])
            return distance[here];
        for (int i = 0; i < count; i++) {
            if (distance[i] == 0 && (nodes[i]->next == nodes[here] || nodes[i]->other == nodes[here])) {
                distance[i] = distance[here] + 1;
                queue[tail++] = i;
            }
        }
    }
    return 0;
}

static void a_path_is_a_shortest_one(void **state) {
    rr_heap *heap = *state;
    enum { GRAPHS = 60, MOST = 200 };
    uint32_t random = 12345;
    for (int graph = 0; graph < GRAPHS; graph++) {
        int count = 2 + graph * (MOST - 2) / GRAPHS;
        node *nodes[MOST];
        bool held[MOST];
        for (int i = 0; i < count; i++)
            nodes[i] = node_new(heap, 0, i);
        for (int i = 0; i < count * 3 / 2; i++) {
            random = random * 1664525 + 1013904223;
            node *from = nodes[(random >> 8) % (uint32_t)count];
            random = random * 1664525 + 1013904223;
            node *to = nodes[(random >> 8) % (uint32_t)count];
            ((random >> 30) != 0 ? link_next : link_other)(from, to);
        }
        for (int i = 0; i < count; i++) {
            held[i] = i % 17 == 0 || rr_getrefcount(nodes[i]) == 1;
            if (!held[i])
                rr_decref(nodes[i]);
        }
        for (int target = 0; target < count; target++) {
            void *path[MOST];
            int64_t length = rr_get_path(nodes[target], path, MOST);
            assert_int_equal(length, expected_length(nodes, held, count, target));
            for (int64_t i = 0; i + 1 < length; i++)
                assert_true(((node *)path[i])->next == path[i + 1] || ((node *)path[i])->other == path[i + 1]);
            if (length > 0) {
                assert_true(held[((node *)path[0])->id]);
                assert_ptr_equal(path[length - 1], nodes[target]);
            }
        }
        for (int i = 0; i < count; i++) {
            if (held[i])
                rr_decref(nodes[i]);
        }
        rr_collect(heap);
        assert_int_equal(live(heap), 0);
    }
}

static void what_is_no_object_of_the_heap_is_no_edge(void **state) {
    rr_heap *heap = *state, *elsewhere = heap_with(0, 0);
    node *holder = node_new(heap, 0, 1), *target = node_new(heap, 0, 2), *foreign = node_new(elsewhere, 0, 3);
    node *gone = node_new(heap, 0, 4);
    void *raw = rr_mem_alloc(heap, 64), *raw_slots[2] = {NULL, NULL}, *out[4];
    rr_decref(gone);
    void *const wrong[] = {gone, foreign, raw, raw_slots, (char *)target + 8, (char *)target + 1, heap, (void *)0xFFFFFFFFFFF0u};
    for (size_t i = 0; i < LENGTH(wrong); i++) {
        link_next(holder, target);
        rr_decref(target);
        holder->other = wrong[i]; /* written plainly: a mistake */
        assert_int_equal(rr_get_path(target, out, 4), 2);
        assert_ptr_equal(out[0], holder);
        assert_int_equal(rr_get_referrers(target, out, 4), 1);
        assert_int_equal(rr_get_path(foreign, out, 4), 1);
        holder->other = NULL;
        rr_incref(target);
    }
    rr_mem_free(heap, raw);
    rr_decref(target);
    rr_decref(holder);
    rr_decref(foreign);
    heap_end(elsewhere);
}

static void garbage_has_no_path(void **state) {
    rr_heap *heap = *state;
    node *ring = ring_new(heap, 0, 5);
    rr_decref(ring);
    void *out[8];
    assert_int_equal(rr_get_path(ring, out, 8), 0);
    assert_int_equal(rr_get_path(ring->next, out, 8), 0);
    assert_int_equal(rr_collect(heap), 5);
}

static void looking_changes_nothing(void **state) {
    rr_heap *heap = *state;
    node *ring = ring_new(heap, 0, 100);
    rr_stats before = stats_of(heap);
    void *out[8];
    rr_get_path(ring->next, out, 8);
    rr_get_referrers(ring, out, 8);
    rr_get_referents(ring, out, 8);
    rr_get_objects(heap, 0, out, 8);
    rr_stats after = stats_of(heap);
    assert_int_equal(after.live_objects, before.live_objects);
    assert_int_equal(after.candidates, before.candidates);
    assert_int_equal(rr_getrefcount(ring), 2);
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    rr_decref(ring);
    assert_int_equal(rr_collect(heap), 100);
}

static void a_capacity_without_a_buffer_is_refused(void **state) {
    rr_heap *heap = *state;
    node *object = node_new(heap, 0, 1);
    assert_refused(rr_get_referents(object, NULL, 3), RR_E_ARGUMENT, "out", 0);
    assert_refused(rr_get_referrers(object, NULL, 3), RR_E_ARGUMENT, "out", 0);
    assert_refused(rr_get_objects(heap, 0, NULL, 3), RR_E_ARGUMENT, "out", 0);
    assert_refused(rr_get_path(object, NULL, 3), RR_E_ARGUMENT, "out", 0);
    rr_decref(object);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_HEAP(referents_are_one_per_slot_in_order),
        WITH_HEAP(a_buffer_that_is_too_small_is_filled_and_the_whole_number_answered),
        WITH_HEAP(referents_of_lists_tuples_and_leaves),
        WITH_HEAP(referrers_are_the_direct_holders),
        WITH_HEAP(objects_are_found_by_type_across_pages_and_sizes),
        WITH_HEAP(a_path_leads_from_what_is_held_outside_to_the_object),
        WITH_MANUAL_HEAP(an_object_that_is_held_outside_is_its_own_path),
        WITH_MANUAL_HEAP(a_path_is_a_shortest_one),
        WITH_MANUAL_HEAP(what_is_no_object_of_the_heap_is_no_edge),
        WITH_MANUAL_HEAP(garbage_has_no_path),
        WITH_MANUAL_HEAP(looking_changes_nothing),
        WITH_HEAP(a_capacity_without_a_buffer_is_refused),
    };
    return cmocka_run_group_tests_name("looking", tests, NULL, NULL);
}
