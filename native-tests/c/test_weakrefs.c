/* abi.md, Weak references. */
#include "support.h"

static void a_weak_reference_answers_its_target_while_that_lives(void **state) {
    rr_heap *heap = *state;
    node *target = node_new(heap, 0, 1);
    void *weak = rr_weakref_new(target, NULL, NULL);
    assert_non_null(weak);
    assert_int_equal(rr_type_of(weak), RR_TYPE_WEAKREF);
    assert_ptr_equal(rr_heap_of(weak), heap);
    assert_int_equal(rr_getrefcount(target), 1);
    void *strong = rr_weakref_get(weak);
    assert_ptr_equal(strong, target);
    assert_int_equal(rr_getrefcount(target), 2);
    rr_decref(strong);
    assert_int_equal(stats_of(heap).weakrefs_live, 1);
    rr_decref(target);
    assert_null(rr_weakref_get(weak));
    assert_int_equal(stats_of(heap).weakrefs_live, 0);
    rr_decref(weak);
}

static void a_dead_weak_reference_is_no_error(void **state) {
    rr_heap *heap = *state;
    node *target = node_new(heap, 0, 1);
    void *weak = rr_weakref_new(target, NULL, NULL);
    rr_decref(target);
    assert_int_equal(rr_decref(&heap), RR_E_NOT_OBJECT);
    char before[300];
    strncpy(before, rr_last_error(), sizeof before - 1);
    before[sizeof before - 1] = '\0';
    assert_null(rr_weakref_get(weak));
    assert_string_equal(rr_last_error(), before);
    rr_decref(weak);
}

static void without_a_callback_one_weak_reference_is_shared(void **state) {
    rr_heap *heap = *state;
    node *target = node_new(heap, 0, 1);
    void *one = rr_weakref_new(target, NULL, NULL), *two = rr_weakref_new(target, NULL, NULL);
    assert_ptr_equal(one, two);
    assert_int_equal(rr_getrefcount(one), 2);
    assert_int_equal(rr_weakref_count(target), 1);
    void *with_callback = rr_weakref_new(target, log_weak, "a");
    void *another = rr_weakref_new(target, log_weak, "b");
    assert_ptr_not_equal(with_callback, one);
    assert_ptr_not_equal(with_callback, another);
    assert_int_equal(rr_weakref_count(target), 3);
    rr_decref(one);
    rr_decref(two);
    assert_int_equal(rr_weakref_count(target), 2);
    void *again = rr_weakref_new(target, NULL, NULL);
    assert_int_equal(rr_getrefcount(again), 1);
    assert_int_equal(rr_weakref_count(target), 3);
    rr_decref(again);
    rr_decref(with_callback);
    rr_decref(another);
    assert_int_equal(rr_weakref_count(target), 0);
    rr_decref(target);
    assert_log("");
}

static void a_weak_reference_that_dies_first_does_not_call_back(void **state) {
    rr_heap *heap = *state;
    node *target = node_new(heap, 0, 1);
    void *dropped = rr_weakref_new(target, log_weak, "dropped"), *held = rr_weakref_new(target, log_weak, "held");
    rr_decref(dropped);
    rr_decref(target);
    assert_log("weak held");
    rr_decref(held);
}

static void *expected_weakref;

static void check_weakref(void *weakref, void *user) {
    log_event("%s, type %d, count %d", weakref == expected_weakref ? "right" : "wrong", (int)rr_type_of(weakref),
              (int)rr_getrefcount(weakref));
    (void)user;
}

static void a_callback_gets_its_living_weak_reference(void **state) {
    rr_heap *heap = *state;
    node *target = node_new(heap, 0, 1);
    expected_weakref = rr_weakref_new(target, check_weakref, NULL);
    rr_decref(target);
    assert_int_equal(log_count("right, type 4"), 1);
    rr_decref(expected_weakref);
}

static void release_the_weakref(void *weakref, void *user) {
    (void)user;
    log_event("release: %d", rr_decref(weakref));
}

static void a_callback_may_release_its_own_weak_reference(void **state) {
    rr_heap *heap = *state;
    node *target = node_new(heap, 0, 1);
    (void)rr_weakref_new(target, release_the_weakref, NULL);
    (void)rr_weakref_new(target, release_the_weakref, NULL);
    rr_decref(target);
    assert_log("release: 0; release: 0");
    assert_int_equal(live(heap), 0);
}

static void *second_weakref;

static void release_the_second(void *weakref, void *user) {
    (void)weakref;
    (void)user;
    log_event("first called");
    rr_decref(second_weakref);
}

static void a_callback_that_releases_a_later_one_does_no_harm(void **state) {
    rr_heap *heap = *state;
    node *target = node_new(heap, 0, 1);
    second_weakref = rr_weakref_new(target, log_weak, "second");
    void *first = rr_weakref_new(target, release_the_second, NULL); /* newest, so called first */
    rr_decref(target);
    assert_int_equal(log_count("first called"), 1);
    rr_decref(first);
    assert_int_equal(live(heap), 0);
}

static void a_weak_reference_to_a_weak_reference_works(void **state) {
    rr_heap *heap = *state;
    node *target = node_new(heap, 0, 1);
    void *weak = rr_weakref_new(target, NULL, NULL);
    void *weaker = rr_weakref_new(weak, log_weak, "weaker");
    assert_non_null(weaker);
    assert_int_equal(rr_weakref_count(weak), 1);
    rr_decref(weak);
    assert_log("weak weaker");
    rr_decref(weaker);
    rr_decref(target);
}

static void every_kind_of_object_can_be_referred_to_weakly(void **state) {
    rr_heap *heap = *state;
    void *const targets[] = {rr_alloc_items(heap, RR_TYPE_BYTES, 3), rr_alloc(heap, RR_TYPE_TUPLE), rr_list_new(heap),
                             rr_alloc_items(heap, RR_TYPE_BYTES, 10000000)};
    for (size_t i = 0; i < LENGTH(targets); i++) {
        void *weak = rr_weakref_new(targets[i], log_weak, "any");
        assert_non_null(weak);
        rr_decref(targets[i]);
        assert_null(rr_weakref_get(weak));
        rr_decref(weak);
    }
    assert_int_equal(log_count("weak any"), LENGTH(targets));
}

static void a_weak_reference_does_not_hold_a_cycle(void **state) {
    rr_heap *heap = *state;
    node *ring = ring_new(heap, 0, 3);
    void *weak = rr_weakref_new(ring, NULL, NULL);
    rr_decref(ring);
    void *found = rr_weakref_get(weak); /* garbage that is not collected yet can be found and lives again */
    assert_ptr_equal(found, ring);
    assert_int_equal(rr_collect(heap), 0);
    rr_decref(found);
    assert_int_equal(rr_collect(heap), 3);
    assert_null(rr_weakref_get(weak));
    rr_decref(weak);
}

static void ten_thousand_weak_references_to_one_object_are_called_newest_first(void **state) {
    rr_heap *heap = *state;
    enum { COUNT = 10000 };
    static void *weak[COUNT];
    node *target = node_new(heap, 0, 1);
    for (size_t i = 0; i < COUNT; i++)
        weak[i] = rr_weakref_new(target, log_weak, i == 0 ? "o" : i == COUNT - 1 ? "n" : "m");
    assert_int_equal(rr_weakref_count(target), COUNT);
    rr_decref(target);
    const char *text = log_text();
    assert_int_equal(strncmp(text, "weak n; weak m", 14), 0);
    for (size_t i = 0; i < COUNT; i++)
        rr_decref(weak[i]);
}

/* It was looked for behind all that have a callback and are newer: to ask as often as there are others took longer than a test may. */
static void the_shared_one_is_found_beside_six_hundred_thousand_others(void **state) {
    enum { COUNT = 600000 };
    rr_heap *heap = *state;
    static void *weak[COUNT];
    node *target = node_new(heap, 0, 0);
    void *shared = rr_weakref_new(target, NULL, NULL);
    for (size_t i = 0; i < COUNT; i++)
        weak[i] = rr_weakref_new(target, log_weak, "a");
    for (size_t i = 0; i < COUNT; i++) {
        assert_ptr_equal(rr_weakref_new(target, NULL, NULL), shared);
        rr_decref(shared);
    }
    for (size_t i = 0; i < COUNT; i++)
        rr_decref(weak[i]);
    rr_decref(shared);
    rr_decref(target);
    assert_log("");
}

/* Whatever order they are made in: those with a callback are called newest first, the shared one stays apart. */
static void the_shared_one_may_come_and_go_between_others(void **state) {
    rr_heap *heap = *state;
    node *target = node_new(heap, 0, 0);
    void *first = rr_weakref_new(target, log_weak, "first"), *shared = rr_weakref_new(target, NULL, NULL);
    void *second = rr_weakref_new(target, log_weak, "second");
    rr_decref(shared);
    void *third = rr_weakref_new(target, log_weak, "third");
    shared = rr_weakref_new(target, NULL, NULL);
    void *fourth = rr_weakref_new(target, log_weak, "fourth");
    rr_decref(third);
    assert_ptr_equal(rr_weakref_new(target, NULL, NULL), shared);
    rr_decref(shared);
    assert_int_equal(rr_weakref_count(target), 4);
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    rr_decref(target);
    assert_log("weak fourth; weak second; weak first");
    assert_null(rr_weakref_get(shared));
    rr_decref(first);
    rr_decref(second);
    rr_decref(fourth);
    rr_decref(shared);
}

static void ten_thousand_objects_with_a_weak_reference_each_keep_them_apart(void **state) {
    rr_heap *heap = *state;
    enum { COUNT = 10000 };
    static node *targets[COUNT];
    static void *weak[COUNT];
    for (int i = 0; i < COUNT; i++) {
        targets[i] = node_new(heap, 0, i);
        weak[i] = rr_weakref_new(targets[i], NULL, NULL);
    }
    for (int i = 0; i < COUNT; i += 2)
        rr_decref(targets[i]);
    assert_int_equal(stats_of(heap).weakrefs_live, COUNT / 2);
    for (int i = 0; i < COUNT; i++) {
        node *target = rr_weakref_get(weak[i]);
        if (i % 2 == 0) {
            assert_null(target);
        } else {
            assert_ptr_equal(target, targets[i]);
            rr_decref(target);
            rr_decref(target);
        }
        rr_decref(weak[i]);
    }
}

static void what_is_no_weak_reference_is_refused(void **state) {
    rr_heap *heap = *state;
    node *object = node_new(heap, 0, 1);
    void *list = rr_list_new(heap);
    assert_refused_null(rr_weakref_get(object), RR_E_TYPE, "weakref", (uintptr_t)object);
    assert_refused_null(rr_weakref_get(list), RR_E_TYPE, "weakref", (uintptr_t)list);
    rr_decref(list);
    rr_decref(object);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_HEAP(a_weak_reference_answers_its_target_while_that_lives),
        WITH_HEAP(a_dead_weak_reference_is_no_error),
        WITH_HEAP(without_a_callback_one_weak_reference_is_shared),
        WITH_HEAP(a_weak_reference_that_dies_first_does_not_call_back),
        WITH_HEAP(a_callback_gets_its_living_weak_reference),
        WITH_HEAP(a_callback_may_release_its_own_weak_reference),
        WITH_HEAP(a_callback_that_releases_a_later_one_does_no_harm),
        WITH_HEAP(a_weak_reference_to_a_weak_reference_works),
        WITH_HEAP(every_kind_of_object_can_be_referred_to_weakly),
        WITH_MANUAL_HEAP(a_weak_reference_does_not_hold_a_cycle),
        WITH_HEAP(ten_thousand_weak_references_to_one_object_are_called_newest_first),
        WITH_HEAP(the_shared_one_is_found_beside_six_hundred_thousand_others),
        WITH_HEAP(the_shared_one_may_come_and_go_between_others),
        WITH_HEAP(ten_thousand_objects_with_a_weak_reference_each_keep_them_apart),
        WITH_HEAP(what_is_no_weak_reference_is_refused),
    };
    return cmocka_run_group_tests_name("weak references", tests, NULL, NULL);
}
