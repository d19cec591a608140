/* abi.md, Objects and counts: incref and decref, the order in which slots change, uniqueness, immortality. */
#include "support.h"

#include <stdlib.h>

static void a_new_object_has_one_reference_and_dies_with_it(void **state) {
    rr_heap *heap = *state;
    node *object = node_new(heap, NODE_DESTROY, 1);
    assert_int_equal(rr_getrefcount(object), 1);
    assert_int_equal(rr_is_unique(object), 1);
    assert_int_equal(rr_is_immortal(object), 0);
    assert_int_equal(live(heap), 1);
    assert_int_equal(rr_decref(object), RR_OK);
    assert_log("destroy 1");
    assert_int_equal(live(heap), 0);
}

static void counts_are_exact(void **state) {
    rr_heap *heap = *state;
    void *object = node_new(heap, 0, 1);
    for (int64_t i = 0; i < 1000; i++) {
        assert_int_equal(rr_getrefcount(object), 1 + 3 * i);
        assert_int_equal(rr_incref(object), RR_OK);
        assert_ptr_equal(rr_newref(object), object);
        assert_int_equal(rr_try_incref(object), 1);
        assert_int_equal(rr_is_unique(object), 0);
    }
    for (int64_t i = 3000; i > 0; i--) {
        assert_int_equal(rr_getrefcount(object), 1 + i);
        assert_int_equal(rr_decref(object), RR_OK);
    }
    assert_int_equal(rr_is_unique(object), 1);
    rr_decref(object);
}

static void null_is_a_no_op_where_the_contract_says_so(void **state) {
    rr_heap *heap = *state;
    assert_int_equal(rr_incref(NULL), RR_OK);
    assert_int_equal(rr_decref(NULL), RR_OK);
    assert_null(rr_newref(NULL));
    node *holder = node_new(heap, 0, 1);
    assert_int_equal(rr_store(&holder->next, NULL), RR_OK);
    assert_int_equal(rr_take(&holder->next, NULL), RR_OK);
    assert_null(holder->next);
    rr_decref(holder);
}

static void storing_counts_the_new_value_and_releases_the_old_one(void **state) {
    rr_heap *heap = *state;
    node *holder = node_new(heap, 0, 1), *one = node_new(heap, NODE_DESTROY, 2), *two = node_new(heap, NODE_DESTROY, 3);
    assert_int_equal(rr_store(&holder->next, one), RR_OK);
    assert_ptr_equal(holder->next, one);
    assert_int_equal(rr_getrefcount(one), 2);
    rr_decref(one);
    assert_int_equal(rr_store(&holder->next, two), RR_OK);
    assert_log("destroy 2");
    assert_int_equal(rr_getrefcount(two), 2);
    assert_int_equal(rr_store(&holder->next, NULL), RR_OK);
    assert_null(holder->next);
    assert_int_equal(rr_getrefcount(two), 1);
    rr_decref(two);
    rr_decref(holder);
}

static void storing_a_value_over_itself_keeps_it_alive(void **state) {
    rr_heap *heap = *state;
    node *holder = node_new(heap, 0, 1), *held = node_new(heap, NODE_FINALIZE | NODE_DESTROY, 2);
    assert_int_equal(rr_take(&holder->next, held), RR_OK);
    assert_int_equal(rr_getrefcount(held), 1);
    assert_int_equal(rr_store(&holder->next, held), RR_OK);
    assert_int_equal(rr_getrefcount(held), 1);
    assert_log("");
    rr_decref(holder);
    assert_log("finalize 2; destroy 2");
}

static node *watched;
static void *expected_in_slot;

static void look_at_the_slot(node *self) {
    (void)self;
    log_event("%s, count %d", watched->next == expected_in_slot ? "slot has the new value" : "slot has the old value",
              expected_in_slot == NULL ? 0 : (int)rr_getrefcount(expected_in_slot));
}

static void a_slot_holds_its_new_value_before_the_old_one_dies(void **state) {
    rr_heap *heap = *state;
    watched = node_new(heap, 0, 1);
    node *fresh = node_new(heap, 0, 3);
    on_finalize = look_at_the_slot;
    expected_in_slot = fresh;
    rr_take(&watched->next, node_new(heap, NODE_FINALIZE, 2));
    assert_int_equal(rr_store(&watched->next, fresh), RR_OK);
    assert_log("finalize 2; slot has the new value, count 2");

    log_clear();
    rr_store(&watched->next, NULL);
    rr_take(&watched->next, node_new(heap, NODE_FINALIZE, 4));
    assert_int_equal(rr_take(&watched->next, fresh), RR_OK);
    assert_log("finalize 4; slot has the new value, count 1");

    log_clear();
    rr_store(&watched->next, NULL);
    rr_take(&watched->next, node_new(heap, NODE_FINALIZE, 5));
    expected_in_slot = NULL;
    assert_int_equal(rr_store(&watched->next, NULL), RR_OK);
    assert_log("finalize 5; slot has the new value, count 0");
    rr_decref(watched);
}

static void a_child_outlives_the_parent_that_is_replaced_by_it(void **state) {
    rr_heap *heap = *state;
    node *holder = node_new(heap, 0, 0);
    node *parent = node_new(heap, NODE_DESTROY, 1);
    node *child = node_new(heap, NODE_DESTROY, 2);
    rr_take(&parent->next, child);
    rr_take(&holder->next, parent);
    /* The value stored is reachable only through the value replaced. */
    assert_int_equal(rr_store(&holder->next, child), RR_OK);
    assert_log("destroy 1");
    assert_int_equal(rr_getrefcount(child), 1);
    rr_decref(holder);
    assert_log("destroy 1; destroy 2");
}

static void take_takes_over_the_callers_reference_and_logs_the_value(void **state) {
    rr_heap *heap = *state;
    node *holder = node_new(heap, 0, 1), *held = node_new(heap, 0, 2);
    rr_store(&held->next, held); /* inline calls don't log what refers to nothing */
    assert_int_equal(rr_gc_get_candidates(heap), 0);
    assert_int_equal(rr_take(&holder->next, held), RR_OK);
    assert_int_equal(rr_getrefcount(held), 2);
    assert_int_equal(rr_gc_get_candidates(heap), 1);
    rr_store(&held->next, NULL);
    rr_decref(holder);
    assert_int_equal(rr_gc_get_candidates(heap), 0);
}

static void a_failed_take_leaves_the_reference_with_the_caller(void **state) {
    rr_heap *heap = *state;
    rr_heap *island = heap_with(0, 0);
    node *holder = node_new(heap, 0, 1), *foreign = node_new(island, 0, 2), *own = node_new(heap, 0, 3);
    assert_int_equal(rr_take(&holder->next, foreign), RR_E_ARGUMENT);
    assert_int_equal(rr_getrefcount(foreign), 1);
    assert_int_equal(rr_take(NULL, own), RR_E_ARGUMENT);
    assert_int_equal(rr_getrefcount(own), 1);
    rr_decref(foreign);
    rr_decref(own);
    rr_decref(holder);
    heap_end(island);
}

static void a_slot_that_is_null_is_refused(void **state) {
    rr_heap *heap = *state;
    void *value = node_new(heap, 0, 1);
    assert_refused(rr_store(NULL, value), RR_E_ARGUMENT, "slot", 0);
    assert_refused(rr_take(NULL, value), RR_E_ARGUMENT, "slot", 0);
    assert_int_equal(rr_getrefcount(value), 1);
    rr_decref(value);
}

static void a_value_that_is_no_object_is_refused_and_the_slot_stays(void **state) {
    rr_heap *heap = *state;
    node *holder = node_new(heap, 0, 1), *held = node_new(heap, 0, 2), *freed = node_new(heap, 0, 3);
    rr_take(&holder->next, held);
    rr_decref(freed);
    int64_t local = 0;
    void *const none[] = {&local, freed, (char *)held + 8, (void *)16};
    for (size_t i = 0; i < LENGTH(none); i++) {
        assert_refused(rr_store(&holder->next, none[i]), RR_E_NOT_OBJECT, "value", (uintptr_t)none[i]);
        assert_refused(rr_take(&holder->next, none[i]), RR_E_NOT_OBJECT, "value", (uintptr_t)none[i]);
        assert_ptr_equal(holder->next, held);
    }
    assert_int_equal(rr_getrefcount(held), 1);
    rr_decref(holder);
}

static void an_immortal_object_is_not_counted_and_does_not_die(void **state) {
    (void)state;
    rr_heap *heap = heap_with(0, 0);
    log_clear();
    node *object = node_new(heap, NODE_FINALIZE | NODE_DESTROY, 1);
    assert_int_equal(rr_make_immortal(object), RR_OK);
    assert_int_equal(rr_is_immortal(object), 1);
    assert_int_equal(RR_IMMORTAL_COUNT, INT64_MAX);
    assert_true(rr_getrefcount(object) == RR_IMMORTAL_COUNT);
    for (int i = 0; i < 10; i++)
        assert_int_equal(rr_decref(object), RR_OK);
    assert_int_equal(rr_incref(object), RR_OK);
    assert_ptr_equal(rr_newref(object), object);
    assert_int_equal(rr_try_incref(object), 1);
    assert_true(rr_getrefcount(object) == RR_IMMORTAL_COUNT);
    assert_int_equal(rr_is_unique(object), 0);
    assert_int_equal(rr_make_immortal(object), RR_OK);
    assert_int_equal(rr_collect(heap), 0);
    assert_log("");
    assert_int_equal(rr_is_object(object), 1);
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    assert_int_equal(rr_heap_free(heap), RR_OK);
    assert_log("finalize 1; destroy 1");
}

static void what_an_immortal_object_holds_stays_alive_also_in_a_cycle(void **state) {
    (void)state;
    rr_heap *heap = heap_with(RR_HEAP_MANUAL_GC, 0);
    node *ring = ring_new(heap, 0, 10);
    assert_int_equal(rr_make_immortal(ring->next), RR_OK);
    rr_decref(ring);
    assert_int_equal(rr_collect(heap), 0);
    assert_int_equal(live(heap), 10);
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    assert_int_equal(rr_heap_free(heap), RR_OK);
}

static node *tried;

static void try_it_while_it_dies(node *self) {
    (void)self;
    log_event("try: %d", rr_try_incref(tried));
}

static void an_object_in_destroy_is_not_alive_any_more(void **state) {
    rr_heap *heap = *state;
    tried = node_new(heap, NODE_DESTROY, 1);
    on_destroy = try_it_while_it_dies;
    rr_decref(tried);
    assert_log("destroy 1; try: 0");
}

/* 2^31 increfs take a quarter of a minute through the extern calls, so this runs only when asked for. */
static void a_count_that_overflows_makes_the_object_immortal(void **state) {
    if (getenv("RR_TEST_SLOW") == NULL) {
        skip();
        return;
    }
    (void)state;
    rr_heap *heap = heap_with(0, 0);
    void *object = node_new(heap, 0, 1);
    for (int64_t i = 0; i < (INT64_C(1) << 31) + 10; i++)
        rr_incref(object);
    assert_int_equal(rr_is_immortal(object), 1);
    assert_true(rr_getrefcount(object) == RR_IMMORTAL_COUNT);
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    assert_int_equal(rr_heap_free(heap), RR_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_HEAP(a_new_object_has_one_reference_and_dies_with_it),
        WITH_HEAP(counts_are_exact),
        WITH_HEAP(null_is_a_no_op_where_the_contract_says_so),
        WITH_HEAP(storing_counts_the_new_value_and_releases_the_old_one),
        WITH_HEAP(storing_a_value_over_itself_keeps_it_alive),
        WITH_HEAP(a_slot_holds_its_new_value_before_the_old_one_dies),
        WITH_HEAP(a_child_outlives_the_parent_that_is_replaced_by_it),
        WITH_HEAP(take_takes_over_the_callers_reference_and_logs_the_value),
        WITH_HEAP(a_failed_take_leaves_the_reference_with_the_caller),
        WITH_HEAP(a_slot_that_is_null_is_refused),
        WITH_HEAP(a_value_that_is_no_object_is_refused_and_the_slot_stays),
        cmocka_unit_test(an_immortal_object_is_not_counted_and_does_not_die),
        cmocka_unit_test(what_an_immortal_object_holds_stays_alive_also_in_a_cycle),
        WITH_HEAP(an_object_in_destroy_is_not_alive_any_more),
        cmocka_unit_test(a_count_that_overflows_makes_the_object_immortal),
    };
    return cmocka_run_group_tests_name("counts", tests, NULL, NULL);
}
