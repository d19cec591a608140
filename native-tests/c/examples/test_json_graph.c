/* The document graph as a library: good documents arrive whole, bad ones are refused at the right place, and whatever
 * happens, nothing is left. The program around it is run by CTest (see CMakeLists.txt). */
#define _GNU_SOURCE
#include "support.h"

#include "document_graph.h"

#include <stdio.h>
#include <stdlib.h>

static const char sample[] = "{\n"
                             "  \"name\": \"caf\\u00e9 \\ud83d\\ude00 \\\"x\\\\\\/\\b\\f\\n\\r\\t\",\n"
                             "  \"empty\": [{}, [], \"\"],\n"
                             "  \"numbers\": [0, -0.5, 12e3, 1.25E-2, 9007199254740993],\n"
                             "  \"all\": [true, false, null, {\"deep\": [[[\"\xC3\xA9\"]]]}]\n"
                             "}\n";

static value *read(rr_heap *heap, const char *text, json_error *error) {
    return document_read(heap, text, strlen(text), error);
}

static value *child(value *parent, size_t index) {
    value *found = rr_list_get(parent->content, index);
    assert_non_null(found);
    assert_ptr_equal(found->parent, parent);
    return found;
}

static void assert_text(void *bytes, const char *expected) {
    assert_int_equal(rr_size(bytes), strlen(expected));
    assert_memory_equal(bytes, expected, strlen(expected));
}

static void a_document_arrives_whole(void **state) {
    rr_heap *heap = *state;
    json_error error;
    value *root = read(heap, sample, &error);
    assert_non_null(root);
    assert_int_equal(root->kind, JSON_OBJECT);
    assert_int_equal(rr_list_count(root->content), 4);
    assert_text(child(root, 0)->key, "name");
    assert_text(child(root, 0)->content, "caf\xC3\xA9 \xF0\x9F\x98\x80 \"x\\/\b\f\n\r\t");
    assert_int_equal(child(child(root, 1), 0)->kind, JSON_OBJECT);
    assert_int_equal(child(child(root, 1), 1)->kind, JSON_ARRAY);
    assert_text(child(child(root, 1), 2)->content, "");
    static const double numbers[] = {0, -0.5, 12000, 0.0125, 9007199254740993.0};
    for (size_t i = 0; i < LENGTH(numbers); i++)
        assert_true(child(child(root, 2), i)->number == numbers[i]);
    static const json_kind literals[] = {JSON_TRUE, JSON_FALSE, JSON_NULL};
    for (size_t i = 0; i < LENGTH(literals); i++)
        assert_int_equal(child(child(root, 3), i)->kind, literals[i]);

    size_t depth;
    value *deepest = document_deepest(root, &depth);
    assert_int_equal(depth, 6);
    assert_text(deepest->content, "\xC3\xA9");
    char place[100];
    document_describe(deepest, place, sizeof place);
    assert_string_equal(place, "$.all[3].deep[0][0][0]");
    document_describe(deepest, place, 14);
    assert_string_equal(place, "...[0][0][0]");

    rr_decref(root);
    assert_true(live(heap) > 0);
    rr_collect(heap);
    assert_int_equal(live(heap), 0);
}

static void a_document_of_one_value_is_one(void **state) {
    rr_heap *heap = *state;
    static const char *const documents[] = {"0", " null ", "\"text\"", "[]", "{}", "-1.5e+3", "\t\r\n[1]\n"};
    for (size_t i = 0; i < LENGTH(documents); i++) {
        json_error error;
        value *root = read(heap, documents[i], &error);
        assert_non_null(root);
        assert_null(root->parent);
        rr_decref(root);
        rr_collect(heap);
        assert_int_equal(live(heap), 0);
    }
}

static void a_document_cut_off_anywhere_is_refused_at_its_end_and_freed(void **state) {
    rr_heap *heap = *state;
    size_t line = 1, column = 1;
    for (size_t length = 0; length < sizeof sample - 3; length++) {
        char *cut = strndup(sample, length);
        assert_non_null(cut);
        json_error error = {0, 0, NULL};
        value *root = document_read(heap, cut, length, &error);
        free(cut);
        if (root != NULL)
            fail_msg("the first %zu bytes pass for a document", length);
        assert_int_equal(live(heap), 0);
        assert_non_null(error.message);
        assert_int_equal(error.line, line);
        assert_in_range(error.column, 1, column); /* a token that is cut off is refused where it begins to be wrong */
        if (sample[length] == '\n') {
            line++;
            column = 1;
        } else {
            column++;
        }
    }
}

static void a_malformed_document_is_refused_at_the_right_place(void **state) {
    rr_heap *heap = *state;
    static const struct {
        const char *text;
        size_t line, column;
        const char *message;
    } bad[] = {
        {"", 1, 1, "ends"},
        {"  \n ", 2, 2, "ends"},
        {"nul", 1, 1, "value"},
        {"[1, 2,]", 1, 7, "value"},
        {"[1 2]", 1, 4, "',' or ']'"},
        {"[1}", 1, 3, "',' or ']'"},
        {"{\"a\":1]", 1, 7, "',' or '}'"},
        {"{\"a\" 1}", 1, 6, "':'"},
        {"{a:1}", 1, 2, "key"},
        {"{\"a\":1,}", 1, 8, "key"},
        {"{\n  \"a\": 1,\n  'b': 2\n}", 3, 3, "key"},
        {"[01]", 1, 2, "leading zero"},
        {"[-]", 1, 3, "digit"},
        {"[1.]", 1, 4, "digit"},
        {"[1e+]", 1, 5, "digit"},
        {"[+1]", 1, 2, "value"},
        {"[.5]", 1, 2, "value"},
        {"[NaN]", 1, 2, "value"},
        {"\"a\nb\"", 1, 3, "control"},
        {"\"\\x\"", 1, 3, "escape"},
        {"\"\\u12g4\"", 1, 6, "hexadecimal"},
        {"\"\\ud800\"", 1, 8, "surrogate"},
        {"\"\\ud800\\u0041\"", 1, 14, "surrogate"},
        {"\"\\udc00\"", 1, 8, "surrogate"},
        {"\"\xFF\"", 1, 2, "UTF-8"},
        {"\"\xC3\"", 1, 2, "UTF-8"},
        {"\"\xC0\x80\"", 1, 2, "UTF-8"},
        {"\"\xED\xA0\x80\"", 1, 2, "UTF-8"},
        {"[\"\xC3\xA9\xC3\xA9\", x]", 1, 8, "value"},
        {"1 2", 1, 3, "follows"},
        {"[]]", 1, 3, "follows"},
        {"// no\n1", 1, 1, "value"},
    };
    for (size_t i = 0; i < LENGTH(bad); i++) {
        json_error error = {0, 0, "none"};
        if (read(heap, bad[i].text, &error) != NULL)
            fail_msg("%s passes for a document", bad[i].text);
        if (error.line != bad[i].line || error.column != bad[i].column || strstr(error.message, bad[i].message) == NULL)
            fail_msg("%s is refused at %zu:%zu: %s", bad[i].text, error.line, error.column, error.message);
        assert_int_equal(live(heap), 0);
    }
}

static void a_zero_byte_does_not_end_a_document(void **state) {
    rr_heap *heap = *state;
    json_error error;
    assert_null(document_read(heap, "[1]\0[2]", 7, &error));
    assert_int_equal(error.column, 4);
    assert_null(document_read(heap, "\"a\0b\"", 5, &error));
    assert_int_equal(error.column, 3);
    assert_int_equal(live(heap), 0);
}

static int deep_document(void *unused) {
    (void)unused;
    enum { DEPTH = 500000 };
    rr_heap *heap = rr_heap_new(NULL);
    char *text = malloc(2 * DEPTH + 1);
    REQUIRE(heap != NULL && text != NULL);
    memset(text, '[', DEPTH);
    memset(text + DEPTH, ']', DEPTH);
    text[2 * DEPTH] = '\0';
    json_error error;
    value *root = document_read(heap, text, 2 * DEPTH, &error);
    REQUIRE(root != NULL);
    size_t depth;
    document_deepest(root, &depth);
    REQUIRE(depth == DEPTH - 1);
    REQUIRE(rr_decref(root) == RR_OK);
    rr_collect(heap);
    rr_stats stats = {.struct_size = sizeof stats};
    REQUIRE(rr_heap_stats(heap, &stats) == RR_OK && stats.live_objects == 0);
    /* Without its closing half, it is refused and freed. */
    text[DEPTH] = '\0';
    REQUIRE(document_read(heap, text, DEPTH, &error) == NULL);
    REQUIRE(error.column == DEPTH + 1);
    REQUIRE(rr_heap_stats(heap, &stats) == RR_OK && stats.live_objects == 0);
    free(text);
    REQUIRE(rr_heap_free(heap) == RR_OK);
    return 0;
}

static void half_a_million_levels_fit_on_a_small_stack(void **state) {
    (void)state;
    on_small_thread(64 * 1024, deep_document, NULL);
}

static void a_heap_that_is_too_small_for_the_document_ends_empty(void **state) {
    (void)state;
    rr_heap *heap = heap_with(0, 8 << 20);
    const size_t length = 4 << 20;
    char *text = malloc(length + 1);
    assert_non_null(text);
    for (size_t i = 0; i < length; i += 2)
        memcpy(text + i, i == 0 ? "[1" : i == length - 2 ? " ]" : ",1", 2);
    text[length] = '\0';
    json_error error;
    assert_null(document_read(heap, text, length, &error));
    assert_string_equal(error.message, "out of memory");
    assert_int_equal(live(heap), 0);
    free(text);
    heap_end(heap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_HEAP(a_document_arrives_whole),
        WITH_HEAP(a_document_of_one_value_is_one),
        WITH_HEAP(a_document_cut_off_anywhere_is_refused_at_its_end_and_freed),
        WITH_HEAP(a_malformed_document_is_refused_at_the_right_place),
        WITH_HEAP(a_zero_byte_does_not_end_a_document),
        cmocka_unit_test(half_a_million_levels_fit_on_a_small_stack),
        cmocka_unit_test(a_heap_that_is_too_small_for_the_document_ends_empty),
    };
    return cmocka_run_group_tests_name("json graph", tests, NULL, NULL);
}
