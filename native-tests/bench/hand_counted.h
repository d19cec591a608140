/* Counts by hand over an allocator: what a C program does without a runtime. Include this after defining
 *     static inline void *hand_alloc(size_t size);
 *     static inline void hand_free(void *memory);
 * It can't collect cycles; a program that knows its cycles takes them apart, and so it does here. A dying node releases its
 * children through a work list threaded through the dead, so depth is no danger. The third slot of a kin node has to be
 * emptied before the node dies: a program knows which of its nodes have one, and a test in each death would be a burden.
 */
typedef struct counted {
    int64_t count;
    bench_node node;
} counted;

/* A leaf of any size. */
typedef struct counted_leaf {
    int64_t count;
    uint64_t payload[];
} counted_leaf;

static int64_t counted_live;

static inline counted *counted_of(bench_node *node) {
    return (counted *)(void *)((char *)node - offsetof(counted, node));
}

/* ---- Nodes ------------------------------------------------------------------------------------------------------- */

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

static inline void retain_node(bench_node *node) {
    counted_of(node)->count++;
}

static inline void move_slot(bench_node *from, int i, bench_node *to) {
    from->slot[i] = to;
}

static inline void store_slot(bench_node *from, int i, bench_node *to) {
    retain_node(to);
    from->slot[i] = to;
}

/* ---- Leaves ------------------------------------------------------------------------------------------------------ */

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

static inline uint64_t *new_bytes(size_t size) {
    counted_leaf *fresh = hand_alloc(sizeof *fresh + size);
    CHECK(fresh != NULL);
    fresh->count = 1;
    counted_live++;
    return fresh->payload;
}

static inline uint64_t *new_sized(unsigned size_index) {
    return new_bytes(bench_sizes[size_index]);
}

static inline void release_sized(uint64_t *payload) {
    release_leaf((char *)payload - offsetof(counted_leaf, payload));
}

#include "hot_loops.h"

/* ---- Rings, by hand ---------------------------------------------------------------------------------------------- */

/* Follows slot 0 around and empties the slots of each node on the way; the caller's reference goes with it. */
static inline void open_ring(bench_node *node) {
    while (node->slot[0] != NULL) {
        bench_node *next = node->slot[0], *other = node->slot[1]; /* the references are ours now */
        node->slot[0] = node->slot[1] = NULL;
        if (other != NULL)
            release_node(other);
        release_node(node);
        node = next;
    }
    release_node(node);
}

static void open_rings(bench_node **entries, size_t count) {
    for (size_t i = 0; i < count; i++)
        open_ring(entries[i]);
}

static void take_apart(bench_node **nodes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        for (int slot = 0; slot < 2; slot++) {
            bench_node *held = nodes[i]->slot[slot];
            nodes[i]->slot[slot] = NULL;
            if (held != NULL)
                release_node(held);
        }
    }
    for (size_t i = 0; i < count; i++)
        release_node(nodes[i]);
}

static void ring_drop(bench_node *first) {
    bench_node *last = ((bench_node *)((bench_node *)first->slot[0])->slot[0]);
    last->slot[0] = NULL;
    counted_of(first)->count--; /* the last one's; the caller's keeps it */
    release_node(first);
}

/* ---- The interface ----------------------------------------------------------------------------------------------- */

static bench_node *node_new(uint64_t id) {
    return new_node(id);
}

static void release(bench_node *node) {
    release_node(node);
}

static void retain(bench_node *node) {
    retain_node(node);
}

static void set_slot(bench_node *from, int i, bench_node *to) {
    store_slot(from, i, to);
}

static void clear_slot(bench_node *from, int i) {
    bench_node *held = from->slot[i];
    from->slot[i] = NULL;
    if (held != NULL)
        release_node(held);
}

static void *bytes_new(size_t size) {
    return new_bytes(size);
}

static void bytes_release(void *bytes) {
    release_sized(bytes);
}

static int64_t live(void) {
    return counted_live;
}

static void end(void) {
    CHECK(counted_live == 0);
}

#define HAND_COUNTED                                                                                                    \
    .end = end, .node_new = node_new, .kin_new = node_new, .release = release, .retain = retain, .set_slot = set_slot,  \
    .clear_slot = clear_slot, .bytes_new = bytes_new, .bytes_release = bytes_release, .live = live,                     \
    .open_rings = open_rings, .take_apart = take_apart, .ring_drop = ring_drop, HOT_LOOPS, HOT_COUNTS
