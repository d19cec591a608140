/* As in the benchmark Larson: an array of leaves of eight sizes, 16 to 200 bytes; a random one is released and another of
 * random size takes its place. This is how a heap looks after it has been used for a while. */
#include "bench.h"
#include "workloads.h"

static void run(const bench_contender *contender, size_t size, double *values) {
    uint64_t **leaves = bench_array(size, sizeof *leaves);
    uint64_t random = 11, rounds = 2 * (uint64_t)size;
    bench_watch(contender, leaves, size * sizeof *leaves, true);
    /* Fills nearly all places and has replaced many before the clock starts. */
    CHECK(contender->replace(leaves, size, 3 * (uint64_t)size, &random) == 0);
    uint64_t start = cpu_ns();
    uint64_t wrong = contender->replace(leaves, size, rounds, &random);
    values[0] = (double)(cpu_ns() - start) / (double)rounds;
    CHECK(wrong == 0);
    size_t held = 0;
    for (size_t i = 0; i < size; i++)
        held += leaves[i] != NULL;
    CHECK(held > size / 100 * 99);
    CHECK_LIVE(contender, held);
    contender->drop_leaves(leaves, size);
    CHECK_LIVE(contender, 0);
    bench_watch(contender, leaves, size * sizeof *leaves, false);
    bench_array_free(leaves);
}

static bool suits(const bench_contender *contender) {
    return contender->replace != NULL;
}

const bench_workload workload_replace = {.what = "a random leaf of many is released, one of random size takes its place",
                                         .rows = {{.name = "replace", .per = "replacement"}},
                                         .suits = suits,
                                         .run = run};
