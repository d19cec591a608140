/* RefRuntime through its extern functions, as any caller with an FFI uses it. */
#include "bench.h"

#include <refruntime.h>
#include <stdio.h>

/* contender_rr_inline.c includes this file with other calls behind the same names. */
#ifndef CONTENDER
#define CONTENDER contender_rr
#define CONTENDER_NAME "rr"
#define CONTENDER_WHAT "RefRuntime, extern functions, a heap that the thread owns"
#endif

static rr_heap *heap;
static rr_type type, leaf_type;

static bool begin(char *why, size_t why_size) {
    static const uint32_t offsets[] = {offsetof(bench_node, slot), offsetof(bench_node, slot) + sizeof(void *)};
    rr_type_info info = {.struct_size = sizeof info,
                         .name = "bench node",
                         .size = sizeof(bench_node),
                         .ref_offsets = offsets,
                         .ref_count = 2};
    /* Workloads ask for their collections: an automatic one would fall into the building of a graph. */
    rr_heap_options options = {.struct_size = sizeof options, .flags = RR_HEAP_MANUAL_GC};
    type = rr_type_new(&info);
    rr_type_info leaf = {.struct_size = sizeof leaf, .name = "bench leaf", .size = sizeof(bench_node)};
    leaf_type = rr_type_new(&leaf);
    heap = rr_heap_new(&options);
    if (type == 0 || leaf_type == 0 || heap == NULL)
        snprintf(why, why_size, "%s", rr_last_error());
    return type != 0 && leaf_type != 0 && heap != NULL;
}

static void end(void) {
    CHECK(rr_heap_verify(heap) == RR_OK);
    CHECK(rr_heap_free(heap) == RR_OK);
}

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

static inline void *new_leaf(void) {
    void *leaf = rr_alloc(heap, leaf_type);
    CHECK(leaf != NULL);
    return leaf;
}

static inline void release_leaf(void *leaf) {
    rr_decref(leaf);
}

#define HAVE_LEAVES
#include "hot_loops.h"

static bench_node *node_new(uint64_t id) {
    return new_node(id);
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
    .begin = begin,
    .end = end,
    .node_new = node_new,
    .release = release,
    .retain = retain,
    .set_slot = set_slot,
    .collect = collect,
    .live = live,
    HOT_LOOPS,
};
