/* rr_profile_start, rr_profile_stop, rr_profile_write: the file is read back as profile.proto of github.com/google/pprof says. */
#define _POSIX_C_SOURCE 200809L
#include "support.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* ---- Reading --------------------------------------------------------------------------------------------------------- */

typedef struct bytes {
    const unsigned char *at, *end;
} bytes;

typedef struct field {
    uint64_t number, value; /* the value of a varint */
    bytes content;          /* of a string or a message */
} field;

static uint64_t varint(bytes *from) {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
        assert_true(from->at < from->end && shift < 64);
        value |= (uint64_t)(*from->at & 0x7F) << shift;
        if ((*from->at++ & 0x80) == 0)
            return value;
    }
}

static bool next_field(bytes *from, field *read) {
    if (from->at == from->end)
        return false;
    uint64_t tag = varint(from);
    *read = (field){.number = tag >> 3};
    if ((tag & 7) == 0) {
        read->value = varint(from);
        return true;
    }
    assert_int_equal(tag & 7, 2);
    uint64_t length = varint(from);
    assert_true(length <= (uint64_t)(from->end - from->at));
    read->content = (bytes){from->at, from->at + length};
    from->at += length;
    return true;
}

enum { MAX = 4000 };

typedef struct profile {
    unsigned char *memory;
    char *strings[MAX];
    uint64_t string_count, function_names[MAX], location_functions[MAX], sample_types, mappings;
    struct {
        uint64_t values[4], leaf, locations[64], depth, type;
    } samples[MAX];
    size_t sample_count;
    uint64_t period;
} profile;

static char path[64];

static void read_line(profile *read, uint64_t location, bytes line) {
    field inner;
    while (next_field(&line, &inner))
        if (inner.number == 1)
            read->location_functions[location] = inner.value;
}

static void read_location(profile *read, bytes content) {
    field inner;
    uint64_t id = 0;
    while (next_field(&content, &inner)) {
        if (inner.number == 1)
            id = inner.value;
        assert_in_range(id, 1, MAX - 1);
        if (inner.number == 4)
            read_line(read, id, inner.content);
    }
}

static void read_function(profile *read, bytes content) {
    field inner;
    uint64_t id = 0;
    while (next_field(&content, &inner)) {
        if (inner.number == 1)
            id = inner.value;
        assert_in_range(id, 1, MAX - 1);
        if (inner.number == 2)
            read->function_names[id] = inner.value;
    }
}

static void read_sample(profile *read, bytes content) {
    size_t i = read->sample_count++, count = 0;
    field inner, label;
    assert_true(i < MAX);
    while (next_field(&content, &inner)) {
        if (inner.number == 1) {
            while (inner.content.at != inner.content.end)
                read->samples[i].locations[read->samples[i].depth++] = varint(&inner.content);
        } else if (inner.number == 2) {
            while (inner.content.at != inner.content.end)
                read->samples[i].values[count++] = varint(&inner.content);
            assert_int_equal(count, 4);
        } else if (inner.number == 3 && read->samples[i].type == 0) {
            while (next_field(&inner.content, &label))
                if (label.number == 2)
                    read->samples[i].type = label.value;
        }
    }
}

static profile *read_profile(const char *name) {
    profile *read = calloc(1, sizeof *read);
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    assert_non_null(read);
    read->memory = malloc(1 << 20);
    size_t length = fread(read->memory, 1, 1 << 20, file);
    fclose(file);
    bytes all = {read->memory, read->memory + length};
    field top;
    while (next_field(&all, &top)) {
        switch (top.number) {
        case 1: read->sample_types++; break;
        case 2: read_sample(read, top.content); break;
        case 3: read->mappings++; break;
        case 4: read_location(read, top.content); break;
        case 5: read_function(read, top.content); break;
        case 6:
            assert_true(read->string_count < MAX);
            read->strings[read->string_count++] = strndup((const char *)top.content.at, (size_t)(top.content.end - top.content.at));
            break;
        case 12: read->period = top.value; break;
        default: break;
        }
    }
    assert_int_equal(read->sample_types, 4);
    assert_string_equal(read->strings[0], "");
    return read;
}

static void forget(profile *read) {
    for (uint64_t i = 0; i < read->string_count; i++)
        free(read->strings[i]);
    free(read->memory);
    free(read);
}

static profile *written(rr_heap *heap) {
    snprintf(path, sizeof path, "test_profiles.%ld.pb", (long)getpid());
    assert_int_equal(rr_profile_write(heap, path), RR_OK);
    profile *read = read_profile(path);
    remove(path);
    return read;
}

static const char *function_at(const profile *read, size_t sample, size_t depth) {
    if (depth >= read->samples[sample].depth)
        return "";
    uint64_t location = read->samples[sample].locations[depth];
    assert_in_range(location, 1, MAX - 1);
    return read->strings[read->function_names[read->location_functions[location]]];
}

/* The compiler makes parts and copies of functions: name.cold, name.constprop.0. */
static bool is_named(const char *symbol, const char *function) {
    size_t length = strlen(function);
    return strncmp(symbol, function, length) == 0 && (symbol[length] == '\0' || symbol[length] == '.');
}

/* The sum of a value over samples that have the function in their stack and are of the type; NULL for any. */
static double sum(const profile *read, int value, const char *function, const char *type) {
    double total = 0;
    for (size_t i = 0; i < read->sample_count; i++) {
        bool is_in = function == NULL;
        for (size_t depth = 0; depth < read->samples[i].depth && !is_in; depth++)
            is_in = is_named(function_at(read, i, depth), function);
        if (is_in && (type == NULL || strcmp(read->strings[read->samples[i].type], type) == 0))
            total += (double)read->samples[i].values[value];
    }
    return total;
}

enum { ALLOC_OBJECTS, ALLOC_SPACE, INUSE_OBJECTS, INUSE_SPACE };

/* ---- Places that allocate --------------------------------------------------------------------------------------------- */

#define APART __attribute__((noinline))

APART static void *made_in_one_place(rr_heap *heap) {
    void *made = rr_alloc(heap, node_type(0));
    __asm__ volatile("" ::: "memory"); /* no tail call: the frame is there */
    return made;
}

APART static void *made_in_another_place(rr_heap *heap, size_t size) {
    void *made = rr_alloc_items(heap, RR_TYPE_BYTES, size);
    __asm__ volatile("" ::: "memory");
    return made;
}

/* k samples estimate within a k-th root; five of those are never seen. */
static void assert_about(double estimate, double truth, double object_bytes, double mean) {
    double probability = 1 - exp(-object_bytes / mean), count = truth / object_bytes;
    double sigma = object_bytes * sqrt(count * (1 - probability) / probability);
    if (fabs(estimate - truth) > 5 * sigma + object_bytes)
        fail_msg("%.0f bytes are estimated to be %.0f, with a standard deviation of %.0f", truth, estimate, sigma);
}

/* Of the block of an object, the only one in its heap, which is released. (In a checked heap it has guard bytes.) */
static double bytes_of(rr_heap *heap, void *object) {
    double size = (double)stats_of(heap).live_bytes;
    rr_decref(object);
    return size;
}

/* ---- Tests ------------------------------------------------------------------------------------------------------------ */

static void sums_are_right_and_follow_deaths(void **state) {
    rr_heap *heap = *state;
    enum { COUNT = 100000 };
    static void *kept[COUNT];
    double node_bytes = bytes_of(heap, made_in_one_place(heap)), text_bytes = bytes_of(heap, made_in_another_place(heap, 150));
    assert_int_equal(rr_profile_start(heap, 4096), RR_OK);
    for (int i = 0; i < COUNT; i++) {
        kept[i] = made_in_one_place(heap);
        void *gone = made_in_another_place(heap, 150);
        rr_decref(gone);
        if (i % 1000 == 0)
            assert_int_equal(rr_heap_trim(heap), RR_OK); /* empties the bins */
    }
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    profile *read = written(heap);
    assert_int_equal(read->period, 4096);
    const char *one = "made_in_one_place", *another = "made_in_another_place";
    assert_about(sum(read, ALLOC_SPACE, one, NULL), node_bytes * COUNT, node_bytes, 4096);
    assert_about(sum(read, INUSE_SPACE, one, NULL), node_bytes * COUNT, node_bytes, 4096);
    assert_about(sum(read, ALLOC_SPACE, another, "bytes"), text_bytes * COUNT, text_bytes, 4096);
    assert_true(sum(read, INUSE_SPACE, another, NULL) == 0);
    assert_true(sum(read, ALLOC_SPACE, NULL, NULL) == sum(read, ALLOC_SPACE, one, NULL) + sum(read, ALLOC_SPACE, another, NULL));
    for (size_t i = 0; i < read->sample_count; i++) {
        size_t depth = 0;
        /* Inline calls have slow halves, which are functions of the caller's. */
        while (strncmp(function_at(read, i, depth), "rr_inline_", 10) == 0)
            depth++;
        assert_true(is_named(function_at(read, i, depth), one) || is_named(function_at(read, i, depth), another));
        assert_true(is_named(function_at(read, i, depth + 1), "sums_are_right_and_follow_deaths"));
    }
    forget(read);
    for (int i = 0; i < COUNT; i++)
        rr_decref(kept[i]);
    read = written(heap);
    assert_true(sum(read, INUSE_OBJECTS, NULL, NULL) == 0);
    assert_about(sum(read, ALLOC_SPACE, one, NULL), node_bytes * COUNT, node_bytes, 4096);
    forget(read);
    assert_int_equal(rr_profile_stop(heap), RR_OK);
}

/* A mean of one byte samples everything: all deaths are heard of, whichever way they come. */
static void every_way_to_die_is_heard_of(void **state) {
    rr_heap *heap = *state;
    assert_int_equal(rr_profile_start(heap, 1), RR_OK);
    rr_decref(ring_new(heap, 0, 300));
    assert_int_equal(rr_collect(heap), 300);
    rr_decref(ring_new(heap, NODE_FINALIZE | NODE_DESTROY, 300));
    while (rr_gc_pending(heap))
        assert_true(rr_collect_step(heap, 1000) >= 0);
    node *first = node_new(heap, 0, 0), *last = first;
    for (int i = 1; i < 300; i++) {
        node *next = node_new(heap, 0, i);
        next->other = rr_alloc_items(heap, RR_TYPE_BYTES, 40);
        rr_take(&last->next, next);
        last = next;
    }
    rr_decref(first);
    void *list = rr_list_new(heap), *large = rr_alloc_items(heap, RR_TYPE_BYTES, 300000), *weak = rr_weakref_new(large, NULL, NULL);
    rr_list_append(list, large);
    rr_decref(large);
    void *frozen = rr_alloc(heap, node_type(0));
    rr_gc_freeze(heap);
    rr_decref(frozen);
    profile *read = written(heap);
    assert_true(sum(read, INUSE_OBJECTS, NULL, NULL) == 3);
    assert_true(sum(read, INUSE_SPACE, NULL, NULL) == (double)stats_of(heap).live_bytes);
    assert_true(sum(read, ALLOC_OBJECTS, NULL, NULL) == (double)stats_of(heap).objects_allocated);
    forget(read);
    rr_gc_unfreeze(heap);
    rr_decref(list);
    rr_decref(weak);
    read = written(heap);
    assert_true(sum(read, INUSE_OBJECTS, NULL, NULL) == 0);
    forget(read);
}

static void a_stopped_profile_stays_and_a_new_one_begins_with_nothing(void **state) {
    rr_heap *heap = *state;
    assert_int_equal(rr_profile_start(heap, 1), RR_OK);
    assert_refused(rr_profile_start(heap, 1), RR_E_BUSY, "heap", (uintptr_t)heap);
    void *before = made_in_one_place(heap);
    assert_int_equal(rr_profile_stop(heap), RR_OK);
    assert_refused(rr_profile_stop(heap), RR_E_ARGUMENT, "heap", (uintptr_t)heap);
    void *after = made_in_one_place(heap);
    profile *read = written(heap);
    assert_true(sum(read, INUSE_OBJECTS, NULL, NULL) == 1);
    forget(read);
    rr_decref(before);
    read = written(heap);
    assert_true(sum(read, INUSE_OBJECTS, NULL, NULL) == 0 && sum(read, ALLOC_OBJECTS, NULL, NULL) == 1);
    forget(read);
    assert_int_equal(rr_profile_start(heap, 0), RR_OK);
    read = written(heap);
    assert_int_equal(read->period, 512 * 1024);
    assert_int_equal(read->sample_count, 0);
    forget(read);
    rr_decref(after);
}

static void profiles_that_cant_be_written_are_errors(void **state) {
    rr_heap *heap = *state;
    assert_refused(rr_profile_write(heap, "/dev/null"), RR_E_ARGUMENT, "heap", (uintptr_t)heap);
    assert_int_equal(rr_profile_start(heap, 1), RR_OK);
    rr_decref(made_in_one_place(heap));
    assert_refused(rr_profile_write(heap, NULL), RR_E_ARGUMENT, "path", 0);
    assert_int_equal(rr_profile_write(heap, "/dev/full"), RR_E_IO);
    assert_non_null(strstr(rr_last_error(), "rr_profile_write: path /dev/full"));
    assert_int_equal(rr_profile_write(heap, "/nowhere/profile"), RR_E_IO);
    assert_int_equal(rr_profile_write(heap, "/dev/null"), RR_OK);
}

/* Sampled or not, a collection finds the same, and the counts are what they are. */
static void a_sampled_heap_works_as_others_do(void **state) {
    rr_heap *heap = *state;
    assert_int_equal(rr_profile_start(heap, 200), RR_OK);
    rr_gc_set_threshold(heap, 50);
    for (int i = 0; i < 300; i++) {
        rr_decref(ring_new(heap, i % 2 != 0 ? NODE_FINALIZE : 0, 7));
        void *many[10];
        assert_int_equal(rr_alloc_many(heap, node_type(0), LENGTH(many), many), LENGTH(many));
        for (size_t k = 0; k < LENGTH(many); k++)
            assert_int_equal(rr_getrefcount(many[k]), 1);
        rr_decref_many(many, LENGTH(many));
        if (i % 50 == 0)
            assert_int_equal(rr_heap_verify(heap), RR_OK);
    }
    rr_collect(heap);
    assert_int_equal(live(heap), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_MANUAL_HEAP(sums_are_right_and_follow_deaths),
        WITH_MANUAL_HEAP(every_way_to_die_is_heard_of),
        WITH_MANUAL_HEAP(a_stopped_profile_stays_and_a_new_one_begins_with_nothing),
        WITH_MANUAL_HEAP(profiles_that_cant_be_written_are_errors),
        WITH_HEAP(a_sampled_heap_works_as_others_do),
    };
    return cmocka_run_group_tests_name("profiles", tests, NULL, NULL);
}
