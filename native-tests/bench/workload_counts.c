/* One more reference to each of many objects, then one less: what passing references around costs. The objects have been
 * through it once before, so that a collector that takes notes has taken them. */
#include "bench.h"
#include "workloads.h"

typedef enum access { HOT, IN_ORDER, RANDOM } access;

static void measure(const bench_contender *contender, size_t size, access way, double *values) {
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
    uint64_t start = cpu_ns();
    contender->counts(nodes, order, size);
    values[0] = (double)(cpu_ns() - start) / (double)size;
    for (size_t i = 0; i < (way == HOT ? 1 : size); i++)
        CHECK(nodes[i]->id == i);
    contender->drain(nodes, NULL, way == HOT ? 1 : size);
    CHECK_LIVE(contender, 0);
    bench_array_free(order);
    bench_array_free(nodes);
}

static void run_hot(const bench_contender *contender, size_t size, double *values) {
    measure(contender, size, HOT, values);
}

static void run_in_order(const bench_contender *contender, size_t size, double *values) {
    measure(contender, size, IN_ORDER, values);
}

static void run_random(const bench_contender *contender, size_t size, double *values) {
    measure(contender, size, RANDOM, values);
}

static bool suits(const bench_contender *contender) {
    return contender->counts != NULL;
}

const bench_workload workload_counts_hot = {.what = "incref and decref of one object",
                                            .rows = {{.name = "counts, hot", .per = "both"}},
                                            .suits = suits,
                                            .run = run_hot};
const bench_workload workload_counts_in_order = {.what = "incref of many objects, then decref of them",
                                                 .rows = {{.name = "counts, in order", .per = "both"}},
                                                 .suits = suits,
                                                 .run = run_in_order};
const bench_workload workload_counts_random = {.what = "the same in random order",
                                               .rows = {{.name = "counts, random", .per = "both"}},
                                               .suits = suits,
                                               .run = run_random};
