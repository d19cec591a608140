/* Where the memory of a heap is, by size of block and by type; how long it has paused; and the page of text about all that. */
#define _POSIX_C_SOURCE 200809L /* mkstemp */
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 200, NODES = 5000, FREED = 1000 };

static size_t classes_of(rr_heap *heap, rr_class_usage *out) {
    out[0].struct_size = sizeof *out;
    int64_t count = rr_get_class_usage(heap, out, MOST);
    assert_in_range(count, 0, MOST);
    return (size_t)count;
}

static size_t types_of(rr_heap *heap, rr_type_usage *out) {
    out[0].struct_size = sizeof *out;
    int64_t count = rr_get_type_usage(heap, out, MOST);
    assert_in_range(count, 0, MOST);
    return (size_t)count;
}

/* Nodes, some of them freed, small and large bytes, raw memory of both kinds. */
typedef struct mixture {
    node *nodes[NODES];
    void *bytes, *span, *huge, *raw, *large_raw;
} mixture;

static mixture *mix(rr_heap *heap) {
    static mixture m;
    for (int i = 0; i < NODES; i++)
        m.nodes[i] = node_new(heap, 0, i);
    for (int i = 0; i < FREED; i++)
        rr_decref(m.nodes[i]);
    rr_decref(rr_alloc_items(heap, RR_TYPE_BYTES, 200000)); /* a checked heap keeps it in quarantine */
    m.bytes = rr_alloc_items(heap, RR_TYPE_BYTES, 1000);
    m.span = rr_alloc_items(heap, RR_TYPE_BYTES, 200000);
    m.huge = rr_alloc_items(heap, RR_TYPE_BYTES, 9000000);
    m.raw = rr_mem_alloc(heap, 100);
    m.large_raw = rr_mem_alloc(heap, 100000);
    return &m;
}

static void unmix(rr_heap *heap, mixture *m) {
    for (int i = FREED; i < NODES; i++)
        rr_decref(m->nodes[i]);
    rr_decref(m->bytes);
    rr_decref(m->span);
    rr_decref(m->huge);
    rr_mem_free(heap, m->raw);
    rr_mem_free(heap, m->large_raw);
}

static void blocks_and_bytes_by_size_add_up_to_the_statistics(void **state) {
    rr_heap *heap = *state;
    mixture *m = mix(heap);
    rr_class_usage classes[MOST];
    size_t count = classes_of(heap, classes);
    rr_stats stats = stats_of(heap);
    uint64_t objects = 0, bytes = 0, raw = 0, pages = 0, large = 0;
    for (size_t i = 0; i < count; i++) {
        const rr_class_usage *c = &classes[i];
        assert_int_equal(c->struct_size, sizeof *c);
        assert_true(c->page_bytes >= c->live_bytes);
        if (c->block_bytes != 0) {
            assert_int_equal(c->live_bytes, c->live_blocks * c->block_bytes);
            assert_true((c->live_blocks + c->free_blocks + c->fresh_blocks) * c->block_bytes <= c->page_bytes);
        }
        objects += c->is_raw ? 0 : c->live_blocks;
        bytes += c->is_raw ? 0 : c->live_bytes;
        raw += c->is_raw ? c->live_bytes : 0;
        pages += c->page_bytes;
        large += c->block_bytes == 0 ? c->live_blocks : 0;
        if (i != 0 && c->block_bytes != 0)
            assert_true(classes[i - 1].is_raw < c->is_raw || classes[i - 1].block_bytes < c->block_bytes);
    }
    assert_int_equal(objects, stats.live_objects);
    assert_int_equal(bytes, stats.live_bytes);
    assert_int_equal(raw, stats.raw_bytes);
    assert_true(pages <= stats.committed_bytes);
    assert_int_equal(large, 3);
    assert_true(classes[0].block_bytes > sizeof(node) && classes[0].block_bytes <= sizeof(node) + 24);
    assert_int_equal(classes[0].live_blocks, NODES - FREED);
    assert_true(classes[0].free_blocks >= FREED);
    unmix(heap, m);
}

static void objects_and_bytes_by_type_add_up_and_the_largest_comes_first(void **state) {
    rr_heap *heap = *state;
    mixture *m = mix(heap);
    void *list = rr_list_new(heap);
    rr_type_usage types[MOST];
    size_t count = types_of(heap, types);
    assert_int_equal(count, 3);
    assert_int_equal(types[0].type, RR_TYPE_BYTES);
    assert_int_equal(types[0].objects, 3);
    assert_int_equal(types[1].type, node_type(0));
    assert_int_equal(types[1].objects, NODES - FREED);
    assert_int_equal(types[2].type, RR_TYPE_LIST);
    assert_int_equal(types[0].bytes + types[1].bytes + types[2].bytes, stats_of(heap).live_bytes);
    rr_decref(list);
    unmix(heap, m);
}

static void many_types_are_sorted(void **state) {
    rr_heap *heap = *state;
    enum { TYPES = 100 };
    void *kept[TYPES];
    for (uint32_t i = 0; i < TYPES; i++)
        kept[i] = rr_alloc(heap, plain_type("sized", 16 + i * 37 % TYPES * 16, 0, 0));
    rr_type_usage types[MOST];
    size_t count = types_of(heap, types);
    assert_int_equal(count, TYPES);
    for (size_t i = 1; i < count; i++)
        assert_true(types[i - 1].bytes > types[i].bytes || (types[i - 1].bytes == types[i].bytes && types[i - 1].type < types[i].type));
    for (uint32_t i = 0; i < TYPES; i++)
        rr_decref(kept[i]);
}

static void an_empty_heap_has_no_type(void **state) {
    rr_type_usage types[MOST];
    assert_int_equal(types_of(*state, types), 0);
}

static uint64_t pauses(rr_heap *heap, uint64_t *shortest_sum) {
    uint64_t numbers[64] = {0}, sum = 0;
    int64_t count = rr_get_pauses(heap, numbers, LENGTH(numbers));
    assert_in_range(count, 30, 63);
    *shortest_sum = 0;
    for (int64_t i = 0; i < count; i++) {
        sum += numbers[i];
        *shortest_sum += numbers[i] << i;
    }
    return sum;
}

static void each_collection_is_a_pause_of_its_length(void **state) {
    rr_heap *heap = *state;
    uint64_t least;
    assert_int_equal(pauses(heap, &least), 0);
    for (int i = 1; i <= 3; i++) {
        rr_decref(ring_new(heap, 0, 1000));
        assert_int_equal(rr_collect(heap), 1000);
        assert_int_equal(pauses(heap, &least), i);
    }
    uint64_t total = stats_of(heap).gc_ns_total;
    assert_true(least <= total && total < 2 * least + 64);
}

/* Several trials in a row: no more pauses than steps. */
static void a_step_is_one_pause(void **state) {
    rr_heap *heap = *state;
    for (int i = 0; i < 3000; i++)
        rr_decref(ring_new(heap, 0, 3));
    uint64_t least;
    assert_int_equal(rr_collect_step(heap, 10000000000u), 9000);
    assert_int_equal(pauses(heap, &least), 1);
    assert_true(stats_of(heap).collections > 1);
}

static void nothing_is_written_past_the_capacity_or_the_size(void **state) {
    rr_heap *heap = *state;
    mixture *m = mix(heap);
    struct {
        rr_type_usage usage;
        uint64_t grown;
    } types[4];
    memset(types, 0x5A, sizeof types);
    types[0].usage.struct_size = sizeof types[0]; /* a later release's, which has a field more */
    assert_int_equal(rr_get_type_usage(heap, &types[0].usage, 1), 2);
    assert_int_equal(types[0].usage.type, RR_TYPE_BYTES);
    assert_int_equal(types[1].usage.type, 0x5A5A5A5A);
    assert_int_equal(rr_get_type_usage(heap, &types[0].usage, 4), 2);
    assert_int_equal(types[1].usage.type, node_type(0));
    assert_int_equal(types[1].usage.struct_size, sizeof types[0]);
    for (int i = 0; i < 4; i++)
        assert_int_equal(types[i].grown, 0x5A5A5A5A5A5A5A5A);
    assert_int_equal(types[2].usage.type, 0x5A5A5A5A);

    rr_class_usage classes[2];
    memset(classes, 0x5A, sizeof classes);
    classes[0].struct_size = sizeof classes[0];
    int64_t count = rr_get_class_usage(heap, NULL, 0);
    assert_true(count > 2);
    assert_int_equal(rr_get_class_usage(heap, classes, 1), count);
    assert_int_equal(classes[1].is_raw, 0x5A5A5A5A);

    uint64_t numbers[2] = {7, 7};
    assert_true(rr_get_pauses(heap, numbers, 1) > 2);
    assert_int_equal(numbers[0], 0);
    assert_int_equal(numbers[1], 7);
    unmix(heap, m);
}

static void wrong_calls_are_refused(void **state) {
    rr_heap *heap = *state;
    rr_class_usage class = {.struct_size = sizeof class - 1};
    rr_type_usage type = {.struct_size = sizeof type - 1};
    assert_refused(rr_get_class_usage(heap, NULL, 3), RR_E_ARGUMENT, "out", 3);
    assert_refused(rr_get_class_usage(heap, &class, 1), RR_E_ARGUMENT, "struct_size", sizeof class - 1);
    assert_refused(rr_get_type_usage(heap, NULL, 3), RR_E_ARGUMENT, "out", 3);
    assert_refused(rr_get_type_usage(heap, &type, 1), RR_E_ARGUMENT, "struct_size", sizeof type - 1);
    assert_refused(rr_get_pauses(heap, NULL, 3), RR_E_ARGUMENT, "out", 3);
    assert_int_equal(rr_heap_print_stats(heap, "/dev/full"), RR_E_IO);
    assert_non_null(strstr(rr_last_error(), "rr_heap_print_stats"));
    assert_non_null(strstr(rr_last_error(), "/dev/full"));
    assert_int_equal(rr_heap_print_stats(heap, "/no/such/folder/stats.txt"), RR_E_IO);
}

static void the_page_of_text_has_the_numbers(void **state) {
    rr_heap *heap = *state;
    mixture *m = mix(heap);
    rr_decref(ring_new(heap, 0, 10));
    rr_collect(heap);
    char path[] = "stats-XXXXXX", text[16384], wanted[200];
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(rr_heap_print_stats(heap, path), RR_OK);
    FILE *stream = fopen(path, "r"); /* a file of its own has taken the place of the empty one */
    assert_non_null(stream);
    text[fread(text, 1, sizeof text - 1, stream)] = '\0';
    fclose(stream);
    close(file);
    remove(path);
    rr_stats stats = stats_of(heap);
    snprintf(wanted, sizeof wanted, "%llu live", (unsigned long long)stats.live_objects);
    assert_non_null(strstr(text, wanted));
    assert_non_null(strstr(text, ": 10 found dead"));
    assert_non_null(strstr(text, "large"));
    assert_non_null(strstr(text, "  node\n"));
    assert_non_null(strstr(text, "  bytes\n"));
    assert_non_null(strstr(text, "pauses"));
    snprintf(wanted, sizeof wanted, " %d ", NODES - FREED);
    assert_non_null(strstr(text, wanted));
    unmix(heap, m);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_MANUAL_HEAP(blocks_and_bytes_by_size_add_up_to_the_statistics),
        WITH_MANUAL_HEAP(objects_and_bytes_by_type_add_up_and_the_largest_comes_first),
        WITH_MANUAL_HEAP(many_types_are_sorted),
        WITH_MANUAL_HEAP(an_empty_heap_has_no_type),
        WITH_MANUAL_HEAP(each_collection_is_a_pause_of_its_length),
        WITH_MANUAL_HEAP(a_step_is_one_pause),
        WITH_MANUAL_HEAP(nothing_is_written_past_the_capacity_or_the_size),
        WITH_MANUAL_HEAP(wrong_calls_are_refused),
        WITH_MANUAL_HEAP(the_page_of_text_has_the_numbers),
    };
    return cmocka_run_group_tests_name("usage", tests, NULL, NULL);
}
