/* Free graphs that are dead but for their cycles: very many rings of three, one doubly linked ring, a random graph. Only the
 * collection is timed; for contenders without a collector, the taking apart of the same graph by a program that knows it
 * to be dead and still has the pointers to it. */
#include "bench.h"
#include "workloads.h"

/* Runs the collection, checks that nothing is left, and answers the time per node. */
static double timed_collect(const bench_contender *contender, size_t size) {
    CHECK_LIVE(contender, size);
    uint64_t start = cpu_ns();
    int64_t collected = contender->collect();
    uint64_t time = cpu_ns() - start;
    CHECK(collected == (int64_t)size);
    CHECK_LIVE(contender, 0);
    return (double)time / (double)size;
}

static double timed_open_rings(const bench_contender *contender, bench_node **entries, size_t count, size_t size) {
    CHECK_LIVE(contender, size);
    uint64_t start = cpu_ns();
    contender->open_rings(entries, count);
    uint64_t time = cpu_ns() - start;
    CHECK_LIVE(contender, 0);
    return (double)time / (double)size;
}

static void run_rings_of_three(const bench_contender *contender, size_t size, double *values) {
    size_t rings = size / 3;
    bench_node **entries = bench_array(rings, sizeof *entries);
    if (contender->collect != NULL)
        CHECK(contender->collect() == 0);
    for (size_t i = 0; i < rings; i++) {
        bench_node *node[3];
        for (int k = 0; k < 3; k++)
            node[k] = contender->node_new(i);
        for (int k = 0; k < 3; k++)
            contender->set_slot(node[k], 0, node[(k + 1) % 3]);
        for (int k = 1; k < 3; k++)
            contender->release(node[k]);
        if (contender->open_rings == NULL)
            contender->release(node[0]);
        entries[i] = node[0];
    }
    values[0] = contender->open_rings == NULL ? timed_collect(contender, 3 * rings)
                                              : timed_open_rings(contender, entries, rings, 3 * rings);
    bench_array_free(entries);
}

static void run_ring(const bench_contender *contender, size_t size, double *values) {
    if (contender->collect != NULL)
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
    if (contender->open_rings == NULL) {
        contender->release(first);
        values[0] = timed_collect(contender, size);
    } else {
        values[0] = timed_open_rings(contender, &first, 1, size);
    }
}

/* Every node refers to two others at random. For a collector, who is referred to by none has died by counting before the
 * clock starts. */
static void run_random(const bench_contender *contender, size_t size, double *values) {
    if (contender->collect != NULL)
        CHECK(contender->collect() == 0);
    bench_node **nodes = bench_array(size, sizeof *nodes);
    uint64_t random = 42;
    contender->fill(nodes, size);
    for (size_t i = 0; i < size; i++) {
        for (int slot = 0; slot < 2; slot++)
            contender->set_slot(nodes[i], slot, nodes[bench_random_below(&random, size)]);
    }
    if (contender->take_apart == NULL) {
        contender->drain(nodes, NULL, size);
        int64_t dead = contender->live();
        CHECK(dead > (int64_t)(size / 2));
        values[0] = timed_collect(contender, (size_t)dead);
    } else {
        uint64_t start = cpu_ns();
        contender->take_apart(nodes, size);
        values[0] = (double)(cpu_ns() - start) / (double)size;
        CHECK_LIVE(contender, 0);
    }
    bench_array_free(nodes);
}

/* Whoever frees it in time and can tell what was freed. */
static bool suits(const bench_contender *contender) {
    return contender->live != NULL && (contender->collect != NULL || contender->open_rings != NULL);
}

const bench_workload workload_rings_of_three = {.what = "collect many dead rings of three",
                                                .rows = {{.name = "dead rings of 3", .per = "object"}},
                                                .suits = suits,
                                                .run = run_rings_of_three};
const bench_workload workload_dead_ring = {.what = "collect one dead doubly linked ring",
                                           .rows = {{.name = "dead double ring", .per = "object"}},
                                           .suits = suits,
                                           .run = run_ring};
const bench_workload workload_random_dead = {.what = "collect a dead random graph",
                                             .rows = {{.name = "dead random graph", .per = "object"}},
                                             .suits = suits,
                                             .run = run_random};
