/* The batches: what is done, what is left when an element is refused, and whose the references are then. */
#include "support.h"

enum { COUNT = 1000 };

static void a_batch_is_as_many_single_calls(void **state) {
    static void *nodes[COUNT], *values[COUNT];
    assert_int_equal(rr_alloc_many(*state, node_type(0), COUNT, nodes), COUNT);
    for (int i = 0; i < COUNT; i++) {
        assert_int_equal(rr_getrefcount(nodes[i]), 1);
        assert_null(((node *)nodes[i])->next);
        values[i] = nodes[(i + 1) % COUNT];
    }
    assert_int_equal(live(*state), COUNT);
    assert_int_equal(rr_store_many(nodes, offsetof(node, other), values, COUNT), COUNT);
    for (int i = 0; i < COUNT; i++) {
        assert_ptr_equal(((node *)nodes[i])->other, values[i]);
        assert_null(((node *)nodes[i])->next);
        assert_int_equal(rr_getrefcount(nodes[i]), 2);
    }
    assert_int_equal(rr_incref_many(nodes, COUNT), COUNT);
    assert_int_equal(rr_getrefcount(nodes[7]), 3);
    assert_int_equal(rr_decref_many(nodes, COUNT), COUNT);
    assert_int_equal(rr_decref_many(nodes, COUNT), COUNT);
    assert_int_equal(live(*state), COUNT); /* a ring */
    assert_int_equal(rr_collect(*state), COUNT);
}

static void values_of_null_empty_slots_and_old_values_are_released(void **state) {
    void *holders[2], *values[2] = {NULL, NULL}, *old[2];
    assert_int_equal(rr_alloc_many(*state, node_type(0), 2, holders), 2);
    assert_int_equal(rr_alloc_many(*state, node_type(NODE_DESTROY), 2, old), 2);
    ((node *)old[1])->id = 1;
    assert_int_equal(rr_store_many(holders, 0, old, 2), 2);
    assert_int_equal(rr_decref_many(old, 2), 2);
    assert_log("");
    assert_int_equal(rr_store_many(holders, 0, values, 2), 2);
    assert_log("destroy 0; destroy 1");
    assert_int_equal(rr_decref_many(holders, 2), 2);
}

static void null_is_done_without_doing_anything(void **state) {
    (void)state;
    void *objects[3] = {NULL, NULL, NULL};
    assert_int_equal(rr_incref_many(objects, 3), 3);
    assert_int_equal(rr_decref_many(objects, 3), 3);
}

static void an_empty_batch_needs_no_array(void **state) {
    assert_int_equal(rr_alloc_many(*state, node_type(0), 0, NULL), 0);
    refusal_expected();
    assert_int_equal(rr_incref_many(NULL, 0), 0);
    assert_int_equal(rr_decref_many(NULL, 0), 0);
    assert_int_equal(rr_store_many(NULL, 0, NULL, 0), 0);
    assert_int_equal(rr_last_status(), RR_E_TYPE); /* still the one before */
    assert_refused_zero(rr_alloc_many(*state, node_type(0), 1, NULL), RR_E_ARGUMENT, "out", 0);
    assert_refused_zero(rr_incref_many(NULL, 1), RR_E_ARGUMENT, "objects", 0);
    assert_refused_zero(rr_decref_many(NULL, 1), RR_E_ARGUMENT, "objects", 0);
    assert_refused_zero(rr_store_many(NULL, 0, NULL, 1), RR_E_ARGUMENT, "objects", 0);
}

static void counting_stops_at_what_is_no_object(void **state) {
    int64_t no_object[4] = {0};
    void *objects[4] = {node_new(*state, 0, 0), NULL, &no_object[2], node_new(*state, 0, 3)};
    assert_int_equal(rr_incref_many(objects, 4), 2);
    assert_int_equal(rr_last_status(), RR_E_NOT_OBJECT);
    assert_int_equal(rr_getrefcount(objects[0]), 2);
    assert_int_equal(rr_getrefcount(objects[3]), 1);
    assert_int_equal(rr_decref_many(objects, 4), 2);
    assert_int_equal(rr_getrefcount(objects[0]), 1);
    assert_int_equal(rr_getrefcount(objects[3]), 1);
    rr_decref(objects[0]);
    rr_decref(objects[3]);
}

static void storing_stops_at_what_is_refused(void **state) {
    int64_t no_object[4] = {0};
    void *objects[3] = {node_new(*state, 0, 0), node_new(*state, 0, 1), NULL};
    void *values[3] = {objects[1], &no_object[2], objects[0]};
    assert_int_equal(rr_store_many(objects, 0, values, 3), 1);
    assert_int_equal(rr_last_status(), RR_E_NOT_OBJECT);
    assert_ptr_equal(((node *)objects[0])->next, objects[1]);
    assert_null(((node *)objects[1])->next);
    values[1] = NULL;
    assert_int_equal(rr_store_many(objects, 0, values, 3), 2);
    assert_int_equal(rr_last_status(), RR_E_NOT_OBJECT); /* objects[2] is NULL */
    assert_int_equal(rr_decref_many(objects, 2), 2);
}

static void a_slot_lies_within_its_object(void **state) {
    void *object = node_new(*state, 0, 0), *value = object;
    assert_refused_zero(rr_store_many(&object, 4, &value, 1), RR_E_ARGUMENT, "offset", 4);
    assert_refused_zero(rr_store_many(&object, sizeof(node), &value, 1), RR_E_ARGUMENT, "offset", sizeof(node));
    assert_refused_zero(rr_store_many(&object, SIZE_MAX - 7, &value, 1), RR_E_ARGUMENT, "offset", SIZE_MAX - 7);
    void *empty = rr_alloc(*state, plain_type("empty", 0, 0, 0));
    assert_refused_zero(rr_store_many(&empty, 0, &value, 1), RR_E_ARGUMENT, "offset", 0);
    rr_decref(empty);
    rr_decref(object);
}

static void memory_that_ends_leaves_what_was_made(void **state) {
    (void)state;
    enum { MANY = 200000 };
    static void *objects[MANY];
    rr_heap *heap = heap_with(RR_HEAP_MANUAL_GC, UINT64_C(4) << 20);
    memset(objects, 0, sizeof objects);
    size_t made = rr_alloc_many(heap, node_type(0), MANY, objects);
    assert_in_range(made, 10000, MANY - 1);
    assert_int_equal(rr_last_status(), RR_E_NO_MEMORY);
    assert_int_equal(live(heap), made);
    assert_non_null(objects[made - 1]);
    assert_null(objects[made]);
    assert_int_equal(rr_decref_many(objects, made), made);
    heap_end(heap);
}

static void an_unknown_type_makes_nothing(void **state) {
    void *out = state;
    assert_int_equal(rr_alloc_many(*state, UINT32_MAX, 1, &out), 0);
    assert_int_equal(rr_last_status(), RR_E_TYPE);
    assert_ptr_equal(out, state);
}

static void a_synchronized_heap_takes_batches(void **state) {
    (void)state;
    void *nodes[10];
    rr_heap *heap = heap_with(RR_HEAP_SYNCHRONIZED, 0);
    assert_int_equal(rr_alloc_many(heap, node_type(0), 10, nodes), 10);
    assert_int_equal(rr_store_many(nodes, 0, nodes, 10), 10);
    assert_int_equal(rr_decref_many(nodes, 10), 10);
    assert_int_equal(rr_collect(heap), 10);
    heap_end(heap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_MANUAL_HEAP(a_batch_is_as_many_single_calls),
        WITH_MANUAL_HEAP(values_of_null_empty_slots_and_old_values_are_released),
        cmocka_unit_test(null_is_done_without_doing_anything),
        WITH_MANUAL_HEAP(an_empty_batch_needs_no_array),
        WITH_MANUAL_HEAP(counting_stops_at_what_is_no_object),
        WITH_MANUAL_HEAP(storing_stops_at_what_is_refused),
        WITH_MANUAL_HEAP(a_slot_lies_within_its_object),
        cmocka_unit_test(memory_that_ends_leaves_what_was_made),
        WITH_MANUAL_HEAP(an_unknown_type_makes_nothing),
        cmocka_unit_test(a_synchronized_heap_takes_batches),
    };
    return cmocka_run_group_tests_name("batches", tests, NULL, NULL);
}
