/* What shows only after a while: what a heap is like when it has been used for hours. Each test is named by what went wrong. */
#include "support.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

/* The bound of test_slices.c, in a heap whose pages are all kept by a few objects each. Measured in pages such a heap does not grow
 * for long while garbage fills the gaps, and each collection leaves more pages than the last: what was taken for the size of the
 * heap doubled each time, and with it the garbage. 460 MiB of it were seen beside 2 MiB that live. */
static void garbage_stays_bounded_where_few_objects_keep_many_pages(void **state) {
    (void)state;
    static const uint32_t flags[] = {0, RR_HEAP_BOUNDED};
    enum { KEPT = 40000, RINGS = 250, LENGTH_OF_RING = 20000, ONE_IN = 200, FLOOR = 8 * 1024 * 1024 };
    node **kept = calloc(KEPT, sizeof *kept);
    assert_non_null(kept);
    for (size_t f = 0; f < LENGTH(flags); f++) {
        rr_heap *heap = heap_with(flags[f], 0);
        uint64_t most = 0, block = 0;
        size_t oldest = 0;
        for (int ring = 0; ring < RINGS; ring++) {
            node *first = node_new(heap, 0, 0), *last = rr_newref(first);
            block = ring == 0 ? stats_of(heap).live_bytes : block;
            for (int i = 1; i < LENGTH_OF_RING; i++) {
                node *next = node_new(heap, 0, i);
                link_next(last, next);
                link_other(next, last);
                rr_decref(last);
                last = next;
                if (i % ONE_IN == 0) { /* one that stays a long while comes to lie among those that go */
                    rr_decref(kept[oldest]);
                    kept[oldest++] = node_new(heap, 0, i);
                    oldest %= KEPT;
                }
            }
            link_next(last, first);
            rr_decref(last);
            rr_decref(first);
            uint64_t now = stats_of(heap).live_bytes;
            most = now > most ? now : most;
        }
        if (most > 4 * KEPT * block + FLOOR)
            fail_msg("%" PRIu64 " bytes beside %" PRIu64 " that live", most, KEPT * block);
        for (size_t i = 0; i < KEPT; i++) {
            rr_decref(kept[i]);
            kept[i] = NULL;
        }
        rr_collect(heap);
        heap_end(heap);
    }
    free(kept);
}

/* Whether the mapping that the address lies in has asked the system for large pages. */
static bool wants_large_pages(const void *address) {
    FILE *maps = fopen("/proc/self/smaps", "r");
    assert_non_null(maps);
    char line[512];
    bool is_ours = false, wants = false;
    while (fgets(line, sizeof line, maps) != NULL) {
        uintptr_t begin, end;
        if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " ", &begin, &end) == 2)
            is_ours = begin <= (uintptr_t)address && (uintptr_t)address < end;
        else if (is_ours && strncmp(line, "VmFlags:", 8) == 0)
            wants = strstr(line, " hg") != NULL;
    }
    fclose(maps);
    return wants;
}

/* A large heap asks for large pages. Where it gives small ones back, the system made large ones again of what was left, and memory
 * for the holes: an hour later the process had all of it again, and the statistics did not know. */
static void what_is_given_back_is_not_filled_up_with_large_pages(void **state) {
    (void)state;
    enum { PAGES = 3000, BYTES = 60000 };
    rr_heap *heap = heap_with(0, 0);
    void **objects = calloc(PAGES, sizeof *objects);
    assert_non_null(objects);
    for (size_t i = 0; i < PAGES; i++)
        objects[i] = rr_alloc_items(heap, RR_TYPE_BYTES, BYTES);
    bool wanted = wants_large_pages(objects[PAGES - 1]);
    for (size_t i = 0; i < PAGES; i++) { /* one of two stays */
        if (i % 2 == 0) {
            rr_decref(objects[i]);
            objects[i] = NULL;
        }
    }
    rr_heap_trim(heap);
    for (size_t i = 1; i < PAGES; i += 50)
        assert_false(wants_large_pages(objects[i]));
    for (size_t i = 0; i < PAGES; i++)
        rr_decref(objects[i]);
    free(objects);
    heap_end(heap);
    if (!wanted)
        skip(); /* this system has none */
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(garbage_stays_bounded_where_few_objects_keep_many_pages),
        cmocka_unit_test(what_is_given_back_is_not_filled_up_with_large_pages),
    };
    return cmocka_run_group_tests_name("long use", tests, NULL, NULL);
}
