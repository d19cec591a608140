/* A scene: see scene.h. */
#include "scene.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "faulty_system.h"

char where[200];
void (*scene_on_finalize)(node *self);

_Noreturn void give_up(const char *file, int line, const char *condition) {
    faults_disarm();
    fprintf(stderr, "%s:%d: %s: it does not hold that %s; last error: %s\n", file, line, where, condition, rr_last_error());
    _exit(1);
}

/* ---- Types ------------------------------------------------------------------------------------------------------- */

static void node_finalize(void *object, void *user) {
    (void)user;
    if (scene_on_finalize != NULL)
        scene_on_finalize(object);
}

static void node_destroy(void *object, void *user) {
    (void)object;
    (void)user;
}

rr_type scene_type(unsigned features) {
    static rr_type types[8];
    if (types[features] == 0) {
        static const uint32_t offsets[] = {offsetof(node, next), offsetof(node, other)};
        rr_type_info info = {.struct_size = sizeof info, .name = "node", .size = sizeof(node), .ref_offsets = offsets, .ref_count = 2};
        info.finalize = (features & FINALIZES) != 0 ? node_finalize : NULL;
        info.destroy = (features & DESTROYS) != 0 ? node_destroy : NULL;
        info.flags = (features & ACYCLIC) != 0 ? RR_TYPE_ACYCLIC : 0;
        types[features] = rr_type_new(&info);
        MUST(types[features] != 0);
    }
    return types[features];
}

static void storage_traverse(void *object, rr_visit_fn visit, void *arg, void *user) {
    (void)user;
    traversed *self = object;
    for (size_t i = 0; i < self->count; i++)
        visit(self->storage[i], arg);
}

static void storage_destroy(void *object, void *user) {
    (void)user;
    traversed *self = object;
    MUST(rr_mem_free(self->heap, self->storage) == RR_OK);
}

rr_type traversed_type(void) {
    static rr_type type;
    if (type == 0) {
        rr_type_info info = {.struct_size = sizeof info, .name = "traversed", .size = sizeof(traversed)};
        info.traverse = storage_traverse;
        info.destroy = storage_destroy;
        type = rr_type_new(&info);
        MUST(type != 0);
    }
    return type;
}

/* ---- The scene --------------------------------------------------------------------------------------------------- */

static void hear_weak(void *weakref, void *user) {
    (void)weakref;
    (void)user;
}

static void *must(void *pointer) {
    MUST(pointer != NULL);
    return pointer;
}

void scene_begin(scene *s, uint32_t heap_flags, uint64_t max_bytes) {
    memset(s, 0, sizeof *s);
    scene_on_finalize = NULL;
    for (unsigned features = 0; features < 8; features++)
        (void)scene_type(features);
    (void)traversed_type();
    rr_heap_options options = {.struct_size = sizeof options, .flags = heap_flags, .max_bytes = max_bytes};
    rr_heap *heap = s->heap = must(rr_heap_new(&options));
    MUST(rr_gc_disable(heap) == RR_OK); /* what collects is the call in hand */
    s->object = must(rr_alloc(heap, scene_type(FINALIZES)));
    s->holder = must(rr_alloc(heap, scene_type(PLAIN)));
    s->list = must(rr_list_new(heap));
    s->tuple = must(rr_alloc_items(heap, RR_TYPE_TUPLE, 3));
    for (size_t i = 0; i < 3; i++) {
        node *item = must(rr_alloc(heap, scene_type(PLAIN)));
        MUST(rr_list_append(s->list, item) == RR_OK);
        MUST(rr_take((void **)s->tuple + i, item) == RR_OK);
    }
    s->weak = must(rr_weakref_new(s->object, hear_weak, NULL));
    s->raw = must(rr_mem_alloc(heap, 100));
    snprintf(s->path, sizeof s->path, "faults-%ld.txt", (long)getpid());
}

void scene_fill(scene *s, int length) {
    s->holder->next = new_chain(s->heap, PLAIN, (size_t)length);
    node *middle = s->holder->next;
    for (int i = 0; i < length / 2; i++)
        middle = middle->next;
    s->batch[0] = middle;
    MUST(rr_decref(new_ring(s->heap, PLAIN, (size_t)length / 2)) == RR_OK); /* and garbage */
    MUST(rr_heap_trim(s->heap) == RR_OK);
}

void scene_exhaust(scene *s) {
    MUST(rr_heap_trim(s->heap) == RR_OK);
    faults_arm(FAULT_MEMORY, 1, false);
    /* One chain of objects a page large, and then of smaller ones. */
    for (size_t bytes = 60000; bytes > 20000; bytes /= 2) {
        void **last;
        while ((last = rr_alloc_items(s->heap, RR_TYPE_TUPLE, bytes / sizeof(void *))) != NULL) {
            last[0] = s->holder->other;
            s->holder->other = last;
        }
    }
    faults_disarm();
    MUST(rr_last_status() == RR_E_NO_MEMORY);
}

void scene_release(scene *s, size_t owned_before, size_t raw_before) {
    while (s->owned_count > owned_before)
        MUST(rr_decref(s->owned[--s->owned_count]) == RR_OK);
    while (s->raw_count > raw_before)
        MUST(rr_mem_free(s->heap, s->more_raw[--s->raw_count]) == RR_OK);
}

void scene_end(scene *s) {
    scene_on_finalize = NULL;
    scene_release(s, 0, 0);
    void *const held[] = {s->object, s->holder, s->list, s->tuple, s->weak};
    for (size_t i = 0; i < LENGTH(held); i++)
        MUST(rr_decref(held[i]) == RR_OK);
    MUST(rr_mem_free(s->heap, s->raw) == RR_OK);
    MUST(rr_gc_unfreeze(s->heap) == RR_OK);
    do
        MUST(rr_collect(s->heap) >= 0);
    while (rr_gc_pending(s->heap) == 1);
    MUST(rr_heap_verify(s->heap) == RR_OK);
    rr_stats stats = {.struct_size = sizeof stats};
    MUST(rr_heap_stats(s->heap, &stats) == RR_OK);
    MUST(stats.live_objects == 0);
    MUST(stats.raw_bytes == 0);
    MUST(stats.weakrefs_live == 0);
    MUST(rr_heap_free(s->heap) == RR_OK);
    MUST(access(s->path, F_OK) != 0);
    s->heap = NULL;
}

picture scene_picture(const scene *s) {
    rr_stats stats = {.struct_size = sizeof stats};
    MUST(rr_heap_stats(s->heap, &stats) == RR_OK);
    picture p = {.live_objects = stats.live_objects, .raw_bytes = stats.raw_bytes, .external_bytes = stats.external_bytes,
                 .weakrefs_live = stats.weakrefs_live};
    void *const held[] = {s->object, s->holder, s->list, s->tuple, s->weak, rr_list_get(s->list, 0), rr_list_get(s->list, 1)};
    for (size_t i = 0; i < LENGTH(held); i++) {
        MUST(rr_is_object(held[i]) == 1);
        p.counts = p.counts * 31 + (uint64_t)rr_getrefcount(held[i]) + (uint64_t)rr_weakref_count(held[i]);
    }
    p.items = (uint64_t)rr_list_count(s->list) * 100 + rr_item_count(s->tuple);
    return p;
}

bool is_same_picture(const picture *a, const picture *b) {
    return memcmp(a, b, sizeof *a) == 0;
}

rr_status scene_own(scene *s, void *object) {
    if (object == NULL)
        return rr_last_status();
    MUST(s->owned_count < MOST_OWNED);
    s->owned[s->owned_count++] = object;
    return RR_OK;
}

rr_status scene_adopt(scene *s, void *raw) {
    if (raw == NULL)
        return rr_last_status();
    MUST(s->raw_count < MOST_ADOPTED);
    s->more_raw[s->raw_count++] = raw;
    return RR_OK;
}

node *new_chain(rr_heap *heap, unsigned features, size_t count) {
    node *first = must(rr_alloc(heap, scene_type(features))), *last = first;
    for (size_t i = 1; i < count; i++) {
        node *fresh = must(rr_alloc(heap, scene_type(features)));
        fresh->id = (int64_t)i;
        MUST(rr_take(&last->next, fresh) == RR_OK);
        last = fresh;
    }
    return first;
}

node *new_ring(rr_heap *heap, unsigned features, size_t count) {
    node *first = new_chain(heap, features, count), *last = first;
    while (last->next != NULL)
        last = last->next;
    MUST(rr_store(&last->next, first) == RR_OK);
    return first;
}
