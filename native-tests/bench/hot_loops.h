/* The innermost loops, compiled into each contender. Include this after defining
 *     static inline bench_node *new_node(uint64_t id);
 *     static inline void release_node(bench_node *node);
 *     static inline void retain_node(bench_node *node);
 *     static inline void store_slot(bench_node *from, int i, bench_node *to);   the slot was empty, the caller keeps `to`
 *     static inline void move_slot(bench_node *from, int i, bench_node *to);    the same, but the caller's reference moves
 * and for objects without references
 *     static inline void *new_leaf(void);                      of the node's size, cleared
 *     static inline void release_leaf(void *leaf);
 *     static inline uint64_t *new_sized(unsigned size_index);  of bench_sizes[size_index] bytes, with any content
 *     static inline void release_sized(uint64_t *leaf);
 * The slots of a node that was made just now, with nothing made since, may be written plainly: every contender allows it.
 */
static void hot_pairs(uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        bench_node *node = new_node(i);
        __asm__ volatile("" : : "r"(node) : "memory"); /* the node is used, as far as the compiler knows */
        release_node(node);
    }
}

static void hot_leaf_pairs(uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        void *leaf = new_leaf();
        __asm__ volatile("" : : "r"(leaf) : "memory");
        release_leaf(leaf);
    }
}

static void hot_fill(bench_node **nodes, size_t count) {
    for (size_t i = 0; i < count; i++)
        nodes[i] = new_node(i);
}

static inline void hot_drain(bench_node **nodes, const uint32_t *order, size_t count) {
    if (order == NULL) {
        for (size_t i = 0; i < count; i++)
            release_node(nodes[i]);
    } else {
        for (size_t i = 0; i < count; i++)
            release_node(nodes[order[i]]);
    }
}

static inline void hot_counts(bench_node **nodes, const uint32_t *order, size_t count) {
    if (order == NULL) {
        for (size_t i = 0; i < count; i++)
            retain_node(nodes[i]);
        for (size_t i = 0; i < count; i++)
            release_node(nodes[i]);
    } else {
        for (size_t i = 0; i < count; i++)
            retain_node(nodes[order[i]]);
        for (size_t i = 0; i < count; i++)
            release_node(nodes[order[i]]);
    }
}

static uint64_t hot_replace(uint64_t **leaves, size_t count, uint64_t rounds, uint64_t *random) {
    uint64_t wrong = 0;
    for (uint64_t i = 0; i < rounds; i++) {
        size_t place = bench_random_below(random, count);
        uint64_t *old = leaves[place];
        if (old != NULL) {
            wrong += *old != place;
            leaves[place] = NULL;
            release_sized(old);
        }
        leaves[place] = new_sized((unsigned)(bench_random(random) >> 32) % BENCH_SIZES);
        *leaves[place] = place;
    }
    return wrong;
}

static void hot_drop_leaves(uint64_t **leaves, size_t count) {
    for (size_t i = 0; i < count; i++) {
        uint64_t *old = leaves[i];
        leaves[i] = NULL;
        if (old != NULL)
            release_sized(old);
    }
}

static bench_node *hot_tree_up(int depth) {
    if (depth == 0)
        return new_node(0);
    bench_node *left = hot_tree_up(depth - 1);
    bench_node *right = hot_tree_up(depth - 1);
    bench_node *node = new_node((uint64_t)depth);
    node->slot[0] = left;
    node->slot[1] = right;
    return node;
}

static void hot_grow(bench_node *node, int depth) {
    if (depth == 0)
        return;
    bench_node *left = new_node((uint64_t)depth - 1);
    move_slot(node, 0, left);
    bench_node *right = new_node((uint64_t)depth - 1);
    move_slot(node, 1, right);
    hot_grow(left, depth - 1);
    hot_grow(right, depth - 1);
}

static bench_node *hot_tree_down(int depth) {
    bench_node *root = new_node((uint64_t)depth);
    hot_grow(root, depth);
    return root;
}

static bench_node *hot_ring_new(uint64_t id, bench_node *held) {
    bench_node *third = new_node(id);
    bench_node *second = new_node(id);
    second->slot[0] = third;
    bench_node *first = new_node(id);
    first->slot[0] = second;
    if (held != NULL) {
        retain_node(held);
        first->slot[1] = held;
    }
    store_slot(third, 0, first);
    return first;
}

#define HOT_LOOPS                                                                                                       \
    .pairs = hot_pairs, .leaf_pairs = hot_leaf_pairs, .fill = hot_fill, .replace = hot_replace,                         \
    .drop_leaves = hot_drop_leaves, .tree_up = hot_tree_up, .tree_down = hot_tree_down, .ring_new = hot_ring_new
/* Apart, since they make no sense where there are no counts. */
#define HOT_COUNTS .drain = hot_drain, .counts = hot_counts
