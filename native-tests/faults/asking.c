/* Functions that ask the system for memory. Those that write files are in writing.c, those that collect in collections.c. */
#define _GNU_SOURCE
#include "scenarios.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- Objects ----------------------------------------------------------------------------------------------------- */

static int64_t alloc(scene *s) {
    return scene_own(s, rr_alloc(s->heap, scene_type(ACYCLIC | DESTROYS | FINALIZES)));
}

/* Objects of other sizes than those that the scene has. */
static int64_t alloc_small(scene *s) {
    return scene_own(s, rr_alloc_items(s->heap, RR_TYPE_BYTES, 3000));
}

static int64_t alloc_span(scene *s) {
    return scene_own(s, rr_alloc_items(s->heap, RR_TYPE_TUPLE, 100000));
}

static int64_t alloc_huge(scene *s) {
    return scene_own(s, rr_alloc_items(s->heap, RR_TYPE_BYTES, 9 << 20));
}

/* More than are left in the page, and the pages are used up: a part of them is made, and stays. */
static int64_t alloc_many(scene *s) {
    size_t done = rr_alloc_many(s->heap, scene_type(PLAIN), LENGTH(s->batch), s->batch);
    for (size_t i = 0; i < done; i++)
        MUST(scene_own(s, s->batch[i]) == RR_OK);
    return done == LENGTH(s->batch) ? RR_OK : rr_last_status();
}

static int64_t list_new(scene *s) {
    return scene_own(s, rr_list_new(s->heap));
}

static int64_t weakref_new(scene *s) {
    return scene_own(s, rr_weakref_new(s->holder, NULL, NULL));
}

/* The table of weak references grows with the objects that have one. */
static int64_t weakrefs_new(scene *s) {
    for (size_t i = 0; i < 1000; i++) {
        void *weak = rr_weakref_new(s->batch[i], NULL, NULL);
        if (weak == NULL)
            return rr_last_status();
        MUST(scene_own(s, weak) == RR_OK);
    }
    return RR_OK;
}

static void prepare_targets(scene *s) {
    for (size_t i = 0; i < LENGTH(s->batch); i++)
        MUST((s->batch[i] = rr_alloc(s->heap, scene_type(PLAIN))) != NULL);
}

static void drop_targets(scene *s) {
    MUST(rr_decref_many(s->batch, LENGTH(s->batch)) == LENGTH(s->batch));
}

/* ---- Lists and raw memory ---------------------------------------------------------------------------------------- */

/* To where its storage has doubled to what is a mapping of its own. */
static void prepare_list(scene *s) {
    s->batch[0] = rr_list_new(s->heap);
    MUST(s->batch[0] != NULL);
}

static void drop_list(scene *s) {
    MUST(rr_decref(s->batch[0]) == RR_OK);
}

static int64_t grow_list(scene *s, bool inserts) {
    void *list = s->batch[0];
    for (int64_t before = rr_list_count(list); before < 400000; before++) {
        rr_status status = inserts ? rr_list_insert(list, (size_t)before, s->object) : rr_list_append(list, s->object);
        MUST(rr_list_count(list) == before + (status == RR_OK));
        if (status != RR_OK) {
            MUST(rr_getrefcount(s->object) == before + 1);
            MUST(rr_list_clear(list) == RR_OK);
            return status;
        }
    }
    return rr_list_clear(list);
}

static int64_t append(scene *s) {
    return grow_list(s, false);
}

static int64_t insert(scene *s) {
    return grow_list(s, true);
}

static int64_t mem_alloc_small(scene *s) {
    return scene_adopt(s, rr_mem_alloc(s->heap, 5000));
}

static int64_t mem_alloc_huge(scene *s) {
    return scene_adopt(s, rr_mem_alloc(s->heap, 9 << 20));
}

static int64_t mem_realloc(scene *s, size_t from, size_t to) {
    char *memory = s->batch[0] != NULL ? s->batch[0] : rr_mem_alloc(s->heap, from);
    MUST(memory != NULL);
    s->batch[0] = memory;
    memset(memory, 'x', from);
    char *moved = rr_mem_realloc(s->heap, memory, to);
    MUST((moved != NULL ? moved : memory)[from - 1] == 'x');
    if (moved == NULL)
        return rr_last_status();
    s->batch[0] = NULL;
    return scene_adopt(s, moved);
}

static void prepare_small(scene *s) {
    MUST((s->batch[0] = rr_mem_alloc(s->heap, 500)) != NULL);
}

static void prepare_huge(scene *s) {
    MUST((s->batch[0] = rr_mem_alloc(s->heap, 5 << 20)) != NULL);
}

static int64_t realloc_small(scene *s) {
    return mem_realloc(s, 500, 9000);
}

static int64_t realloc_huge(scene *s) {
    return mem_realloc(s, 5 << 20, 50 << 20);
}

/* Tried with room to grow on first, then without. */
static int64_t realloc_by_little(scene *s) {
    return mem_realloc(s, 5 << 20, (5 << 20) + 1);
}

/* ---- Heaps and types --------------------------------------------------------------------------------------------- */

static int64_t heap_new(scene *s) {
    (void)s;
    for (uint32_t flags = 0; flags < 64; flags = flags == 0 ? 1 : 2 * flags) {
        rr_heap_options options = {.struct_size = sizeof options, .flags = flags};
        rr_heap *heap = rr_heap_new(&options);
        if (heap == NULL)
            return rr_last_status();
        MUST(rr_heap_free(heap) == RR_OK);
    }
    return RR_OK;
}

static int64_t heap_default(scene *s) {
    (void)s;
    return rr_heap_default() != NULL ? RR_OK : rr_last_status();
}

/* With finalizers that want memory, references that only traverse knows, and a leak report, for which there is none. */
static int silence = -1;

static void make_another_heap(scene *s) {
    if (silence < 0)
        silence = (int)syscall(SYS_openat, AT_FDCWD, "/dev/null", O_WRONLY | O_CLOEXEC);
    rr_heap_options options = {.struct_size = sizeof options, .flags = RR_HEAP_REPORT_LEAKS | RR_HEAP_MANUAL_GC};
    rr_heap *heap = s->batch[0] = rr_heap_new(&options);
    MUST(heap != NULL);
    node *chain = new_chain(heap, FINALIZES, 3000);
    traversed *holder = rr_alloc(heap, traversed_type());
    MUST(holder != NULL);
    holder->heap = heap;
    holder->storage = rr_mem_alloc(heap, 3000 * sizeof(void *));
    MUST(holder->storage != NULL);
    for (; holder->count < 3000; holder->count++)
        holder->storage[holder->count] = rr_newref(chain);
}

static void want_a_large_block(node *self) {
    if (self->id % 1000 != 0)
        return;
    rr_heap *heap = rr_heap_of(self);
    void *bytes = rr_alloc_items(heap, RR_TYPE_BYTES, 5 << 20);
    MUST(bytes != NULL || rr_last_status() == RR_E_NO_MEMORY);
    MUST(rr_decref(bytes) == RR_OK);
}

static int64_t heap_free(scene *s) {
    if (s->batch[0] == NULL)
        make_another_heap(s);
    /* The leak report, if there is memory for it, is on standard error. */
    int saved = dup(STDERR_FILENO);
    dup2(silence, STDERR_FILENO);
    scene_on_finalize = want_a_large_block;
    rr_status status = rr_heap_free(s->batch[0]);
    scene_on_finalize = NULL;
    dup2(saved, STDERR_FILENO);
    syscall(SYS_close, saved); /* not close, which may be refused */
    s->batch[0] = NULL;
    return status;
}

static int64_t type_new(scene *s) {
    (void)s;
    static const uint32_t offsets[] = {0, 8, 16, 24};
    for (int i = 0; i < 40; i++) {
        rr_type_info info = {.struct_size = sizeof info, .name = "a type with a name that takes some of the storage",
                             .size = 32, .ref_offsets = offsets, .ref_count = 4};
        if (rr_type_new(&info) == RR_TYPE_NONE)
            return rr_last_status();
    }
    return RR_OK;
}

static int64_t layout(scene *s) {
    (void)s;
    rr_layout_info info = {.struct_size = sizeof info};
    return rr_layout(&info);
}

/* ---- Looking ----------------------------------------------------------------------------------------------------- */

static void prepare_graph(scene *s) {
    scene_fill(s, 9000);
}

static int64_t verify(scene *s) {
    return rr_heap_verify(s->heap);
}

static int64_t get_path(scene *s) {
    int64_t length = rr_get_path(s->batch[0], NULL, 0);
    MUST(length < 0 || length == 4502);
    return length;
}

static int64_t get_type_usage(scene *s) {
    rr_type_usage usage[10] = {{.struct_size = sizeof usage[0]}};
    return rr_get_type_usage(s->heap, usage, 10);
}

/* ---- Tags -------------------------------------------------------------------------------------------------------- */

static int64_t incref_tagged(scene *s) {
    char tag[200];
    memset(tag, 'a', sizeof tag);
    for (int i = 0; i < 40; i++) {
        snprintf(tag + 150, 20, "%d-%ld", i, (long)s->batch[0]);
        rr_status status = rr_incref_tagged(s->object, tag);
        if (status != RR_OK)
            return status;
        MUST(rr_getrefcount(s->object) == 2);
        MUST(rr_decref_tagged(s->object, tag) == RR_OK);
    }
    return RR_OK;
}

static void prepare_tag(scene *s) {
    MUST(rr_incref_tagged(s->object, "tag") == RR_OK);
}

static int64_t decref_tagged(scene *s) {
    return rr_decref_tagged(s->object, "tag");
}

const scenario asking_scenarios[] = {
    {"rr_alloc", NULL, FULL, alloc, NULL, NULL},
    {"rr_alloc_items", "small", FULL, alloc_small, NULL, NULL},
    {"rr_alloc_items", "a span of pages", FULL, alloc_span, NULL, NULL},
    {"rr_alloc_items", "huge", 0, alloc_huge, NULL, NULL},
    {"rr_alloc_many", NULL, FULL, alloc_many, NULL, NULL},
    {"rr_list_new", NULL, FULL | MAY_DO_WITHOUT, list_new, NULL, NULL},
    {"rr_weakref_new", NULL, FULL, weakref_new, NULL, NULL},
    {"rr_weakref_new", "of a thousand objects", FULL, weakrefs_new, prepare_targets, drop_targets},
    {"rr_list_append", NULL, 0, append, prepare_list, drop_list},
    {"rr_list_insert", NULL, 0, insert, prepare_list, drop_list},
    {"rr_mem_alloc", "small", FULL, mem_alloc_small, NULL, NULL},
    {"rr_mem_alloc", "huge", 0, mem_alloc_huge, NULL, NULL},
    {"rr_mem_realloc", "small", FULL, realloc_small, prepare_small, NULL},
    {"rr_mem_realloc", "huge", 0, realloc_huge, prepare_huge, NULL},
    {"rr_mem_realloc", "by little", MAY_DO_WITHOUT, realloc_by_little, prepare_huge, NULL},
    {"rr_heap_new", NULL, MAY_DO_WITHOUT, heap_new, NULL, NULL},
    {"rr_heap_default", NULL, 0, heap_default, NULL, NULL},
    {"rr_heap_free", NULL, MAY_DO_WITHOUT, heap_free, make_another_heap, NULL},
    {"rr_type_new", NULL, GROWS_PROCESS, type_new, NULL, NULL},
    {"rr_layout", NULL, 0, layout, NULL, NULL},
    {"rr_heap_verify", NULL, 0, verify, prepare_graph, NULL},
    {"rr_get_path", NULL, 0, get_path, prepare_graph, NULL},
    {"rr_get_type_usage", NULL, 0, get_type_usage, prepare_graph, NULL},
    {"rr_incref_tagged", NULL, NEEDS_CHECKED | MAY_DO_WITHOUT | GROWS_PROCESS, incref_tagged, NULL, NULL},
    {"rr_decref_tagged", NULL, MAY_DO_WITHOUT, decref_tagged, prepare_tag, NULL},
};
const size_t asking_count = LENGTH(asking_scenarios);
