/* Build a complete binary tree, children first, and drop it: one that fits into the caches, more or less, and one that does
 * not. The larger one once more where collections start by themselves: what they find to look at costs time, too. */
#include "bench.h"
#include "workloads.h"

static void measure(const bench_contender *contender, size_t nodes, size_t rounds, double *values) {
    int depth = bench_tree_depth(nodes);
    size_t size = bench_tree_size(depth);
    uint64_t time = 0;
    for (size_t round = 0; round < rounds; round++) {
        uint64_t start = cpu_ns();
        bench_node *root = contender->tree_up(depth);
        uint64_t built = cpu_ns();
        CHECK_LIVE(contender, size);
        int levels = 0;
        for (bench_node *node = root; node != NULL; node = node->slot[levels++ % 2])
            CHECK(node->id == (uint64_t)(depth - levels));
        CHECK(levels == depth + 1);
        uint64_t checked = cpu_ns();
        contender->release(root);
        time += cpu_ns() - checked + built - start;
        CHECK_LIVE(contender, 0);
    }
    values[0] = (double)time / (double)(rounds * size);
}

static void run_small(const bench_contender *contender, size_t size, double *values) {
    measure(contender, size / 4, 4, values);
}

static void run_large(const bench_contender *contender, size_t size, double *values) {
    measure(contender, size * 2, 1, values);
}

static void run_automatic(const bench_contender *contender, size_t size, double *values) {
    double cold;
    measure(contender, size * 2, 1, &cold);
    measure(contender, size * 2, 1, values);
}

static bool suits(const bench_contender *contender) {
    return contender->tree_up != NULL;
}

const bench_workload workload_small_tree = {.what = "build and drop a binary tree of 262 k nodes",
                                            .rows = {{.name = "tree, 262 k", .per = "node"}},
                                            .suits = suits,
                                            .run = run_small};
const bench_workload workload_large_tree = {.what = "the same with 2 M nodes",
                                            .rows = {{.name = "tree, 2 M", .per = "node"}},
                                            .suits = suits,
                                            .run = run_large};
const bench_workload workload_automatic_tree = {.what = "the same where collections start by themselves",
                                                .rows = {{.name = "tree, automatic", .per = "node"}},
                                                .alone = true,
                                                .most_repetitions = 5,
                                                .suits = suits,
                                                .run = run_automatic};
