/* The innermost loops, compiled into each contender. Include this after defining
 *     static inline bench_node *new_node(uint64_t id);
 *     static inline void release_node(bench_node *node);
 *     static inline void retain_node(bench_node *node);
 * and, where there are objects of the same size without references, HAVE_LEAVES and
 *     static inline void *new_leaf(void);
 *     static inline void release_leaf(void *leaf);
 */
static void hot_pairs(uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        bench_node *node = new_node(i);
        __asm__ volatile("" : : "r"(node) : "memory"); /* the node is used, as far as the compiler knows */
        release_node(node);
    }
}

static void hot_fill(bench_node **nodes, size_t count) {
    for (size_t i = 0; i < count; i++)
        nodes[i] = new_node(i);
}

static void hot_drain(bench_node **nodes, const uint32_t *order, size_t count) {
    if (order == NULL) {
        for (size_t i = 0; i < count; i++)
            release_node(nodes[i]);
    } else {
        for (size_t i = 0; i < count; i++)
            release_node(nodes[order[i]]);
    }
}

static void hot_counts(bench_node **nodes, const uint32_t *order, size_t count) {
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

#ifdef HAVE_LEAVES
static void hot_leaf_pairs(uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        void *leaf = new_leaf();
        __asm__ volatile("" : : "r"(leaf) : "memory");
        release_leaf(leaf);
    }
}
#else
#define hot_leaf_pairs NULL
#endif

#define HOT_LOOPS .pairs = hot_pairs, .leaf_pairs = hot_leaf_pairs, .fill = hot_fill, .drain = hot_drain, .counts = hot_counts
