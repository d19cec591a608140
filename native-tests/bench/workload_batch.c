/* Allocate many objects, then release them, in the order of allocation or at random: the price of an object when there are
 * more than the caches hold. */
#include "bench.h"
#include "workloads.h"

static void measure(const bench_contender *contender, size_t size, bool in_order, double *values) {
    bench_node **nodes = bench_array(size, sizeof *nodes);
    uint32_t *order = in_order ? NULL : bench_shuffle(size);
    bench_watch(contender, nodes, size * sizeof *nodes, true);
    uint64_t start = cpu_ns();
    contender->fill(nodes, size);
    uint64_t filled = cpu_ns();
    CHECK_LIVE(contender, size);
    for (size_t i = 0; i < size; i++)
        CHECK(nodes[i]->id == i);
    uint64_t checked = cpu_ns();
    contender->drain(nodes, order, size);
    uint64_t end = cpu_ns();
    CHECK_LIVE(contender, 0);
    bench_watch(contender, nodes, size * sizeof *nodes, false);
    bench_array_free(order);
    bench_array_free(nodes);
    values[0] = (double)(end - checked + filled - start) / (double)size;
}

static void run_in_order(const bench_contender *contender, size_t size, double *values) {
    measure(contender, size, true, values);
}

static void run_random(const bench_contender *contender, size_t size, double *values) {
    measure(contender, size, false, values);
}

/* Not for those who only offer what collections need: what they fill with is no inner loop. */
static bool suits(const bench_contender *contender) {
    return contender->pairs != NULL;
}

const bench_workload workload_batch_in_order = {.what = "allocate many nodes, release them in the same order",
                                                .rows = {{.name = "batch, in order", .per = "object"}},
                                                .suits = suits,
                                                .run = run_in_order};
const bench_workload workload_batch_random = {.what = "allocate many nodes, release them at random",
                                              .rows = {{.name = "batch, random", .per = "object"}},
                                              .suits = suits,
                                              .run = run_random};
