/* abi.md, rr_decref: "destroys at once, iteratively however deep". Ten million links, each kind of reference, on a
 * thread whose stack is 64 KiB: anything recursive ends in a fault. */
#include "support.h"

#include <stdlib.h>

enum { LINKS = 10 * 1000 * 1000, FEW_LINKS = 2 * 1000 * 1000, SMALL_STACK = 64 * 1024 };

/* How a link of the chain holds the next one. make() allocates a link that owns next (which may be NULL). */
typedef struct chain {
    rr_heap *heap;
    rr_type type;
    void *(*make)(struct chain *chain, void *next);
    size_t links;
} chain;

static int build_and_drop(void *data) {
    chain *c = data;
    c->heap = rr_heap_new(&(rr_heap_options){.struct_size = sizeof(rr_heap_options), .flags = RR_HEAP_MANUAL_GC});
    REQUIRE(c->heap != NULL);
    void *head = NULL;
    for (size_t i = 0; i < c->links; i++) {
        head = c->make(c, head);
        REQUIRE(head != NULL);
    }
    rr_stats stats = {.struct_size = sizeof stats};
    REQUIRE(rr_heap_stats(c->heap, &stats) == RR_OK);
    REQUIRE(stats.live_objects >= c->links);
    REQUIRE(rr_decref(head) == RR_OK);
    REQUIRE(rr_heap_stats(c->heap, &stats) == RR_OK);
    REQUIRE(stats.live_objects == 0);
    REQUIRE(stats.raw_bytes == 0);
    REQUIRE(rr_heap_verify(c->heap) == RR_OK);
    REQUIRE(rr_heap_free(c->heap) == RR_OK);
    return 0;
}

static void assert_chain_dies(chain c) {
    on_small_thread(SMALL_STACK, build_and_drop, &c);
}

/* In a new object a slot may be written plainly; the caller's reference moves into it. */

static void *link_by_slot(chain *c, void *next) {
    void **fresh = rr_alloc(c->heap, c->type);
    if (fresh != NULL)
        fresh[0] = next;
    return fresh;
}

static void a_chain_through_slots_dies_iteratively(void **state) {
    (void)state;
    assert_chain_dies((chain){.type = node_type(0), .make = link_by_slot, .links = LINKS});
}

static void *link_by_tuple(chain *c, void *next) {
    void **fresh = rr_alloc_items(c->heap, RR_TYPE_TUPLE, 2);
    if (fresh != NULL)
        fresh[1] = next;
    return fresh;
}

static void a_chain_through_tuples_dies_iteratively(void **state) {
    (void)state;
    assert_chain_dies((chain){.make = link_by_tuple, .links = LINKS});
}

static void *link_by_list(chain *c, void *next) {
    void *fresh = rr_list_new(c->heap);
    if (next != NULL) {
        rr_list_append(fresh, next);
        rr_decref(next);
    }
    return fresh;
}

static void a_chain_through_lists_dies_iteratively(void **state) {
    (void)state;
    assert_chain_dies((chain){.make = link_by_list, .links = FEW_LINKS});
}

static void do_nothing(void *object, void *user) {
    (void)object;
    (void)user;
}

static void a_chain_with_finalizers_and_destroy_callbacks_dies_iteratively(void **state) {
    (void)state;
    static const uint32_t offset = 0;
    rr_type_info info = type_info("link with callbacks");
    info.size = 16;
    info.ref_offsets = &offset;
    info.ref_count = 1;
    info.finalize = info.destroy = do_nothing;
    assert_chain_dies((chain){.type = rr_type_new(&info), .make = link_by_slot, .links = FEW_LINKS});
}

static void visit_the_first_word(void *object, rr_visit_fn visit, void *arg, void *user) {
    (void)user;
    visit(*(void **)object, arg);
}

static void a_chain_that_only_traverse_reports_dies_iteratively(void **state) {
    (void)state;
    rr_type_info info = type_info("link by traverse");
    info.size = 16;
    info.traverse = visit_the_first_word;
    assert_chain_dies((chain){.type = rr_type_new(&info), .make = link_by_slot, .links = LINKS});
}

static void release_the_first_word(void *object, void *user) {
    (void)user;
    rr_decref(*(void **)object);
}

static void a_chain_of_self_releasing_objects_dies_iteratively(void **state) {
    (void)state;
    rr_type_info info = type_info("self-releasing link");
    info.size = 16;
    info.flags = RR_TYPE_SELF_RELEASING;
    info.traverse = visit_the_first_word;
    info.destroy = release_the_first_word;
    assert_chain_dies((chain){.type = rr_type_new(&info), .make = link_by_slot, .links = LINKS});
}

#define BOXED UINT64_C(0xFFFC000000000000)

static void *link_by_boxed_value(chain *c, void *next) {
    uint64_t *fresh = rr_alloc(c->heap, c->type);
    if (fresh != NULL)
        fresh[0] = next == NULL ? 0 : BOXED | (uintptr_t)next;
    return fresh;
}

static void a_chain_of_boxed_values_dies_iteratively(void **state) {
    (void)state;
    static const uint32_t offset = 0;
    const rr_value_format format = {.struct_size = sizeof format,
                                    .value_size = 8,
                                    .mask = UINT64_C(0xFFFF000000000000),
                                    .low = BOXED,
                                    .high = BOXED,
                                    .pointer_mask = UINT64_C(0x0000FFFFFFFFFFFF)};
    rr_type_info info = type_info("boxed link");
    info.size = 16;
    info.ref_offsets = &offset;
    info.ref_count = 1;
    info.values = &format;
    assert_chain_dies((chain){.type = rr_type_new(&info), .make = link_by_boxed_value, .links = FEW_LINKS});
}

/* ---- Callbacks that release -------------------------------------------------------------------------------------- */

/* How many of the callbacks below run within each other, and how many did at most. */
static int depth, max_depth;

static void enter_callback(void) {
    depth++;
    if (depth > max_depth)
        max_depth = depth;
}

static void clear_the_first_word(void *object, void *user) {
    (void)user;
    enter_callback();
    rr_store((void **)object, NULL);
    depth--;
}

static void assert_chain_with_callbacks_dies(rr_type_info info) {
    static const uint32_t offset = 0;
    info.size = 16;
    if (info.destroy != release_the_first_word) {
        info.ref_offsets = &offset;
        info.ref_count = 1;
    }
    depth = max_depth = 0;
    assert_chain_dies((chain){.type = rr_type_new(&info), .make = link_by_slot, .links = FEW_LINKS});
}

/* Each of these recursed: callback, release, death, callback. A chain of a hundred thousand took a stack of 8 MiB. */

static void a_chain_whose_finalizers_clear_their_slots_dies_iteratively(void **state) {
    (void)state;
    rr_type_info info = type_info("cleared by finalizers");
    info.finalize = clear_the_first_word;
    assert_chain_with_callbacks_dies(info);
    assert_in_range(max_depth, 2, 24);
}

static void a_chain_whose_destroy_callbacks_clear_their_slots_dies_iteratively(void **state) {
    (void)state;
    rr_type_info info = type_info("cleared by destroy callbacks");
    info.destroy = clear_the_first_word;
    assert_chain_with_callbacks_dies(info);
    assert_in_range(max_depth, 2, 24);
}

static void a_chain_that_only_destroy_callbacks_know_dies_iteratively(void **state) {
    (void)state;
    rr_type_info info = type_info("hidden link");
    info.destroy = release_the_first_word;
    assert_chain_with_callbacks_dies(info);
}

static void release_the_next(void *weakref, void *user) {
    (void)weakref;
    enter_callback();
    rr_decref(user);
    depth--;
}

static int drop_a_chain_of_weak_callbacks(void *unused) {
    (void)unused;
    enum { WATCHED = 200 * 1000 };
    rr_heap *heap = rr_heap_new(NULL);
    REQUIRE(heap != NULL);
    void *watchers = rr_list_new(heap);
    void *next = NULL;
    for (int i = 0; i < WATCHED; i++) {
        void *fresh = rr_alloc_items(heap, RR_TYPE_BYTES, 16);
        void *watcher = rr_weakref_new(fresh, release_the_next, next);
        REQUIRE(watcher != NULL);
        REQUIRE(rr_list_append(watchers, watcher) == RR_OK);
        rr_decref(watcher);
        next = fresh;
    }
    rr_stats stats = {.struct_size = sizeof stats};
    REQUIRE(rr_decref(next) == RR_OK);
    REQUIRE(rr_heap_stats(heap, &stats) == RR_OK);
    REQUIRE(stats.live_objects == 1 + WATCHED && stats.weakrefs_live == 0);
    REQUIRE(rr_heap_verify(heap) == RR_OK);
    REQUIRE(rr_heap_free(heap) == RR_OK);
    return 0;
}

static void a_chain_of_weak_callbacks_that_release_the_next_dies_iteratively(void **state) {
    (void)state;
    depth = max_depth = 0;
    on_small_thread(SMALL_STACK, drop_a_chain_of_weak_callbacks, NULL);
    assert_in_range(max_depth, 2, 24);
}

static int collect_a_ring_that_drops_a_chain(void *unused) {
    (void)unused;
    rr_heap *heap = rr_heap_new(NULL);
    REQUIRE(heap != NULL);
    static const uint32_t offset = 0;
    rr_type_info info = type_info("cleared by finalizers, in a ring");
    info.size = 32;
    info.ref_offsets = &offset;
    info.ref_count = 1;
    info.finalize = clear_the_first_word;
    chain c = {.heap = heap, .type = rr_type_new(&info)};
    void *head = NULL;
    for (size_t i = 0; i < FEW_LINKS / 10; i++)
        head = link_by_slot(&c, head);
    REQUIRE(head != NULL);
    node *ring = rr_alloc(heap, node_type(0));
    REQUIRE(ring != NULL);
    REQUIRE(rr_store(&ring->next, ring) == RR_OK);
    REQUIRE(rr_take(&ring->other, head) == RR_OK);
    rr_decref(ring);
    REQUIRE(rr_collect(heap) == 1 + FEW_LINKS / 10);
    REQUIRE(rr_heap_verify(heap) == RR_OK);
    REQUIRE(rr_heap_free(heap) == RR_OK);
    return 0;
}

static void a_collection_that_finalizes_such_a_chain_needs_no_stack(void **state) {
    (void)state;
    depth = max_depth = 0;
    on_small_thread(SMALL_STACK, collect_a_ring_that_drops_a_chain, NULL);
}

/* ---- Cycles ------------------------------------------------------------------------------------------------------ */

static int collect_a_ring_with_a_tail(void *unused) {
    (void)unused;
    rr_heap *heap = rr_heap_new(&(rr_heap_options){.struct_size = sizeof(rr_heap_options), .flags = RR_HEAP_MANUAL_GC});
    REQUIRE(heap != NULL);
    chain c = {.heap = heap, .type = node_type(0)};
    node *tail = NULL;
    for (size_t i = 0; i < FEW_LINKS; i++) {
        tail = link_by_slot(&c, tail);
        REQUIRE(tail != NULL);
    }
    node *first = rr_alloc(heap, c.type);
    node *last = first;
    for (size_t i = 1; i < FEW_LINKS; i++) {
        node *fresh = rr_alloc(heap, c.type);
        REQUIRE(fresh != NULL);
        REQUIRE(rr_take(&last->next, fresh) == RR_OK);
        last = fresh;
    }
    REQUIRE(rr_store(&last->next, first) == RR_OK);
    REQUIRE(rr_take(&last->other, tail) == RR_OK);
    REQUIRE(rr_decref(first) == RR_OK);
    REQUIRE(rr_collect(heap) == 2 * FEW_LINKS);
    REQUIRE(rr_heap_verify(heap) == RR_OK);
    REQUIRE(rr_heap_free(heap) == RR_OK);
    return 0;
}

static void a_long_ring_with_a_long_tail_is_collected_on_a_small_stack(void **state) {
    (void)state;
    on_small_thread(SMALL_STACK, collect_a_ring_with_a_tail, NULL);
}

static int free_a_heap_with_a_chain(void *unused) {
    (void)unused;
    chain c = {.heap = rr_heap_new(NULL), .type = node_type(0)};
    REQUIRE(c.heap != NULL);
    void *head = NULL;
    for (size_t i = 0; i < FEW_LINKS; i++)
        head = link_by_slot(&c, head);
    REQUIRE(head != NULL);
    REQUIRE(rr_heap_free(c.heap) == RR_OK);
    return 0;
}

static void a_heap_with_a_long_chain_is_freed_on_a_small_stack(void **state) {
    (void)state;
    on_small_thread(SMALL_STACK, free_a_heap_with_a_chain, NULL);
}

static int look_at_a_long_chain(void *unused) {
    (void)unused;
    chain c = {.heap = rr_heap_new(NULL), .type = node_type(0)};
    REQUIRE(c.heap != NULL);
    node *last = link_by_slot(&c, NULL);
    node *head = last;
    const size_t links = 100000;
    for (size_t i = 1; i < links; i++)
        head = link_by_slot(&c, head);
    void **path = malloc(links * sizeof *path);
    REQUIRE(path != NULL);
    REQUIRE(rr_get_path(last, path, links) == (int64_t)links);
    REQUIRE(path[0] == head);
    REQUIRE(path[links - 1] == last);
    REQUIRE(rr_leak_report(c.heap, "/dev/null") == RR_OK);
    free(path);
    REQUIRE(rr_decref(head) == RR_OK);
    REQUIRE(rr_heap_free(c.heap) == RR_OK);
    return 0;
}

static void a_long_chain_is_looked_at_on_a_small_stack(void **state) {
    (void)state;
    on_small_thread(SMALL_STACK, look_at_a_long_chain, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_through_slots_dies_iteratively),
        cmocka_unit_test(a_chain_through_tuples_dies_iteratively),
        cmocka_unit_test(a_chain_through_lists_dies_iteratively),
        cmocka_unit_test(a_chain_with_finalizers_and_destroy_callbacks_dies_iteratively),
        cmocka_unit_test(a_chain_that_only_traverse_reports_dies_iteratively),
        cmocka_unit_test(a_chain_of_self_releasing_objects_dies_iteratively),
        cmocka_unit_test(a_chain_of_boxed_values_dies_iteratively),
        cmocka_unit_test(a_chain_whose_finalizers_clear_their_slots_dies_iteratively),
        cmocka_unit_test(a_chain_whose_destroy_callbacks_clear_their_slots_dies_iteratively),
        cmocka_unit_test(a_chain_that_only_destroy_callbacks_know_dies_iteratively),
        cmocka_unit_test(a_chain_of_weak_callbacks_that_release_the_next_dies_iteratively),
        cmocka_unit_test(a_collection_that_finalizes_such_a_chain_needs_no_stack),
        cmocka_unit_test(a_long_ring_with_a_long_tail_is_collected_on_a_small_stack),
        cmocka_unit_test(a_heap_with_a_long_chain_is_freed_on_a_small_stack),
        cmocka_unit_test(a_long_chain_is_looked_at_on_a_small_stack),
    };
    return cmocka_run_group_tests_name("deep", tests, NULL, NULL);
}
