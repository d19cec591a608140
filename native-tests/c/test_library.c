/* abi.md, Library: versions, the text of each status, the last error of each thread. */
#include "support.h"

static void the_header_and_the_library_agree_on_the_version(void **state) {
    (void)state;
    assert_int_equal(RR_ABI_VERSION, 1);
    assert_int_equal(rr_abi_version(), RR_ABI_VERSION);
    assert_string_equal(RR_VERSION, "1.0.0");
    assert_string_equal(rr_version(), RR_VERSION);
}

static void the_text_of_a_status_begins_with_its_name(void **state) {
    (void)state;
    static const struct {
        rr_status status;
        const char *name;
    } all[] = {
        {RR_OK, "RR_OK"},
        {RR_E_ARGUMENT, "RR_E_ARGUMENT"},
        {RR_E_NOT_OBJECT, "RR_E_NOT_OBJECT"},
        {RR_E_NO_MEMORY, "RR_E_NO_MEMORY"},
        {RR_E_WRONG_THREAD, "RR_E_WRONG_THREAD"},
        {RR_E_BUSY, "RR_E_BUSY"},
        {RR_E_TYPE, "RR_E_TYPE"},
        {RR_E_OVERFLOW, "RR_E_OVERFLOW"},
        {RR_E_IO, "RR_E_IO"},
        {RR_E_ABI, "RR_E_ABI"},
        {RR_E_CORRUPT, "RR_E_CORRUPT"},
    };
    for (size_t i = 0; i < LENGTH(all); i++) {
        assert_int_equal(all[i].status, -(int)i);
        const char *text = rr_status_string(all[i].status);
        assert_non_null(text);
        size_t length = strlen(all[i].name);
        assert_int_equal(strncmp(text, all[i].name, length), 0);
        assert_true(text[length] == ':' || (text[length] == '\0' && all[i].status == RR_OK));
    }
}

static void a_number_that_is_no_status_has_a_text_too(void **state) {
    (void)state;
    static const rr_status none[] = {1, -11, INT32_MIN, INT32_MAX};
    for (size_t i = 0; i < LENGTH(none); i++) {
        assert_non_null(rr_status_string(none[i]));
        assert_int_not_equal(strlen(rr_status_string(none[i])), 0);
    }
}

static int fresh_thread(void *unused) {
    (void)unused;
    REQUIRE(strcmp(rr_last_error(), "") == 0);
    REQUIRE(rr_last_status() == RR_OK);
    REQUIRE(rr_decref(&unused) == RR_E_NOT_OBJECT);
    REQUIRE(rr_last_status() == RR_E_NOT_OBJECT);
    return 0;
}

static void a_thread_begins_without_an_error_and_keeps_its_errors_to_itself(void **state) {
    (void)state;
    assert_null(rr_alloc(NULL, 0));
    assert_int_equal(rr_last_status(), RR_E_TYPE);
    char before[300];
    strncpy(before, rr_last_error(), sizeof before - 1);
    before[sizeof before - 1] = '\0';
    on_thread(fresh_thread, NULL);
    assert_int_equal(rr_last_status(), RR_E_TYPE);
    assert_string_equal(rr_last_error(), before);
}

static void an_error_stays_until_the_next_one(void **state) {
    rr_heap *heap = *state;
    assert_int_equal(rr_decref(&heap), RR_E_NOT_OBJECT);
    void *object = rr_alloc(heap, RR_TYPE_TUPLE);
    assert_non_null(object);
    assert_int_equal(rr_decref(object), RR_OK);
    assert_int_equal(rr_last_status(), RR_E_NOT_OBJECT);
    assert_null(rr_alloc(heap, 12));
    assert_int_equal(rr_last_status(), RR_E_TYPE);
}

static void the_last_error_is_one_sentence_that_names_function_argument_and_value(void **state) {
    (void)state;
    int32_t local = 0;
    assert_refused(rr_incref(&local), RR_E_NOT_OBJECT, "object", (uintptr_t)&local);
    assert_null(strchr(rr_last_error(), '\n'));
}

static void a_long_name_does_no_harm_in_a_message(void **state) {
    rr_heap *heap = *state;
    static char name[4000];
    memset(name, 'n', sizeof name - 1);
    rr_type type = plain_type(name, 8, 0, 0);
    assert_string_equal(rr_type_name(type), name);
    void *object = rr_alloc(heap, type);
    assert_int_equal(rr_list_append(object, object), RR_E_TYPE);
    assert_non_null(strstr(rr_last_error(), "rr_list_append"));
    assert_int_equal(rr_decref(object), RR_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_header_and_the_library_agree_on_the_version),
        cmocka_unit_test(the_text_of_a_status_begins_with_its_name),
        cmocka_unit_test(a_number_that_is_no_status_has_a_text_too),
        cmocka_unit_test(a_thread_begins_without_an_error_and_keeps_its_errors_to_itself),
        WITH_HEAP(an_error_stays_until_the_next_one),
        cmocka_unit_test(the_last_error_is_one_sentence_that_names_function_argument_and_value),
        WITH_HEAP(a_long_name_does_no_harm_in_a_message),
    };
    return cmocka_run_group_tests_name("library", tests, NULL, NULL);
}
