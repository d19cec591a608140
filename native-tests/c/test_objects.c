/* abi.md, Objects: where payloads lie, what they hold at first, how large they are, and which pointers are objects. */
#include "support.h"

#include <stdlib.h>

/* Around every boundary that an allocator may have: small classes, the end of a page, a segment, several. */
static const size_t sizes[] = {
    0,     1,     7,     8,      9,      15,     16,      17,      24,      31,      32,      33,      40,       48,      56,
    63,    64,    65,    96,     127,    128,    129,     200,     255,     256,     257,     500,     512,      513,     1000,
    1023,  1024,  1025,  2040,   2048,   3000,   4088,    4096,    5000,    8184,    8192,    12000,   16376,    16384,   20000,
    32760, 32768, 40000, 65520,  65528,  65536,  65537,   100000,  131064,  131072,  200000,  1000000, 2097152,  4000000, 4194296,
    4194304, 4194305, 5000000, 8388608, 20000000,
};

static unsigned char pattern(size_t index, size_t at) {
    return (unsigned char)(index * 31 + at * 7 + (at >> 8) + 1);
}

static void payloads_are_aligned_zeroed_and_apart_at_every_size(void **state) {
    rr_heap *heap = *state;
    unsigned char *objects[LENGTH(sizes)][3];
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        for (size_t copy = 0; copy < 3; copy++) {
            unsigned char *object = objects[i][copy] = rr_alloc_items(heap, RR_TYPE_BYTES, sizes[i]);
            assert_non_null(object);
            assert_int_equal((uintptr_t)object % 16, 0);
            assert_int_equal(rr_size(object), sizes[i]);
            assert_int_equal(rr_item_count(object), sizes[i]);
            assert_int_equal(rr_getrefcount(object), 1);
            for (size_t at = 0; at < sizes[i]; at++) {
                if (object[at] != 0)
                    fail_msg("byte %zu of %zu is not zero", at, sizes[i]);
                object[at] = pattern(i + copy, at);
            }
        }
    }
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        for (size_t copy = 0; copy < 3; copy++) {
            for (size_t at = 0; at < sizes[i]; at++) {
                if (objects[i][copy][at] != pattern(i + copy, at))
                    fail_msg("byte %zu of %zu was overwritten", at, sizes[i]);
            }
            assert_int_equal(rr_decref(objects[i][copy]), RR_OK);
        }
    }
}

static void memory_that_was_used_before_is_zeroed_again(void **state) {
    rr_heap *heap = *state;
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        for (int round = 0; round < 3; round++) {
            unsigned char *object = rr_alloc_items(heap, RR_TYPE_BYTES, sizes[i]);
            assert_non_null(object);
            for (size_t at = 0; at < sizes[i]; at++) {
                if (object[at] != 0)
                    fail_msg("byte %zu of %zu is not zero in round %d", at, sizes[i], round);
            }
            memset(object, 0xFF, sizes[i]);
            rr_decref(object);
        }
    }
}

static void objects_do_not_move(void **state) {
    rr_heap *heap = *state;
    node *kept = node_new(heap, 0, 42);
    node *ring = ring_new(heap, 0, 1000);
    link_other(kept, ring->next);
    rr_decref(ring);
    void *before = kept->other;
    for (int i = 0; i < 10; i++)
        assert_int_equal(rr_collect(heap), 0);
    assert_ptr_equal(kept->other, before);
    assert_int_equal(kept->id, 42);
    assert_int_equal(((node *)before)->id, 1);
    rr_decref(kept);
    assert_int_equal(rr_collect(heap), 1000);
}

static void sizes_and_items_follow_the_type(void **state) {
    rr_heap *heap = *state;
    rr_type type = plain_type("12 + n * 6", 12, 6, 0);
    for (size_t count = 0; count < 100; count++) {
        char *object = rr_alloc_items(heap, type, count);
        assert_non_null(object);
        assert_int_equal(rr_item_count(object), count);
        assert_int_equal(rr_size(object), 12 + count * 6);
        memset(object, 0x55, 12 + count * 6);
        rr_decref(object);
    }
    void *object = rr_alloc(heap, type);
    assert_int_equal(rr_item_count(object), 0);
    assert_int_equal(rr_size(object), 12);
    rr_decref(object);
}

static void rr_alloc_makes_empty_built_in_objects(void **state) {
    rr_heap *heap = *state;
    void *bytes = rr_alloc(heap, RR_TYPE_BYTES), *tuple = rr_alloc(heap, RR_TYPE_TUPLE), *list = rr_alloc(heap, RR_TYPE_LIST);
    assert_int_equal(rr_type_of(bytes), RR_TYPE_BYTES);
    assert_int_equal(rr_item_count(bytes), 0);
    assert_int_equal(rr_type_of(tuple), RR_TYPE_TUPLE);
    assert_int_equal(rr_item_count(tuple), 0);
    assert_int_equal(rr_type_of(list), RR_TYPE_LIST);
    assert_int_equal(rr_list_count(list), 0);
    rr_decref(bytes);
    rr_decref(tuple);
    rr_decref(list);
}

static void a_weak_reference_cannot_be_allocated_bare(void **state) {
    rr_heap *heap = *state;
    assert_refused_null(rr_alloc(heap, RR_TYPE_WEAKREF), RR_E_TYPE, "type", RR_TYPE_WEAKREF);
    assert_refused_null(rr_alloc_items(heap, RR_TYPE_WEAKREF, 1), RR_E_TYPE, "type", RR_TYPE_WEAKREF);
}

static void a_tuple_holds_what_is_taken_into_its_items(void **state) {
    rr_heap *heap = *state;
    void **tuple = rr_alloc_items(heap, RR_TYPE_TUPLE, 1000);
    assert_int_equal(rr_item_count(tuple), 1000);
    for (size_t i = 0; i < 1000; i++) {
        assert_null(tuple[i]);
        assert_int_equal(rr_take(&tuple[i], rr_alloc(heap, RR_TYPE_BYTES)), RR_OK);
    }
    assert_int_equal(live(heap), 1001);
    rr_decref(tuple);
    assert_int_equal(live(heap), 0);
}

static void a_size_that_overflows_is_refused(void **state) {
    rr_heap *heap = *state;
    static const size_t counts[] = {SIZE_MAX, SIZE_MAX - 7, SIZE_MAX / 8 + 1, SIZE_MAX / 2};
    for (size_t i = 0; i < LENGTH(counts); i++)
        assert_refused_null(rr_alloc_items(heap, RR_TYPE_TUPLE, counts[i]), RR_E_OVERFLOW, "count", counts[i]);
    assert_refused_null(rr_alloc_items(heap, RR_TYPE_BYTES, SIZE_MAX), RR_E_OVERFLOW, "count", SIZE_MAX);
}

static void a_size_no_system_has_is_refused(void **state) {
    rr_heap *heap = *state;
    assert_null(rr_alloc_items(heap, RR_TYPE_BYTES, (size_t)1 << 45));
    assert_int_equal(rr_last_status(), RR_E_NO_MEMORY);
    assert_null(rr_alloc_items(heap, RR_TYPE_BYTES, (size_t)1 << 50)); /* beyond what an address can say */
    assert_int_equal(rr_last_status(), RR_E_OVERFLOW);
}

static void items_of_a_type_without_items_are_refused(void **state) {
    rr_heap *heap = *state;
    rr_type type = plain_type("without items", 16, 0, 0);
    assert_refused_null(rr_alloc_items(heap, type, 1), RR_E_ARGUMENT, "count", 1);
    void *object = rr_alloc_items(heap, type, 0);
    assert_non_null(object);
    rr_decref(object);
}

static void unzeroed_leaves_are_ordinary_otherwise(void **state) {
    rr_heap *heap = *state;
    rr_type type = plain_type("unzeroed", 64, 0, RR_TYPE_UNZEROED);
    for (int i = 0; i < 1000; i++) {
        unsigned char *object = rr_alloc(heap, type);
        assert_non_null(object);
        assert_int_equal(rr_getrefcount(object), 1);
        memset(object, 0xAA, 64);
        rr_decref(object);
    }
}

/* ---- Any pointer ------------------------------------------------------------------------------------------------- */

static void every_byte_of_an_object_but_its_first_is_no_object(void **state) {
    rr_heap *heap = *state;
    static const size_t some[] = {16, 64, 1000, 40000, 100000};
    for (size_t i = 0; i < LENGTH(some); i++) {
        char *object = rr_alloc_items(heap, RR_TYPE_BYTES, some[i]);
        memset(object, 1, some[i]);
        assert_int_equal(rr_is_object(object), 1);
        for (size_t at = 1; at < some[i]; at++)
            assert_int_equal(rr_is_object(object + at), 0);
        for (size_t at = 1; at < 16; at++)
            assert_int_equal(rr_is_object(object - at), 0);
        rr_decref(object);
    }
}

static void the_inside_of_an_enormous_object_holds_no_object_at_any_boundary(void **state) {
    rr_heap *heap = *state;
    const size_t size = (size_t)20 << 20;
    char *object = rr_alloc_items(heap, RR_TYPE_BYTES, size);
    /* Bytes that look like headers with a count of one. */
    for (size_t at = 0; at + 8 <= size; at += 8)
        memcpy(object + at, (const int32_t[]){1, 0x01000010}, 8);
    for (size_t at = 16; at < size; at += 16) {
        if (rr_is_object(object + at) != 0)
            fail_msg("the byte at %zu passes for an object", at);
    }
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    rr_decref(object);
}

static void a_freed_object_is_none_any_more_at_every_size(void **state) {
    rr_heap *heap = *state;
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        void *object = rr_alloc_items(heap, RR_TYPE_BYTES, sizes[i]);
        assert_int_equal(rr_decref(object), RR_OK);
        assert_int_equal(rr_is_object(object), 0);
        assert_refused(rr_decref(object), RR_E_NOT_OBJECT, "object", (uintptr_t)object);
    }
}

static void raw_memory_is_no_object(void **state) {
    rr_heap *heap = *state;
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        char *raw = rr_mem_alloc(heap, sizes[i]);
        assert_non_null(raw);
        assert_int_equal(rr_is_object(raw), 0);
        if (sizes[i] > 32)
            assert_int_equal(rr_is_object(raw + 16), 0);
        assert_refused(rr_incref(raw), RR_E_NOT_OBJECT, "object", (uintptr_t)raw);
        assert_int_equal(rr_mem_free(heap, raw), RR_OK);
    }
}

static void the_neighbourhood_of_a_segment_holds_no_objects_but_the_real_ones(void **state) {
    rr_heap *heap = *state;
    void *object = node_new(heap, 0, 1);
    uintptr_t base = (uintptr_t)object & ~(((uintptr_t)4 << 20) - 1);
    size_t found = 0;
    for (uintptr_t at = base; at < base + ((uintptr_t)4 << 20); at += 8)
        found += (size_t)rr_is_object((const void *)at);
    assert_int_equal(found, 1);
    rr_decref(object);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_HEAP(payloads_are_aligned_zeroed_and_apart_at_every_size),
        WITH_HEAP(memory_that_was_used_before_is_zeroed_again),
        WITH_HEAP(objects_do_not_move),
        WITH_HEAP(sizes_and_items_follow_the_type),
        WITH_HEAP(rr_alloc_makes_empty_built_in_objects),
        WITH_HEAP(a_weak_reference_cannot_be_allocated_bare),
        WITH_HEAP(a_tuple_holds_what_is_taken_into_its_items),
        WITH_HEAP(a_size_that_overflows_is_refused),
        WITH_HEAP(a_size_no_system_has_is_refused),
        WITH_HEAP(items_of_a_type_without_items_are_refused),
        WITH_HEAP(unzeroed_leaves_are_ordinary_otherwise),
        WITH_HEAP(every_byte_of_an_object_but_its_first_is_no_object),
        WITH_HEAP(the_inside_of_an_enormous_object_holds_no_object_at_any_boundary),
        WITH_HEAP(a_freed_object_is_none_any_more_at_every_size),
        WITH_HEAP(raw_memory_is_no_object),
        WITH_HEAP(the_neighbourhood_of_a_segment_holds_no_objects_but_the_real_ones),
    };
    return cmocka_run_group_tests_name("objects", tests, NULL, NULL);
}
