/* Counts by hand over an allocator: what a C program does without a runtime. Include this after defining
 *     static inline void *hand_alloc(size_t size);
 *     static inline void hand_free(void *memory);
 * It can't collect cycles. A dying node releases its children through a work list threaded through the dead, so depth is
 * no danger.
 */
typedef struct counted {
    int64_t count;
    bench_node node;
} counted;

static int64_t counted_live;

static inline counted *counted_of(bench_node *node) {
    return (counted *)(void *)((char *)node - offsetof(counted, node));
}

static inline bench_node *new_node(uint64_t id) {
    counted *fresh = hand_alloc(sizeof *fresh);
    CHECK(fresh != NULL);
    *fresh = (counted){.count = 1, .node = {.id = id}};
    counted_live++;
    return &fresh->node;
}

static void free_nodes(counted *dead) {
    for (counted *next; dead != NULL; dead = next) {
        bench_node *left = dead->node.slot[0], *right = dead->node.slot[1];
        /* The work list runs through the count, which the dead no longer need. */
        next = (counted *)(intptr_t)dead->count;
        if (left != NULL && --counted_of(left)->count == 0) {
            counted_of(left)->count = (intptr_t)next;
            next = counted_of(left);
        }
        if (right != NULL && --counted_of(right)->count == 0) {
            counted_of(right)->count = (intptr_t)next;
            next = counted_of(right);
        }
        counted_live--;
        hand_free(dead);
    }
}

static inline void release_node(bench_node *node) {
    if (--counted_of(node)->count == 0)
        free_nodes(counted_of(node)); /* its count, 0, ends the work list */
}

static inline void *new_leaf(void) {
    counted *fresh = hand_alloc(sizeof *fresh);
    CHECK(fresh != NULL);
    *fresh = (counted){.count = 1};
    counted_live++;
    return fresh;
}

static inline void release_leaf(void *leaf) {
    if (--((counted *)leaf)->count == 0) {
        counted_live--;
        hand_free(leaf);
    }
}

#define HAVE_LEAVES
static inline void retain_node(bench_node *node) {
    counted_of(node)->count++;
}

#include "hot_loops.h"

static bench_node *node_new(uint64_t id) {
    return new_node(id);
}

static void release(bench_node *node) {
    release_node(node);
}

static void retain(bench_node *node) {
    counted_of(node)->count++;
}

static void set_slot(bench_node *from, int i, bench_node *to) {
    retain(to);
    from->slot[i] = to;
}

static int64_t live(void) {
    return counted_live;
}

#define HAND_COUNTED .node_new = node_new, .release = release, .retain = retain, .set_slot = set_slot, .live = live, HOT_LOOPS
