/* Allocate one object and release it, over and over: the price of an object that lives for a moment. */
#include "bench.h"
#include "workloads.h"

static void measure(const bench_contender *contender, void (*pairs)(uint64_t count), size_t size, double *values) {
    uint64_t count = (uint64_t)size * 5;
    pairs(count / 10); /* warm up */
    uint64_t start = now_ns();
    pairs(count);
    values[0] = (double)(now_ns() - start) / (double)count;
    CHECK_LIVE(contender, 0);
}

static void run_leaf(const bench_contender *contender, size_t size, double *values) {
    measure(contender, contender->leaf_pairs, size, values);
}

static void run_node(const bench_contender *contender, size_t size, double *values) {
    measure(contender, contender->pairs, size, values);
}

static bool suits_leaf(const bench_contender *contender) {
    return contender->leaf_pairs != NULL;
}

static bool suits_node(const bench_contender *contender) {
    return contender->pairs != NULL;
}

const bench_workload workload_leaf_pair = {.what = "allocate and release 32 bytes without references",
                                           .rows = {{.name = "pair, leaf", .per = "pair"}},
                                           .suits = suits_leaf,
                                           .run = run_leaf};
const bench_workload workload_pair = {.what = "the same, with two empty slots among the 32 bytes",
                                      .rows = {{.name = "pair, node", .per = "pair"}},
                                      .suits = suits_node,
                                      .run = run_node};
