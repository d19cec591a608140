/* GCBench of Hans Boehm, after John Ellis and Pete Kovac: a tree and an array that live long, and beside them very many
 * trees of all sizes that live for a moment, built parents first and children first. Collections start by themselves. */
#include "bench.h"
#include "workloads.h"

/* As in the original: the depths, and the numbers in the array. */
enum { STRETCH_DEPTH = 18, LONG_LIVED_DEPTH = 16, SMALLEST_DEPTH = 4, LARGEST_DEPTH = 16, NUMBERS = 500000 };

static void expect_tree(const bench_node *node, int depth) {
    CHECK(node->id == (uint64_t)depth);
    for (int slot = 0; slot < 2; slot++) {
        CHECK((node->slot[slot] != NULL) == (depth > 0));
        if (depth > 0)
            expect_tree(node->slot[slot], depth - 1);
    }
}

static void run(const bench_contender *contender, size_t size, double *values) {
    /* The quick run is an eighth of it: three levels less. */
    int less = size < 1000 * 1000 ? 3 : 0;
    int stretch = STRETCH_DEPTH - less, long_lived_depth = LONG_LIVED_DEPTH - less, largest = LARGEST_DEPTH - less;
    size_t nodes = bench_tree_size(stretch) + bench_tree_size(long_lived_depth), held = bench_tree_size(long_lived_depth) + 1;
    uint64_t start = cpu_ns();
    contender->release(contender->tree_up(stretch));
    bench_node *long_lived = contender->tree_down(long_lived_depth);
    double *numbers = contender->bytes_new(NUMBERS * sizeof *numbers);
    for (int i = 0; i < NUMBERS; i++)
        numbers[i] = 1.0 / (i + 1);
    for (int depth = SMALLEST_DEPTH; depth <= largest; depth += 2) {
        size_t trees = 2 * bench_tree_size(stretch) / bench_tree_size(depth);
        for (size_t i = 0; i < trees; i++)
            contender->release(contender->tree_down(depth));
        for (size_t i = 0; i < trees; i++)
            contender->release(contender->tree_up(depth));
        nodes += 2 * trees * bench_tree_size(depth);
    }
    uint64_t checking = cpu_ns();
    expect_tree(long_lived, long_lived_depth);
    for (int i = 0; i < NUMBERS; i++)
        CHECK(numbers[i] == 1.0 / (i + 1));
    if (contender->collect != NULL)
        contender->collect();
    CHECK_LIVE(contender, held);
    uint64_t checked = cpu_ns();
    contender->release(long_lived);
    contender->bytes_release(numbers);
    values[0] = (double)(cpu_ns() - checked + checking - start) / (double)nodes;
    CHECK_LIVE(contender, 0);
}

static bool suits(const bench_contender *contender) {
    return contender->tree_down != NULL && contender->bytes_new != NULL;
}

const bench_workload workload_gcbench = {.what = "trees of all sizes come and go beside a tree and an array that stay",
                                         .rows = {{.name = "GCBench", .per = "node"}},
                                         .alone = true,
                                         .most_repetitions = 5,
                                         .suits = suits,
                                         .run = run};
