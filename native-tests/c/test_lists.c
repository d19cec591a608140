/* abi.md, Lists. */
#include "support.h"

static void *list_of(rr_heap *heap, int64_t count) {
    void *list = rr_list_new(heap);
    assert_non_null(list);
    for (int64_t i = 0; i < count; i++) {
        node *item = node_new(heap, NODE_DESTROY, i);
        assert_int_equal(rr_list_append(list, item), RR_OK);
        rr_decref(item);
    }
    return list;
}

static int64_t id_at(void *list, size_t index) {
    node *item = rr_list_get(list, index);
    assert_non_null(item);
    return item->id;
}

static void a_list_grows_and_keeps_its_order(void **state) {
    rr_heap *heap = *state;
    void *list = list_of(heap, 100000);
    assert_int_equal(rr_type_of(list), RR_TYPE_LIST);
    assert_int_equal(rr_list_count(list), 100000);
    for (size_t i = 0; i < 100000; i += 7)
        assert_int_equal(id_at(list, i), i);
    assert_int_equal(rr_getrefcount(rr_list_get(list, 5)), 1); /* borrowed */
    rr_decref(list);
    assert_int_equal(live(heap), 0);
    assert_int_equal(stats_of(heap).raw_bytes, 0);
}

static void insert_set_and_remove_work_at_both_ends_and_between(void **state) {
    rr_heap *heap = *state;
    void *list = list_of(heap, 3);
    node *item = node_new(heap, 0, 10);
    assert_int_equal(rr_list_insert(list, 0, item), RR_OK);
    assert_int_equal(rr_list_insert(list, 2, item), RR_OK);
    assert_int_equal(rr_list_insert(list, 5, item), RR_OK);
    static const int64_t after_insert[] = {10, 0, 10, 1, 2, 10};
    assert_int_equal(rr_list_count(list), 6);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(id_at(list, i), after_insert[i]);
    assert_int_equal(rr_getrefcount(item), 4);

    assert_int_equal(rr_list_remove(list, 5), RR_OK);
    assert_int_equal(rr_list_remove(list, 0), RR_OK);
    assert_int_equal(rr_list_set(list, 1, rr_list_get(list, 3)), RR_OK);
    static const int64_t after_remove[] = {0, 2, 1, 2};
    assert_int_equal(rr_list_count(list), 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(id_at(list, i), after_remove[i]);
    assert_int_equal(rr_getrefcount(item), 1);
    assert_int_equal(rr_getrefcount(rr_list_get(list, 1)), 2);

    assert_int_equal(rr_list_clear(list), RR_OK);
    assert_int_equal(rr_list_count(list), 0);
    assert_int_equal(log_count("destroy"), 3);
    assert_int_equal(rr_list_append(list, item), RR_OK);
    assert_int_equal(rr_list_clear(list), RR_OK);
    assert_int_equal(rr_list_clear(list), RR_OK);
    rr_decref(item);
    rr_decref(list);
}

static void a_list_may_hold_one_object_often_and_itself(void **state) {
    rr_heap *heap = *state;
    void *list = rr_list_new(heap);
    for (int i = 0; i < 10; i++)
        assert_int_equal(rr_list_append(list, list), RR_OK);
    assert_int_equal(rr_getrefcount(list), 11);
    rr_list_remove(list, 3);
    assert_int_equal(rr_getrefcount(list), 10);
    rr_decref(list);
    assert_int_equal(rr_collect(heap), 1);
}

static void *watched;

static void look_at_the_list(node *self) {
    (void)self;
    log_event("count %d", (int)rr_list_count(watched));
    void *item = rr_list_get(watched, 0);
    if (item != NULL)
        log_event("first %d", (int)((node *)item)->id);
}

static void a_list_has_changed_before_the_old_item_dies(void **state) {
    rr_heap *heap = *state;
    watched = list_of(heap, 2);
    on_destroy = look_at_the_list;
    node *item = node_new(heap, 0, 50);
    rr_list_set(watched, 0, item);
    assert_log("destroy 0; count 2; first 50");
    log_clear();
    rr_list_remove(watched, 1);
    assert_log("destroy 1; count 1; first 50");
    log_clear();
    node *last = node_new(heap, NODE_DESTROY, 51);
    rr_list_set(watched, 0, last);
    rr_decref(last);
    rr_list_clear(watched);
    assert_log("destroy 51; count 0");
    rr_decref(item);
    rr_decref(watched);
}

static void change_the_list(node *self) {
    rr_list_append(watched, self->next);
    rr_list_clear(watched);
}

static void a_finalizer_may_change_the_list_that_is_being_changed(void **state) {
    rr_heap *heap = *state;
    watched = rr_list_new(heap);
    for (int i = 0; i < 20; i++) {
        node *item = node_new(heap, NODE_FINALIZE, i);
        rr_take(&item->next, rr_alloc(heap, RR_TYPE_TUPLE));
        rr_list_append(watched, item);
        rr_decref(item);
    }
    on_finalize = change_the_list;
    assert_int_equal(rr_list_set(watched, 3, watched), RR_OK);
    assert_int_equal(rr_list_clear(watched), RR_OK);
    assert_int_equal(log_count("finalize"), 20);
    assert_int_equal(rr_list_count(watched), 0);
    on_finalize = NULL;
    assert_int_equal(rr_getrefcount(watched), 1);
    rr_decref(watched);
}

static void an_index_out_of_range_is_refused_and_the_list_stays(void **state) {
    rr_heap *heap = *state;
    void *list = list_of(heap, 3);
    node *item = node_new(heap, 0, 9);
    static const size_t bad[] = {3, 4, 1000, SIZE_MAX};
    for (size_t i = 0; i < LENGTH(bad); i++) {
        assert_refused_null(rr_list_get(list, bad[i]), RR_E_ARGUMENT, "index", bad[i]);
        assert_refused(rr_list_set(list, bad[i], item), RR_E_ARGUMENT, "index", bad[i]);
        assert_refused(rr_list_remove(list, bad[i]), RR_E_ARGUMENT, "index", bad[i]);
        if (bad[i] != 3)
            assert_refused(rr_list_insert(list, bad[i], item), RR_E_ARGUMENT, "index", bad[i]);
    }
    void *empty = rr_list_new(heap);
    assert_refused_null(rr_list_get(empty, 0), RR_E_ARGUMENT, "index", 0);
    assert_refused(rr_list_remove(empty, 0), RR_E_ARGUMENT, "index", 0);
    assert_int_equal(rr_list_count(list), 3);
    assert_int_equal(rr_getrefcount(item), 1);
    rr_decref(empty);
    rr_decref(item);
    rr_decref(list);
}

static void null_is_no_item(void **state) {
    rr_heap *heap = *state;
    void *list = list_of(heap, 1);
    assert_refused(rr_list_append(list, NULL), RR_E_ARGUMENT, "object", 0);
    assert_refused(rr_list_insert(list, 0, NULL), RR_E_ARGUMENT, "object", 0);
    assert_refused(rr_list_set(list, 0, NULL), RR_E_ARGUMENT, "object", 0);
    assert_int_equal(rr_list_count(list), 1);
    rr_decref(list);
}

static void what_is_no_object_is_no_item(void **state) {
    rr_heap *heap = *state;
    void *list = list_of(heap, 1), *freed = rr_alloc(heap, RR_TYPE_TUPLE);
    rr_decref(freed);
    int64_t local = 0;
    void *const none[] = {&local, freed, (char *)list + 8};
    for (size_t i = 0; i < LENGTH(none); i++) {
        assert_refused(rr_list_append(list, none[i]), RR_E_NOT_OBJECT, "object", (uintptr_t)none[i]);
        assert_refused(rr_list_insert(list, 0, none[i]), RR_E_NOT_OBJECT, "object", (uintptr_t)none[i]);
        assert_refused(rr_list_set(list, 0, none[i]), RR_E_NOT_OBJECT, "object", (uintptr_t)none[i]);
    }
    assert_int_equal(rr_list_count(list), 1);
    rr_decref(list);
}

static void what_is_no_list_is_refused_by_every_list_function(void **state) {
    rr_heap *heap = *state;
    node *object = node_new(heap, 0, 1);
    void *tuple = rr_alloc_items(heap, RR_TYPE_TUPLE, 3);
    void *const none[] = {object, tuple};
    for (size_t i = 0; i < LENGTH(none); i++) {
        void *list = none[i];
        assert_refused(rr_list_append(list, object), RR_E_TYPE, "list", (uintptr_t)list);
        assert_refused(rr_list_insert(list, 0, object), RR_E_TYPE, "list", (uintptr_t)list);
        assert_refused(rr_list_set(list, 0, object), RR_E_TYPE, "list", (uintptr_t)list);
        assert_refused(rr_list_remove(list, 0), RR_E_TYPE, "list", (uintptr_t)list);
        assert_refused(rr_list_clear(list), RR_E_TYPE, "list", (uintptr_t)list);
        assert_refused_null(rr_list_get(list, 0), RR_E_TYPE, "list", (uintptr_t)list);
        assert_refused(rr_list_count(list), RR_E_TYPE, "list", (uintptr_t)list);
    }
    assert_int_equal(rr_getrefcount(object), 1);
    rr_decref(tuple);
    rr_decref(object);
}

static void an_append_over_the_limit_fails_and_changes_nothing(void **state) {
    (void)state;
    rr_heap *heap = heap_with(RR_HEAP_MANUAL_GC, 16 << 20);
    void *list = rr_list_new(heap), *item = rr_alloc(heap, RR_TYPE_TUPLE);
    int64_t count = 0;
    while (rr_list_append(list, item) == RR_OK)
        assert_true(++count < 10000000);
    assert_int_equal(rr_last_status(), RR_E_NO_MEMORY);
    assert_int_equal(rr_list_count(list), count);
    assert_int_equal(rr_getrefcount(item), count + 1);
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    rr_decref(list);
    assert_int_equal(rr_getrefcount(item), 1);
    rr_decref(item);
    heap_end(heap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_HEAP(a_list_grows_and_keeps_its_order),
        WITH_HEAP(insert_set_and_remove_work_at_both_ends_and_between),
        WITH_MANUAL_HEAP(a_list_may_hold_one_object_often_and_itself),
        WITH_HEAP(a_list_has_changed_before_the_old_item_dies),
        WITH_HEAP(a_finalizer_may_change_the_list_that_is_being_changed),
        WITH_HEAP(an_index_out_of_range_is_refused_and_the_list_stays),
        WITH_HEAP(null_is_no_item),
        WITH_HEAP(what_is_no_object_is_no_item),
        WITH_HEAP(what_is_no_list_is_refused_by_every_list_function),
        cmocka_unit_test(an_append_over_the_limit_fails_and_changes_nothing),
    };
    return cmocka_run_group_tests_name("lists", tests, NULL, NULL);
}
