/* Collections of every kind of garbage, in every way to collect. A collection that lacks memory has freed nothing, or, in
 * slices, only what was dead; what is garbage stays so for the next. */
#include "scenarios.h"

#include <stdio.h>
#include <string.h>

/* ---- Garbage ----------------------------------------------------------------------------------------------------- */

static void drop(void *object) {
    MUST(object != NULL);
    MUST(rr_decref(object) == RR_OK);
}

static void rings(scene *s) {
    for (int i = 0; i < 600; i++)
        drop(new_ring(s->heap, PLAIN, 3));
}

static void large_ring(scene *s) {
    drop(new_ring(s->heap, PLAIN, 9000));
}

static void rings_beside_the_living(scene *s) {
    rings(s);
    s->holder->next = new_chain(s->heap, PLAIN, 9000); /* its links are candidates */
}

static void finalized_ring(scene *s) {
    drop(new_ring(s->heap, FINALIZES | DESTROYS, 2000));
}

/* Each finalizer wants memory, and does without. */
static void allocate(node *self) {
    rr_heap *heap = rr_heap_of(self);
    void *bytes = rr_alloc_items(heap, RR_TYPE_BYTES, 1000 + (size_t)self->id % 20000);
    MUST(bytes != NULL || rr_last_status() == RR_E_NO_MEMORY);
    if (bytes != NULL && self->other == NULL)
        MUST(rr_store(&self->other, bytes) == RR_OK);
    MUST(rr_decref(bytes) == RR_OK);
}

static void greedy_ring(scene *s) {
    scene_on_finalize = allocate;
    for (int i = 0; i < 4; i++)
        drop(new_ring(s->heap, FINALIZES, 200));
}

/* The first of a ring that is finalized saves it, for as long as the scene lasts. */
static node *saviour;

static void save(node *self) {
    if (self->id == 7)
        MUST(rr_store(&saviour->next, self) == RR_OK);
}

static void resurrected_ring(scene *s) {
    scene_on_finalize = save;
    saviour = s->holder;
    drop(new_ring(s->heap, FINALIZES, 1000));
    drop(new_ring(s->heap, PLAIN, 1000));
}

/* Weak references, and callbacks that want memory. */
static void weak_allocates(void *weakref, void *user) {
    (void)user;
    rr_heap *heap = rr_heap_of(weakref);
    void *bytes = rr_alloc_items(heap, RR_TYPE_BYTES, 3000);
    MUST(bytes != NULL || rr_last_status() == RR_E_NO_MEMORY);
    MUST(rr_weakref_get(weakref) == NULL);
    MUST(rr_decref(bytes) == RR_OK);
}

static void watched_ring(scene *s) {
    node *ring = new_ring(s->heap, PLAIN, 120), *next = ring;
    for (size_t i = 0; i < 120; i++, next = next->next)
        MUST(scene_own(s, rr_weakref_new(next, weak_allocates, NULL)) == RR_OK);
    memcpy(s->batch, s->owned, 120 * sizeof(void *));
    s->owned_count = 0; /* the scene's, until the end */
    drop(ring);
}

static void drop_watchers(scene *s) {
    MUST(rr_decref_many(s->batch, 120) == 120);
}

/* References that only traverse knows, a thousand in each of three objects, to themselves and to others. */
static void traversed_garbage(scene *s) {
    traversed *all[3];
    for (int i = 0; i < 3; i++) {
        MUST((all[i] = rr_alloc(s->heap, traversed_type())) != NULL);
        all[i]->heap = s->heap;
        MUST((all[i]->storage = rr_mem_alloc(s->heap, 1000 * sizeof(void *))) != NULL);
    }
    for (int i = 0; i < 3; i++) {
        for (size_t k = 0; k < 1000; k++) {
            void *to = k % 2 == 0 ? rr_newref(all[k % 3]) : rr_alloc(s->heap, scene_type(DESTROYS));
            MUST(to != NULL);
            all[i]->storage[k] = to;
            all[i]->count = k + 1;
        }
    }
    for (int i = 0; i < 3; i++)
        drop(all[i]);
}

/* A cycle that holds more acyclic objects at once than the queue of the dying has room for. */
static void wide_tail(scene *s) {
    void **tuple = rr_alloc_items(s->heap, RR_TYPE_TUPLE, 1500);
    MUST(tuple != NULL);
    for (size_t i = 1; i < 1500; i++)
        MUST((tuple[i] = rr_alloc(s->heap, scene_type(ACYCLIC | FINALIZES))) != NULL);
    MUST(rr_store(&tuple[0], tuple) == RR_OK);
    drop(tuple);
}

static void lists(scene *s) {
    for (int i = 0; i < 200; i++) {
        void *list = rr_list_new(s->heap);
        for (int k = 0; k < 20; k++)
            MUST(rr_list_append(list, list) == RR_OK);
        drop(list);
    }
}

static void frozen_beside_garbage(scene *s) {
    s->holder->next = new_ring(s->heap, PLAIN, 1000);
    MUST(rr_gc_freeze(s->heap) == RR_OK);
    rings(s);
}

static const struct {
    const char *name;
    void (*make)(scene *s);
    void (*undo)(scene *s);
} garbage[] = {
    {"small rings", rings, NULL},
    {"a large ring", large_ring, NULL},
    {"rings beside the living", rings_beside_the_living, NULL},
    {"a ring with finalizers", finalized_ring, NULL},
    {"finalizers that want memory", greedy_ring, NULL},
    {"finalizers that resurrect", resurrected_ring, NULL},
    {"weak callbacks that want memory", watched_ring, drop_watchers},
    {"references that only traverse knows", traversed_garbage, NULL},
    {"more dying than the queue holds", wide_tail, NULL},
    {"lists that contain themselves", lists, NULL},
    {"garbage beside what is frozen", frozen_beside_garbage, NULL},
};

/* ---- Ways to collect --------------------------------------------------------------------------------------------- */

static int64_t collect(scene *s) {
    return rr_collect(s->heap);
}

static int64_t steps(scene *s) {
    for (int i = 0; i < 1000000 && rr_gc_pending(s->heap) == 1; i++) {
        int64_t freed = rr_collect_step(s->heap, 0);
        if (freed < 0)
            return freed;
    }
    return RR_OK;
}

/* For a round that has begun: what fails then is its middle and its end, marking, verification, commit. */
static void first_steps(scene *s) {
    for (int i = 0; i < 300 && rr_gc_pending(s->heap) == 1; i++)
        MUST(rr_collect_step(s->heap, 0) >= 0);
}

/* An allocation that finds a collection due. It needs no memory itself, and does not fail because the collection does. */
static int64_t automatically(scene *s) {
    for (int i = 0; i < 50; i++) {
        rr_status status = scene_own(s, rr_alloc(s->heap, RR_TYPE_TUPLE));
        if (status != RR_OK)
            return status;
    }
    return RR_OK;
}

static void enable(scene *s) {
    MUST(rr_gc_set_threshold(s->heap, 1) == RR_OK);
    MUST(rr_gc_enable(s->heap) == RR_OK);
}

static const struct {
    const char *function, *name;
    unsigned flags;
    int64_t (*run)(scene *s);
    void (*prepare)(scene *s);
} ways[] = {
    {"rr_collect", "of", COLLECTS | MAY_DO_WITHOUT, collect, NULL},
    {"rr_collect_step", "all of", COLLECTS | MAY_DO_WITHOUT, steps, NULL},
    {"rr_collect_step", "the last of", COLLECTS | MAY_DO_WITHOUT, steps, first_steps},
    {"rr_alloc", "beside", COLLECTS | MAY_DO_WITHOUT, automatically, enable},
};

/* The scenario in hand: there is one at a time in a process. */
static size_t current_way, current_garbage;

static void prepare(scene *s) {
    garbage[current_garbage].make(s);
    MUST(rr_heap_trim(s->heap) == RR_OK);
    if (ways[current_way].prepare != NULL)
        ways[current_way].prepare(s);
}

size_t collection_count(void) {
    return LENGTH(ways) * LENGTH(garbage);
}

scenario collection_scenario(size_t index, char *label, size_t capacity) {
    current_way = index / LENGTH(garbage);
    current_garbage = index % LENGTH(garbage);
    snprintf(label, capacity, "%s %s", ways[current_way].name, garbage[current_garbage].name);
    return (scenario){ways[current_way].function, label, ways[current_way].flags, ways[current_way].run, prepare,
                      garbage[current_garbage].undo};
}
