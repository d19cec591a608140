/* The benchmarks: contenders (ways to manage memory) run workloads (what a program does with memory), side by side.
 *
 * A contender is one file, contender_<name>.c, and knows nothing of workloads; a workload is one file, workload_<name>.c,
 * and knows contenders only by this interface. To add one, write the file and name it in lineup.c and CMakeLists.txt.
 *
 * Each contender lives in a process of its own (worker.h), so that none scans, shares or fragments the memory of another. A
 * repetition runs every workload on every contender in turn, so that a disturbance of the machine hits all alike; what is
 * reported is the median over the repetitions. Each workload checks its own data: a contender that loses an object, or keeps
 * one that is dead where it can tell, ends the program.
 */
#ifndef RR_BENCH_H
#define RR_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- Contenders -------------------------------------------------------------------------------------------------- */

/* The object of the workloads: 32 bytes of payload. Of a node, two words hold references, of a kin node all three slots.
 * What a contender puts around them, such as a header or a count, is its own affair. Contenders may place the payload
 * anywhere in what they allocate. */
typedef struct bench_node {
    void *slot[3];
    uint64_t id;
} bench_node;

/* Sizes of the leaves in the workload that replaces them. A leaf of such a size is not cleared by anybody. */
enum { BENCH_SIZES = 8 };
extern const uint32_t bench_sizes[BENCH_SIZES];

/* A function that is NULL says that the contender has no such thing; a workload that needs it passes the contender by. */
typedef struct bench_contender {
    const char *name;
    const char *what; /* one line for the table's legend */
    bool automatic_only; /* takes part only where collections are automatic: another contender stands for it elsewhere */
    bool shallow;        /* releases by recursion, so that a long list would overflow the stack */

    /* Ready to run? Otherwise the reason is written to why, and the contender is skipped. Called once in a process.
     * automatic: collections start by themselves, as in a program that leaves all settings alone. Otherwise workloads ask
     * for them, since one that comes by itself would fall into what is not measured; tracing collectors may ignore that. */
    bool (*begin)(char *why, size_t why_size, bool automatic);
    void (*end)(void);

    /* A node, and one whose third slot is a reference too, that the caller owns. Empty slots, id set. */
    bench_node *(*node_new)(uint64_t id);
    bench_node *(*kin_new)(uint64_t id);
    /* Gives up one reference; the last one frees the node and all that only it held. */
    void (*release)(bench_node *node);
    /* Takes one more reference. */
    void (*retain)(bench_node *node);
    /* from->slot[i] := to, keeping the caller's reference to `to`; the slot was empty. */
    void (*set_slot)(bench_node *from, int i, bench_node *to);
    /* Empties a slot and gives up the reference in it. */
    void (*clear_slot)(bench_node *from, int i);
    /* A block of bytes, and its end. */
    void *(*bytes_new)(size_t size);
    void (*bytes_release)(void *bytes);

    /* Finds and frees all dead cycles, and answers how many nodes; a negative number: it can't tell. */
    int64_t (*collect)(void);
    /* Nodes and leaves that are allocated and not freed. NULL: it can't tell. */
    int64_t (*live)(void);
    /* From now on, or no longer, the objects that an array refers to are in use. For collectors that search for roots. */
    void (*watch)(void *array, size_t bytes, bool on);

    /* The innermost loops are compiled into each contender (hot_loops.h), since a call through a pointer would cost as much
     * as what they measure. */
    void (*pairs)(uint64_t count);
    void (*leaf_pairs)(uint64_t count);
    void (*fill)(bench_node **nodes, size_t count);
    void (*drain)(bench_node **nodes, const uint32_t *order, size_t count); /* order NULL: as allocated */
    void (*counts)(bench_node **nodes, const uint32_t *order, size_t count); /* retain all, release all */
    /* `rounds` times, a random leaf is released and a new one of random size takes its place. Each leaf begins with its
     * place's index: answers how many did not. Places that are NULL are filled. */
    uint64_t (*replace)(uint64_t **leaves, size_t count, uint64_t rounds, uint64_t *random);
    void (*drop_leaves)(uint64_t **leaves, size_t count);
    /* Complete binary trees that the caller owns: parents made after their children, and before them. */
    bench_node *(*tree_up)(int depth);
    bench_node *(*tree_down)(int depth);
    /* A ring of three through slot 0, slot 1 of the first one refers to `held` if that is not NULL; and its end. A
     * contender without a collector takes it apart. */
    bench_node *(*ring_new)(uint64_t id, bench_node *held);
    void (*ring_drop)(bench_node *first);

    /* For those without a collector: what a program does instead that knows what is dead. Opens each ring through slot 0
     * of which it owns one node, so that counts free it; empties the slots of all nodes and releases them. */
    void (*open_rings)(bench_node **entries, size_t count);
    void (*take_apart)(bench_node **nodes, size_t count);
} bench_contender;

/* ---- Workloads --------------------------------------------------------------------------------------------------- */

/* One line of the table. */
typedef struct bench_row {
    const char *name;
    const char *per; /* what the number is divided by */
    enum { BENCH_NANOSECONDS, BENCH_BYTES } unit;
} bench_row;

enum { BENCH_MOST_ROWS = 4 };

typedef struct bench_workload {
    const char *what;
    bench_row rows[BENCH_MOST_ROWS]; /* what it measures, up to the first without a name */
    /* In a process that does nothing else, with automatic collections. */
    bool alone;
    int most_repetitions; /* 0: as many as all */
    /* Can the contender do it? NULL: all can. */
    bool (*suits)(const bench_contender *contender);
    /* Runs once, ends with no node left, and writes one value for each row. size is about how many nodes to use. */
    void (*run)(const bench_contender *contender, size_t size, double *values);
} bench_workload;

/* ---- Tools ------------------------------------------------------------------------------------------------------- */

/* Nanoseconds of processor time that this process has used, with all its threads: what work costs, also while others use the
 * machine; and those that have passed: how long somebody waits. */
uint64_t cpu_ns(void);
uint64_t now_ns(void);

/* The same sequence in each run. */
static inline uint64_t bench_random(uint64_t *state) { /* xorshift64 */
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* A random number below the bound, which is far below 2^32. */
static inline uint64_t bench_random_below(uint64_t *state, uint64_t bound) {
    return ((bench_random(state) >> 32) * bound) >> 32;
}

/* Zeroed memory of the system's, so that no contender's allocator hears of it; all of it is touched, so that no workload
 * measures page faults that are not the contender's. */
void *bench_array(size_t count, size_t size);
void bench_array_free(void *array);

/* 0 to count - 1 in random order, in an array. */
uint32_t *bench_shuffle(size_t count);

/* The depth of the complete binary tree that has about that many nodes; and how many it has. */
int bench_tree_depth(size_t nodes);
size_t bench_tree_size(int depth);

/* Calls of contenders that may have no such function. */
void bench_watch(const bench_contender *contender, void *array, size_t bytes, bool on);
void bench_expect_live(const bench_contender *contender, int64_t count, const char *file, int line);

/* What a workload demands of its data. Ends the program when it does not hold. */
#define CHECK(condition) ((condition) ? (void)0 : bench_check_failed(#condition, __FILE__, __LINE__))
#define CHECK_LIVE(contender, count) bench_expect_live(contender, (int64_t)(count), __FILE__, __LINE__)
_Noreturn void bench_check_failed(const char *condition, const char *file, int line);

#endif
