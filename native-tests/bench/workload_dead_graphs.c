/* Collect graphs that are dead: one doubly linked ring, a random graph, very many rings of three. Only the collection is
 * timed. */
#include "bench.h"

#include <stdlib.h>

/* Collects what is left, checks that it is everything, and answers the time per node. */
static double timed_collect(const bench_contender *contender) {
    int64_t dead = contender->live();
    CHECK(dead > 0);
    uint64_t start = now_ns();
    int64_t collected = contender->collect();
    uint64_t time = now_ns() - start;
    CHECK(collected == dead);
    CHECK(contender->live() == 0);
    return (double)time / (double)dead;
}

static double run_ring(const bench_contender *contender, size_t size) {
    CHECK(contender->collect() == 0);
    bench_node *first = contender->node_new(0), *last = first;
    for (size_t i = 1; i < size; i++) {
        bench_node *fresh = contender->node_new(i);
        contender->set_slot(last, 0, fresh);
        contender->set_slot(fresh, 1, last);
        if (last != first)
            contender->release(last);
        last = fresh;
    }
    contender->set_slot(last, 0, first);
    contender->set_slot(first, 1, last);
    contender->release(last);
    contender->release(first);
    CHECK(contender->live() == (int64_t)size);
    return timed_collect(contender);
}

/* Every node refers to two others at random. Who is referred to by none dies by counting, before the clock starts. */
static double run_random(const bench_contender *contender, size_t size) {
    CHECK(contender->collect() == 0);
    bench_node **nodes = bench_array(size, sizeof *nodes);
    uint64_t random = 42;
    contender->fill(nodes, size);
    for (size_t i = 0; i < size; i++) {
        for (int slot = 0; slot < 2; slot++)
            contender->set_slot(nodes[i], slot, nodes[bench_random(&random) % size]);
    }
    contender->drain(nodes, NULL, size);
    free(nodes);
    CHECK(contender->live() > (int64_t)(size / 2));
    return timed_collect(contender);
}

static double run_rings_of_three(const bench_contender *contender, size_t size) {
    CHECK(contender->collect() == 0);
    size_t rings = size / 3;
    for (size_t i = 0; i < rings; i++) {
        bench_node *node[3];
        for (int k = 0; k < 3; k++)
            node[k] = contender->node_new(i);
        for (int k = 0; k < 3; k++)
            contender->set_slot(node[k], 0, node[(k + 1) % 3]);
        for (int k = 0; k < 3; k++)
            contender->release(node[k]);
    }
    CHECK(contender->live() == (int64_t)(3 * rings));
    return timed_collect(contender);
}

const bench_workload workload_dead_ring = {.name = "dead ring",
                                           .what = "collect one dead doubly linked ring",
                                           .unit = "object",
                                           .needs_collect = true,
                                           .run = run_ring};
const bench_workload workload_random_dead = {.name = "random dead",
                                             .what = "collect a dead random graph",
                                             .unit = "object",
                                             .needs_collect = true,
                                             .run = run_random};
const bench_workload workload_rings_of_three = {.name = "rings of 3",
                                                .what = "collect many dead rings of three",
                                                .unit = "object",
                                                .needs_collect = true,
                                                .run = run_rings_of_three};
