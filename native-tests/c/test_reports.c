/* Errors, files and reports where they meet each other: a handler that calls the library, a full disk, a full heap, standard output. */
#define _POSIX_C_SOURCE 200809L /* mkstemp */
#include "support.h"

#include <fcntl.h>
#include <pthread.h>
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
    set_usual_error_handler();
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
    set_usual_error_handler();
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

static void the_longest_name_has_room_for_the_temporary_one(void **state) {
    char name[5 + 255 + 1] = "/tmp/rr-";
    memset(name + strlen(name), 'n', sizeof name - 1 - strlen(name));
    assert_int_equal(rr_heap_print_stats(*state, name), RR_OK);
    assert_int_equal(rr_heap_print_stats(*state, name), RR_OK);
    assert_int_equal(unlink(name), 0);
}

typedef struct swapped {
    void (*function)(rr_status, const char *, const void *, void *);
    int was_wrong;
} swapped;

static void first_handler(rr_status status, const char *message, const void *object, void *user);
static void second_handler(rr_status status, const char *message, const void *object, void *user);
static swapped first = {first_handler, 0}, second = {second_handler, 0};

static void first_handler(rr_status status, const char *message, const void *object, void *user) {
    (void)status, (void)message, (void)object;
    first.was_wrong |= user != &first;
}

static void second_handler(rr_status status, const char *message, const void *object, void *user) {
    (void)status, (void)message, (void)object;
    second.was_wrong |= user != &second;
}

static int swaps_handlers(void *unused) {
    (void)unused;
    for (int i = 0; i < 200000; i++) {
        swapped *next = i % 2 == 0 ? &second : &first;
        REQUIRE(rr_set_error_handler(next->function, next) == RR_OK);
    }
    return 0;
}

static _Atomic int is_swapping;

static void *makes_errors(void *unused) {
    (void)unused;
    while (is_swapping)
        rr_decref((void *)&is_swapping);
    return NULL;
}

static void a_handler_gets_the_data_it_was_set_with_while_another_thread_sets_one(void **state) {
    (void)state;
    pthread_t thread;
    is_swapping = 1;
    assert_int_equal(pthread_create(&thread, NULL, makes_errors, NULL), 0);
    on_thread(swaps_handlers, NULL);
    is_swapping = 0;
    pthread_join(thread, NULL);
    set_usual_error_handler();
    assert_false(first.was_wrong || second.was_wrong);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_MANUAL_HEAP(the_sentence_of_an_error_survives_what_its_handler_does),
        WITH_MANUAL_HEAP(the_heap_may_be_looked_at_when_a_snapshot_could_not_be_written),
        cmocka_unit_test(quarantine_gives_way_before_raw_memory_fails),
        cmocka_unit_test(a_tag_may_be_empty_or_long),
        WITH_MANUAL_HEAP(the_end_of_the_file_that_standard_output_is_gets_the_text),
        WITH_MANUAL_HEAP(a_replaced_file_keeps_its_mode),
        WITH_MANUAL_HEAP(the_longest_name_has_room_for_the_temporary_one),
        cmocka_unit_test(a_handler_gets_the_data_it_was_set_with_while_another_thread_sets_one),
    };
    return cmocka_run_group_tests_name("reports", tests, NULL, NULL);
}
