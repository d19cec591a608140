/* This file is compiled with the layout of another library (see CMakeLists.txt). It is told so, and what it does all the
 * same is right. */
#include <refruntime_inline.h>

#include "support.h"

static void assert_refused_by_layout(const void *result) {
    assert_null(result);
    assert_int_equal(rr_last_status(), RR_E_ABI);
    assert_non_null(strstr(rr_last_error(), "rr_layout_check: fingerprint 81985529216486895 "));
}

static void an_error_in_between(void) {
    assert_null((rr_alloc)(NULL, UINT32_MAX));
    assert_int_equal(rr_last_status(), RR_E_TYPE);
}

static void another_layout_is_another_fingerprint(void **state) {
    (void)state;
    rr_layout_info info = {.struct_size = sizeof info};
    assert_int_equal(rr_layout(&info), RR_OK);
    assert_int_not_equal(info.fingerprint, RR_LAYOUT_FINGERPRINT);
    assert_int_not_equal(info.page_free, RR_LAYOUT_PAGE_FREE);
    assert_int_equal(rr_layout_check(info.fingerprint), RR_OK);
    assert_int_equal(rr_layout_check(RR_LAYOUT_FINGERPRINT), RR_E_ABI);
}

static void heaps_and_objects_are_refused(void **state) {
    for (int i = 0; i < 2; i++) {
        an_error_in_between();
        assert_refused_by_layout(rr_heap_new(NULL));
        an_error_in_between();
        assert_refused_by_layout(rr_heap_default());
        an_error_in_between();
        assert_refused_by_layout(rr_alloc(*state, node_type(0)));
    }
}

/* Objects from elsewhere: every call is the library's. */
static void calls_on_objects_are_right(void **state) {
    rr_type leaf = plain_type("leaf", 24, 0, 0);
    for (int i = 0; i < 1000; i++) {
        node *n = (rr_alloc)(*state, node_type(0));
        void *child = (rr_alloc)(*state, leaf);
        an_error_in_between();
        assert_int_equal(rr_incref(child), RR_OK);
        assert_ptr_equal(rr_newref(child), child);
        assert_int_equal(rr_getrefcount(child), 3);
        assert_int_equal(rr_is_unique(child), 0);
        assert_int_equal(rr_store(&n->next, child), RR_OK);
        assert_int_equal(rr_take(&n->other, child), RR_OK);
        assert_int_equal((rr_getrefcount)(child), 4);
        assert_int_equal(rr_decref(child), RR_OK);
        assert_int_equal(rr_decref(child), RR_OK);
        assert_int_equal(rr_decref(n), RR_OK);
        assert_int_equal(rr_last_status(), i == 0 ? RR_E_ABI : RR_E_TYPE); /* asked once, by the way */
    }
    assert_int_equal(live(*state), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_HEAP(calls_on_objects_are_right), /* first: nothing has asked the library yet */
        cmocka_unit_test(another_layout_is_another_fingerprint),
        WITH_HEAP(heaps_and_objects_are_refused),
    };
    return cmocka_run_group_tests_name("code compiled for another layout", tests, NULL, NULL);
}
