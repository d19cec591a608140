/* RefRuntime through its extern functions, as any caller with an FFI uses it. */
#include "bench.h"
#include "contenders.h"

#include <refruntime.h>
#include <stdio.h>

/* contender_rr_inline.c and its like include this file with other calls behind the same names. */
#ifndef CONTENDER
#define CONTENDER contender_rr
#define CONTENDER_NAME "rr"
#define CONTENDER_WHAT "RefRuntime, extern functions, a heap that the thread owns"
#endif
#ifndef CONTENDER_HEAP_FLAGS
#define CONTENDER_HEAP_FLAGS 0 /* where collections are automatic */
#endif
#ifndef CONTENDER_AUTOMATIC_ONLY
#define CONTENDER_AUTOMATIC_ONLY false
#endif

static rr_heap *heap;
static rr_type type, kin_type, leaf_type, sized_types[BENCH_SIZES];

static rr_type leaf_of(const char *name, uint32_t size, uint32_t flags) {
    rr_type_info info = {.struct_size = sizeof info, .name = name, .size = size, .flags = flags};
    return rr_type_new(&info);
}

static bool begin(char *why, size_t why_size, bool automatic) {
    static const uint32_t offsets[] = {0, sizeof(void *), 2 * sizeof(void *)};
    rr_type_info info = {.struct_size = sizeof info,
                         .name = "bench node",
                         .size = sizeof(bench_node),
                         .ref_offsets = offsets,
                         .ref_count = 2};
    type = rr_type_new(&info);
    info.name = "bench kin";
    info.ref_count = 3;
    kin_type = rr_type_new(&info);
    leaf_type = leaf_of("bench leaf", sizeof(bench_node), 0);
    bool typed = type != 0 && kin_type != 0 && leaf_type != 0;
    for (int i = 0; i < BENCH_SIZES && typed; i++)
        typed = (sized_types[i] = leaf_of("bench sized leaf", bench_sizes[i], RR_TYPE_UNZEROED)) != 0;
    rr_heap_options options = {.struct_size = sizeof options,
                               .flags = automatic ? CONTENDER_HEAP_FLAGS : RR_HEAP_MANUAL_GC};
    heap = typed ? rr_heap_new(&options) : NULL;
    if (heap == NULL)
        snprintf(why, why_size, "%s", rr_last_error());
    return heap != NULL;
}

static void end(void) {
    CHECK(rr_heap_verify(heap) == RR_OK);
    CHECK(rr_heap_free(heap) == RR_OK);
}

/* ---- For the hot loops ------------------------------------------------------------------------------------------- */

static inline bench_node *new_node(uint64_t id) {
    bench_node *node = rr_alloc(heap, type);
    CHECK(node != NULL);
    node->id = id;
    return node;
}

static inline void release_node(bench_node *node) {
    rr_decref(node);
}

static inline void retain_node(bench_node *node) {
    rr_incref(node);
}

static inline void store_slot(bench_node *from, int i, bench_node *to) {
    rr_store(&from->slot[i], to);
}

static inline void move_slot(bench_node *from, int i, bench_node *to) {
    rr_take(&from->slot[i], to);
}

static inline void *new_leaf(void) {
    void *leaf = rr_alloc(heap, leaf_type);
    CHECK(leaf != NULL);
    return leaf;
}

static inline void release_leaf(void *leaf) {
    rr_decref(leaf);
}

static inline uint64_t *new_sized(unsigned size_index) {
    uint64_t *leaf = rr_alloc(heap, sized_types[size_index]);
    CHECK(leaf != NULL);
    return leaf;
}

static inline void release_sized(uint64_t *leaf) {
    rr_decref(leaf);
}

#include "hot_loops.h"

/* ---- The interface ----------------------------------------------------------------------------------------------- */

static bench_node *node_new(uint64_t id) {
    return new_node(id);
}

static bench_node *kin_new(uint64_t id) {
    bench_node *node = rr_alloc(heap, kin_type);
    CHECK(node != NULL);
    node->id = id;
    return node;
}

static void release(bench_node *node) {
    CHECK(rr_decref(node) == RR_OK);
}

static void retain(bench_node *node) {
    CHECK(rr_incref(node) == RR_OK);
}

static void set_slot(bench_node *from, int i, bench_node *to) {
    CHECK(rr_store(&from->slot[i], to) == RR_OK);
}

static void clear_slot(bench_node *from, int i) {
    CHECK(rr_store(&from->slot[i], NULL) == RR_OK);
}

static void *bytes_new(size_t size) {
    void *bytes = rr_alloc_items(heap, RR_TYPE_BYTES, size);
    CHECK(bytes != NULL);
    return bytes;
}

static void bytes_release(void *bytes) {
    CHECK(rr_decref(bytes) == RR_OK);
}

static int64_t collect(void) {
    return rr_collect(heap);
}

static int64_t live(void) {
    rr_stats stats = {.struct_size = sizeof stats};
    CHECK(rr_heap_stats(heap, &stats) == RR_OK);
    return (int64_t)stats.live_objects;
}

const bench_contender CONTENDER = {
    .name = CONTENDER_NAME,
    .what = CONTENDER_WHAT,
    .automatic_only = CONTENDER_AUTOMATIC_ONLY,
    .begin = begin,
    .end = end,
    .node_new = node_new,
    .kin_new = kin_new,
    .release = release,
    .retain = retain,
    .set_slot = set_slot,
    .clear_slot = clear_slot,
    .bytes_new = bytes_new,
    .bytes_release = bytes_release,
    .collect = collect,
    .live = live,
    .ring_drop = release,
    HOT_LOOPS,
    HOT_COUNTS,
};
