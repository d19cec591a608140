/* abi.md, Types: what a type may be, and every description that is refused. */
#define _GNU_SOURCE
#include "support.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static void ignore_object(void *object, void *user) {
    (void)object;
    (void)user;
}

static void report_nothing(void *object, rr_visit_fn visit, void *arg, void *user) {
    (void)object;
    (void)visit;
    (void)arg;
    (void)user;
}

/* A description that is accepted; each test below spoils one thing in it. */
static const uint32_t two_offsets[] = {0, 8};

static rr_type_info good_info(void) {
    rr_type_info info = type_info("good");
    info.size = 32;
    info.ref_offsets = two_offsets;
    info.ref_count = 2;
    return info;
}

/* NaN boxing: the upper 16 bits 0xFFFC mark a pointer, the lower 48 are it. */
static rr_value_format boxed_format(void) {
    return (rr_value_format){.struct_size = sizeof(rr_value_format),
                             .value_size = 8,
                             .mask = UINT64_C(0xFFFF000000000000),
                             .low = UINT64_C(0xFFFC000000000000),
                             .high = UINT64_C(0xFFFC000000000000),
                             .pointer_mask = UINT64_C(0x0000FFFFFFFFFFFF)};
}

#define assert_type_refused(info, argument, value) assert_refused_zero(rr_type_new(&(info)), RR_E_ARGUMENT, argument, value)

static void the_built_in_types_have_their_numbers_and_names(void **state) {
    (void)state;
    assert_int_equal(RR_TYPE_BYTES, 1);
    assert_int_equal(RR_TYPE_TUPLE, 2);
    assert_int_equal(RR_TYPE_LIST, 3);
    assert_int_equal(RR_TYPE_WEAKREF, 4);
    for (rr_type type = RR_TYPE_BYTES; type <= RR_TYPE_WEAKREF; type++) {
        assert_non_null(rr_type_name(type));
        assert_true(strlen(rr_type_name(type)) > 0);
    }
}

static void a_number_that_is_no_type_has_no_name(void **state) {
    (void)state;
    static const rr_type none[] = {0, 5, 15, 1u << 20, UINT32_MAX - 1};
    for (size_t i = 0; i < LENGTH(none); i++)
        assert_refused_null(rr_type_name(none[i]), RR_E_TYPE, "type", none[i]);
}

static void user_types_begin_at_16_and_keep_their_description(void **state) {
    rr_heap *heap = *state;
    char name[] = "mutable name";
    uint32_t offsets[] = {8};
    rr_type_info info = type_info(name);
    info.size = 16;
    info.ref_offsets = offsets;
    info.ref_count = 1;
    rr_type type = rr_type_new(&info);
    assert_true(type >= 16);
    memset(name, 'x', sizeof name - 1);
    offsets[0] = 0;
    memset(&info, 0xEE, sizeof info);
    assert_string_equal(rr_type_name(type), "mutable name");

    void **holder = rr_alloc(heap, type);
    void *held = rr_alloc(heap, RR_TYPE_TUPLE);
    assert_int_equal(rr_type_of(holder), type);
    assert_int_equal(rr_type_of(held), RR_TYPE_TUPLE);
    assert_int_equal(rr_take(&holder[1], held), RR_OK);
    void *out[2];
    assert_int_equal(rr_get_referents(holder, out, 2), 1);
    assert_ptr_equal(out[0], held);
    assert_int_equal(rr_decref(holder), RR_OK);
    assert_int_equal(live(heap), 0);
}

static void two_types_may_have_one_name_and_stay_two(void **state) {
    (void)state;
    rr_type_info info = good_info();
    rr_type one = rr_type_new(&info), two = rr_type_new(&info);
    assert_int_not_equal(one, 0);
    assert_int_not_equal(two, 0);
    assert_int_not_equal(one, two);
}

static void a_type_may_be_empty(void **state) {
    rr_heap *heap = *state;
    rr_type type = plain_type("empty", 0, 0, 0);
    void *one = rr_alloc(heap, type), *two = rr_alloc(heap, type);
    assert_non_null(one);
    assert_non_null(two);
    assert_ptr_not_equal(one, two);
    assert_int_equal(rr_size(one), 0);
    rr_decref(one);
    rr_decref(two);
}

static void no_description_is_refused(void **state) {
    (void)state;
    assert_refused_zero(rr_type_new(NULL), RR_E_ARGUMENT, "info", 0);
}

static void a_description_of_the_wrong_size_is_refused(void **state) {
    (void)state;
    static const uint32_t sizes[] = {0, 4, 8, offsetof(rr_type_info, traverse)};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        rr_type_info info = good_info();
        info.struct_size = sizes[i];
        assert_type_refused(info, "struct_size", sizes[i]);
    }
}

static void a_type_without_a_name_is_refused(void **state) {
    (void)state;
    rr_type_info info = good_info();
    info.name = NULL;
    assert_type_refused(info, "name", 0);
}

static void unknown_flags_are_refused(void **state) {
    (void)state;
    static const uint32_t flags[] = {16, 1u << 31, UINT32_MAX};
    for (size_t i = 0; i < LENGTH(flags); i++) {
        rr_type_info info = good_info();
        info.flags = flags[i];
        assert_type_refused(info, "flags", flags[i]);
    }
}

static void a_slot_outside_the_payload_is_refused(void **state) {
    (void)state;
    static const uint32_t offsets[] = {32, 40, 1u << 31, UINT32_MAX - 7};
    for (size_t i = 0; i < LENGTH(offsets); i++) {
        rr_type_info info = good_info();
        info.ref_offsets = &offsets[i];
        info.ref_count = 1;
        assert_type_refused(info, "ref_offsets", offsets[i]);
    }
}

static void a_slot_that_sticks_out_of_the_payload_is_refused(void **state) {
    (void)state;
    static const uint32_t offset = 16;
    rr_type_info info = good_info();
    info.size = 20;
    info.ref_offsets = &offset;
    info.ref_count = 1;
    assert_type_refused(info, "ref_offsets", offset);
}

static void a_misaligned_slot_is_refused(void **state) {
    (void)state;
    static const uint32_t offsets[] = {1, 4, 12};
    for (size_t i = 0; i < LENGTH(offsets); i++) {
        rr_type_info info = good_info();
        info.ref_offsets = &offsets[i];
        info.ref_count = 1;
        assert_type_refused(info, "ref_offsets", offsets[i]);
    }
}

static void the_same_slot_twice_is_refused(void **state) {
    (void)state;
    static const uint32_t offsets[] = {8, 16, 8};
    rr_type_info info = good_info();
    info.ref_offsets = offsets;
    info.ref_count = 3;
    assert_type_refused(info, "ref_offsets", 8);
}

static void slots_that_are_counted_but_not_given_are_refused(void **state) {
    (void)state;
    rr_type_info info = good_info();
    info.ref_offsets = NULL;
    assert_refused_zero(rr_type_new(&info), RR_E_ARGUMENT, "ref_offsets", 0);
}

static void reference_items_have_the_size_of_a_pointer(void **state) {
    (void)state;
    static const uint32_t sizes[] = {0, 1, 4, 12, 16};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        rr_type_info info = good_info();
        info.flags = RR_TYPE_ITEMS_ARE_REFS;
        info.item_size = sizes[i];
        assert_type_refused(info, "item_size", sizes[i]);
    }
}

static void reference_items_begin_aligned(void **state) {
    (void)state;
    static const uint32_t sizes[] = {17, 20, 28};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        rr_type_info info = good_info();
        info.flags = RR_TYPE_ITEMS_ARE_REFS;
        info.item_size = sizeof(void *);
        info.size = sizes[i];
        assert_type_refused(info, "size", sizes[i]);
    }
}

static void only_leaves_may_be_unzeroed(void **state) {
    (void)state;
    rr_type_info with_slots = good_info();
    with_slots.flags = RR_TYPE_UNZEROED;
    assert_type_refused(with_slots, "flags", RR_TYPE_UNZEROED);

    rr_type_info with_items = type_info("unzeroed items");
    with_items.item_size = sizeof(void *);
    with_items.flags = RR_TYPE_UNZEROED | RR_TYPE_ITEMS_ARE_REFS;
    assert_type_refused(with_items, "flags", with_items.flags);

    rr_type_info with_traverse = type_info("unzeroed with traverse");
    with_traverse.size = 16;
    with_traverse.traverse = report_nothing;
    with_traverse.flags = RR_TYPE_UNZEROED;
    assert_type_refused(with_traverse, "flags", RR_TYPE_UNZEROED);
}

static void a_value_format_of_the_wrong_size_is_refused(void **state) {
    (void)state;
    static const uint32_t sizes[] = {0, 4, sizeof(rr_value_format) - 8};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        rr_value_format format = boxed_format();
        format.struct_size = sizes[i];
        rr_type_info info = good_info();
        info.values = &format;
        assert_type_refused(info, "values", sizes[i]);
    }
}

static void values_are_8_or_16_bytes(void **state) {
    (void)state;
    static const uint32_t sizes[] = {0, 4, 12, 24, 32};
    for (size_t i = 0; i < LENGTH(sizes); i++) {
        rr_value_format format = boxed_format();
        format.value_size = sizes[i];
        rr_type_info info = good_info();
        info.values = &format;
        assert_type_refused(info, "value_size", sizes[i]);
    }
}

static void words_of_a_value_lie_inside_it(void **state) {
    (void)state;
    static const uint32_t offsets[] = {4, 8, 16, UINT32_MAX};
    for (size_t i = 0; i < LENGTH(offsets); i++) {
        rr_type_info info = good_info();
        rr_value_format tag = boxed_format();
        tag.tag_offset = offsets[i];
        info.values = &tag;
        assert_type_refused(info, "tag_offset", offsets[i]);
        rr_value_format pointer = boxed_format();
        pointer.pointer_offset = offsets[i];
        info.values = &pointer;
        assert_type_refused(info, "pointer_offset", offsets[i]);
    }
}

static void wide_values_that_stick_out_or_overlap_are_refused(void **state) {
    (void)state;
    rr_value_format wide = boxed_format();
    wide.value_size = 16;
    wide.pointer_offset = 8;

    static const uint32_t last[] = {24};
    rr_type_info sticking_out = good_info();
    sticking_out.values = &wide;
    sticking_out.ref_offsets = last;
    sticking_out.ref_count = 1;
    assert_type_refused(sticking_out, "ref_offsets", 24);

    rr_type_info overlapping = good_info(); /* at 0 and 8 */
    overlapping.values = &wide;
    assert_refused_zero(rr_type_new(&overlapping), RR_E_ARGUMENT, "ref_offsets", 8);
}

static void items_of_tagged_values_have_the_values_size(void **state) {
    (void)state;
    rr_value_format wide = boxed_format();
    wide.value_size = 16;
    wide.pointer_offset = 8;
    rr_type_info info = type_info("narrow items, wide values");
    info.flags = RR_TYPE_ITEMS_ARE_REFS;
    info.item_size = 8;
    info.values = &wide;
    assert_type_refused(info, "item_size", 8);

    /* Items that are values and have no size: what counts them divided by it. */
    static const uint32_t offset[] = {0};
    info.size = 16;
    info.item_size = 0;
    info.ref_offsets = offset;
    info.ref_count = 1;
    assert_type_refused(info, "item_size", 0);
}

static void a_size_beyond_all_memory_is_refused_at_the_latest_when_it_is_allocated(void **state) {
    rr_heap *heap = *state;
    rr_type_info info = type_info("enormous");
    info.size = UINT32_MAX - 7;
    info.item_size = UINT32_MAX;
    rr_type type = rr_type_new(&info);
    if (type != 0) {
        assert_null(rr_alloc_items(heap, type, SIZE_MAX / 2));
        assert_int_equal(rr_last_status(), RR_E_OVERFLOW);
    } else {
        assert_int_equal(rr_last_status(), RR_E_ARGUMENT);
    }
}

static void a_refused_description_makes_no_type(void **state) {
    (void)state;
    rr_type_info good = good_info(), bad = good_info();
    bad.name = NULL;
    rr_type before = rr_type_new(&good);
    for (int i = 0; i < 100; i++)
        assert_int_equal(rr_type_new(&bad), 0);
    assert_int_equal(rr_type_new(&good), before + 1);
}

static void unknown_types_are_refused_where_a_type_is_needed(void **state) {
    rr_heap *heap = *state;
    static const rr_type none[] = {0, 5, 15, 1u << 20, UINT32_MAX - 1};
    void *out[1];
    for (size_t i = 0; i < LENGTH(none); i++) {
        assert_refused_null(rr_alloc(heap, none[i]), RR_E_TYPE, "type", none[i]);
        assert_refused_null(rr_alloc_items(heap, none[i], 1), RR_E_TYPE, "type", none[i]);
        if (none[i] != 0)
            assert_refused(rr_get_objects(heap, none[i], out, 1), RR_E_TYPE, "type", none[i]);
    }
}

/* ---- Together ---------------------------------------------------------------------------------------------------- */

enum { THREADS = 8, TYPES_EACH = 500 };

static void *make_types(void *data) {
    rr_type *types = data;
    for (int i = 0; i < TYPES_EACH; i++) {
        char name[32];
        snprintf(name, sizeof name, "%p %d", data, i);
        rr_type_info info = good_info();
        info.name = name;
        info.destroy = ignore_object;
        types[i] = rr_type_new(&info);
    }
    return NULL;
}

static void eight_threads_make_types_at_once_and_none_is_lost(void **state) {
    (void)state;
    static rr_type types[THREADS][TYPES_EACH];
    pthread_t threads[THREADS];
    for (int t = 0; t < THREADS; t++)
        assert_int_equal(pthread_create(&threads[t], NULL, make_types, types[t]), 0);
    for (int t = 0; t < THREADS; t++)
        assert_int_equal(pthread_join(threads[t], NULL), 0);
    static bool seen[1 << 20];
    for (int t = 0; t < THREADS; t++) {
        for (int i = 0; i < TYPES_EACH; i++) {
            char name[32];
            snprintf(name, sizeof name, "%p %d", (void *)types[t], i);
            rr_type type = types[t][i];
            assert_in_range(type, 16, (1 << 20) - 1);
            assert_false(seen[type]);
            seen[type] = true;
            assert_string_equal(rr_type_name(type), name);
        }
    }
}

/* In a child, since types are for ever. */
static void a_million_types_fit_and_the_next_one_is_refused(void **state) {
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        rr_type_info info = type_info("one of many");
        info.size = 16;
        uint32_t made = 0;
        rr_type type, last = 0;
        while (made <= 1u << 20 && (type = rr_type_new(&info)) != 0) {
            last = type;
            made++;
        }
        int failed = 0;
        failed |= last >= 1u << 20 ? 1 : 0;
        failed |= made < (1u << 20) - 10000 ? 2 : 0;
        failed |= rr_last_status() == RR_OK ? 4 : 0;
        void *object = rr_alloc(NULL, last);
        failed |= rr_type_of(object) != last ? 8 : 0;
        failed |= rr_decref(object) != RR_OK ? 16 : 0;
        _exit(failed);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_built_in_types_have_their_numbers_and_names),
        cmocka_unit_test(a_number_that_is_no_type_has_no_name),
        WITH_HEAP(user_types_begin_at_16_and_keep_their_description),
        cmocka_unit_test(two_types_may_have_one_name_and_stay_two),
        WITH_HEAP(a_type_may_be_empty),
        cmocka_unit_test(no_description_is_refused),
        cmocka_unit_test(a_description_of_the_wrong_size_is_refused),
        cmocka_unit_test(a_type_without_a_name_is_refused),
        cmocka_unit_test(unknown_flags_are_refused),
        cmocka_unit_test(a_slot_outside_the_payload_is_refused),
        cmocka_unit_test(a_slot_that_sticks_out_of_the_payload_is_refused),
        cmocka_unit_test(a_misaligned_slot_is_refused),
        cmocka_unit_test(the_same_slot_twice_is_refused),
        cmocka_unit_test(slots_that_are_counted_but_not_given_are_refused),
        cmocka_unit_test(reference_items_have_the_size_of_a_pointer),
        cmocka_unit_test(reference_items_begin_aligned),
        cmocka_unit_test(only_leaves_may_be_unzeroed),
        cmocka_unit_test(a_value_format_of_the_wrong_size_is_refused),
        cmocka_unit_test(values_are_8_or_16_bytes),
        cmocka_unit_test(words_of_a_value_lie_inside_it),
        cmocka_unit_test(wide_values_that_stick_out_or_overlap_are_refused),
        cmocka_unit_test(items_of_tagged_values_have_the_values_size),
        WITH_HEAP(a_size_beyond_all_memory_is_refused_at_the_latest_when_it_is_allocated),
        cmocka_unit_test(a_refused_description_makes_no_type),
        WITH_HEAP(unknown_types_are_refused_where_a_type_is_needed),
        cmocka_unit_test(eight_threads_make_types_at_once_and_none_is_lost),
        cmocka_unit_test(a_million_types_fit_and_the_next_one_is_refused),
    };
    return cmocka_run_group_tests_name("types", tests, NULL, NULL);
}
