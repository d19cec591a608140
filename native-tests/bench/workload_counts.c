/* One more reference to each of many objects, then one less: what passing references around costs. The objects have been
 * through it once before, so that a collector that takes notes has taken them. */
#include "bench.h"

#include <stdlib.h>

typedef enum access { HOT, IN_ORDER, RANDOM } access;

static double run(const bench_contender *contender, size_t size, access way) {
    bench_node **nodes = bench_array(size, sizeof *nodes);
    uint32_t *order = way == RANDOM ? bench_shuffle(size) : NULL;
    if (way == HOT) {
        nodes[0] = contender->node_new(0);
        for (size_t i = 1; i < size; i++)
            nodes[i] = nodes[0];
    } else {
        contender->fill(nodes, size);
    }
    contender->counts(nodes, order, size); /* warm up */
    uint64_t start = now_ns();
    contender->counts(nodes, order, size);
    uint64_t time = now_ns() - start;
    for (size_t i = 0; i < (way == HOT ? 1 : size); i++)
        CHECK(nodes[i]->id == i);
    contender->drain(nodes, NULL, way == HOT ? 1 : size);
    CHECK(contender->live() == 0);
    free(order);
    free(nodes);
    return (double)time / (double)size;
}

static double run_hot(const bench_contender *contender, size_t size) {
    return run(contender, size, HOT);
}

static double run_in_order(const bench_contender *contender, size_t size) {
    return run(contender, size, IN_ORDER);
}

static double run_random(const bench_contender *contender, size_t size) {
    return run(contender, size, RANDOM);
}

const bench_workload workload_counts_hot = {
    .name = "counts, hot", .what = "incref and decref of one object", .unit = "both", .run = run_hot};
const bench_workload workload_counts_in_order = {
    .name = "counts, in order", .what = "incref, then decref of many objects", .unit = "both", .run = run_in_order};
const bench_workload workload_counts_random = {
    .name = "counts, random", .what = "the same in random order", .unit = "both", .run = run_random};
