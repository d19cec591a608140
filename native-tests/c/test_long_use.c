/* What shows only after a while: what a heap is like when it has been used for hours. Each test is named by what went wrong. */
#include "support.h"

#include <inttypes.h>
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(garbage_stays_bounded_where_few_objects_keep_many_pages),
    };
    return cmocka_run_group_tests_name("long use", tests, NULL, NULL);
}
