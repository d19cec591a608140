/* Collect where nothing is dead: with every object a possible root of a cycle, and when nothing has changed at all since the
 * last collection. */
#include "bench.h"
#include "workloads.h"

/* A binary tree whose leaves refer to random nodes, the last one to the root: so all of it is one cyclic graph. nodes[0], the
 * root, is the only node that is held, once this has returned. */
static void build(const bench_contender *contender, bench_node **nodes, size_t size) {
    uint64_t random = 7;
    bench_watch(contender, nodes, size * sizeof *nodes, true);
    contender->fill(nodes, size);
    for (size_t i = 0; i < size; i++) {
        for (size_t slot = 0; slot < 2; slot++) {
            size_t to = 2 * i + 1 + slot;
            if (to >= size)
                to = i == size - 1 ? 0 : bench_random_below(&random, size);
            contender->set_slot(nodes[i], (int)slot, nodes[to]);
        }
    }
    for (size_t i = 1; i < size; i++)
        contender->release(nodes[i]);
    bench_watch(contender, nodes, size * sizeof *nodes, false);
    bench_watch(contender, nodes, sizeof *nodes, true);
    CHECK_LIVE(contender, size);
}

/* For those that can't tell how many are dead, that the live ones still have their ids must do. */
static void expect_collected(const bench_contender *contender, int64_t count) {
    int64_t collected = contender->collect();
    CHECK(collected < 0 || collected == count);
}

static void drop(const bench_contender *contender, bench_node **nodes, size_t size) {
    for (size_t i = 0; i < size; i++)
        CHECK(nodes[i]->id == i);
    contender->release(nodes[0]);
    bench_watch(contender, nodes, sizeof *nodes, false);
    expect_collected(contender, (int64_t)size);
    CHECK_LIVE(contender, 0);
    bench_array_free(nodes);
}

static void run_candidates(const bench_contender *contender, size_t size, double *values) {
    bench_node **nodes = bench_array(size, sizeof *nodes);
    build(contender, nodes, size);
    expect_collected(contender, 0);
    for (size_t i = 0; i < size; i++) {
        contender->retain(nodes[i]);
        contender->release(nodes[i]);
    }
    uint64_t start = cpu_ns();
    int64_t collected = contender->collect();
    values[0] = (double)(cpu_ns() - start) / (double)size;
    CHECK(collected <= 0);
    drop(contender, nodes, size);
}

static void run_unchanged(const bench_contender *contender, size_t size, double *values) {
    bench_node **nodes = bench_array(size, sizeof *nodes);
    build(contender, nodes, size);
    expect_collected(contender, 0);
    /* Twice as often each time, until it takes some milliseconds. */
    uint64_t time, count = 1;
    for (;; count *= 2) {
        uint64_t start = cpu_ns();
        for (uint64_t i = 0; i < count; i++)
            CHECK(contender->collect() <= 0);
        time = cpu_ns() - start;
        if (time > 5 * 1000 * 1000)
            break;
    }
    values[0] = (double)time / (double)count;
    drop(contender, nodes, size);
}

static bool suits(const bench_contender *contender) {
    return contender->collect != NULL;
}

const bench_workload workload_live_candidates = {.what = "collect a live graph, every object a candidate",
                                                 .rows = {{.name = "live, all logged", .per = "object"}},
                                                 .suits = suits,
                                                 .run = run_candidates};
const bench_workload workload_unchanged = {.what = "collect again, with all objects alive",
                                           .rows = {{.name = "nothing changed", .per = "collection"}},
                                           .suits = suits,
                                           .run = run_unchanged};
