/* Random programs with hostile callbacks: finalizers, weak callbacks and gc events that allocate, store, release and collect
 * while objects die. After each program all references are given up, and then every object must have been destroyed exactly
 * once and finalized at most once, whatever happened before.
 *
 * RR_TEST_SEED=<number> runs one program; RR_TEST_PROGRAMS=<number> says how many. A failure prints the seed.
 */
#include "support.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROOTS = 12, STEPS = 1000, MOST_OBJECTS = 1 << 16 };

/* The heap of the program, what it holds, and what has become of each object, by number. */
static struct {
    rr_heap *heap;
    rr_type thing;
    void *roots[ROOTS];
    uint64_t random;
    int32_t made, budget; /* budget: operations that callbacks may still do, so that programs end */
    int depth;            /* of callbacks */
    bool calm;            /* callbacks do nothing any more */
    const char *wrong;
    uint8_t finalized[MOST_OBJECTS], destroyed[MOST_OBJECTS];
} p;

typedef struct thing {
    void *a, *b;
    int64_t id;
} thing;

static uint32_t pick(uint32_t below) {
    p.random ^= p.random << 13;
    p.random ^= p.random >> 7;
    p.random ^= p.random << 17;
    return (uint32_t)(p.random >> 33) % below;
}

static void expect(bool condition, const char *what) {
    if (!condition && p.wrong == NULL)
        p.wrong = what;
}

static void operate(void);

static void operate_in_callback(void) {
    if (p.calm || p.depth > 3)
        return;
    p.depth++;
    for (uint32_t i = pick(4); i > 0 && p.budget > 0; i--, p.budget--)
        operate();
    p.depth--;
}

static void finalize_thing(void *object, void *user) {
    (void)user;
    thing *self = object;
    expect(rr_is_object(self) == 1, "a finalizer runs on what is no object");
    expect(p.destroyed[self->id] == 0, "a finalizer runs after destroy");
    expect(++p.finalized[self->id] == 1, "a finalizer runs twice");
    if (!p.calm && pick(4) == 0)
        rr_store(&((thing *)object)->a, p.roots[pick(ROOTS)]);
    if (!p.calm && pick(8) == 0) { /* resurrect */
        uint32_t i = pick(ROOTS);
        void *old = p.roots[i];
        p.roots[i] = rr_newref(object);
        rr_decref(old);
    }
    operate_in_callback();
}

static void destroy_thing(void *object, void *user) {
    (void)user;
    thing *self = object;
    expect(p.finalized[self->id] == 1, "destroy runs before the finalizer");
    expect(++p.destroyed[self->id] == 1, "destroy runs twice");
    expect(rr_alloc(p.heap, RR_TYPE_TUPLE) == NULL, "destroy may allocate");
}

static void weak_callback(void *weakref, void *user) {
    (void)user;
    expect(rr_weakref_get(weakref) == NULL, "a weak callback runs while its target is there");
    operate_in_callback();
}

static void gc_event(rr_heap *heap, const rr_gc_event *event, void *user) {
    (void)event;
    (void)user;
    expect(rr_collect(heap) == 0, "a collection nests");
    operate_in_callback();
}

/* A root's old value is released only after the new one is in its place: its death may run any of the above. */
static void set_root(uint32_t i, void *owned) {
    void *old = p.roots[i];
    p.roots[i] = owned;
    rr_decref(old);
}

static void *new_object(void) {
    switch (pick(8)) {
        case 0:
            return rr_list_new(p.heap);
        case 1:
            return rr_alloc_items(p.heap, RR_TYPE_TUPLE, pick(5));
        case 2:
            return rr_alloc_items(p.heap, RR_TYPE_BYTES, pick(200));
        default: {
            if (p.made == MOST_OBJECTS)
                return NULL;
            thing *fresh = rr_alloc(p.heap, p.thing);
            if (fresh != NULL)
                fresh->id = p.made++;
            return fresh;
        }
    }
}

/* Puts the value somewhere into the object, as its type allows. Both are held by roots, but a callback may change those, so
 * both are held here as well. */
static void put(void *object, void *value) {
    if (object == NULL)
        return;
    rr_incref(object);
    rr_incref(value);
    rr_type type = rr_type_of(object);
    if (type == p.thing) {
        rr_store(pick(2) == 0 ? &((thing *)object)->a : &((thing *)object)->b, value);
    } else if (type == RR_TYPE_TUPLE && rr_item_count(object) > 0) {
        rr_store(&((void **)object)[pick((uint32_t)rr_item_count(object))], value);
    } else if (type == RR_TYPE_LIST && value != NULL) {
        uint32_t count = (uint32_t)rr_list_count(object);
        if (count < 20)
            rr_list_insert(object, pick(count + 1), value);
        else
            rr_list_clear(object);
    } else if (type == RR_TYPE_LIST && rr_list_count(object) > 0) {
        rr_list_remove(object, pick((uint32_t)rr_list_count(object)));
    }
    rr_decref(value);
    rr_decref(object);
}

static void operate(void) {
    uint32_t i = pick(ROOTS), j = pick(ROOTS);
    switch (pick(20)) {
        case 0:
        case 1:
            set_root(i, new_object());
            break;
        case 2:
        case 3:
        case 4:
        case 5:
        case 6:
        case 7:
        case 8:
            put(p.roots[i], pick(10) == 0 ? NULL : p.roots[j]);
            break;
        case 9:
        case 10:
            set_root(i, NULL);
            break;
        case 11:
            set_root(i, rr_newref(p.roots[j]));
            break;
        case 12:
            if (p.roots[j] != NULL)
                set_root(i, rr_weakref_new(p.roots[j], pick(3) == 0 ? NULL : weak_callback, NULL));
            break;
        case 13:
            if (p.roots[j] != NULL && rr_type_of(p.roots[j]) == RR_TYPE_WEAKREF)
                set_root(i, rr_weakref_get(p.roots[j]));
            break;
        case 14:
            if (p.roots[i] != NULL && pick(4) == 0)
                (void)(pick(2) == 0 ? rr_gc_untrack(p.roots[i]) : rr_gc_track(p.roots[i]));
            if (pick(20) == 0)
                (void)(pick(2) == 0 ? rr_gc_freeze(p.heap) : rr_gc_unfreeze(p.heap));
            break;
        case 15:
            if (pick(4) == 0)
                expect(rr_collect(p.heap) >= 0, "a collection fails");
            else if (pick(4) == 0)
                expect(rr_collect_step(p.heap, pick(100000)) >= 0, "a step fails");
            break;
        default: { /* something new that holds what is there and is held by it */
            void *fresh = new_object();
            put(fresh, p.roots[i]);
            put(p.roots[i], fresh);
            set_root(j, fresh);
            break;
        }
    }
}

static void run_program(uint64_t seed) {
    rr_type thing_type = p.thing;
    memset(&p, 0, sizeof p);
    p.thing = thing_type;
    p.random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;
    /* A quarter of the programs has so little memory that allocations fail now and then. */
    uint64_t max_bytes = pick(4) == 0 ? (uint64_t)(1 + pick(8)) << 16 : 0;
    p.heap = heap_with(pick(4) == 0 ? RR_HEAP_BOUNDED : pick(8) == 0 ? RR_HEAP_SYNCHRONIZED : 0, max_bytes);
    rr_gc_set_threshold(p.heap, 1 + pick(50));
    if (pick(2) == 0)
        rr_gc_set_callback(p.heap, gc_event, NULL);
    for (int step = 0; step < STEPS && p.wrong == NULL; step++) {
        p.budget = 20;
        operate();
        if (step % 50 == 0 && rr_heap_verify(p.heap) != RR_OK)
            fail_msg("seed %" PRIu64 ", step %d: %s", seed, step, rr_last_error());
    }
    /* Everything is given up. Untracked objects are the caller's promise to come back for them. */
    p.calm = true;
    rr_gc_set_callback(p.heap, NULL, NULL);
    rr_gc_unfreeze(p.heap);
    static void *left[MOST_OBJECTS];
    int64_t count = rr_get_objects(p.heap, 0, left, LENGTH(left));
    for (int64_t i = 0; i < count; i++)
        rr_gc_track(left[i]);
    for (uint32_t i = 0; i < ROOTS; i++)
        set_root(i, NULL);
    while (rr_collect(p.heap) > 0)
        ;
    if (p.wrong != NULL)
        fail_msg("seed %" PRIu64 ": %s", seed, p.wrong);
    if (rr_heap_verify(p.heap) != RR_OK)
        fail_msg("seed %" PRIu64 ": %s", seed, rr_last_error());
    if (live(p.heap) != 0)
        fail_msg("seed %" PRIu64 ": %" PRIu64 " objects are left", seed, live(p.heap));
    for (int32_t id = 0; id < p.made; id++) {
        if (p.destroyed[id] != 1)
            fail_msg("seed %" PRIu64 ": object %" PRId32 " was destroyed %d times", seed, id, p.destroyed[id]);
    }
    heap_end(p.heap);
}

static void whatever_callbacks_do_each_object_dies_once(void **state) {
    (void)state;
    static const uint32_t offsets[] = {offsetof(thing, a), offsetof(thing, b)};
    rr_type_info info = type_info("thing");
    info.size = sizeof(thing);
    info.ref_offsets = offsets;
    info.ref_count = 2;
    info.finalize = finalize_thing;
    info.destroy = destroy_thing;
    p.thing = rr_type_new(&info);
    assert_int_not_equal(p.thing, 0);
    const char *seed = getenv("RR_TEST_SEED"), *programs = getenv("RR_TEST_PROGRAMS");
    if (seed != NULL) {
        run_program(strtoull(seed, NULL, 10));
        return;
    }
    uint64_t count = programs == NULL ? 500 : strtoull(programs, NULL, 10);
    for (uint64_t i = 1; i <= count; i++)
        run_program(i);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_callbacks_do_each_object_dies_once),
    };
    return cmocka_run_group_tests_name("stress", tests, NULL, NULL);
}
