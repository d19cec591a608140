/* The benchmarks: contenders (ways to manage memory) run workloads (what a program does with memory), side by side.
 *
 * A contender is one file, contender_<name>.c, and knows nothing of workloads; a workload is one file, workload_<name>.c,
 * and knows contenders only by this interface. To add one, write the file and name it in main.c and CMakeLists.txt.
 *
 * A repetition runs every workload on every contender in turn, so that a disturbance of the machine hits all alike; what is
 * reported is the median over the repetitions. Each workload checks its own data: a contender that loses an object or keeps
 * one that is dead ends the program.
 */
#ifndef RR_BENCH_H
#define RR_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Contenders -------------------------------------------------------------------------------------------------- */

/* The object of all workloads: 32 bytes of payload, of which two words hold references. What a contender puts around them,
 * such as a header or a count, is its own affair. Contenders may place the payload anywhere in what they allocate. */
typedef struct bench_node {
    void *slot[2];
    uint64_t id, check;
} bench_node;

typedef struct bench_contender {
    const char *name;
    const char *what; /* one line for the table's legend */

    /* Ready to run? Otherwise the reason is written to why, and the contender is skipped. Called once. */
    bool (*begin)(char *why, size_t why_size);
    void (*end)(void);

    /* A node that the caller owns. Empty slots, id set. */
    bench_node *(*node_new)(uint64_t id);
    /* Gives up one reference; the last one frees the node and all that only it held. */
    void (*release)(bench_node *node);
    /* Takes one more reference. */
    void (*retain)(bench_node *node);
    /* from->slot[i] := to, keeping the caller's reference to `to`; the slot was empty. */
    void (*set_slot)(bench_node *from, int i, bench_node *to);
    /* Finds and frees all dead cycles, and answers how many nodes. NULL: it can't. */
    int64_t (*collect)(void);
    /* Nodes that are allocated and not freed. */
    int64_t (*live)(void);

    /* The innermost loops are compiled into each contender (hot_loops.h), since a call through a pointer would cost as much
     * as what they measure. */
    void (*pairs)(uint64_t count);
    void (*leaf_pairs)(uint64_t count); /* NULL: it has no objects without references */
    void (*fill)(bench_node **nodes, size_t count);
    void (*drain)(bench_node **nodes, const uint32_t *order, size_t count); /* order NULL: as allocated */
    void (*counts)(bench_node **nodes, const uint32_t *order, size_t count); /* retain all, release all */
} bench_contender;

extern const bench_contender contender_rr, contender_rr_inline, contender_glibc, contender_mimalloc, contender_cpython;

/* ---- Workloads --------------------------------------------------------------------------------------------------- */

typedef struct bench_workload {
    const char *name;
    const char *what;
    const char *unit; /* what the time is divided by */
    bool needs_collect, needs_leaves;
    /* Runs once, ends with no node left, and answers nanoseconds per unit. size is about how many nodes to use. */
    double (*run)(const bench_contender *contender, size_t size);
} bench_workload;

extern const bench_workload workload_pair, workload_leaf_pair, workload_counts_hot, workload_counts_in_order,
    workload_counts_random, workload_batch_in_order, workload_batch_random, workload_deep_list,
    workload_dead_ring, workload_random_dead, workload_rings_of_three, workload_live_candidates, workload_unchanged;

/* ---- Tools ------------------------------------------------------------------------------------------------------- */

uint64_t now_ns(void);

/* The same sequence in each run. */
uint64_t bench_random(uint64_t *state);

/* 0 to count - 1 in random order; the caller frees it. */
uint32_t *bench_shuffle(size_t count);

void *bench_array(size_t count, size_t size);

/* What a workload demands of its data. Ends the program when it does not hold. */
#define CHECK(condition) ((condition) ? (void)0 : bench_check_failed(#condition, __FILE__, __LINE__))
_Noreturn void bench_check_failed(const char *condition, const char *file, int line);

#endif
