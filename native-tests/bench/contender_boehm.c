/* The collector of Boehm, Demers and Weiser, as Debian builds it, with its defaults. Built only where its header is.
 *
 * There are no counts: to release is to forget. What is forgotten is found by collections, which start by themselves when the
 * heap has grown, and so fall into what is measured, wherever they belong; what a workload has forgotten at its end, a later
 * one pays for, and it for an earlier one. It is conservative: a stale word on the stack may keep something alive, so
 * it can't tell how many nodes live or have died. That nothing dies too early, the workloads see from their data.
 */
#include "bench.h"
#include "contenders.h"

#include <stdio.h>

#ifdef HAVE_BOEHM

#include <gc.h>

static bool begin(char *why, size_t why_size, bool automatic) {
    (void)why;
    (void)why_size;
    (void)automatic;
    GC_INIT();
    return true;
}

static void end(void) {
    GC_gcollect(); /* goes over all that is left, which must be sound for that */
}

/* GC_MALLOC clears what it gives. */
static inline bench_node *new_node(uint64_t id) {
    bench_node *node = GC_MALLOC(sizeof *node);
    CHECK(node != NULL);
    node->id = id;
    return node;
}

static inline void release_node(bench_node *node) {
    (void)node;
}

static inline void retain_node(bench_node *node) {
    (void)node;
}

static inline void store_slot(bench_node *from, int i, bench_node *to) {
    from->slot[i] = to;
}

static inline void move_slot(bench_node *from, int i, bench_node *to) {
    from->slot[i] = to;
}

static inline void *new_leaf(void) {
    bench_node *leaf = GC_MALLOC_ATOMIC(sizeof *leaf);
    CHECK(leaf != NULL);
    *leaf = (bench_node){.id = 0};
    return leaf;
}

static inline void release_leaf(void *leaf) {
    (void)leaf;
}

static inline uint64_t *new_sized(unsigned size_index) {
    uint64_t *leaf = GC_MALLOC_ATOMIC(bench_sizes[size_index]);
    CHECK(leaf != NULL);
    return leaf;
}

static inline void release_sized(uint64_t *leaf) {
    (void)leaf;
}

#include "hot_loops.h"

/* The array must not hold what it has given up. */
static void drain(bench_node **nodes, const uint32_t *order, size_t count) {
    for (size_t i = 0; i < count; i++)
        nodes[order == NULL ? i : order[i]] = NULL;
}

static bench_node *node_new(uint64_t id) {
    return new_node(id);
}

static void release(bench_node *node) {
    (void)node;
}

static void set_slot(bench_node *from, int i, bench_node *to) {
    from->slot[i] = to;
}

static void clear_slot(bench_node *from, int i) {
    from->slot[i] = NULL;
}

static void *bytes_new(size_t size) {
    void *bytes = GC_MALLOC_ATOMIC(size);
    CHECK(bytes != NULL);
    return bytes;
}

static void bytes_release(void *bytes) {
    (void)bytes;
}

static int64_t collect(void) {
    GC_gcollect();
    return -1;
}

static void watch(void *array, size_t bytes, bool on) {
    if (on)
        GC_add_roots(array, (char *)array + bytes);
    else
        GC_remove_roots(array, (char *)array + bytes);
}

const bench_contender contender_boehm = {
    .name = "Boehm",
    .what = "GC_MALLOC, and nothing is released by hand",
    .begin = begin,
    .end = end,
    .node_new = node_new,
    .kin_new = node_new,
    .release = release,
    .retain = release,
    .set_slot = set_slot,
    .clear_slot = clear_slot,
    .bytes_new = bytes_new,
    .bytes_release = bytes_release,
    .collect = collect,
    .watch = watch,
    .ring_drop = release,
    HOT_LOOPS,
    .drain = drain,
};

#else

static bool begin(char *why, size_t why_size, bool automatic) {
    (void)automatic;
    snprintf(why, why_size, "built without its header (Debian: libgc-dev)");
    return false;
}

const bench_contender contender_boehm = {.name = "Boehm", .what = "a tracing collector", .begin = begin};

#endif
