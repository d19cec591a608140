/* Every function that takes an object, called with pointers that are none: functions marked [any] in abi.md must answer
 * with an error and not crash, whatever the pointer. Wrong heaps are in test_heaps.c, wrong threads in test_threads.c,
 * wrong types, sizes and indexes with the functions they belong to. */
#define _GNU_SOURCE /* dup2, fileno */
#include "support.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

typedef struct bad_pointer {
    const char *what;
    void *value;
} bad_pointer;

/* The things a caller may hold by mistake, and the objects the interior ones point into. */
typedef struct collection_of_errors {
    bad_pointer bad[40];
    size_t count;
    node *object;
    char *large, *huge, *raw, *c_memory;
} collection_of_errors;

static int32_t on_the_data_segment[8];

static void add(collection_of_errors *all, const char *what, const void *value) {
    all->bad[all->count++] = (bad_pointer){what, (void *)(uintptr_t)value};
}

static void gather(collection_of_errors *all, rr_heap *heap, void *stack) {
    all->count = 0;
    all->object = node_new(heap, 0, 1);
    all->large = rr_alloc_items(heap, RR_TYPE_BYTES, 200000);
    all->huge = rr_alloc_items(heap, RR_TYPE_BYTES, 20 << 20);
    all->raw = rr_mem_alloc(heap, 100);
    all->c_memory = malloc(100);
    assert_non_null(all->c_memory);
    node *freed = node_new(heap, 0, 2);
    void *freed_huge = rr_alloc_items(heap, RR_TYPE_BYTES, 30 << 20);
    rr_decref(freed);
    rr_decref(freed_huge);
    uintptr_t object = (uintptr_t)all->object;

    add(all, "1", (void *)1);
    add(all, "16", (void *)16);
    add(all, "a small number", (void *)0x1230);
    add(all, "the stack", stack);
    add(all, "the data segment", on_the_data_segment);
    add(all, "code", (void *)(uintptr_t)&gather);
    add(all, "a string", "string");
    add(all, "memory of malloc", all->c_memory);
    add(all, "raw memory", all->raw);
    add(all, "a freed object", freed);
    add(all, "a freed huge object", freed_huge);
    add(all, "inside an object, misaligned", (void *)(object + 1));
    add(all, "inside an object", (void *)(object + 8));
    add(all, "inside an object, aligned", (void *)(object + 16));
    add(all, "an object's header", (void *)(object - 8));
    add(all, "just below a header", (void *)(object - 16));
    add(all, "the end of an object", (void *)(object + sizeof(node)));
    add(all, "inside a large object", all->large + 4096);
    add(all, "the middle of a large object", all->large + 65536);
    add(all, "inside a huge object", all->huge + 16);
    add(all, "far inside a huge object", all->huge + (8 << 20));
    add(all, "a segment boundary in a huge object", (void *)(((uintptr_t)all->huge + (8u << 20)) & ~(((uintptr_t)4 << 20) - 1)));
    add(all, "past a segment boundary in a huge object",
        (void *)((((uintptr_t)all->huge + (8u << 20)) & ~(((uintptr_t)4 << 20) - 1)) + 16));
    add(all, "the head of a segment", (void *)(object & ~(((uintptr_t)4 << 20) - 1)));
    add(all, "inside the head of a segment", (void *)((object & ~(((uintptr_t)4 << 20) - 1)) + 64));
    add(all, "the last bytes of a segment", (void *)((object | (((uintptr_t)4 << 20) - 1)) - 15));
    add(all, "the heap itself", heap);
    add(all, "the end of user space", (void *)(((uintptr_t)1 << 47) - 16));
    add(all, "past user space", (void *)((uintptr_t)1 << 47));
    add(all, "a non-canonical address", (void *)((uintptr_t)1 << 52));
    add(all, "the kernel's half", (void *)((uintptr_t)1 << 63));
    add(all, "the last aligned address", (void *)(UINTPTR_MAX - 15));
    add(all, "all ones", (void *)UINTPTR_MAX);
}

static void release(collection_of_errors *all, rr_heap *heap) {
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    assert_int_equal(rr_getrefcount(all->object), 1);
    assert_int_equal(rr_is_immortal(all->object), 0);
    assert_int_equal(rr_getrefcount(all->huge), 1);
    rr_decref(all->object);
    rr_decref(all->large);
    rr_decref(all->huge);
    rr_mem_free(heap, all->raw);
    free(all->c_memory);
}

/* One test for each function: the call is written with "bad" in the object's place. */
#define FOR_EACH_BAD_POINTER(heap, statement) \
    do { \
        collection_of_errors all_; \
        int64_t stack_[4] = {0}; \
        gather(&all_, (heap), stack_); \
        for (size_t i_ = 0; i_ < all_.count; i_++) { \
            void *bad = all_.bad[i_].value; \
            statement; \
        } \
        release(&all_, (heap)); \
    } while (0)

#define ANSWERS_NOT_OBJECT(function, argument) \
    static void function##_refuses_any_pointer_that_is_no_object(void **state) { \
        FOR_EACH_BAD_POINTER(*state, assert_refused(function(bad), RR_E_NOT_OBJECT, argument, (uintptr_t)bad)); \
    }

#define ANSWERS_NULL(function, argument) \
    static void function##_refuses_any_pointer_that_is_no_object(void **state) { \
        FOR_EACH_BAD_POINTER(*state, assert_refused_null(function(bad), RR_E_NOT_OBJECT, argument, (uintptr_t)bad)); \
    }

#define ANSWERS_0(function, argument) \
    static void function##_refuses_any_pointer_that_is_no_object(void **state) { \
        FOR_EACH_BAD_POINTER(*state, assert_refused_zero(function(bad), RR_E_NOT_OBJECT, argument, (uintptr_t)bad)); \
    }

ANSWERS_NULL(rr_heap_of, "object")
ANSWERS_0(rr_type_of, "object")
ANSWERS_0(rr_size, "object")
ANSWERS_0(rr_item_count, "object")
ANSWERS_NOT_OBJECT(rr_incref, "object")
ANSWERS_NOT_OBJECT(rr_decref, "object")
ANSWERS_NULL(rr_newref, "object")
ANSWERS_NOT_OBJECT(rr_getrefcount, "object")
ANSWERS_NOT_OBJECT(rr_make_immortal, "object")
ANSWERS_NULL(rr_weakref_get, "weakref")
ANSWERS_NOT_OBJECT(rr_weakref_count, "object")

/* Functions whose answer is 0 or 1 say 0: to ask is no mistake where the question is whether it is an object. */
#define SAYS_0(function) \
    static void function##_says_no_to_any_pointer_that_is_no_object(void **state) { \
        FOR_EACH_BAD_POINTER(*state, assert_int_equal(function(bad), 0)); \
        assert_int_equal(function(NULL), 0); \
    }

/* What it says goes to standard error, which is a file for as long. Each answer is a line that begins with the pointer. */
static void rr_debug_print_says_what_any_pointer_is(void **state) {
    char line[1024], begin[32];
    rr_incref(on_the_data_segment); /* an error, which has to stay the last one */
    FILE *output = tmpfile();
    int kept = dup(2);
    assert_non_null(output);
    assert_true(dup2(fileno(output), 2) == 2);
    size_t said = 0, right = 0;
    FOR_EACH_BAD_POINTER(*state, {
        long end = ftell(output);
        right += rr_debug_print(bad) == RR_E_NOT_OBJECT;
        fseek(output, end, SEEK_SET);
        snprintf(begin, sizeof begin, "0x%" PRIxPTR " ", (uintptr_t)bad);
        said += fgets(line, sizeof line, output) != NULL && strncmp(line, begin, strlen(begin)) == 0;
        fseek(output, 0, SEEK_END);
    });
    dup2(kept, 2);
    close(kept);
    fclose(output);
    assert_int_equal(said, right);
    assert_true(right > 20);
    assert_non_null(strstr(rr_last_error(), "rr_incref"));
}

SAYS_0(rr_is_object)
SAYS_0(rr_is_unique)
SAYS_0(rr_try_incref)
SAYS_0(rr_is_immortal)

/* Not marked [any], but an extern function that takes an object looks at it before it uses it. */
ANSWERS_NOT_OBJECT(rr_gc_candidate, "object")
ANSWERS_NOT_OBJECT(rr_gc_track, "object")
ANSWERS_NOT_OBJECT(rr_gc_untrack, "object")
SAYS_0(rr_gc_is_tracked)
SAYS_0(rr_is_finalized)
ANSWERS_NOT_OBJECT(rr_list_count, "list")
ANSWERS_NOT_OBJECT(rr_list_clear, "list")

static void functions_with_more_arguments_refuse_any_pointer_that_is_no_object(void **state) {
    rr_heap *heap = *state;
    node *item = node_new(heap, 0, 3);
    void *out[2];
    FOR_EACH_BAD_POINTER(heap, {
        uintptr_t value = (uintptr_t)bad;
        assert_refused_null(rr_weakref_new(bad, NULL, NULL), RR_E_NOT_OBJECT, "object", value);
        assert_refused_null(rr_weakref_new(bad, log_weak, "x"), RR_E_NOT_OBJECT, "object", value);
        assert_refused(rr_list_append(bad, item), RR_E_NOT_OBJECT, "list", value);
        assert_refused(rr_list_insert(bad, 0, item), RR_E_NOT_OBJECT, "list", value);
        assert_refused(rr_list_set(bad, 0, item), RR_E_NOT_OBJECT, "list", value);
        assert_refused(rr_list_remove(bad, 0), RR_E_NOT_OBJECT, "list", value);
        assert_refused_null(rr_list_get(bad, 0), RR_E_NOT_OBJECT, "list", value);
        assert_refused(rr_get_referents(bad, out, 2), RR_E_NOT_OBJECT, "object", value);
        assert_refused(rr_get_referrers(bad, out, 2), RR_E_NOT_OBJECT, "object", value);
        assert_refused(rr_get_path(bad, out, 2), RR_E_NOT_OBJECT, "object", value);
        assert_refused(rr_object_dot(bad, "/dev/null", 0), RR_E_NOT_OBJECT, "object", value);
        assert_refused(rr_store(&item->next, bad), RR_E_NOT_OBJECT, "value", value);
        assert_refused(rr_take(&item->next, bad), RR_E_NOT_OBJECT, "value", value);
        assert_refused(rr_incref_tagged(bad, "tag"), RR_E_NOT_OBJECT, "object", value);
        assert_refused(rr_decref_tagged(bad, "tag"), RR_E_NOT_OBJECT, "object", value);
    });
    assert_refused(rr_incref_tagged(item, NULL), RR_E_ARGUMENT, "tag", 0);
    assert_refused(rr_decref_tagged(item, NULL), RR_E_ARGUMENT, "tag", 0);
    assert_int_equal(rr_incref_tagged(NULL, NULL), RR_OK);
    assert_int_equal(rr_decref_tagged(NULL, "tag"), RR_OK);
    assert_int_equal(rr_getrefcount(item), 1);
    assert_null(item->next);
    rr_decref(item);
}

static void null_is_refused_where_it_is_no_no_op(void **state) {
    rr_heap *heap = *state;
    node *item = node_new(heap, 0, 3);
    void *out[2];
    assert_refused_null(rr_heap_of(NULL), RR_E_NOT_OBJECT, "object", 0);
    assert_refused_zero(rr_type_of(NULL), RR_E_NOT_OBJECT, "object", 0);
    assert_refused_zero(rr_size(NULL), RR_E_NOT_OBJECT, "object", 0);
    assert_refused_zero(rr_item_count(NULL), RR_E_NOT_OBJECT, "object", 0);
    assert_refused(rr_getrefcount(NULL), RR_E_NOT_OBJECT, "object", 0);
    assert_refused(rr_make_immortal(NULL), RR_E_NOT_OBJECT, "object", 0);
    assert_refused_null(rr_weakref_get(NULL), RR_E_NOT_OBJECT, "weakref", 0);
    assert_refused(rr_weakref_count(NULL), RR_E_NOT_OBJECT, "object", 0);
    assert_refused_null(rr_weakref_new(NULL, NULL, NULL), RR_E_NOT_OBJECT, "object", 0);
    assert_refused(rr_gc_candidate(NULL), RR_E_NOT_OBJECT, "object", 0);
    assert_refused(rr_gc_track(NULL), RR_E_NOT_OBJECT, "object", 0);
    assert_refused(rr_gc_untrack(NULL), RR_E_NOT_OBJECT, "object", 0);
    assert_refused(rr_list_append(NULL, item), RR_E_NOT_OBJECT, "list", 0);
    assert_refused(rr_list_insert(NULL, 0, item), RR_E_NOT_OBJECT, "list", 0);
    assert_refused(rr_list_set(NULL, 0, item), RR_E_NOT_OBJECT, "list", 0);
    assert_refused(rr_list_remove(NULL, 0), RR_E_NOT_OBJECT, "list", 0);
    assert_refused(rr_list_clear(NULL), RR_E_NOT_OBJECT, "list", 0);
    assert_refused_null(rr_list_get(NULL, 0), RR_E_NOT_OBJECT, "list", 0);
    assert_refused(rr_list_count(NULL), RR_E_NOT_OBJECT, "list", 0);
    assert_refused(rr_get_referents(NULL, out, 2), RR_E_NOT_OBJECT, "object", 0);
    assert_refused(rr_get_referrers(NULL, out, 2), RR_E_NOT_OBJECT, "object", 0);
    assert_refused(rr_get_path(NULL, out, 2), RR_E_NOT_OBJECT, "object", 0);
    assert_refused(rr_object_dot(NULL, "/dev/null", 0), RR_E_NOT_OBJECT, "object", 0);
    rr_decref(item);
}

/* A million addresses around everything that lives, and a million anywhere. */
static void random_pointers_never_pass_for_objects_nor_crash(void **state) {
    rr_heap *heap = *state;
    collection_of_errors all;
    int64_t stack[4] = {0};
    gather(&all, heap, stack);
    uint64_t random = 88172645463325252u;
    for (int i = 0; i < 1000 * 1000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        uintptr_t near = (uintptr_t)all.object + (random & 0xFFFFFF) - 0x800000;
        if (near != (uintptr_t)all.object && near != (uintptr_t)all.large && near != (uintptr_t)all.huge) {
            if (rr_is_object((void *)near) != 0)
                fail_msg("0x%" PRIxPTR " passes for an object", near);
            assert_int_equal(rr_try_incref((void *)near), 0);
        }
        if (rr_is_object((void *)(uintptr_t)random) != 0)
            fail_msg("0x%" PRIx64 " passes for an object", random);
    }
    release(&all, heap);
}

int main(void) {
#define REFUSES(function) WITH_HEAP(function##_refuses_any_pointer_that_is_no_object)
#define SAYS_NO(function) WITH_HEAP(function##_says_no_to_any_pointer_that_is_no_object)
    const struct CMUnitTest tests[] = {
        REFUSES(rr_heap_of),
        REFUSES(rr_type_of),
        REFUSES(rr_size),
        REFUSES(rr_item_count),
        REFUSES(rr_incref),
        REFUSES(rr_decref),
        REFUSES(rr_newref),
        REFUSES(rr_getrefcount),
        REFUSES(rr_make_immortal),
        REFUSES(rr_weakref_get),
        REFUSES(rr_weakref_count),
        WITH_HEAP(rr_debug_print_says_what_any_pointer_is),
        SAYS_NO(rr_is_object),
        SAYS_NO(rr_is_unique),
        SAYS_NO(rr_try_incref),
        SAYS_NO(rr_is_immortal),
        REFUSES(rr_gc_candidate),
        REFUSES(rr_gc_track),
        REFUSES(rr_gc_untrack),
        SAYS_NO(rr_gc_is_tracked),
        SAYS_NO(rr_is_finalized),
        REFUSES(rr_list_count),
        REFUSES(rr_list_clear),
        WITH_HEAP(functions_with_more_arguments_refuse_any_pointer_that_is_no_object),
        WITH_HEAP(null_is_refused_where_it_is_no_no_op),
        WITH_HEAP(random_pointers_never_pass_for_objects_nor_crash),
    };
    return cmocka_run_group_tests_name("wrong calls", tests, NULL, NULL);
}
