/* abi.md, Raw memory: malloc's rules, counted in the heap's stats. */
#include "support.h"

static const size_t sizes[] = {0, 1, 8, 15, 16, 17, 100, 1000, 5000, 40000, 65536, 100000, 1 << 20, 5 << 20, 10000000};

static void blocks_are_aligned_apart_and_writable_at_every_size(void **state) {
    rr_heap *heap = *state;
    unsigned char *blocks[LENGTH(sizes)];
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        blocks[i] = rr_mem_alloc(heap, sizes[i]);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % 16, 0);
        memset(blocks[i], (int)i + 1, sizes[i]);
    }
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        for (size_t at = 0; at < sizes[i]; at++) {
            if (blocks[i][at] != i + 1)
                fail_msg("byte %zu of %zu was overwritten", at, sizes[i]);
        }
        assert_int_equal(rr_mem_free(heap, blocks[i]), RR_OK);
    }
}

static void size_0_gives_distinct_blocks(void **state) {
    rr_heap *heap = *state;
    void *one = rr_mem_alloc(heap, 0), *two = rr_mem_alloc(heap, 0);
    assert_non_null(one);
    assert_non_null(two);
    assert_ptr_not_equal(one, two);
    assert_int_equal(rr_mem_free(heap, one), RR_OK);
    assert_int_equal(rr_mem_free(heap, two), RR_OK);
}

static void realloc_keeps_the_contents_up_to_the_smaller_size(void **state) {
    rr_heap *heap = *state;
    for (size_t i = 1; i < LENGTH(sizes); i++) {
        for (size_t j = 1; j < LENGTH(sizes); j++) {
            unsigned char *block = rr_mem_alloc(heap, sizes[i]);
            assert_non_null(block);
            for (size_t at = 0; at < sizes[i]; at++)
                block[at] = (unsigned char)(at * 13);
            block = rr_mem_realloc(heap, block, sizes[j]);
            assert_non_null(block);
            assert_int_equal((uintptr_t)block % 16, 0);
            size_t kept = sizes[i] < sizes[j] ? sizes[i] : sizes[j];
            for (size_t at = 0; at < kept; at++) {
                if (block[at] != (unsigned char)(at * 13))
                    fail_msg("byte %zu was lost from %zu to %zu", at, sizes[i], sizes[j]);
            }
            assert_int_equal(rr_mem_free(heap, block), RR_OK);
        }
    }
}

/* Else each step copies all that is there. */
static void a_block_that_grows_in_small_steps_moves_seldom(void **state) {
    rr_heap *heap = *state;
    unsigned char *block = rr_mem_alloc(heap, 16);
    size_t moves = 0, last = 0;
    for (size_t size = 1024; size <= 4u << 20; size += 1024) {
        unsigned char *grown = rr_mem_realloc(heap, block, size);
        assert_non_null(grown);
        moves += grown != block;
        block = grown;
        memset(block + last, (int)(size / 1024 % 251), size - last);
        last = size;
    }
    assert_in_range(moves, 1, 100);
    for (size_t at = 1024; at < last; at += 1024)
        assert_int_equal(block[at], (at / 1024 + 1) % 251);
    assert_in_range(stats_of(heap).raw_bytes, last, last + last / 8 + 4096);
    assert_int_equal(rr_heap_verify(heap), RR_OK);

    /* What it may yet grow into is no reason to be refused. */
    rr_heap *limited = heap_with(0, 58 << 16); /* both take 28 pages, one with more room 31 */
    void *large = rr_mem_alloc(limited, 1800000);
    assert_non_null(large);
    large = rr_mem_realloc(limited, large, 1800001);
    assert_non_null(large);
    assert_int_equal(rr_mem_free(limited, large), RR_OK);
    heap_end(limited);
    assert_int_equal(rr_mem_free(heap, block), RR_OK);
}

static void realloc_of_null_allocates_and_free_of_null_does_nothing(void **state) {
    rr_heap *heap = *state;
    void *block = rr_mem_realloc(heap, NULL, 100);
    assert_non_null(block);
    assert_int_equal(rr_mem_free(heap, block), RR_OK);
    assert_int_equal(rr_mem_free(heap, NULL), RR_OK);
}

static void raw_bytes_are_counted_and_no_objects(void **state) {
    rr_heap *heap = *state;
    assert_int_equal(stats_of(heap).raw_bytes, 0);
    void *block = rr_mem_alloc(heap, 100000);
    rr_stats stats = stats_of(heap);
    assert_in_range(stats.raw_bytes, 100000, 140000);
    assert_int_equal(stats.live_objects, 0);
    block = rr_mem_realloc(heap, block, 300000);
    assert_in_range(stats_of(heap).raw_bytes, 300000, 400000);
    void *out[1];
    assert_int_equal(rr_get_objects(heap, 0, out, 1), 0);
    assert_int_equal(rr_mem_free(heap, block), RR_OK);
    assert_int_equal(stats_of(heap).raw_bytes, 0);
}

static void what_is_no_raw_block_is_refused(void **state) {
    rr_heap *heap = *state;
    int64_t local[4] = {0};
    void *object = rr_alloc_items(heap, RR_TYPE_BYTES, 100);
    char *freed = rr_mem_alloc(heap, 100), *block = rr_mem_alloc(heap, 100);
    assert_int_equal(rr_mem_free(heap, freed), RR_OK);
    void *const none[] = {(void *)1, (void *)16, &local, object, freed, block + 8, block + 16, (void *)UINTPTR_MAX};
    for (size_t i = 0; i < LENGTH(none); i++) {
        assert_int_not_equal(rr_mem_free(heap, none[i]), RR_OK);
        assert_non_null(strstr(rr_last_error(), "rr_mem_free"));
        assert_null(rr_mem_realloc(heap, none[i], 200));
        assert_non_null(strstr(rr_last_error(), "rr_mem_realloc"));
    }
    assert_int_equal(rr_is_object(object), 1);
    assert_int_equal(rr_mem_free(heap, block), RR_OK);
    rr_decref(object);
}

static void a_block_of_another_heap_is_refused(void **state) {
    rr_heap *heap = *state;
    rr_heap *island = heap_with(0, 0);
    void *block = rr_mem_alloc(island, 64);
    assert_int_not_equal(rr_mem_free(heap, block), RR_OK);
    assert_null(rr_mem_realloc(heap, block, 128));
    assert_int_equal(rr_mem_free(island, block), RR_OK);
    heap_end(island);
}

static void sizes_beyond_reason_are_refused_and_the_block_stays(void **state) {
    rr_heap *heap = *state;
    char *block = rr_mem_alloc(heap, 32);
    memset(block, 'x', 32);
    static const size_t bad[] = {SIZE_MAX, SIZE_MAX - 15, SIZE_MAX / 2, (size_t)1 << 50};
    for (size_t i = 0; i < LENGTH(bad); i++) {
        assert_null(rr_mem_alloc(heap, bad[i]));
        assert_true(rr_last_status() == RR_E_OVERFLOW || rr_last_status() == RR_E_NO_MEMORY);
        assert_null(rr_mem_realloc(heap, block, bad[i]));
        assert_true(rr_last_status() == RR_E_OVERFLOW || rr_last_status() == RR_E_NO_MEMORY);
    }
    for (int i = 0; i < 32; i++)
        assert_int_equal(block[i], 'x');
    assert_int_equal(rr_mem_free(heap, block), RR_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_HEAP(blocks_are_aligned_apart_and_writable_at_every_size),
        WITH_HEAP(size_0_gives_distinct_blocks),
        WITH_HEAP(realloc_keeps_the_contents_up_to_the_smaller_size),
        WITH_HEAP(a_block_that_grows_in_small_steps_moves_seldom),
        WITH_HEAP(realloc_of_null_allocates_and_free_of_null_does_nothing),
        WITH_HEAP(raw_bytes_are_counted_and_no_objects),
        WITH_HEAP(what_is_no_raw_block_is_refused),
        WITH_HEAP(a_block_of_another_heap_is_refused),
        WITH_HEAP(sizes_beyond_reason_are_refused_and_the_block_stays),
    };
    return cmocka_run_group_tests_name("raw memory", tests, NULL, NULL);
}
