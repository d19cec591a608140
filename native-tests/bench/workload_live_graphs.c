/* Collect where nothing is dead: with every object a possible root of a cycle, and when nothing has changed at all since the
 * last collection. */
#include "bench.h"

#include <stdlib.h>

/* A binary tree whose leaves refer to random nodes, the last one to the root: so all of it is one cyclic graph. nodes[0], the
 * root, is the only node that is held, once this has returned. */
static void build(const bench_contender *contender, bench_node **nodes, size_t size) {
    uint64_t random = 7;
    contender->fill(nodes, size);
    for (size_t i = 0; i < size; i++) {
        for (size_t slot = 0; slot < 2; slot++) {
            size_t to = 2 * i + 1 + slot;
            if (to >= size)
                to = i == size - 1 ? 0 : bench_random(&random) % size;
            contender->set_slot(nodes[i], (int)slot, nodes[to]);
        }
    }
    for (size_t i = 1; i < size; i++)
        contender->release(nodes[i]);
    CHECK(contender->live() == (int64_t)size);
}

static void drop(const bench_contender *contender, bench_node **nodes, size_t size) {
    for (size_t i = 0; i < size; i++)
        CHECK(nodes[i]->id == i);
    contender->release(nodes[0]);
    CHECK(contender->collect() == (int64_t)size);
    CHECK(contender->live() == 0);
    free(nodes);
}

static double run_candidates(const bench_contender *contender, size_t size) {
    bench_node **nodes = bench_array(size, sizeof *nodes);
    build(contender, nodes, size);
    CHECK(contender->collect() == 0);
    for (size_t i = 0; i < size; i++) {
        contender->retain(nodes[i]);
        contender->release(nodes[i]);
    }
    uint64_t start = now_ns();
    int64_t collected = contender->collect();
    uint64_t time = now_ns() - start;
    CHECK(collected == 0);
    drop(contender, nodes, size);
    return (double)time / (double)size;
}

static double run_unchanged(const bench_contender *contender, size_t size) {
    bench_node **nodes = bench_array(size, sizeof *nodes);
    build(contender, nodes, size);
    CHECK(contender->collect() == 0);
    /* As often as fits into some milliseconds. */
    uint64_t start = now_ns(), time;
    uint64_t count = 0;
    do {
        CHECK(contender->collect() == 0);
        count++;
        time = now_ns() - start;
    } while (time < 20 * 1000 * 1000);
    drop(contender, nodes, size);
    return (double)time / (double)count;
}

const bench_workload workload_live_candidates = {.name = "live, all logged",
                                                 .what = "collect a live graph, every object a candidate",
                                                 .unit = "object",
                                                 .needs_collect = true,
                                                 .run = run_candidates};
const bench_workload workload_unchanged = {.name = "nothing changed",
                                           .what = "collect again, with all objects alive",
                                           .unit = "collection",
                                           .needs_collect = true,
                                           .run = run_unchanged};
