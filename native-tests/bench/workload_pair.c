/* Allocate one object and release it, over and over: the price of an object that lives for a moment. */
#include "bench.h"

static double measure(const bench_contender *contender, void (*pairs)(uint64_t count), size_t size) {
    uint64_t count = (uint64_t)size * 10;
    pairs(count / 10); /* warm up */
    uint64_t start = now_ns();
    pairs(count);
    uint64_t time = now_ns() - start;
    CHECK(contender->live() == 0);
    return (double)time / (double)count;
}

static double run_leaf(const bench_contender *contender, size_t size) {
    return measure(contender, contender->leaf_pairs, size);
}

static double run_node(const bench_contender *contender, size_t size) {
    return measure(contender, contender->pairs, size);
}

const bench_workload workload_leaf_pair = {.name = "pair, leaf",
                                           .what = "allocate and release 32 bytes without references",
                                           .unit = "pair",
                                           .needs_leaves = true,
                                           .run = run_leaf};
const bench_workload workload_pair = {.name = "pair, node",
                                      .what = "the same, with two empty slots among the 32 bytes",
                                      .unit = "pair",
                                      .run = run_node};
