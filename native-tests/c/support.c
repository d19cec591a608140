/* What the tests share: see support.h. */
#define _GNU_SOURCE
#include "support.h"

#include <inttypes.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- Variants ---------------------------------------------------------------------------------------------------- */

static const char *const different_when_sliced[] = {
    /* They compare all events: each slice has two. */
    "a_heap_cannot_be_freed_from_inside_a_callback",
    "the_callback_hears_of_each_collection_as_it_starts_and_stops",
    "an_event_counts_the_resurrected",
    "the_callback_may_use_the_heap_and_does_not_nest_collections",
    /* A slice of one object is no match for a program that makes hundreds meanwhile. */
    "cycles_closed_by_plain_writes_do_not_pile_up_either",
    "floating_garbage_stays_bounded",
    "trims_starved_complete_collections",
    "garbage_stays_bounded_where_few_objects_keep_many_pages",
    /* No budget is that long. */
    "a_budget_without_an_end_does_all_in_one_step",
    /* What a dead batch held dies by counting: it is missing in the number of rr_collect. */
    "a_collection_that_finalizes_such_a_chain_needs_no_stack",
    /* Each slice is a pause. */
    "each_collection_is_a_pause_of_its_length",
    "a_step_is_one_pause",
};

static const char *const different_under_qemu[] = {
    /* For each mapping that comes and goes QEMU keeps 72 KiB of tables, whoever made it. */
    "a_thousand_heaps_come_and_go_and_leave_nothing",
    /* Over its bound: 17 to 19 MB instead of 13.5. Perhaps since slices, which are as long as the clock says, do a tenth as much there; not proven. */
    "garbage_stays_bounded_where_few_objects_keep_many_pages",
};

static const char *const different_under_memcheck[] = {
    /* Slices are as long as the clock says, and do a thirtieth as much there. */
    "a_bounded_heap_collects_in_the_end_as_well",
    "garbage_stays_bounded_where_few_objects_keep_many_pages",
};

static bool is_in(const char *name, const char *const *names, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static void is_different(void **state) {
    (void)state;
    skip();
}

static bool is_variant(const char *name) {
    const char *variant = getenv("RR_TEST_VARIANT");
    return variant != NULL && strcmp(variant, name) == 0;
}

bool in_forced_slices(void) {
    return is_variant("RR_SLICED");
}

static bool expects_otherwise(const char *name) {
    return (in_forced_slices() && is_in(name, different_when_sliced, LENGTH(different_when_sliced)))
           || (is_variant("QEMU") && is_in(name, different_under_qemu, LENGTH(different_under_qemu)))
           || (is_variant("MEMCHECK") && is_in(name, different_under_memcheck, LENGTH(different_under_memcheck)));
}

const struct CMUnitTest *without_different(const struct CMUnitTest *tests, size_t count) {
    static struct CMUnitTest kept[100];
    if (count > LENGTH(kept))
        return tests;
    memcpy(kept, tests, count * sizeof *tests);
    for (size_t i = 0; i < count; i++) {
        if (expects_otherwise(kept[i].name))
            kept[i] = (struct CMUnitTest){.name = kept[i].name, .test_func = is_different};
    }
    return kept;
}

/* With REFRUNTIME_CHECK=1 all heaps are checked, and misuse ends the process unless somebody handles it: the tests make wrong calls on
 * purpose and look at what they answer. A message that is no sentence would be a mistake there too. */
static void hear_of_misuse(rr_status status, const char *message, const void *object, void *user) {
    (void)object;
    (void)user;
    if (status >= 0 || message == NULL || strstr(message, ": ") == NULL)
        abort();
}

void set_usual_error_handler(void) {
    rr_set_error_handler(getenv("REFRUNTIME_CHECK") != NULL ? hear_of_misuse : NULL, NULL);
}

__attribute__((constructor)) static void expect_misuse(void) {
    set_usual_error_handler();
}

/* ---- Heaps ------------------------------------------------------------------------------------------------------- */

rr_heap *heap_with(uint32_t flags, uint64_t max_bytes) {
    rr_heap_options options = {.struct_size = sizeof options, .flags = flags, .max_bytes = max_bytes};
    rr_heap *heap = rr_heap_new(&options);
    if (heap == NULL)
        fail_msg("rr_heap_new: %s", rr_last_error());
    return heap;
}

rr_stats stats_of(rr_heap *heap) {
    rr_stats stats = {.struct_size = sizeof stats};
    rr_status status = rr_heap_stats(heap, &stats);
    if (status != RR_OK)
        fail_msg("rr_heap_stats: %s", rr_last_error());
    return stats;
}

uint64_t live(rr_heap *heap) {
    return stats_of(heap).live_objects;
}

void heap_end(rr_heap *heap) {
    if (rr_heap_verify(heap) != RR_OK)
        fail_msg("the heap is broken after the test: %s", rr_last_error());
    rr_stats stats = stats_of(heap);
    if (stats.live_objects != 0 || stats.raw_bytes != 0 || stats.external_bytes != 0 || stats.weakrefs_live != 0) {
        void *left[4] = {NULL, NULL, NULL, NULL};
        rr_get_objects(heap, 0, left, LENGTH(left));
        const char *name = left[0] == NULL ? "none" : rr_type_name(rr_type_of(left[0]));
        fail_msg("the test leaks: %" PRIu64 " objects (the first a %s), %" PRIu64 " raw bytes, %" PRIu64
                 " external bytes, %" PRIu64 " weak references to living objects",
                 stats.live_objects, name, stats.raw_bytes, stats.external_bytes, stats.weakrefs_live);
    }
    if (rr_heap_free(heap) != RR_OK)
        fail_msg("rr_heap_free: %s", rr_last_error());
}

static void begin(void) {
    log_clear();
    on_finalize = NULL;
    on_destroy = NULL;
}

int automatic_heap(void **state) {
    begin();
    *state = heap_with(0, 0);
    return 0;
}

int manual_heap(void **state) {
    begin();
    *state = heap_with(RR_HEAP_MANUAL_GC, 0);
    return 0;
}

int end_heap(void **state) {
    on_finalize = NULL;
    on_destroy = NULL;
    heap_end(*state);
    return 0;
}

/* ---- Nodes ------------------------------------------------------------------------------------------------------- */

void (*on_finalize)(node *self);
void (*on_destroy)(node *self);

static void node_finalize(void *object, void *user) {
    (void)user;
    node *self = object;
    log_event("finalize %" PRId64, self->id);
    if (on_finalize != NULL)
        on_finalize(self);
}

static void node_destroy(void *object, void *user) {
    (void)user;
    node *self = object;
    log_event("destroy %" PRId64, self->id);
    if (on_destroy != NULL)
        on_destroy(self);
}

rr_type_info type_info(const char *name) {
    return (rr_type_info){.struct_size = sizeof(rr_type_info), .name = name};
}

rr_type node_type(unsigned features) {
    static rr_type types[4];
    if (types[features] == 0) {
        static const uint32_t offsets[] = {offsetof(node, next), offsetof(node, other)};
        static const char *const names[] = {"node", "node that finalizes", "node that destroys", "node that does both"};
        rr_type_info info = type_info(names[features]);
        info.size = sizeof(node);
        info.ref_offsets = offsets;
        info.ref_count = LENGTH(offsets);
        info.finalize = (features & NODE_FINALIZE) != 0 ? node_finalize : NULL;
        info.destroy = (features & NODE_DESTROY) != 0 ? node_destroy : NULL;
        types[features] = rr_type_new(&info);
        if (types[features] == 0)
            fail_msg("rr_type_new: %s", rr_last_error());
    }
    return types[features];
}

node *node_new(rr_heap *heap, unsigned features, int64_t id) {
    node *fresh = rr_alloc(heap, node_type(features));
    if (fresh == NULL)
        fail_msg("rr_alloc: %s", rr_last_error());
    fresh->id = id;
    return fresh;
}

void link_next(node *from, void *to) {
    if (rr_store(&from->next, to) != RR_OK)
        fail_msg("rr_store: %s", rr_last_error());
}

void link_other(node *from, void *to) {
    if (rr_store(&from->other, to) != RR_OK)
        fail_msg("rr_store: %s", rr_last_error());
}

node *ring_new(rr_heap *heap, unsigned features, size_t count) {
    node *first = node_new(heap, features, 0);
    node *last = first;
    for (size_t i = 1; i < count; i++) {
        node *fresh = node_new(heap, features, (int64_t)i);
        if (rr_take(&last->next, fresh) != RR_OK)
            fail_msg("rr_take: %s", rr_last_error());
        last = fresh;
    }
    link_next(last, first);
    return first;
}

rr_type plain_type(const char *name, uint32_t size, uint32_t item_size, uint32_t flags) {
    rr_type_info info = type_info(name);
    info.size = size;
    info.item_size = item_size;
    info.flags = flags;
    rr_type type = rr_type_new(&info);
    if (type == 0)
        fail_msg("rr_type_new: %s", rr_last_error());
    return type;
}

/* ---- The log ----------------------------------------------------------------------------------------------------- */

static char log_buffer[1 << 16];
static size_t log_length;

void log_clear(void) {
    log_length = 0;
    log_buffer[0] = '\0';
}

void log_event(const char *format, ...) {
    char event[200];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(event, sizeof event, format, arguments);
    va_end(arguments);
    if (log_length + sizeof event + 2 >= sizeof log_buffer)
        return; /* the comparison will show it */
    log_length += (size_t)sprintf(log_buffer + log_length, "%s%s", log_length == 0 ? "" : "; ", event);
}

const char *log_text(void) {
    return log_buffer;
}

size_t log_count(const char *event) {
    size_t count = 0;
    for (const char *at = log_buffer; (at = strstr(at, event)) != NULL; at += strlen(event))
        count++;
    return count;
}

void log_weak(void *weakref, void *user) {
    void *target = rr_weakref_get(weakref);
    log_event("weak %s%s", (const char *)user, target == NULL ? "" : " whose target is still there");
    rr_decref(target);
}

/* ---- Refusals ---------------------------------------------------------------------------------------------------- */

void refusal_expected(void) {
    /* Another error first, so that an old message can't pass for the new one. */
    (void)rr_alloc(NULL, UINT32_MAX);
}

static bool message_has_value(const char *message, uint64_t value) {
    char text[32];
    snprintf(text, sizeof text, "%" PRIx64, value);
    if (strcasestr(message, text) != NULL)
        return true;
    snprintf(text, sizeof text, "%" PRId64, (int64_t)value);
    if (strstr(message, text) != NULL)
        return true;
    snprintf(text, sizeof text, "%" PRIu64, value);
    if (strstr(message, text) != NULL)
        return true;
    snprintf(text, sizeof text, "%" PRId32, (int32_t)value);
    if (value <= UINT32_MAX && strstr(message, text) != NULL)
        return true;
    return value == 0 && strcasestr(message, "null") != NULL;
}

void refusal_check(int64_t result, int64_t expected_result, rr_status status, const char *call, const char *argument,
                   uint64_t value, const char *file, int line) {
    const char *message = rr_last_error();
    if (result != expected_result) {
        print_error("%s:%d: %s answers %" PRId64 ", not %" PRId64 "; last error: %s\n", file, line, call, result,
                    expected_result, message);
        _fail(file, line);
    }
    if (rr_last_status() != status) {
        print_error("%s:%d: %s leaves the status %" PRId32 ", not %" PRId32 "; last error: %s\n", file, line, call,
                    rr_last_status(), status, message);
        _fail(file, line);
    }
    char function[64];
    snprintf(function, sizeof function, "%.*s", (int)strcspn(call, "("), call);
    if (strstr(message, function) == NULL || strstr(message, argument) == NULL || !message_has_value(message, value)) {
        print_error("%s:%d: the error of %s does not name %s, %s and 0x%" PRIx64 ": %s\n", file, line, call, function,
                    argument, value, message);
        _fail(file, line);
    }
}

/* ---- Threads ----------------------------------------------------------------------------------------------------- */

typedef struct thread_call {
    int (*function)(void *argument);
    void *argument;
    int result;
    char error[300]; /* the last error of that thread */
} thread_call;

static void *thread_main(void *data) {
    thread_call *call = data;
    call->result = call->function(call->argument);
    snprintf(call->error, sizeof call->error, "%s", rr_last_error());
    return NULL;
}

void on_small_thread(size_t stack_bytes, int (*function)(void *argument), void *argument) {
    thread_call call = {.function = function, .argument = argument, .result = -1};
    pthread_attr_t attributes;
    pthread_t thread;
    assert_int_equal(pthread_attr_init(&attributes), 0);
    if (stack_bytes != 0) {
        size_t least = (size_t)PTHREAD_STACK_MIN; /* 128 KiB on arm64 */
        assert_int_equal(pthread_attr_setstacksize(&attributes, stack_bytes > least ? stack_bytes : least), 0);
    }
    assert_int_equal(pthread_create(&thread, &attributes, thread_main, &call), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    pthread_attr_destroy(&attributes);
    if (call.result != 0)
        fail_msg("the requirement on line %d does not hold; last error: %s", call.result, call.error);
}

void on_thread(int (*function)(void *argument), void *argument) {
    on_small_thread(0, function, argument);
}
