/* Nim with its reference counts and its cycle collector, ORC: contender_nim.nim, compiled by Nim. Built only where Nim is. */
#include "bench.h"
#include "contenders.h"

#include <stdio.h>

#ifdef HAVE_NIM

void NimMain(void);
void nim_begin(bool automatic);
int64_t nim_live(void), nim_collect(void);
bench_node *nim_node_new(uint64_t id);
void nim_retain(bench_node *node), nim_release(bench_node *node);
void nim_set_slot(bench_node *from, int i, bench_node *to), nim_clear_slot(bench_node *from, int i);
void *nim_bytes_new(size_t size);
void nim_bytes_release(void *bytes);
void nim_pairs(uint64_t count), nim_leaf_pairs(uint64_t count);
void nim_fill(bench_node **nodes, size_t count), nim_drain(bench_node **nodes, const uint32_t *order, size_t count);
void nim_counts(bench_node **nodes, const uint32_t *order, size_t count);
uint64_t nim_replace(uint64_t **leaves, size_t count, uint64_t rounds, uint64_t *random);
void nim_drop_leaves(uint64_t **leaves, size_t count);
bench_node *nim_tree_up(int depth), *nim_tree_down(int depth), *nim_ring_new(uint64_t id, bench_node *held);

static bool begin(char *why, size_t why_size, bool automatic) {
    (void)why;
    (void)why_size;
    NimMain();
    nim_begin(automatic);
    return true;
}

static void end(void) {
    nim_collect();
    CHECK(nim_live() == 0);
}

const bench_contender contender_nim = {
    .name = "Nim ORC",
    .what = "ref objects of Nim " HAVE_NIM ", its counts and its collector of cycles",
    .shallow = true,
    .begin = begin,
    .end = end,
    .node_new = nim_node_new,
    .kin_new = nim_node_new,
    .release = nim_release,
    .retain = nim_retain,
    .set_slot = nim_set_slot,
    .clear_slot = nim_clear_slot,
    .bytes_new = nim_bytes_new,
    .bytes_release = nim_bytes_release,
    .collect = nim_collect,
    .live = nim_live,
    .pairs = nim_pairs,
    .leaf_pairs = nim_leaf_pairs,
    .fill = nim_fill,
    .drain = nim_drain,
    .counts = nim_counts,
    .replace = nim_replace,
    .drop_leaves = nim_drop_leaves,
    .tree_up = nim_tree_up,
    .tree_down = nim_tree_down,
    .ring_new = nim_ring_new,
    .ring_drop = nim_release,
};

#else

static bool begin(char *why, size_t why_size, bool automatic) {
    (void)automatic;
    snprintf(why, why_size, "built without the Nim compiler (Debian: nim)");
    return false;
}

const bench_contender contender_nim = {.name = "Nim ORC", .what = "ref objects of Nim", .begin = begin};

#endif
