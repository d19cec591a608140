/* rr_heap_dot and rr_object_dot: what is drawn of a heap. How Graphviz lays it out is tested in Python. */
#include "directory.h"

#include <stdio.h>

static char *drawn(void) {
    static char text[20000];
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

static size_t count_of(const char *part, const char *text) {
    size_t count = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part))
        count++;
    return count;
}

static void garbage_is_red_and_holders_are_drawn(void **state) {
    rr_heap *heap = *state;
    rr_gc_disable(heap);
    node *alive = ring_new(heap, 0, 3), *garbage = ring_new(heap, 0, 2);
    rr_decref(garbage);
    assert_int_equal(rr_heap_dot(heap, path, 0), RR_OK);
    assert_non_null(strstr(drawn(), "\"5 objects\\nred: 2 objects in all that nothing outside holds"));
    assert_int_equal(count_of("fillcolor=\"#fbdcdc\"", drawn()), 2);
    assert_int_equal(count_of("label=\"1 from outside\"", drawn()), 1);
    assert_int_equal(count_of("[label=\"+0\"", drawn()), 5);
    assert_int_equal(rr_heap_dot(heap, path, 4), RR_OK);
    assert_non_null(strstr(drawn(), "4 objects of 5: not all are drawn"));
    assert_int_equal(count_of("1 more, not drawn", drawn()), 1);
    assert_int_equal(rr_object_dot(alive, path, 2), RR_OK);
    assert_int_equal(count_of("penwidth", drawn()), 1);
    assert_int_equal(count_of("#fbdcdc", drawn()), 0);
    assert_int_equal(live(heap), 5);
    rr_decref(alive);
    rr_collect(heap);
}

/* A junk slot is no arrow, an object with a thousand references to one has a hundred arrows, no object is a picture too. */
static void pictures_of_odd_heaps(void **state) {
    rr_heap *heap = *state;
    assert_int_equal(rr_heap_dot(heap, path, 5), RR_OK);
    assert_non_null(strstr(drawn(), "\"0 objects\""));
    node *object = node_new(heap, 0, 1);
    object->next = (void *)0x1230;
    void **tuple = rr_alloc_items(heap, RR_TYPE_TUPLE, 1000);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(rr_store(&tuple[i], object), RR_OK);
    assert_int_equal(rr_heap_dot(heap, path, UINT32_MAX), RR_OK);
    assert_int_equal(count_of("label=\"[", drawn()), 100);
    assert_non_null(strstr(drawn(), "900 more, not drawn"));
    object->next = NULL;
    rr_decref(tuple);
    rr_decref(object);
}

/* Half of what may be drawn are holders, found hop by hop: all that refer to it, then as many as there is room for of those that refer to
 * these. (That each is looked for among the nearer ones by a bit, and not one by one, no test shows: tests don't ask the clock.) */
static void an_object_that_many_lead_to_is_drawn(void **state) {
    enum { NEAR = 10000, FAR = 40000 };
    rr_heap *heap = *state;
    static node *nearer[NEAR], *farther[FAR];
    node *subject = node_new(heap, 0, 0);
    for (size_t i = 0; i < NEAR; i++) {
        nearer[i] = node_new(heap, 0, 0);
        link_next(nearer[i], subject);
    }
    for (size_t i = 0; i < FAR; i++) {
        farther[i] = node_new(heap, 0, 0);
        link_next(farther[i], nearer[NEAR - 1 - i % NEAR]);
    }
    assert_int_equal(rr_object_dot(subject, path, UINT32_MAX), RR_OK);
    assert_non_null(strstr(drawn(), "\"25001 objects of 50001: not all are drawn"));
    for (size_t i = 0; i < FAR; i++)
        rr_decref(farther[i]);
    for (size_t i = 0; i < NEAR; i++)
        rr_decref(nearer[i]);
    rr_decref(subject);
}

static void a_picture_that_can_not_be_written_is_an_error_too(void **state) {
    rr_heap *heap = *state;
    node *object = node_new(heap, 0, 1);
    assert_refused(rr_heap_dot(heap, NULL, 0), RR_E_ARGUMENT, "path", 0);
    assert_refused(rr_object_dot(object, NULL, 0), RR_E_ARGUMENT, "path", 0);
    assert_int_equal(rr_heap_dot(heap, "/dev/full", 0), RR_E_IO);
    assert_int_equal(rr_object_dot(object, "/dev/full", 0), RR_E_IO);
    assert_non_null(strstr(rr_last_error(), "rr_object_dot: path /dev/full"));
    assert_int_equal(rr_heap_dot(heap, directory, 0), RR_E_IO);
    rr_decref(object);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_DIRECTORY(garbage_is_red_and_holders_are_drawn),
        WITH_DIRECTORY(pictures_of_odd_heaps),
        WITH_DIRECTORY(an_object_that_many_lead_to_is_drawn),
        WITH_DIRECTORY(a_picture_that_can_not_be_written_is_an_error_too),
    };
    return cmocka_run_group_tests_name("pictures", tests, NULL, NULL);
}
