/* A large live graph, and beside it small cycles that come and go: what a program feels that leaves its collector alone.
 *
 * The live graph is one binary tree of 4 M nodes (kin), each with a pointer to its parent: one cyclic whole. Beside it stand
 * 100 k rings of three. An operation drops a random ring, which is then garbage, and makes a new one in its place; every fourth
 * ring refers to a random node of the tree, so that its death takes a reference off something alive. A collector has
 * to find out that the ring is dead and the tree is not. Who counts by hand takes the ring apart.
 *
 * Each operation is timed. Reported are the mean of processor time, the time that 1 of 1000 operations exceeds, the longest
 * one, and how much memory the process had at its peak, the live graph included. The longest operation of those who count by
 * hand shows what the machine itself adds.
 */
#include "bench.h"
#include "workloads.h"

#include <stdio.h>

enum { SAMPLES = 65536, HELD_EACH = 4 };

/* ---- Times of operations ----------------------------------------------------------------------------------------- */

/* How many operations took how long, in steps of a 32nd of a power of two. */
enum { STEP_BITS = 5, STEPS = 1 << STEP_BITS };

typedef struct histogram {
    uint64_t counts[64 * STEPS], longest;
} histogram;

static void histogram_add(histogram *h, uint64_t time) {
    uint64_t at = time + STEPS; /* so that there are bits below the first one */
    int power = 63 - __builtin_clzll(at);
    h->counts[power * STEPS + (int)(at >> (power - STEP_BITS) & (STEPS - 1))]++;
    h->longest = time > h->longest ? time : h->longest;
}

/* The time that `share` of the operations don't exceed, to a step. */
static double histogram_quantile(const histogram *h, uint64_t operations, double share) {
    uint64_t passed = 0;
    for (int i = STEP_BITS * STEPS; i < 64 * STEPS; i++) {
        passed += h->counts[i];
        if ((double)passed >= share * (double)operations)
            return (double)(((uint64_t)(i % STEPS) + STEPS) << (i / STEPS - STEP_BITS)) - STEPS;
    }
    return (double)h->longest;
}

/* What looking at the clock costs: it is no part of an operation. */
static double clock_cost(void) {
    enum { LOOKS = 100000 };
    uint64_t start = cpu_ns(), sum = 0;
    for (int i = 0; i < LOOKS; i++)
        sum |= now_ns();
    CHECK(sum != 0);
    return (double)(cpu_ns() - start) / LOOKS;
}

/* ---- The live tree ----------------------------------------------------------------------------------------------- */

typedef struct tree {
    const bench_contender *contender;
    bench_node *root;
    uint64_t random;
    bench_node **some; /* random nodes of it, not owned */
    size_t size;
} tree;

static bench_node *add_child(tree *t, bench_node *parent, int slot) {
    bench_node *child = t->contender->kin_new(t->size++);
    t->contender->set_slot(child, 2, parent);
    t->contender->set_slot(parent, slot, child);
    t->contender->release(child); /* the parent has it */
    /* A reservoir: of all nodes so far, each is in the sample with the same probability. */
    size_t place = child->id < SAMPLES ? child->id : bench_random_below(&t->random, child->id + 1);
    if (place < SAMPLES)
        t->some[place] = child;
    return child;
}

/* Two children at a time for a random node of those that have none, so that the tree lies in memory as one does that has
 * grown over time: in no order that a traversal would have. As many nodes wait for children as there is room for; who is
 * pushed out stays without. */
static void grow(tree *t, size_t size) {
    size_t room = size / 4, waiting = 1;
    bench_node **childless = bench_array(room, sizeof *childless);
    t->root = t->contender->kin_new(t->size++);
    for (size_t i = 0; i < SAMPLES; i++)
        t->some[i] = t->root;
    childless[0] = t->root;
    while (t->size < size) {
        size_t place = bench_random_below(&t->random, waiting);
        bench_node *parent = childless[place];
        childless[place] = add_child(t, parent, 0);
        childless[waiting < room ? waiting++ : bench_random_below(&t->random, room)] = add_child(t, parent, 1);
    }
    bench_array_free(childless);
}

/* What a walk over the whole tree finds: how many nodes know their parent, and the sum of their ids. */
typedef struct census {
    uint64_t nodes, ids;
} census;

static census take_census(const bench_node *node, const bench_node *parent) {
    census all = {.nodes = node->slot[2] == parent, .ids = node->id};
    for (int slot = 0; slot < 2 && node->slot[slot] != NULL; slot++) {
        census below = take_census(node->slot[slot], node);
        all.nodes += below.nodes;
        all.ids += below.ids;
    }
    return all;
}

static void forget_parents(const bench_contender *contender, bench_node *node) {
    contender->clear_slot(node, 2);
    for (int slot = 0; slot < 2 && node->slot[slot] != NULL; slot++)
        forget_parents(contender, node->slot[slot]);
}

/* ---- The workload ------------------------------------------------------------------------------------------------ */

static uint64_t peak_bytes(void) {
    FILE *status = fopen("/proc/self/status", "r");
    char line[200];
    unsigned long long kilobytes = 0;
    while (status != NULL && fgets(line, sizeof line, status) != NULL) {
        if (sscanf(line, "VmHWM: %llu kB", &kilobytes) == 1)
            break;
    }
    CHECK(status != NULL && fclose(status) == 0 && kilobytes > 0);
    return kilobytes * 1024;
}

static void ring_check(const bench_node *ring, uint64_t id) {
    const bench_node *second = ring->slot[0], *third = second->slot[0];
    CHECK(third->slot[0] == ring && ring->id == id && second->id == id && third->id == id);
}

static bench_node *ring_for(tree *t, size_t place, bool holds) {
    return t->contender->ring_new(place, holds ? t->some[bench_random_below(&t->random, SAMPLES)] : NULL);
}

static void drop_all(tree *t, bench_node **rings, size_t count) {
    const bench_contender *contender = t->contender;
    for (size_t i = 0; i < count; i++) {
        ring_check(rings[i], i);
        contender->ring_drop(rings[i]);
        rings[i] = NULL;
    }
    if (contender->collect != NULL)
        contender->collect();
    CHECK_LIVE(contender, t->size);
    census all = take_census(t->root, NULL);
    CHECK(all.nodes == t->size && all.ids == t->size * (t->size - 1) / 2);
    if (contender->collect == NULL)
        forget_parents(contender, t->root);
    contender->release(t->root);
    t->root = NULL;
    if (contender->collect != NULL)
        contender->collect();
    CHECK_LIVE(contender, 0);
}

static void run(const bench_contender *contender, size_t size, double *values) {
    static histogram times;
    size_t live = size * 4, ring_count = live / 40, operations = live / 2;
    bench_node **rings = bench_array(ring_count, sizeof *rings);
    tree t = {.contender = contender, .random = 3};
    t.some = bench_array(SAMPLES, sizeof *t.some);
    times = (histogram){.longest = 0};
    bench_watch(contender, rings, ring_count * sizeof *rings, true);

    grow(&t, live);
    for (size_t i = 0; i < ring_count; i++)
        rings[i] = ring_for(&t, i, i % HELD_EACH == 0);

    double looking = clock_cost();
    uint64_t start = cpu_ns(), then = now_ns();
    for (size_t i = 0; i < operations; i++) {
        size_t place = bench_random_below(&t.random, ring_count);
        contender->ring_drop(rings[place]);
        rings[place] = ring_for(&t, place, i % HELD_EACH == 0);
        uint64_t now = now_ns();
        histogram_add(&times, now - then);
        then = now;
    }
    values[0] = (double)(cpu_ns() - start) / (double)operations - looking;
    values[1] = histogram_quantile(&times, operations, 0.999);
    values[2] = (double)times.longest;
    values[3] = (double)peak_bytes();

    drop_all(&t, rings, ring_count);
    bench_watch(contender, rings, ring_count * sizeof *rings, false);
    bench_array_free(t.some);
    bench_array_free(rings);
}

static bool suits(const bench_contender *contender) {
    return contender->ring_new != NULL && contender->kin_new != NULL;
}

const bench_workload workload_churn = {.what = "rings of 3 come and go beside a live tree of 4 M nodes that know their parents",
                                       .rows = {{.name = "churn", .per = "operation"},
                                                {.name = "churn, 99.9 %", .per = "operation"},
                                                {.name = "churn, longest", .per = "operation"},
                                                {.name = "churn, memory", .per = "process", .unit = BENCH_BYTES}},
                                       .alone = true,
                                       .most_repetitions = 3,
                                       .suits = suits,
                                       .run = run};
