/* Who holds what is left: rr_leak_report, and what a heap that reports leaks says when it ends.
 *
 * bindings/python/tests/test_leaks.py compares the numbers of random graphs with a simpler way to find them. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

static char directory[] = "/tmp/rr-leaks-XXXXXX";
static char text[1 << 20];

static const char *path_of(const char *name) {
    static char path[300];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

static const char *read_file(const char *path) {
    FILE *file = fopen(path, "r");
    assert_non_null(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

/* The report as text. */
static const char *report(rr_heap *heap) {
    const char *path = path_of("report.txt");
    assert_int_equal(rr_leak_report(heap, path), RR_OK);
    read_file(path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(directory), 0); /* nothing lies beside it */
    assert_int_equal(mkdir(directory, 0700), 0);
    return text;
}

/* The line that has the words, with single spaces. */
static const char *line_with(const char *words) {
    static char line[500];
    const char *found = strstr(text, words);
    size_t length = 0;
    if (found == NULL)
        fail_msg("the report has no \"%s\":\n%s", words, text);
    while (found > text && found[-1] != '\n')
        found--;
    for (; *found != '\n' && *found != '\0' && length < sizeof line - 1; found++) {
        if (*found != ' ' || (length > 0 && line[length - 1] != ' '))
            line[length++] = *found;
    }
    line[length] = '\0';
    return line;
}

/* Formats what a line has to be. */
static const char *expect(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *expect(const char *format, ...) {
    static char line[500];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    return line;
}

static uint64_t block_bytes(rr_heap *heap) {
    rr_stats stats = stats_of(heap);
    return stats.live_objects == 0 ? 0 : stats.live_bytes / stats.live_objects;
}

static rr_type named_type(const char *name) {
    static const uint32_t offsets[] = {0, 8};
    rr_type_info info = type_info(name);
    info.size = sizeof(node);
    info.ref_offsets = offsets;
    info.ref_count = 2;
    return rr_type_new(&info);
}

static void a_planted_leak_is_named_with_what_it_keeps_alive(void **state) {
    rr_heap *heap = *state;
    rr_type cache = named_type("leaked cache"), entry = named_type("entry");
    node *leak = rr_alloc(heap, cache);
    uint64_t bytes = block_bytes(heap);
    for (int i = 0; i < 99; i++) {
        node *link = rr_alloc(heap, entry);
        rr_store(&link->next, leak->next);
        rr_store(&leak->next, link);
        rr_decref(link);
    }
    node *other = rr_alloc(heap, entry);
    rr_incref(other);
    report(heap);
    assert_string_equal(line_with("holds"), expect("RefRuntime: heap 0x%llx holds 101 objects of %llu bytes", (unsigned long long)(uintptr_t)heap,
                                                   (unsigned long long)(101 * bytes)));
    assert_string_equal(line_with("leaked cache at"), expect("%llu 100 1 leaked cache at %p", (unsigned long long)(100 * bytes), (void *)leak));
    assert_string_equal(line_with("entry at"), expect("%llu 1 2 entry at %p", (unsigned long long)bytes, (void *)other));
    assert_true(strstr(text, "leaked cache at") < strstr(text, "entry at")); /* the heavier first */
    assert_string_equal(line_with("Held from outside"), "Held from outside: 2 objects");
    strstr(text, "All by type")[-1] = '\0';
    assert_null(strstr(text, "more than one"));
    assert_null(strstr(text, "dead cycles"));
    rr_decref(other);
    rr_decref(other);
    rr_decref(leak);
}

static void what_several_hold_is_nobodys_alone(void **state) {
    rr_heap *heap = *state;
    node *left = rr_alloc(heap, named_type("left")), *right = rr_alloc(heap, named_type("right")), *shared = node_new(heap, 0, 1), *below = node_new(heap, 0, 2);
    unsigned long long bytes = block_bytes(heap);
    rr_take(&shared->next, below);
    link_next(left, shared);
    rr_take(&right->next, shared);
    report(heap);
    assert_string_equal(line_with("left at"), expect("%llu 1 1 left at %p", bytes, (void *)left));
    assert_string_equal(line_with("right at"), expect("%llu 1 1 right at %p", bytes, (void *)right));
    assert_string_equal(line_with("more than one"), expect("%llu 2 kept by more than one of these", 2 * bytes));
    rr_decref(left);
    rr_decref(right);
}

static void holders_that_are_alike_are_told_together_with_what_they_hold_together(void **state) {
    rr_heap *heap = *state;
    rr_type iterator = named_type("iterator");
    node *iterators[10], *list = node_new(heap, 0, 0);
    unsigned long long bytes = block_bytes(heap);
    for (int i = 0; i < 10; i++) {
        iterators[i] = rr_alloc(heap, iterator);
        rr_store(&iterators[i]->next, list);
    }
    node *own = node_new(heap, 0, 1);
    rr_take(&iterators[7]->other, own);
    rr_decref(list);
    report(heap);
    assert_string_equal(line_with("10 x iterator"), expect("%llu 12 10 10 x iterator, the largest:", 12 * bytes));
    char words[60];
    snprintf(words, sizeof words, "iterator at %p", (void *)iterators[7]);
    assert_string_equal(line_with(words), expect("%llu 2 1 iterator at %p", 2 * bytes, (void *)iterators[7]));
    assert_null(strstr(text, "more than one"));
    for (int i = 0; i < 10; i++)
        rr_decref(iterators[i]);
}

static void dead_cycles_are_a_group_of_their_own(void **state) {
    rr_heap *heap = *state;
    node *ring = ring_new(heap, 0, 5), *kept = rr_alloc(heap, named_type("kept"));
    unsigned long long bytes = block_bytes(heap);
    node *tail = rr_alloc(heap, named_type("tail"));
    rr_take(&ring->other, tail);
    rr_decref(ring);
    report(heap);
    assert_string_equal(line_with("In dead cycles"), expect("In dead cycles, which a collection frees: 6 objects of %llu bytes", 6 * bytes));
    assert_string_equal(line_with("kept at"), expect("%llu 1 1 kept at %p", bytes, (void *)kept));
    assert_string_equal(line_with("  tail"), expect("%llu 1 tail", bytes));
    rr_collect(heap);
    report(heap);
    assert_null(strstr(text, "dead cycles"));
    rr_decref(kept);
    report(heap);
    line_with("Nothing is held from outside.");
    line_with("holds 0 objects of 0 bytes");
}

static void looking_for_leaks_changes_nothing(void **state) {
    rr_heap *heap = *state;
    node *ring = ring_new(heap, NODE_FINALIZE | NODE_DESTROY, 100);
    rr_stats before = stats_of(heap);
    report(heap);
    rr_stats after = stats_of(heap);
    assert_memory_equal(&before, &after, sizeof before);
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    assert_log("");
    rr_decref(ring);
    rr_collect(heap);
}

static void objects_in_more_slots_than_they_have_references_are_told_with_a_negative_number(void **state) {
    rr_heap *heap = *state;
    node *holder = rr_alloc(heap, named_type("careless")), *lent = rr_alloc(heap, named_type("lent"));
    rr_take(&holder->next, lent);
    holder->other = lent; /* without a reference: a mistake */
    report(heap);
    assert_non_null(strstr(line_with("lent at"), "-1 lent at"));
    line_with("in more slots than it has references");
    holder->other = NULL;
    rr_decref(holder);
}

static void the_report_of_a_heap_of_immortals_names_them(void **state) {
    (void)state;
    rr_heap *heap = heap_with(0, 0);
    node *interned = rr_alloc(heap, named_type("interned"));
    rr_make_immortal(interned);
    report(heap);
    assert_non_null(strstr(line_with("interned at"), "1 immortal interned at"));
    assert_int_equal(rr_heap_free(heap), RR_OK);
}

static void json_has_the_same_numbers(void **state) {
    rr_heap *heap = *state;
    node *leak = rr_alloc(heap, named_type("quoted \"name\""));
    unsigned long long bytes = block_bytes(heap);
    rr_take(&leak->next, node_new(heap, 0, 1));
    const char *path = path_of("report.json");
    assert_int_equal(rr_leak_report(heap, path), RR_OK);
    read_file(path);
    line_with(expect("\"objects\": 2, \"bytes\": %llu,", 2 * bytes));
    line_with("{\"type\": \"quoted \\\"name\\\"\", \"objects\": 1, \"immortal\": 0, \"references\": 1, ");
    line_with(expect("{\"object\": \"%p\", \"references\": 1, \"objects_kept\": 2, \"bytes_kept\": %llu, \"tags\": []}", (void *)leak, 2 * bytes));
    unlink(path);
    rr_decref(leak);
}

/* Not inline, so that the stack has its name. */
__attribute__((noinline)) static node *allocate_the_leak(rr_heap *heap, rr_type type) {
    node *made = rr_alloc(heap, type);
    made->id = 1;
    return made;
}

static void in_a_checked_heap_it_says_where_holders_were_allocated_and_which_tags_are_open(void **state) {
    (void)state;
    rr_heap *heap = heap_with(RR_HEAP_CHECKED, 0);
    rr_type type = named_type("traced");
    node *leak = allocate_the_leak(heap, type), *other = rr_alloc(heap, type);
    rr_incref_tagged(leak, "the planted tag");
    rr_incref_tagged(leak, "paid back");
    rr_decref_tagged(leak, "paid back");
    report(heap);
    line_with("allocated by ");
    line_with("by allocate_the_leak"); /* first, or after the header's own function, where that made no tail call */
    assert_string_equal(line_with("tagged"), "1 reference tagged the planted tag");
    line_with("traced at"); /* two places, so they are not told together */
    assert_null(strstr(text, "2 x traced"));
    const char *path = path_of("report.json");
    assert_int_equal(rr_leak_report(heap, path), RR_OK);
    read_file(path);
    line_with("\"allocated_by\": [{\"function\": \"");
    line_with("{\"function\": \"allocate_the_leak");
    line_with("\"tags\": [{\"tag\": \"the planted tag\", \"references\": 1}]");
    unlink(path);
    rr_decref_tagged(leak, "the planted tag");
    rr_decref(leak);
    rr_decref(other);
    heap_end(heap);
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

static void assert_not_written(rr_heap *heap, const char *path, int reason) {
    char message[400];
    assert_int_equal(rr_leak_report(heap, path), RR_E_IO);
    assert_int_equal(rr_last_status(), RR_E_IO);
    snprintf(message, sizeof message, "rr_leak_report: path %s can't be written: %s", path, strerror(reason));
    assert_string_equal(rr_last_error(), message);
}

static void a_file_that_can_not_be_written_is_an_error_with_the_systems_reason(void **state) {
    rr_heap *heap = *state;
    assert_not_written(heap, "/dev/full", ENOSPC);
    assert_int_equal(access("/dev/full", W_OK), 0);
    assert_not_written(heap, path_of("missing/report.txt"), ENOENT);
    assert_not_written(heap, directory, EISDIR);
    assert_not_written(heap, "", ENOENT);
    assert_int_equal(rmdir(directory), 0);
    assert_int_equal(mkdir(directory, 0700), 0);
}

static rr_status seen_inside;

static void report_inside(node *self) {
    seen_inside = rr_leak_report(rr_heap_of(self), path_of("inside"));
}

static void inside_a_callback_it_is_refused_and_leaves_no_file(void **state) {
    rr_heap *heap = *state;
    on_finalize = report_inside;
    rr_decref(node_new(heap, NODE_FINALIZE, 1));
    assert_int_equal(seen_inside, RR_E_BUSY);
    on_finalize = NULL;
    on_destroy = report_inside;
    seen_inside = RR_OK;
    rr_decref(node_new(heap, NODE_DESTROY, 1));
    assert_int_equal(seen_inside, RR_E_BUSY);
    assert_int_equal(access(path_of("inside"), F_OK), -1);
}

/* ---- At the end of a heap ---------------------------------------------------------------------------------------- */

/* What rr_heap_free writes on standard error. */
static const char *said_at_the_end(rr_heap *heap) {
    const char *path = path_of("stderr");
    fflush(stderr);
    int saved = dup(2), file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    assert_true(saved >= 0 && file >= 0 && dup2(file, 2) == 2);
    rr_status status = rr_heap_free(heap);
    dup2(saved, 2);
    close(saved);
    close(file);
    assert_int_equal(status, RR_OK);
    read_file(path);
    unlink(path);
    return text;
}

static void a_heap_that_reports_leaks_tells_at_its_end_who_holds_what(void **state) {
    (void)state;
    rr_heap *heap = heap_with(RR_HEAP_REPORT_LEAKS, 0);
    node *leak = rr_alloc(heap, named_type("forgotten"));
    rr_take(&leak->next, node_new(heap, 0, 1));
    unsigned long long bytes = block_bytes(heap);
    said_at_the_end(heap);
    assert_string_equal(line_with("forgotten at"), expect("%llu 2 1 forgotten at %p", 2 * bytes, (void *)leak));
}

static void it_says_nothing_when_nothing_is_held_or_only_what_is_to_live_for_ever(void **state) {
    (void)state;
    assert_string_equal(said_at_the_end(heap_with(RR_HEAP_REPORT_LEAKS, 0)), "");

    rr_heap *heap = heap_with(RR_HEAP_REPORT_LEAKS | RR_HEAP_MANUAL_GC, 0);
    rr_decref(ring_new(heap, 0, 10));
    assert_int_equal(live(heap), 10);
    assert_string_equal(said_at_the_end(heap), "");

    heap = heap_with(RR_HEAP_REPORT_LEAKS, 0);
    rr_make_immortal(node_new(heap, 0, 1));
    assert_string_equal(said_at_the_end(heap), "");

    heap = heap_with(0, 0); /* and nothing unasked */
    node_new(heap, 0, 1);
    assert_string_equal(said_at_the_end(heap), "");
}

static void without_a_path_it_goes_to_standard_error(void **state) {
    rr_heap *heap = *state;
    node *leak = rr_alloc(heap, named_type("to stderr"));
    const char *path = path_of("stderr");
    int saved = dup(2), file = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    dup2(file, 2);
    rr_status status = rr_leak_report(heap, NULL);
    dup2(saved, 2);
    close(saved);
    close(file);
    assert_int_equal(status, RR_OK);
    read_file(path);
    unlink(path);
    line_with("to stderr at");
    rr_decref(leak);
}

/* ---- Between slices ---------------------------------------------------------------------------------------------- */

static void what_dies_slice_by_slice_is_no_holder(void **state) {
    rr_heap *heap = *state;
    for (int i = 0; i < 2000; i++) {
        node *ring = ring_new(heap, NODE_DESTROY, 3);
        rr_take(&ring->other, node_new(heap, 0, 1));
        rr_decref(ring);
    }
    node *kept = rr_alloc(heap, named_type("kept"));
    do {
        report(heap);
        log_clear();
        assert_string_equal(line_with("Held from outside"), "Held from outside: 1 object");
        rr_collect_step(heap, 1);
    } while (rr_gc_pending(heap));
    rr_decref(kept);
    rr_collect(heap);
    log_clear();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_HEAP(a_planted_leak_is_named_with_what_it_keeps_alive),
        WITH_HEAP(what_several_hold_is_nobodys_alone),
        WITH_HEAP(holders_that_are_alike_are_told_together_with_what_they_hold_together),
        WITH_MANUAL_HEAP(dead_cycles_are_a_group_of_their_own),
        WITH_MANUAL_HEAP(looking_for_leaks_changes_nothing),
        WITH_HEAP(objects_in_more_slots_than_they_have_references_are_told_with_a_negative_number),
        cmocka_unit_test(the_report_of_a_heap_of_immortals_names_them),
        WITH_HEAP(json_has_the_same_numbers),
        cmocka_unit_test(in_a_checked_heap_it_says_where_holders_were_allocated_and_which_tags_are_open),
        WITH_HEAP(a_file_that_can_not_be_written_is_an_error_with_the_systems_reason),
        WITH_HEAP(inside_a_callback_it_is_refused_and_leaves_no_file),
        cmocka_unit_test(a_heap_that_reports_leaks_tells_at_its_end_who_holds_what),
        cmocka_unit_test(it_says_nothing_when_nothing_is_held_or_only_what_is_to_live_for_ever),
        WITH_HEAP(without_a_path_it_goes_to_standard_error),
        WITH_MANUAL_HEAP(what_dies_slice_by_slice_is_no_holder),
    };
    if (mkdtemp(directory) == NULL)
        return 1;
    int failed = cmocka_run_group_tests_name("leaks", tests, NULL, NULL);
    rmdir(directory);
    return failed;
}
