/* What goes inline, and what does not: this program has functions of its own under the names of the library's, which count
 * the calls that get there and pass them on. */
#define _GNU_SOURCE
#include <refruntime_inline.h>

#include "support.h"

#include <dlfcn.h>

static int calls;

/* The library's function of a name. */
static void *next(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (function == NULL)
        fail_msg("%s", dlerror());
    return function;
}

#define PASS_ON(type, name, parameters, arguments) \
    RR_API type(name) parameters { \
        static type(*function) parameters; \
        if (function == NULL) \
            *(void **)(&function) = next(#name); \
        calls++; \
        return function arguments; \
    }

PASS_ON(rr_status, rr_incref, (void *object), (object))
PASS_ON(rr_status, rr_decref, (void *object), (object))
PASS_ON(void *, rr_newref, (void *object), (object))
PASS_ON(int64_t, rr_getrefcount, (const void *object), (object))
PASS_ON(int32_t, rr_is_unique, (const void *object), (object))
PASS_ON(rr_status, rr_store, (void **slot, void *value), (slot, value))
PASS_ON(rr_status, rr_take, (void **slot, void *value), (slot, value))
PASS_ON(void *, rr_alloc, (rr_heap * heap, rr_type type), (heap, type))

/* The statement makes so many calls. */
#define assert_calls(expected, statement) \
    do { \
        calls = 0; \
        statement; \
        assert_int_equal(calls, expected); \
    } while (0)

static rr_type leaf_type(void) {
    static rr_type type;
    return type != 0 ? type : (type = plain_type("leaf", 40, 0, 0));
}

/* An object whose decrements need not be logged: it is a candidate already. */
static node *quiet_node(rr_heap *heap) {
    node *n = node_new(heap, 0, 1);
    (rr_incref)(n);
    (rr_decref)(n);
    return n;
}

/* ---- Freed objects ----------------------------------------------------------------------------------------------- */

/* A freed object's header is zero, and that is no header of a node which is taken apart without a call. */
static void a_freed_node_goes_to_the_library_and_is_refused(void **state) {
    node *n = node_new(*state, 0, 1), *other = node_new(*state, 0, 2);
    rr_decref(n);
    assert_refused((rr_decref)(n), RR_E_NOT_OBJECT, "object", (uintptr_t)n);
    assert_calls(1, assert_int_equal(rr_decref(n), RR_E_NOT_OBJECT));
    assert_int_equal(rr_heap_verify(*state), RR_OK);
    rr_decref(other);
    assert_calls(1, assert_int_equal(rr_decref(n), RR_E_NOT_OBJECT));
    assert_int_equal(rr_heap_verify(*state), RR_OK);
}

/* ---- Counts ------------------------------------------------------------------------------------------------------ */

static void counts_go_up_and_down_without_a_call(void **state) {
    node *n = quiet_node(*state);
    assert_calls(0, assert_int_equal(rr_incref(n), RR_OK));
    assert_calls(0, assert_ptr_equal(rr_newref(n), n));
    assert_calls(0, assert_int_equal(rr_getrefcount(n), 3));
    assert_calls(0, assert_false(rr_is_unique(n)));
    assert_int_equal((rr_getrefcount)(n), 3);
    assert_calls(0, assert_int_equal(rr_decref(n), RR_OK));
    assert_calls(0, assert_int_equal(rr_decref(n), RR_OK));
    assert_calls(0, assert_true(rr_is_unique(n)));
    assert_calls(0, assert_int_equal(rr_decref(n), RR_OK));
}

static void null_needs_no_call(void **state) {
    (void)state;
    assert_calls(0, assert_int_equal(rr_incref(NULL), RR_OK));
    assert_calls(0, assert_int_equal(rr_decref(NULL), RR_OK));
    assert_calls(0, assert_null(rr_newref(NULL)));
    assert_calls(1, assert_int_equal(rr_getrefcount(NULL), RR_E_NOT_OBJECT));
}

static void names_in_brackets_and_addresses_are_the_library_functions(void **state) {
    node *n = quiet_node(*state);
    rr_status (*incref)(void *) = &rr_incref;
    assert_calls(1, (rr_incref)(n));
    assert_calls(1, incref(n));
    assert_calls(1, (rr_decref)(n));
    assert_calls(1, (rr_decref)(n));
    assert_int_equal(rr_getrefcount(n), 1);
    rr_decref(n);
}

static void the_library_sees_a_page_s_first_candidate_come(void **state) {
    node *n = node_new(*state, 0, 1);
    rr_incref(n);
    rr_incref(n);
    assert_calls(1, rr_decref(n));
    assert_int_equal(rr_gc_get_candidates(*state), 1);
    assert_calls(0, rr_decref(n));
    assert_int_equal(rr_gc_get_candidates(*state), 1);
    assert_calls(0, rr_decref(n));
    assert_int_equal(rr_gc_get_candidates(*state), 0);
}

static void pass(void *object, void *user) {
    (void)object, (void)user;
}

/* A node that dies inline leaves its bit in the log. Whatever takes its place: another node, logged or not, or what is never logged. */
static void what_takes_the_place_of_a_candidate_is_none_itself(void **state) {
    enum { COUNT = 600, KINDS = 3 };
    static void *objects[COUNT];
    rr_heap *heap = *state;
    rr_type_info info = type_info("leaf with a duty");
    info.size = sizeof(node);
    info.destroy = pass;
    rr_type leaf = rr_type_new(&info);
    for (int turn = 0; turn < 4; turn++) {
        for (int i = 0; i < COUNT; i++)
            objects[i] = quiet_node(heap);
        assert_int_equal(rr_gc_get_candidates(heap), COUNT);
        for (int i = 0; i < COUNT; i++)
            rr_decref(objects[i]);
        assert_int_equal(rr_gc_get_candidates(heap), 0);
        assert_int_equal(rr_heap_verify(heap), RR_OK);
        for (int i = 0; i < COUNT; i++)
            objects[i] = i % KINDS == 0 ? rr_alloc(heap, leaf) : i % KINDS == 1 ? node_new(heap, 0, i) : quiet_node(heap);
        assert_int_equal(rr_gc_get_candidates(heap), COUNT / KINDS);
        assert_int_equal(rr_heap_verify(heap), RR_OK);
        if (turn % 2 == 0) {
            assert_int_equal(rr_collect(heap), 0);
        } else {
            while (rr_gc_pending(heap) == 1) {
                assert_int_equal(rr_collect_step(heap, 0), 0);
                assert_int_equal(rr_heap_verify(heap), RR_OK);
            }
        }
        assert_int_equal(rr_gc_get_candidates(heap), 0);
        for (int i = 0; i < COUNT; i++) {
            rr_incref(objects[i]);
            rr_decref(objects[i]);
        }
        assert_int_equal(rr_gc_get_candidates(heap), COUNT - COUNT / KINDS); /* not the leaves */
        assert_int_equal(rr_heap_verify(heap), RR_OK);
        for (int i = 0; i < COUNT; i++)
            rr_decref(objects[i]);
        assert_int_equal(live(heap), 0);
        assert_int_equal(rr_gc_get_candidates(heap), 0);
    }
}

static void other_candidates_are_logged_and_forgotten_without_a_call(void **state) {
    enum { COUNT = 1000 };
    static node *nodes[COUNT];
    node *neighbour = quiet_node(*state);
    calls = 0;
    for (int i = 0; i < COUNT; i++) {
        nodes[i] = rr_alloc(*state, node_type(0));
        rr_incref(nodes[i]);
        assert_int_equal(rr_decref(nodes[i]), RR_OK);
        assert_int_equal(rr_gc_get_candidates(*state), i + 2);
    }
    assert_in_range(calls, 1, COUNT / 20);
    assert_int_equal(rr_heap_verify(*state), RR_OK);
    assert_calls(0, rr_incref(nodes[1]));
    assert_calls(0, rr_decref(nodes[1])); /* logged already */
    assert_int_equal(rr_gc_get_candidates(*state), COUNT + 1);
    calls = 0;
    for (int i = 0; i < COUNT; i++)
        assert_int_equal(rr_decref(nodes[(i * 7) % COUNT]), RR_OK);
    assert_in_range(calls, 0, COUNT / 20);
    assert_int_equal(rr_gc_get_candidates(*state), 1);
    assert_int_equal(live(*state), 1);
    assert_int_equal(rr_heap_verify(*state), RR_OK);
    rr_decref(neighbour);
}

static void a_node_that_has_left_the_log_dies_without_a_call(void **state) {
    node *n = quiet_node(*state), *neighbour;
    assert_int_equal(rr_collect(*state), 0);
    assert_int_equal(rr_gc_get_candidates(*state), 0);
    neighbour = quiet_node(*state);
    assert_calls(0, rr_decref(n));
    assert_int_equal(rr_gc_get_candidates(*state), 1);
    assert_int_equal(rr_heap_verify(*state), RR_OK);
    rr_decref(neighbour);
}

static void the_log_is_full_for_the_library(void **state) {
    rr_gc_set_threshold(*state, 3);
    node *nodes[4];
    for (size_t i = 0; i < LENGTH(nodes); i++)
        rr_incref(nodes[i] = node_new(*state, 0, 1));
    assert_calls(1, rr_decref(nodes[0])); /* the first of its page */
    assert_calls(0, rr_decref(nodes[1]));
    assert_calls(1, rr_decref(nodes[2])); /* a collection is due */
    assert_int_equal(stats_of(*state).collections, 0);
    node *fresh;
    assert_calls(1, fresh = rr_alloc(*state, node_type(0)));
    assert_int_equal(stats_of(*state).collections, 1);
    rr_decref(fresh);
    rr_decref(nodes[3]);
    for (size_t i = 0; i < LENGTH(nodes); i++)
        rr_decref(nodes[i]);
}

static void a_count_that_would_overflow_is_the_librarys(void **state) {
    void *leaf = rr_alloc(*state, leaf_type());
    uint64_t *header = (uint64_t *)leaf - 1;
    *header += INT32_MAX - 2;
    assert_calls(0, rr_incref(leaf));
    assert_int_equal(rr_getrefcount(leaf), INT32_MAX);
    assert_calls(1, rr_incref(leaf));
    assert_calls(1, assert_int_equal(rr_getrefcount(leaf), RR_IMMORTAL_COUNT));
    assert_calls(1, rr_decref(leaf));
    assert_true(rr_is_immortal(leaf));
    assert_calls(1, rr_incref(leaf));
}

/* The one above leaves an object that can't die. */
static int heap_with_an_immortal(void **state) {
    assert_int_equal(live(*state), 1);
    assert_int_equal(rr_heap_verify(*state), RR_OK);
    return rr_heap_free(*state);
}

/* ---- Allocation and release -------------------------------------------------------------------------------------- */

static void pairs_of_leaves_hardly_ever_call_and_are_all_counted(void **state) {
    enum { COUNT = 10000 };
    rr_decref(rr_alloc(*state, leaf_type()));
    rr_stats before = stats_of(*state);
    calls = 0;
    for (int i = 0; i < COUNT; i++) {
        void *leaf = rr_alloc(*state, leaf_type());
        assert_non_null(leaf);
        assert_int_equal(rr_decref(leaf), RR_OK);
    }
    assert_in_range(calls, 1, COUNT / 20);
    rr_stats after = stats_of(*state);
    assert_int_equal(after.objects_allocated - before.objects_allocated, COUNT);
    assert_int_equal(after.objects_freed - before.objects_freed, COUNT);
    assert_int_equal(after.live_objects, 0);
    assert_int_equal(after.live_bytes, 0);
}

static void a_node_releases_its_slots_as_far_as_that_is_simple(void **state) {
    void *spare = rr_alloc(*state, leaf_type()), *kept = rr_alloc(*state, leaf_type());
    node *spare_node = node_new(*state, 0, 0);

    node *n = node_new(*state, 0, 1); /* empty */
    assert_calls(0, assert_int_equal(rr_decref(n), RR_OK));
    n = node_new(*state, 0, 1); /* one child lives on, one dies */
    rr_store(&n->next, kept);
    rr_take(&n->other, rr_alloc(*state, leaf_type()));
    assert_calls(0, assert_int_equal(rr_decref(n), RR_OK));
    assert_int_equal(rr_getrefcount(kept), 1);
    n = node_new(*state, 0, 1); /* the second is not simple: the first is released once all the same */
    rr_store(&n->next, kept);
    rr_take(&n->other, node_new(*state, NODE_DESTROY, 2));
    assert_calls(1, assert_int_equal(rr_decref(n), RR_OK));
    assert_log("destroy 2");
    assert_int_equal(rr_getrefcount(kept), 1);
    n = node_new(*state, 0, 1); /* both slots hold the last two references */
    void *leaf = rr_alloc(*state, leaf_type());
    rr_store(&n->next, leaf);
    rr_take(&n->other, leaf);
    assert_calls(0, assert_int_equal(rr_decref(n), RR_OK));
    assert_int_equal(live(*state), 3);

    assert_calls(2, rr_decref(node_new(*state, NODE_DESTROY, 3))); /* node_new calls rr_alloc */
    assert_calls(2, rr_decref(node_new(*state, NODE_FINALIZE, 4)));
    n = node_new(*state, 0, 5);
    void *weak = rr_weakref_new(n, NULL, NULL);
    assert_calls(1, rr_decref(n));
    assert_null(rr_weakref_get(weak));
    rr_decref(weak);
    n = node_new(*state, 0, 6);
    rr_gc_freeze(*state);
    assert_calls(1, rr_decref(n));
    rr_gc_unfreeze(*state);
    rr_decref(spare_node);
    rr_decref(spare);
    rr_decref(kept);
}

static void nodes_hardly_ever_call_and_a_chain_dies_whole(void **state) {
    enum { COUNT = 10000 };
    node *kept = rr_alloc(*state, node_type(0));
    calls = 0;
    for (int i = 0; i < COUNT; i++)
        rr_decref(rr_alloc(*state, node_type(0)));
    assert_in_range(calls, 1, COUNT / 20);
    assert_int_equal(live(*state), 1);
    node *head = NULL;
    for (int i = 0; i < COUNT; i++) {
        node *n = rr_alloc(*state, node_type(0));
        n->next = head;
        head = n;
    }
    calls = 0;
    rr_decref(head);
    assert_in_range(calls, 0, COUNT / 20);
    assert_int_equal(live(*state), 1);
    rr_decref(kept);
}

static rr_heap *watched_heap;

static void watch(node *self) {
    (void)self;
    assert_int_equal(rr_heap_verify(watched_heap), RR_OK);
}

/* More wait at once than there is room for, and callbacks run in between. */
static void a_graph_of_many_types_dies_whole_and_is_sound_all_the_while(void **state) {
    enum { COUNT = 1000 };
    watched_heap = *state;
    on_destroy = watch;
    node *head = NULL, *shared = quiet_node(*state);
    for (int i = 0; i < COUNT; i++) {
        node *n = rr_alloc(*state, node_type(0));
        rr_take(&n->other, head); /* dies first: what is in the other slots waits */
        if (i % 3 != 0)
            rr_take(&n->next, node_new(*state, i % 100 == 1 ? NODE_DESTROY : 0, i));
        else
            rr_store(&n->next, i % 2 != 0 ? shared : NULL);
        head = n;
    }
    assert_int_equal(live(*state), 1 + COUNT + COUNT * 2 / 3);
    assert_int_equal(rr_decref(head), RR_OK);
    on_destroy = NULL;
    assert_int_equal(live(*state), 1);
    assert_int_equal(rr_getrefcount(shared), 1);
    assert_int_equal(rr_gc_get_candidates(*state), 1);
    rr_decref(shared);
}

static void full_pages_take_back_what_was_allocated_inline(void **state) {
    enum { COUNT = 20000 };
    static void *objects[COUNT];
    for (int round = 0; round < 3; round++) {
        calls = 0;
        for (int i = 0; i < COUNT; i++)
            objects[i] = rr_alloc(*state, leaf_type());
        assert_in_range(calls, 1, COUNT / 20);
        assert_int_equal(live(*state), COUNT);
        assert_int_equal(rr_heap_verify(*state), RR_OK);
        calls = 0;
        for (int i = 0; i < COUNT; i++)
            rr_decref(objects[(i * 7919) % COUNT]);
        assert_in_range(calls, 1, COUNT / 20);
        assert_int_equal(live(*state), 0);
        assert_int_equal(rr_heap_verify(*state), RR_OK);
    }
}

static void payloads_are_zeroed_up_to_their_end_and_no_further(void **state) {
    enum { COUNT = 200 };
    static unsigned char *objects[COUNT];
    for (uint32_t size = 0; size <= 300; size++) {
        rr_type type = plain_type("sized", size, 0, 0);
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < COUNT; i++) {
                objects[i] = rr_alloc(*state, type);
                assert_int_equal((uintptr_t)objects[i] % 16, 0);
                for (uint32_t at = 0; at < size; at++)
                    assert_int_equal(objects[i][at], 0);
                memset(objects[i], 0xFF, size);
            }
            for (int i = 0; i < COUNT; i++) {
                for (uint32_t at = 0; at < size; at++)
                    assert_int_equal(objects[i][at], 0xFF);
                assert_int_equal(rr_getrefcount(objects[i]), 1);
                assert_int_equal(rr_type_of(objects[i]), type);
                rr_decref(objects[i]);
            }
        }
    }
}

static void unzeroed_payloads_are_left_as_they_are(void **state) {
    rr_type type = plain_type("unzeroed", 40, 0, RR_TYPE_UNZEROED);
    unsigned char *kept[500];
    for (int round = 0; round < 2; round++) {
        int as_left = 0;
        for (size_t i = 0; i < LENGTH(kept); i++) {
            kept[i] = rr_alloc(*state, type);
            as_left += kept[i][39] == 0xFF;
            memset(kept[i], 0xFF, 40);
        }
        if (round == 1) /* some blocks are used for the first time */
            assert_in_range(as_left, 300, LENGTH(kept));
        for (size_t i = 0; i < LENGTH(kept); i++)
            rr_decref(kept[i]);
    }
}

static void what_is_no_type_is_refused(void **state) {
    static const rr_type unknown[] = {0, 5, 15, 60000, 65535, 65536, RR_MAX_TYPES, UINT32_MAX};
    for (size_t i = 0; i < LENGTH(unknown); i++) {
        assert_calls(1, assert_null(rr_alloc(*state, unknown[i])));
        assert_int_equal(rr_last_status(), RR_E_TYPE);
    }
    assert_calls(1, assert_null(rr_alloc(*state, RR_TYPE_WEAKREF)));
    assert_int_equal(rr_last_status(), RR_E_TYPE);
}

static void lists_can_be_allocated_inline(void **state) {
    void *first = rr_alloc(*state, RR_TYPE_LIST), *list;
    assert_calls(0, list = rr_alloc(*state, RR_TYPE_LIST));
    assert_int_equal(rr_list_append(list, first), RR_OK);
    assert_int_equal(rr_list_count(list), 1);
    rr_decref(first);
    rr_decref(list);
}

/* ---- Traps ------------------------------------------------------------------------------------------------------- */

static void log_dead(void *weakref, void *user) {
    (void)weakref, (void)user;
    log_event("dead");
}

static void a_leaf_with_a_weak_reference_dies_by_the_library(void **state) {
    void *leaf = rr_alloc(*state, leaf_type()), *other = rr_alloc(*state, leaf_type());
    void *weak = rr_weakref_new(leaf, log_dead, NULL);
    assert_calls(1, rr_decref(leaf));
    assert_log("dead");
    assert_calls(1, rr_decref(weak));
    rr_decref(other);
}

static void frozen_leaves_are_counted_out(void **state) {
    void *leaf = rr_alloc(*state, leaf_type());
    rr_gc_freeze(*state);
    assert_int_equal(rr_gc_freeze_count(*state), 1);
    assert_calls(1, rr_decref(leaf));
    assert_int_equal(rr_gc_freeze_count(*state), 0);
}

static void a_synchronized_heap_hears_of_every_call(void **state) {
    (void)state;
    rr_heap *heap = heap_with(RR_HEAP_SYNCHRONIZED, 0);
    void *slot = NULL, *leaf = NULL;
    for (int i = 0; i < 3; i++) {
        assert_calls(1, leaf = rr_alloc(heap, leaf_type()));
        assert_calls(1, rr_incref(leaf));
        assert_calls(1, assert_int_equal(rr_getrefcount(leaf), 2));
        assert_calls(1, rr_store(&slot, leaf));
        assert_calls(1, rr_take(&slot, NULL));
        assert_calls(1, rr_decref(leaf));
        assert_calls(1, rr_decref(leaf));
    }
    heap_end(heap);
}

static rr_heap *callback_heap;
static int callback_calls;

static void allocate_in_callback(node *self) {
    (void)self;
    void *first = rr_alloc(callback_heap, leaf_type());
    calls = 0;
    void *fresh = rr_alloc(callback_heap, leaf_type());
    callback_calls = calls;
    log_event(fresh != NULL ? "made" : "refused");
    rr_decref(fresh);
    rr_decref(first);
}

static void a_destroy_callback_finds_no_block_and_a_finalizer_does(void **state) {
    callback_heap = *state;
    void *leaf = rr_alloc(*state, leaf_type()); /* there are blocks in the bin */
    on_destroy = allocate_in_callback;
    rr_decref(node_new(*state, NODE_DESTROY, 1));
    assert_int_equal(callback_calls, 1);
    on_destroy = NULL;
    on_finalize = allocate_in_callback;
    rr_decref(node_new(*state, NODE_FINALIZE, 2));
    assert_int_equal(callback_calls, 0);
    assert_log("destroy 1; refused; finalize 2; made");
    assert_calls(0, rr_decref(rr_alloc(*state, leaf_type())));
    rr_decref(leaf);
}

static void candidates_bring_a_collection_although_bins_are_full(void **state) {
    rr_gc_set_threshold(*state, 100);
    for (int i = 0; i < 1000; i++) {
        node *n = rr_alloc(*state, node_type(0));
        rr_store(&n->next, n);
        rr_decref(n);
    }
    assert_true(stats_of(*state).collections >= 1);
    rr_collect(*state);
    assert_int_equal(live(*state), 0);
}

/* ---- Slots ------------------------------------------------------------------------------------------------------- */

static void slots_are_written_without_a_call(void **state) {
    node *holder = node_new(*state, 0, 1);
    void *first = rr_alloc(*state, leaf_type()), *second = rr_alloc(*state, leaf_type());
    assert_calls(0, rr_store(&holder->next, first));
    assert_calls(0, rr_store(&holder->next, second));
    assert_int_equal(rr_getrefcount(first), 1);
    assert_int_equal(rr_getrefcount(second), 2);
    assert_calls(0, rr_take(&holder->next, first)); /* now it owns first */
    assert_int_equal(rr_getrefcount(first), 1);
    assert_int_equal(rr_getrefcount(second), 1);
    assert_calls(1, rr_store(&holder->next, first)); /* the same again */
    assert_int_equal(rr_getrefcount(first), 1);
    assert_calls(0, rr_store(&holder->next, second)); /* first dies */
    assert_int_equal(live(*state), 2);
    assert_calls(0, rr_store(&holder->next, NULL));
    assert_null(holder->next);
    assert_calls(1, rr_store(&holder->next, NULL));
    assert_int_equal(rr_getrefcount(second), 1);
    rr_decref(second);
    rr_decref(holder);
}

static void a_slot_keeps_its_order_when_the_old_value_dies_loudly(void **state) {
    node *holder = node_new(*state, 0, 1);
    void *leaf = rr_alloc(*state, leaf_type());
    rr_take(&holder->next, node_new(*state, NODE_DESTROY, 7));
    assert_calls(1, rr_store(&holder->next, leaf));
    assert_log("destroy 7");
    assert_ptr_equal(holder->next, leaf);
    assert_int_equal(rr_getrefcount(leaf), 2);
    rr_decref(leaf);
    rr_decref(holder);
}

static void a_taken_container_is_logged_if_it_refers_to_something(void **state) {
    node *holder = node_new(*state, 0, 1), *taken = node_new(*state, 0, 2), *held = node_new(*state, 0, 3);
    assert_calls(0, rr_take(&taken->other, held));
    assert_int_equal(rr_gc_get_candidates(*state), 0);
    assert_calls(1, rr_take(&holder->next, taken)); /* the first of its page */
    assert_int_equal(rr_gc_get_candidates(*state), 1);
    taken = node_new(*state, 0, 4);
    taken->other = node_new(*state, 0, 5);
    assert_calls(0, rr_take(&holder->other, taken));
    assert_int_equal(rr_gc_get_candidates(*state), 2);
    assert_int_equal(rr_getrefcount(taken), 1);
    rr_decref(holder);
    assert_int_equal(rr_gc_get_candidates(*state), 0);
}

/* All objects have survived a complete collection: only the log can lead to the cycle. */
static void a_cycle_that_takes_have_closed_is_found_from_the_log(void **state) {
    node *self = node_new(*state, 0, 1), *one = node_new(*state, 0, 2), *two = node_new(*state, 0, 3);
    assert_int_equal(rr_collect(*state), 0);
    assert_int_equal(rr_take(&self->other, self), RR_OK);
    assert_int_equal(rr_gc_get_candidates(*state), 1);
    assert_int_equal(rr_collect(*state), 1);
    assert_int_equal(rr_take(&one->next, two), RR_OK);
    assert_int_equal(rr_gc_get_candidates(*state), 0);
    assert_int_equal(rr_take(&two->next, one), RR_OK);
    assert_int_equal(rr_gc_get_candidates(*state), 1);
    assert_int_equal(rr_collect(*state), 2);
}

/* ---- rr_layout --------------------------------------------------------------------------------------------------- */

static void a_compiler_can_do_the_same_with_what_rr_layout_tells(void **state) {
    struct {
        rr_layout_info info;
        uint64_t past;
    } told = {.info = {.struct_size = sizeof told.info}, .past = 0x5555};
    const rr_layout_info *is = &told.info;
    assert_int_equal(rr_layout(&told.info), RR_OK);
    assert_int_equal(told.past, 0x5555);
    assert_int_equal(is->fingerprint, RR_LAYOUT_FINGERPRINT);
    rr_type type = leaf_type();
    void *one = (rr_alloc)(*state, type);

    assert_true(type < is->type_count);
    char *bins = *(char **)(void *)((char *)*state + is->heap_bins);
    void **bin = (void **)(void *)(bins + is->types[type].bin_offset);
    char *object = *bin;
    assert_non_null(object);
    *bin = *(void **)(void *)object;
    memset(object, 0, is->types[type].clear_bytes);
    uint64_t *header = (uint64_t *)(void *)object - 1;
    *header = is->types[type].header;
    assert_int_equal(live(*state), 2);
    assert_int_equal((rr_type_of)(object), type);
    *header += 1;
    assert_int_equal((rr_getrefcount)(object), 2);
    assert_true((*header & is->header_quiet) != 0);
    *header -= 1;

    assert_int_equal(*header & ((UINT64_C(1) << is->type_shift) - 1), is->leaf_value);
    uintptr_t offset = (uintptr_t)object & is->segment_mask;
    char *entry = object - offset + is->segment_pages + ((offset >> is->page_shift) << is->page_entry_shift);
    uint16_t *countdown = (uint16_t *)(void *)(entry + is->page_countdown);
    assert_true(*countdown > 1);
    *header = 0;
    *(void **)(void *)object = *(void **)(void *)(entry + is->page_free);
    *(void **)(void *)(entry + is->page_free) = object;
    --*countdown;
    assert_int_equal(live(*state), 1);
    rr_decref(one);
}

static void rr_layout_wants_a_struct_it_can_fill(void **state) {
    (void)state;
    rr_layout_info info = {.struct_size = sizeof info - 1};
    assert_int_equal(rr_layout(&info), RR_E_ARGUMENT);
    assert_int_equal(rr_layout(NULL), RR_E_ARGUMENT);
    assert_int_equal(rr_layout_check(RR_LAYOUT_FINGERPRINT), RR_OK);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_MANUAL_HEAP(counts_go_up_and_down_without_a_call),
        WITH_MANUAL_HEAP(a_freed_node_goes_to_the_library_and_is_refused),
        cmocka_unit_test(null_needs_no_call),
        WITH_MANUAL_HEAP(names_in_brackets_and_addresses_are_the_library_functions),
        WITH_MANUAL_HEAP(the_library_sees_a_page_s_first_candidate_come),
        WITH_MANUAL_HEAP(what_takes_the_place_of_a_candidate_is_none_itself),
        WITH_MANUAL_HEAP(other_candidates_are_logged_and_forgotten_without_a_call),
        WITH_MANUAL_HEAP(a_node_that_has_left_the_log_dies_without_a_call),
        WITH_HEAP(the_log_is_full_for_the_library),
        cmocka_unit_test_setup_teardown(a_count_that_would_overflow_is_the_librarys, manual_heap, heap_with_an_immortal),
        WITH_MANUAL_HEAP(pairs_of_leaves_hardly_ever_call_and_are_all_counted),
        WITH_MANUAL_HEAP(a_node_releases_its_slots_as_far_as_that_is_simple),
        WITH_MANUAL_HEAP(nodes_hardly_ever_call_and_a_chain_dies_whole),
        WITH_MANUAL_HEAP(a_graph_of_many_types_dies_whole_and_is_sound_all_the_while),
        WITH_HEAP(full_pages_take_back_what_was_allocated_inline),
        WITH_MANUAL_HEAP(payloads_are_zeroed_up_to_their_end_and_no_further),
        WITH_MANUAL_HEAP(unzeroed_payloads_are_left_as_they_are),
        WITH_MANUAL_HEAP(what_is_no_type_is_refused),
        WITH_MANUAL_HEAP(lists_can_be_allocated_inline),
        WITH_MANUAL_HEAP(a_leaf_with_a_weak_reference_dies_by_the_library),
        WITH_MANUAL_HEAP(frozen_leaves_are_counted_out),
        cmocka_unit_test(a_synchronized_heap_hears_of_every_call),
        WITH_MANUAL_HEAP(a_destroy_callback_finds_no_block_and_a_finalizer_does),
        WITH_HEAP(candidates_bring_a_collection_although_bins_are_full),
        WITH_MANUAL_HEAP(slots_are_written_without_a_call),
        WITH_MANUAL_HEAP(a_slot_keeps_its_order_when_the_old_value_dies_loudly),
        WITH_MANUAL_HEAP(a_taken_container_is_logged_if_it_refers_to_something),
        WITH_MANUAL_HEAP(a_cycle_that_takes_have_closed_is_found_from_the_log),
        WITH_MANUAL_HEAP(a_compiler_can_do_the_same_with_what_rr_layout_tells),
        cmocka_unit_test(rr_layout_wants_a_struct_it_can_fill),
    };
    return cmocka_run_group_tests_name("inline calls", tests, NULL, NULL);
}
