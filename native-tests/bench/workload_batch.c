/* Allocate many objects, then release them, in the order of allocation or at random: the price of an object when there are
 * more than the caches hold. */
#include "bench.h"

#include <stdlib.h>

static double run(const bench_contender *contender, size_t size, bool in_order) {
    bench_node **nodes = bench_array(size, sizeof *nodes);
    uint32_t *order = in_order ? NULL : bench_shuffle(size);
    uint64_t start = now_ns();
    contender->fill(nodes, size);
    uint64_t filled = now_ns();
    CHECK(contender->live() == (int64_t)size);
    for (size_t i = 0; i < size; i++)
        CHECK(nodes[i]->id == i);
    uint64_t checked = now_ns();
    contender->drain(nodes, order, size);
    uint64_t end = now_ns();
    CHECK(contender->live() == 0);
    free(order);
    free(nodes);
    return (double)(end - checked + filled - start) / (double)size;
}

static double run_in_order(const bench_contender *contender, size_t size) {
    return run(contender, size, true);
}

static double run_random(const bench_contender *contender, size_t size) {
    return run(contender, size, false);
}

const bench_workload workload_batch_in_order = {
    .name = "batch, in order", .what = "allocate many, release in order", .unit = "object", .run = run_in_order};
const bench_workload workload_batch_random = {
    .name = "batch, random", .what = "allocate many, release at random", .unit = "object", .run = run_random};
