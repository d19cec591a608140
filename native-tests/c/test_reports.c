/* Errors, files and reports where they meet each other: a handler that calls the library, a full disk, a full heap, standard output. */
#define _POSIX_C_SOURCE 200809L /* mkstemp */
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int calls;
static char heard[300];
static rr_heap *watched;

static void asks_what_fails(rr_status status, const char *message, const void *object, void *user) {
    (void)status, (void)user;
    calls++;
    rr_type_of(object); /* fails too, and has a sentence of its own */
    snprintf(heard, sizeof heard, "%s", message);
}

static void the_sentence_of_an_error_survives_what_its_handler_does(void **state) {
    rr_heap *heap = *state;
    void *list = rr_list_new(heap);
    calls = 0;
    assert_int_equal(rr_set_error_handler(asks_what_fails, NULL), RR_OK);
    assert_int_equal(rr_list_set(list, 3, list), RR_E_ARGUMENT);
    rr_set_error_handler(NULL, NULL);
    assert_int_equal(calls, 1);
    assert_non_null(strstr(heard, "rr_list_set"));
    assert_non_null(strstr(rr_last_error(), "rr_list_set"));
    assert_int_equal(rr_last_status(), RR_E_ARGUMENT);
    rr_decref(list);
}

static void verifies(rr_status status, const char *message, const void *object, void *user) {
    (void)status, (void)message, (void)object, (void)user;
    calls++;
    assert_int_equal(rr_heap_verify(watched), RR_OK);
}

static void the_heap_may_be_looked_at_when_a_snapshot_could_not_be_written(void **state) {
    watched = *state;
    node *ring = ring_new(watched, 0, 1000);
    calls = 0;
    rr_set_error_handler(verifies, NULL);
    assert_int_equal(rr_heap_snapshot(watched, "/dev/full"), RR_E_IO);
    assert_int_equal(rr_heap_dot(watched, "/dev/full", 0), RR_E_IO);
    rr_set_error_handler(NULL, NULL);
    assert_int_equal(calls, 2);
    rr_decref(ring);
    rr_collect(watched);
}

static void quarantine_gives_way_before_raw_memory_fails(void **state) {
    (void)state;
    enum { MIB = 1 << 20 };
    rr_heap *heap = heap_with(RR_HEAP_CHECKED, 6 * MIB);
    for (int i = 0; i < 40; i++)
        rr_decref(rr_alloc_items(heap, RR_TYPE_BYTES, 100000)); /* dead, and in quarantine */
    void *memory = rr_mem_alloc(heap, 3 * MIB);
    assert_non_null(memory);
    rr_mem_free(heap, memory);
    assert_int_equal(rr_heap_free(heap), RR_OK);
}

static void a_tag_may_be_empty_or_long(void **state) {
    (void)state;
    static char tag[300000];
    memset(tag, 'x', sizeof tag - 1);
    rr_heap *heap = heap_with(RR_HEAP_CHECKED, 0);
    void *object = rr_alloc(heap, node_type(0));
    assert_int_equal(rr_incref_tagged(object, ""), RR_OK);
    assert_int_equal(rr_incref_tagged(object, tag), RR_OK);
    assert_int_equal(rr_decref_tagged(object, tag), RR_OK);
    assert_int_equal(rr_decref_tagged(object, ""), RR_OK);
    rr_decref(object);
    assert_int_equal(rr_heap_free(heap), RR_OK);
}

static void the_end_of_the_file_that_standard_output_is_gets_the_text(void **state) {
    char path[] = "output-XXXXXX", text[4096] = "";
    int file = mkstemp(path), saved = dup(1);
    struct stat before, after;
    assert_true(file >= 0 && saved >= 0);
    fflush(stdout);
    assert_true(dup2(file, 1) == 1 && write(1, "mine\n", 5) == 5 && fstat(file, &before) == 0);
    rr_status status = rr_heap_print_stats(*state, "/dev/stdout");
    ssize_t written = write(1, "after\n", 6);
    dup2(saved, 1);
    close(saved);
    assert_int_equal(status, RR_OK);
    assert_int_equal(written, 6);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(after.st_ino, before.st_ino);
    assert_true(pread(file, text, sizeof text - 1, 0) > 20);
    assert_true(strncmp(text, "mine\nheap 0x", 12) == 0);
    assert_non_null(strstr(text, "\nafter\n"));
    close(file);
    remove(path);
}

static void a_replaced_file_keeps_its_mode(void **state) {
    char path[] = "private-XXXXXX";
    int file = mkstemp(path); /* 0600 */
    struct stat after;
    assert_true(file >= 0);
    close(file);
    assert_int_equal(rr_heap_print_stats(*state, path), RR_OK);
    assert_int_equal(stat(path, &after), 0);
    assert_int_equal(after.st_mode & 07777, 0600);
    remove(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_MANUAL_HEAP(the_sentence_of_an_error_survives_what_its_handler_does),
        WITH_MANUAL_HEAP(the_heap_may_be_looked_at_when_a_snapshot_could_not_be_written),
        cmocka_unit_test(quarantine_gives_way_before_raw_memory_fails),
        cmocka_unit_test(a_tag_may_be_empty_or_long),
        WITH_MANUAL_HEAP(the_end_of_the_file_that_standard_output_is_gets_the_text),
        WITH_MANUAL_HEAP(a_replaced_file_keeps_its_mode),
    };
    return cmocka_run_group_tests_name("reports", tests, NULL, NULL);
}
