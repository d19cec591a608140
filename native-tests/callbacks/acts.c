/* What callbacks do, and what has to come of it: the table. */
#include "acts.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

/* ---- Making and counting ----------------------------------------------------------------------------------------- */

static int64_t keep(stage *s, void *object) {
    if (object == NULL)
        return rr_last_status();
    s->kept[s->kept_count++] = object;
    return RR_OK;
}

static int64_t allocate(stage *s) {
    return keep(s, rr_alloc(s->heap, RR_TYPE_TUPLE));
}

static int64_t allocate_items(stage *s) {
    return keep(s, rr_alloc_items(s->heap, RR_TYPE_BYTES, 100000));
}

static int64_t allocate_many(stage *s) {
    void *out[3];
    size_t done = rr_alloc_many(s->heap, RR_TYPE_TUPLE, 3, out);
    for (size_t i = 0; i < done; i++)
        keep(s, out[i]);
    return done == 3 ? RR_OK : rr_last_status();
}

static int64_t new_list(stage *s) {
    return keep(s, rr_list_new(s->heap));
}

static int64_t weakly_refer_to_self(stage *s) {
    return keep(s, rr_weakref_new(s->self, NULL, NULL));
}

static int64_t weakly_refer_to_the_living(stage *s) {
    return keep(s, rr_weakref_new(s->living, NULL, NULL));
}

static int64_t upgrade_weakly(stage *s) {
    return keep(s, rr_weakref_get(s->weak));
}

static int64_t take_a_reference_to_self(stage *s) {
    rr_status status = rr_incref(s->self);
    if (status == RR_OK)
        s->kept[s->kept_count++] = s->self;
    return status;
}

static int64_t store_self(stage *s) {
    return rr_store(&s->living->next, s->self);
}

static int64_t list_self(stage *s) {
    return rr_list_append(s->list, s->self);
}

static int64_t take_and_release_the_living(stage *s) {
    rr_status status = rr_incref(s->living);
    return status != RR_OK ? status : rr_decref(s->living);
}

static int64_t store_the_living(stage *s) {
    return rr_store(&s->living->other, s->living) != RR_OK ? rr_last_status() : rr_store(&s->living->other, NULL);
}

/* The last reference to something else: it dies inside the callback, by counting. */
static int64_t let_something_die(stage *s) {
    return rr_store(&s->living->other, NULL) != RR_OK ? rr_last_status() : RR_OK;
}

static int64_t make_self_immortal(stage *s) {
    return rr_make_immortal(s->self);
}

/* ---- Lists and raw memory ---------------------------------------------------------------------------------------- */

static int64_t change_a_list(stage *s) {
    if (rr_list_set(s->list, 0, s->living) != RR_OK)
        return rr_last_status();
    return rr_list_remove(s->list, 0);
}

static int64_t grow_a_list(stage *s) {
    for (int i = 0; i < 100; i++) {
        if (rr_list_append(s->list, s->living) != RR_OK)
            return rr_last_status();
    }
    return rr_list_clear(s->list);
}

static int64_t allocate_raw(stage *s) {
    void *raw = rr_mem_alloc(s->heap, 100);
    return raw == NULL ? rr_last_status() : rr_mem_free(s->heap, raw);
}

static int64_t resize_raw(stage *s) {
    void *raw = rr_mem_realloc(s->heap, s->raw, 100000);
    if (raw == NULL)
        return rr_last_status();
    s->raw = raw;
    return RR_OK;
}

static int64_t free_raw(stage *s) {
    rr_status status = rr_mem_free(s->heap, s->raw);
    if (status == RR_OK)
        s->raw = NULL;
    return status;
}

/* ---- Collecting -------------------------------------------------------------------------------------------------- */

static int64_t none(int64_t collected) {
    return collected == 0 ? ZERO : collected;
}

static int64_t collect(stage *s) {
    return none(rr_collect(s->heap));
}

static int64_t collect_a_step(stage *s) {
    return none(rr_collect_step(s->heap, 1000000000));
}

static int64_t collect_elsewhere(stage *s) {
    return none(rr_collect(s->elsewhere));
}

static int64_t switch_automatic_collection(stage *s) {
    if (rr_gc_disable(s->heap) != RR_OK || rr_gc_enable(s->heap) != RR_OK || rr_gc_set_threshold(s->heap, 5) != RR_OK)
        return rr_last_status();
    return rr_gc_set_pause_goal(s->heap, 1000);
}

static int64_t take_the_gc_callback_away(stage *s) {
    return rr_gc_set_callback(s->heap, NULL, NULL);
}

static int64_t freeze(stage *s) {
    return rr_gc_freeze(s->heap) != RR_OK ? rr_last_status() : rr_gc_unfreeze(s->heap);
}

static int64_t untrack_the_living(stage *s) {
    return rr_gc_untrack(s->living) != RR_OK ? rr_last_status() : rr_gc_track(s->living);
}

static int64_t log_the_living(stage *s) {
    return rr_gc_candidate(s->living);
}

static int64_t report_external(stage *s) {
    return rr_report_external(s->heap, 1 << 30) != RR_OK ? rr_last_status() : rr_report_external(s->heap, -(1 << 30));
}

/* ---- Heaps, types, threads --------------------------------------------------------------------------------------- */

static int64_t free_the_heap(stage *s) {
    return rr_heap_free(s->heap);
}

static int64_t free_another_heap(stage *s) {
    return rr_heap_free(s->elsewhere);
}

static int64_t make_a_heap(stage *s) {
    s->made = rr_heap_new(NULL);
    return s->made == NULL ? rr_last_status() : RR_OK;
}

static int64_t use_another_heap(stage *s) {
    void *object = rr_alloc(s->elsewhere, RR_TYPE_TUPLE);
    return object == NULL ? rr_last_status() : rr_decref(object);
}

static int64_t store_across_heaps(stage *s) {
    return rr_store(&s->living->other, s->there);
}

static int64_t attach(stage *s) {
    return rr_heap_attach(s->heap);
}

static int64_t trim(stage *s) {
    return rr_heap_trim(s->heap);
}

static int64_t make_a_type(stage *s) {
    (void)s;
    rr_type_info info = {.struct_size = sizeof info, .name = "made in a callback", .size = 16};
    return rr_type_new(&info) == RR_TYPE_NONE ? rr_last_status() : RR_OK;
}

static void *on_the_other_thread(void *data) {
    stage *s = data;
    rr_status status = rr_incref(s->living);
    return (void *)(intptr_t)(status != RR_OK ? status : rr_decref(s->living));
}

/* Waits for another thread that uses the heap. In a synchronized heap both would wait for ever, which is said at
 * RR_HEAP_SYNCHRONIZED: the lock stays held while callbacks run. */
static int64_t call_from_another_thread(stage *s) {
    if ((s->heap_flags & RR_HEAP_SYNCHRONIZED) != 0)
        return RR_OK;
    pthread_t thread;
    void *result = NULL;
    if (pthread_create(&thread, NULL, on_the_other_thread, s) != 0 || pthread_join(thread, &result) != 0)
        return -100;
    /* That a thread-owned heap refuses another thread does not change in a callback. */
    bool is_owned = (s->heap_flags & RR_HEAP_SERIALIZED) == 0;
    return is_owned ? ((intptr_t)result == RR_E_WRONG_THREAD ? RR_OK : -100) : (intptr_t)result;
}

/* ---- Looking ----------------------------------------------------------------------------------------------------- */

static int64_t look_at_self(stage *s) {
    if (rr_type_of(s->self) == RR_TYPE_NONE || rr_size(s->self) == 0 || rr_heap_of(s->self) != s->heap || rr_getrefcount(s->self) < 0)
        return rr_last_status() != RR_OK ? rr_last_status() : -100;
    return rr_is_object(s->self) == 1 && rr_weakref_count(s->self) >= 0 ? RR_OK : rr_last_status();
}

static int64_t look_at_the_living(stage *s) {
    bool is_well = rr_type_of(s->living) >= RR_TYPE_FIRST_USER && rr_size(s->living) == sizeof(thing) && rr_heap_of(s->living) == s->heap
        && rr_getrefcount(s->living) >= 1 && rr_is_object(s->living) == 1 && rr_weakref_count(s->living) == 1
        && rr_item_count(s->living) == 0 && rr_is_immortal(s->living) == 0;
    return is_well ? RR_OK : rr_last_status();
}

static int64_t ask_for_the_graph(stage *s) {
    void *out[4];
    if (rr_get_referents(s->living, out, 4) < 0 || rr_get_referrers(s->living, out, 4) < 0 || rr_get_objects(s->heap, 0, out, 4) < 0)
        return rr_last_status();
    return rr_get_path(s->living, out, 4) < 0 ? rr_last_status() : RR_OK;
}

static int64_t read_statistics(stage *s) {
    rr_stats stats = {.struct_size = sizeof stats};
    return rr_heap_stats(s->heap, &stats);
}

static int64_t count_by_type(stage *s) {
    return rr_get_type_usage(s->heap, NULL, 0) < 0 ? rr_last_status() : RR_OK;
}

static int64_t verify(stage *s) {
    return rr_heap_verify(s->heap);
}

/* The answer of what has written the stage's file, which goes. */
static int64_t without_file(stage *s, rr_status status) {
    unlink(s->path);
    return status;
}

static int64_t print_statistics(stage *s) {
    return without_file(s, rr_heap_print_stats(s->heap, s->path));
}

static int64_t take_a_snapshot(stage *s) {
    return without_file(s, rr_heap_snapshot(s->heap, s->path));
}

static int64_t draw(stage *s) {
    return without_file(s, rr_heap_dot(s->heap, s->path, 0));
}

static int64_t draw_the_living(stage *s) {
    return without_file(s, rr_object_dot(s->living, s->path, 0));
}

static int64_t report_leaks(stage *s) {
    return without_file(s, rr_leak_report(s->heap, s->path));
}

static int64_t snapshot_elsewhere(stage *s) {
    return without_file(s, rr_heap_snapshot(s->elsewhere, s->path));
}

static int64_t profile(stage *s) {
    if (rr_profile_start(s->heap, 1000) != RR_OK)
        return rr_last_status();
    rr_status status = rr_profile_write(s->heap, s->path);
    unlink(s->path);
    return status != RR_OK ? status : rr_profile_stop(s->heap);
}

static int64_t trace(stage *s) {
    if (rr_trace_start(s->path) != RR_OK)
        return rr_last_status();
    return without_file(s, rr_trace_stop());
}

static int64_t read_the_last_error(stage *s) {
    (void)s;
    return rr_last_error() != NULL && rr_status_string(rr_last_status()) != NULL && rr_type_name(RR_TYPE_LIST) != NULL ? RR_OK : -100;
}

static int64_t take_the_error_handler_away(stage *s) {
    (void)s;
    return rr_set_error_handler(NULL, NULL);
}

/* In the error handler too: it is not called for its own errors. */
static int64_t make_an_error(stage *s) {
    (void)s;
    return rr_type_name(999999) == NULL && rr_last_status() == RR_E_TYPE ? RR_OK : rr_last_status();
}

#define BUSY RR_E_BUSY

const act acts[] = {
    /*                                                                 finalizer     weak   destroy  traverse  gc event  error handler */
    {"allocate", allocate, {RR_OK, RR_OK, BUSY, BUSY, RR_OK, NO}},
    {"allocate_items", allocate_items, {RR_OK, RR_OK, BUSY, BUSY, RR_OK, NO}},
    {"allocate_many", allocate_many, {RR_OK, RR_OK, BUSY, BUSY, RR_OK, NO}},
    {"new_list", new_list, {RR_OK, RR_OK, BUSY, BUSY, RR_OK, NO}},
    {"weakly_refer_to_self", weakly_refer_to_self, {RR_OK, RR_OK, BUSY, BUSY, NA, NO}},
    {"weakly_refer_to_the_living", weakly_refer_to_the_living, {RR_OK, RR_OK, BUSY, BUSY, RR_OK, NO}},
    {"upgrade_weakly", upgrade_weakly, {RR_OK, RR_OK, RR_OK, BUSY, RR_OK, NO}},
    {"take_a_reference_to_self", take_a_reference_to_self, {RR_OK, RR_OK, BUSY, BUSY, NA, NO}},
    {"store_self", store_self, {RR_OK, RR_OK, BUSY, BUSY, NA, NO}},
    {"list_self", list_self, {RR_OK, RR_OK, BUSY, BUSY, NA, NO}},
    {"take_and_release_the_living", take_and_release_the_living, {RR_OK, RR_OK, RR_OK, BUSY, RR_OK, NO}},
    {"store_the_living", store_the_living, {RR_OK, RR_OK, RR_OK, BUSY, RR_OK, NO}},
    {"let_something_die", let_something_die, {RR_OK, RR_OK, RR_OK, BUSY, RR_OK, NO}},
    {"make_self_immortal", make_self_immortal, {RR_OK, RR_OK, BUSY, BUSY, NA, NO}},
    {"change_a_list", change_a_list, {RR_OK, RR_OK, RR_OK, BUSY, RR_OK, NO}},
    {"grow_a_list", grow_a_list, {RR_OK, RR_OK, BUSY, BUSY, RR_OK, NO}},
    {"allocate_raw", allocate_raw, {RR_OK, RR_OK, BUSY, BUSY, RR_OK, NO}},
    {"resize_raw", resize_raw, {RR_OK, RR_OK, BUSY, BUSY, RR_OK, NO}},
    {"free_raw", free_raw, {RR_OK, RR_OK, RR_OK, BUSY, RR_OK, NO}},
    {"collect", collect, {ZERO, ZERO, ZERO, BUSY, ZERO, NO}},
    {"collect_a_step", collect_a_step, {ZERO, ZERO, ZERO, BUSY, ZERO, NO}},
    {"collect_elsewhere", collect_elsewhere, {ZERO, ZERO, ZERO, ZERO, ZERO, NO}},
    {"switch_automatic_collection", switch_automatic_collection, {RR_OK, RR_OK, RR_OK, BUSY, RR_OK, NO}},
    {"take_the_gc_callback_away", take_the_gc_callback_away, {RR_OK, RR_OK, RR_OK, BUSY, RR_OK, NO}},
    {"freeze", freeze, {RR_OK, RR_OK, RR_OK, BUSY, RR_OK, NO}},
    {"untrack_the_living", untrack_the_living, {RR_OK, RR_OK, RR_OK, BUSY, RR_OK, NO}},
    {"log_the_living", log_the_living, {RR_OK, RR_OK, RR_OK, BUSY, RR_OK, NO}},
    {"report_external", report_external, {RR_OK, RR_OK, RR_OK, BUSY, RR_OK, NO}},
    {"free_the_heap", free_the_heap, {BUSY, BUSY, BUSY, BUSY, BUSY, BUSY}},
    {"free_another_heap", free_another_heap, {BUSY, BUSY, BUSY, BUSY, BUSY, BUSY}},
    {"make_a_heap", make_a_heap, {RR_OK, RR_OK, RR_OK, RR_OK, RR_OK, RR_OK}},
    {"use_another_heap", use_another_heap, {RR_OK, RR_OK, RR_OK, RR_OK, RR_OK, NO}},
    {"store_across_heaps", store_across_heaps, {RR_E_ARGUMENT, RR_E_ARGUMENT, RR_E_ARGUMENT, RR_E_ARGUMENT, RR_E_ARGUMENT, NO}},
    {"attach", attach, {BUSY, BUSY, BUSY, BUSY, BUSY, NO}},
    {"trim", trim, {RR_OK, RR_OK, RR_OK, BUSY, RR_OK, NO}},
    {"make_a_type", make_a_type, {RR_OK, RR_OK, RR_OK, RR_OK, RR_OK, RR_OK}},
    {"call_from_another_thread", call_from_another_thread, {RR_OK, RR_OK, RR_OK, NA, RR_OK, NO}},
    {"look_at_self", look_at_self, {RR_OK, RR_OK, RR_OK, RR_OK, NA, NA}},
    {"look_at_the_living", look_at_the_living, {RR_OK, RR_OK, RR_OK, RR_OK, RR_OK, RR_OK}},
    {"ask_for_the_graph", ask_for_the_graph, {RR_OK, RR_OK, RR_OK, BUSY, RR_OK, NO}},
    {"read_statistics", read_statistics, {RR_OK, RR_OK, RR_OK, BUSY, RR_OK, NO}},
    {"count_by_type", count_by_type, {RR_OK, RR_OK, RR_OK, BUSY, RR_OK, NO}},
    {"verify", verify, {RR_OK, RR_OK, RR_OK, BUSY, RR_OK, NO}},
    {"print_statistics", print_statistics, {RR_OK, RR_OK, RR_OK, BUSY, RR_OK, NO}},
    {"take_a_snapshot", take_a_snapshot, {BUSY, BUSY, BUSY, BUSY, BUSY, NO}},
    {"draw", draw, {BUSY, BUSY, BUSY, BUSY, BUSY, NO}},
    {"draw_the_living", draw_the_living, {BUSY, BUSY, BUSY, BUSY, BUSY, NO}},
    {"report_leaks", report_leaks, {BUSY, BUSY, BUSY, BUSY, BUSY, NO}},
    {"snapshot_elsewhere", snapshot_elsewhere, {RR_OK, RR_OK, RR_OK, RR_OK, RR_OK, NO}},
    {"profile", profile, {RR_OK, RR_OK, RR_OK, BUSY, RR_OK, NO}},
    {"trace", trace, {RR_OK, RR_OK, RR_OK, RR_OK, RR_OK, NO}},
    {"read_the_last_error", read_the_last_error, {RR_OK, RR_OK, RR_OK, RR_OK, RR_OK, RR_OK}},
    {"take_the_error_handler_away", take_the_error_handler_away, {RR_OK, RR_OK, RR_OK, RR_OK, RR_OK, RR_OK}},
    {"make_an_error", make_an_error, {RR_OK, RR_OK, RR_OK, RR_OK, RR_OK, RR_OK}},
};
const size_t act_count = sizeof acts / sizeof acts[0];
