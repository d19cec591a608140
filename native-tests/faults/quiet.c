/* Functions that ask the system for nothing: they can't fail for want of memory. (In checked heaps they keep stacks, and do without.) */
#include "scenarios.h"

#include <refruntime_layout.h>

/* A function whose answer says nothing about success. */
#define RUN(name, expression) \
    static int64_t name(scene *s) { \
        (void)s; \
        return (expression); \
    }

/* One that returns a pointer that is not NULL, or a number that is not 0. */
#define ANSWER(name, expression) RUN(name, (expression) ? RR_OK : -100)

ANSWER(abi_version, rr_abi_version() == RR_ABI_VERSION)
ANSWER(version, rr_version())
ANSWER(status_string, rr_status_string(RR_E_NO_MEMORY))
ANSWER(last_error, rr_last_error())
RUN(last_status, rr_last_status() <= 0 ? RR_OK : -100)
RUN(set_error_handler, rr_set_error_handler(NULL, NULL))
RUN(layout_check, rr_layout_check(RR_LAYOUT_FINGERPRINT))

ANSWER(heap_of, rr_heap_of(s->object) == s->heap)
RUN(heap_attach, rr_heap_attach(s->heap))
RUN(heap_trim, rr_heap_trim(s->heap))

static int64_t heap_stats(scene *s) {
    rr_stats stats = {.struct_size = sizeof stats};
    return rr_heap_stats(s->heap, &stats);
}

ANSWER(type_of, rr_type_of(s->object) == scene_type(FINALIZES))
ANSWER(type_name, rr_type_name(scene_type(FINALIZES)))

ANSWER(size, rr_size(s->object) == sizeof(node))
ANSWER(item_count, rr_item_count(s->tuple) == 3)
ANSWER(is_object, rr_is_object(s->object) == 1 && rr_is_object(s) == 0)
ANSWER(incref, rr_incref(s->object) == RR_OK && rr_decref(s->object) == RR_OK)
ANSWER(newref, rr_newref(s->object) == s->object && rr_decref(s->object) == RR_OK)
ANSWER(getrefcount, rr_getrefcount(s->object) == 1)
ANSWER(is_unique, rr_is_unique(s->object))
ANSWER(try_incref, rr_try_incref(s->object) == 1 && rr_decref(s->object) == RR_OK)
ANSWER(is_immortal, rr_is_immortal(s->object) == 0)
ANSWER(is_finalized, rr_is_finalized(s->object) == 0)
ANSWER(store, rr_store(&s->holder->next, s->object) == RR_OK && rr_store(&s->holder->next, NULL) == RR_OK)
ANSWER(take, rr_take(&s->holder->next, rr_newref(s->object)) == RR_OK && rr_store(&s->holder->next, NULL) == RR_OK)

static int64_t batches(scene *s) {
    void *objects[] = {s->object, NULL, s->holder};
    return rr_incref_many(objects, 3) == 3 && rr_decref_many(objects, 3) == 3 ? RR_OK : rr_last_status();
}

static int64_t store_many(scene *s) {
    void *objects[] = {s->holder}, *values[] = {s->object}, *nothing[] = {NULL};
    return rr_store_many(objects, 0, values, 1) == 1 && rr_store_many(objects, 0, nothing, 1) == 1 ? RR_OK : rr_last_status();
}

/* Two thousand objects with finalizers and weak references whose callbacks hear of it: none of it needs memory. */
static void prepare_death(scene *s) {
    s->batch[0] = new_chain(s->heap, FINALIZES | DESTROYS, 2000);
    void **tuple = rr_alloc_items(s->heap, RR_TYPE_TUPLE, 3000); /* a wide one: more wait than the queue holds */
    MUST(tuple != NULL);
    for (size_t i = 0; i < 3000; i++)
        MUST((tuple[i] = rr_alloc(s->heap, scene_type(FINALIZES))) != NULL);
    s->batch[1] = tuple;
}

static int64_t death(scene *s) {
    rr_status status = rr_decref(s->batch[0]);
    return status != RR_OK ? status : rr_decref(s->batch[1]);
}

static void prepare_another_heap(scene *s) {
    s->batch[0] = rr_heap_new(NULL);
    MUST(s->batch[0] != NULL);
    s->batch[1] = rr_alloc(s->batch[0], scene_type(PLAIN));
    MUST(s->batch[1] != NULL);
}

static void free_another_heap(scene *s) {
    MUST(rr_heap_free(s->batch[0]) == RR_OK);
}

RUN(make_immortal, rr_make_immortal(s->batch[1]))

RUN(gc_pending, rr_gc_pending(s->heap))
RUN(gc_enable, rr_gc_enable(s->heap))
RUN(gc_disable, rr_gc_disable(s->heap))
RUN(gc_is_enabled, rr_gc_is_enabled(s->heap))
RUN(gc_set_threshold, rr_gc_set_threshold(s->heap, 700))
ANSWER(gc_get_threshold, rr_gc_get_threshold(s->heap))
RUN(gc_set_pause_goal, rr_gc_set_pause_goal(s->heap, 1000))
ANSWER(gc_get_pause_goal, rr_gc_get_pause_goal(s->heap))
ANSWER(gc_get_candidates, rr_gc_get_candidates(s->heap) < 1000)
RUN(gc_set_callback, rr_gc_set_callback(s->heap, NULL, NULL))
RUN(report_external, rr_report_external(s->heap, 1000) == RR_OK ? rr_report_external(s->heap, -1000) : -100)
RUN(gc_freeze, rr_gc_freeze(s->heap))
RUN(gc_unfreeze, rr_gc_unfreeze(s->heap))
RUN(gc_freeze_count, rr_gc_freeze_count(s->heap))
RUN(gc_candidate, rr_gc_candidate(s->object))
ANSWER(gc_track, rr_gc_untrack(s->object) == RR_OK && rr_gc_track(s->object) == RR_OK && rr_gc_is_tracked(s->object))

ANSWER(weakref_count, rr_weakref_count(s->object) == 1)
ANSWER(weakref_get, rr_decref(rr_weakref_get(s->weak)) == RR_OK)

ANSWER(list_count, rr_list_count(s->list) == 3)
ANSWER(list_get, rr_list_get(s->list, 2))
RUN(list_set, rr_list_set(s->list, 0, rr_list_get(s->list, 0)))

static void prepare_list(scene *s) {
    s->batch[0] = rr_list_new(s->heap);
    for (int i = 0; i < 100; i++)
        MUST(rr_list_append(s->batch[0], s->object) == RR_OK);
}

static void drop_list(scene *s) {
    MUST(rr_decref(s->batch[0]) == RR_OK);
}

RUN(list_remove, rr_list_remove(s->batch[0], 0))
RUN(list_clear, rr_list_clear(s->batch[0]))

static void prepare_raw(scene *s) {
    s->batch[0] = rr_mem_alloc(s->heap, 100000);
    MUST(s->batch[0] != NULL);
}

RUN(mem_free, rr_mem_free(s->heap, s->batch[0]))

RUN(get_referents, rr_get_referents(s->tuple, s->batch, 3))
RUN(get_referrers, rr_get_referrers(rr_list_get(s->list, 0), s->batch, 3))
RUN(get_objects, rr_get_objects(s->heap, RR_TYPE_NONE, s->batch, 100))
RUN(get_pauses, rr_get_pauses(s->heap, NULL, 0))
RUN(get_class_usage, rr_get_class_usage(s->heap, NULL, 0))
RUN(debug_print, rr_debug_print(s->object))

const scenario quiet_scenarios[] = {
    {"rr_abi_version", NULL, ASKS_NOTHING, abi_version, NULL, NULL},
    {"rr_version", NULL, ASKS_NOTHING, version, NULL, NULL},
    {"rr_status_string", NULL, ASKS_NOTHING, status_string, NULL, NULL},
    {"rr_last_error", NULL, ASKS_NOTHING, last_error, NULL, NULL},
    {"rr_last_status", NULL, ASKS_NOTHING, last_status, NULL, NULL},
    {"rr_set_error_handler", NULL, ASKS_NOTHING, set_error_handler, NULL, NULL},
    {"rr_layout_check", NULL, ASKS_NOTHING, layout_check, NULL, NULL},
    {"rr_heap_of", NULL, ASKS_NOTHING, heap_of, NULL, NULL},
    {"rr_heap_attach", NULL, ASKS_NOTHING, heap_attach, NULL, NULL},
    {"rr_heap_trim", NULL, ASKS_NOTHING, heap_trim, NULL, NULL},
    {"rr_heap_stats", NULL, ASKS_NOTHING, heap_stats, NULL, NULL},
    {"rr_type_of", NULL, ASKS_NOTHING, type_of, NULL, NULL},
    {"rr_type_name", NULL, ASKS_NOTHING, type_name, NULL, NULL},
    {"rr_size", NULL, ASKS_NOTHING, size, NULL, NULL},
    {"rr_item_count", NULL, ASKS_NOTHING, item_count, NULL, NULL},
    {"rr_is_object", NULL, ASKS_NOTHING, is_object, NULL, NULL},
    {"rr_incref", NULL, ASKS_NOTHING, incref, NULL, NULL},
    {"rr_newref", NULL, ASKS_NOTHING, newref, NULL, NULL},
    {"rr_getrefcount", NULL, ASKS_NOTHING, getrefcount, NULL, NULL},
    {"rr_is_unique", NULL, ASKS_NOTHING, is_unique, NULL, NULL},
    {"rr_try_incref", NULL, ASKS_NOTHING, try_incref, NULL, NULL},
    {"rr_is_immortal", NULL, ASKS_NOTHING, is_immortal, NULL, NULL},
    {"rr_is_finalized", NULL, ASKS_NOTHING, is_finalized, NULL, NULL},
    {"rr_store", NULL, ASKS_NOTHING, store, NULL, NULL},
    {"rr_take", NULL, ASKS_NOTHING, take, NULL, NULL},
    {"rr_incref_many", NULL, ASKS_NOTHING, batches, NULL, NULL},
    {"rr_decref_many", NULL, ASKS_NOTHING, batches, NULL, NULL},
    {"rr_store_many", NULL, ASKS_NOTHING, store_many, NULL, NULL},
    {"rr_decref", "the last one", ASKS_NOTHING, death, prepare_death, NULL},
    {"rr_make_immortal", NULL, ASKS_NOTHING, make_immortal, prepare_another_heap, free_another_heap},
    {"rr_gc_pending", NULL, ASKS_NOTHING, gc_pending, NULL, NULL},
    {"rr_gc_enable", NULL, ASKS_NOTHING, gc_enable, NULL, NULL},
    {"rr_gc_disable", NULL, ASKS_NOTHING, gc_disable, NULL, NULL},
    {"rr_gc_is_enabled", NULL, ASKS_NOTHING, gc_is_enabled, NULL, NULL},
    {"rr_gc_set_threshold", NULL, ASKS_NOTHING, gc_set_threshold, NULL, NULL},
    {"rr_gc_get_threshold", NULL, ASKS_NOTHING, gc_get_threshold, NULL, NULL},
    {"rr_gc_set_pause_goal", NULL, ASKS_NOTHING, gc_set_pause_goal, NULL, NULL},
    {"rr_gc_get_pause_goal", NULL, ASKS_NOTHING, gc_get_pause_goal, NULL, NULL},
    {"rr_gc_get_candidates", NULL, ASKS_NOTHING, gc_get_candidates, NULL, NULL},
    {"rr_gc_set_callback", NULL, ASKS_NOTHING, gc_set_callback, NULL, NULL},
    {"rr_report_external", NULL, ASKS_NOTHING, report_external, NULL, NULL},
    {"rr_gc_freeze", NULL, ASKS_NOTHING, gc_freeze, NULL, NULL},
    {"rr_gc_unfreeze", NULL, ASKS_NOTHING, gc_unfreeze, NULL, NULL},
    {"rr_gc_freeze_count", NULL, ASKS_NOTHING, gc_freeze_count, NULL, NULL},
    {"rr_gc_candidate", NULL, ASKS_NOTHING, gc_candidate, NULL, NULL},
    {"rr_gc_track", NULL, ASKS_NOTHING, gc_track, NULL, NULL},
    {"rr_gc_untrack", NULL, ASKS_NOTHING, gc_track, NULL, NULL},
    {"rr_gc_is_tracked", NULL, ASKS_NOTHING, gc_track, NULL, NULL},
    {"rr_weakref_count", NULL, ASKS_NOTHING, weakref_count, NULL, NULL},
    {"rr_weakref_get", NULL, ASKS_NOTHING, weakref_get, NULL, NULL},
    {"rr_list_count", NULL, ASKS_NOTHING, list_count, NULL, NULL},
    {"rr_list_get", NULL, ASKS_NOTHING, list_get, NULL, NULL},
    {"rr_list_set", NULL, ASKS_NOTHING, list_set, NULL, NULL},
    {"rr_list_remove", NULL, ASKS_NOTHING, list_remove, prepare_list, drop_list},
    {"rr_list_clear", NULL, ASKS_NOTHING, list_clear, prepare_list, drop_list},
    {"rr_mem_free", NULL, ASKS_NOTHING, mem_free, prepare_raw, NULL},
    {"rr_get_referents", NULL, ASKS_NOTHING, get_referents, NULL, NULL},
    {"rr_get_referrers", NULL, ASKS_NOTHING, get_referrers, NULL, NULL},
    {"rr_get_objects", NULL, ASKS_NOTHING, get_objects, NULL, NULL},
    {"rr_get_pauses", NULL, ASKS_NOTHING, get_pauses, NULL, NULL},
    {"rr_get_class_usage", NULL, ASKS_NOTHING, get_class_usage, NULL, NULL},
    {"rr_debug_print", NULL, ASKS_NOTHING, debug_print, NULL, NULL},
};
const size_t quiet_count = LENGTH(quiet_scenarios);
