/* The extern functions that the library answers without managed code (src/RefRuntime/native/fast_calls.c), wherever they may
 * not: each call here must be refused, or done, as the others of its kind are. What they do rightly, and any pointer at all,
 * is tested with the sections they belong to. */
#include "support.h"

/* Runs first: nothing of the library has been called before in this process. */
static void the_first_calls_of_a_process_are_answered(void **state) {
    (void)state;
    int64_t memory[4] = {0}, *inside = memory + 2;
    void *slot = NULL;
    assert_int_equal(rr_decref(inside), RR_E_NOT_OBJECT);
    assert_int_equal(rr_incref(inside), RR_E_NOT_OBJECT);
    assert_null(rr_newref(inside));
    assert_int_equal(rr_getrefcount(inside), RR_E_NOT_OBJECT);
    assert_int_equal(rr_store(&slot, inside), RR_E_NOT_OBJECT);
    assert_null(slot);
    assert_null(rr_alloc((rr_heap *)(void *)memory, RR_TYPE_TUPLE));
    assert_int_equal(rr_last_status(), RR_E_ARGUMENT);
    assert_int_equal(rr_decref(NULL), RR_OK);
}

/* ---- Who may use the heap ---------------------------------------------------------------------------------------- */

typedef struct scene {
    rr_heap *heap;
    rr_type leaf;
    void *mine, *shared; /* leaves with one and two references */
    node *holder;
} scene;

static scene scene_in(rr_heap *heap) {
    scene s = {.heap = heap, .leaf = plain_type("leaf of a scene", 24, 0, 0)};
    s.mine = rr_alloc(heap, s.leaf);
    s.shared = rr_newref(rr_alloc(heap, s.leaf));
    s.holder = node_new(heap, 0, 1);
    assert_non_null(s.mine);
    assert_non_null(s.shared);
    return s;
}

static void scene_end(const scene *s) {
    assert_int_equal(rr_getrefcount(s->mine), 1);
    assert_int_equal(rr_getrefcount(s->shared), 2);
    assert_null(s->holder->next);
    assert_int_equal(rr_heap_verify(s->heap), RR_OK);
    rr_decref(s->mine);
    rr_decref(s->shared);
    rr_decref(s->shared);
    rr_decref(s->holder);
}

/* All that changes must answer with the status. 0, or the line that did not. */
static int all_refuse(const scene *s, rr_status status) {
    REQUIRE(rr_decref(s->shared) == status);
    REQUIRE(rr_decref(s->mine) == status);
    REQUIRE(rr_incref(s->mine) == status);
    REQUIRE(rr_newref(s->mine) == NULL && rr_last_status() == status);
    REQUIRE(rr_store(&s->holder->next, s->mine) == status);
    REQUIRE(rr_alloc(s->heap, s->leaf) == NULL && rr_last_status() == status);
    return 0;
}

static int all_work(const scene *s) {
    void *made = rr_alloc(s->heap, s->leaf);
    REQUIRE(made != NULL && rr_getrefcount(made) == 1);
    REQUIRE(rr_incref(s->mine) == RR_OK && rr_getrefcount(s->mine) == 2 && rr_decref(s->mine) == RR_OK);
    REQUIRE(rr_newref(s->mine) == s->mine && rr_decref(s->mine) == RR_OK);
    REQUIRE(rr_store(&s->holder->next, s->mine) == RR_OK && rr_getrefcount(s->mine) == 2);
    REQUIRE(rr_store(&s->holder->next, made) == RR_OK && rr_getrefcount(s->mine) == 1);
    REQUIRE(rr_decref(made) == RR_OK && rr_getrefcount(made) == 1);
    REQUIRE(rr_store(&s->holder->next, NULL) == RR_OK && rr_getrefcount(made) == RR_E_NOT_OBJECT);
    return 0;
}

/* The thread's first calls: it has no identity yet. */
static int stranger(void *data) {
    const scene *s = data;
    REQUIRE(all_refuse(s, RR_E_WRONG_THREAD) == 0);
    REQUIRE(rr_getrefcount(s->mine) == RR_E_WRONG_THREAD);
    return 0;
}

static int guest(void *data) {
    return all_work(data);
}

static void a_thread_that_never_called_before_is_refused(void **state) {
    scene s = scene_in(*state);
    on_thread(stranger, &s);
    assert_int_equal(all_work(&s), 0);
    scene_end(&s);
}

static void any_thread_uses_a_shared_heap(void **state) {
    (void)state;
    static const uint32_t flags[] = {RR_HEAP_SERIALIZED, RR_HEAP_SYNCHRONIZED};
    for (size_t i = 0; i < LENGTH(flags); i++) {
        rr_heap *heap = heap_with(flags[i], 0);
        scene s = scene_in(heap);
        assert_int_equal(all_work(&s), 0);
        on_thread(guest, &s);
        scene_end(&s);
        heap_end(heap);
    }
}

/* ---- Callbacks --------------------------------------------------------------------------------------------------- */

static const scene *seen; /* by the callbacks */
static int64_t answers[8];

static void traverse(void *object, rr_visit_fn visit, void *arg, void *user) {
    (void)user;
    visit(((node *)object)->next, arg);
    answers[0] = all_refuse(seen, RR_E_BUSY);
    answers[1] = rr_getrefcount(seen->mine);
    answers[2]++;
}

static void a_traverse_callback_reads_and_changes_nothing(void **state) {
    static const uint32_t flags[] = {0, RR_HEAP_SERIALIZED, RR_HEAP_SYNCHRONIZED};
    (void)state;
    for (size_t i = 0; i < LENGTH(flags); i++) {
        rr_heap *heap = heap_with(flags[i] | RR_HEAP_MANUAL_GC, 0);
        scene s = scene_in(heap);
        rr_type_info info = type_info("traversed");
        info.size = sizeof(node);
        info.traverse = traverse;
        node *object = rr_alloc(heap, rr_type_new(&info));
        void *out[1];
        assert_non_null(object);
        seen = &s;
        memset(answers, 0, sizeof answers);
        assert_int_equal(rr_get_referents(object, out, 1), 0);
        assert_int_equal(answers[0], 0);
        assert_int_equal(answers[1], 1);
        assert_true(answers[2] > 0);
        assert_int_equal(all_work(&s), 0);
        seen = &s;
        rr_decref(object);
        scene_end(&s);
        heap_end(heap);
    }
}

static void call_all_on_the_dying(node *self) {
    answers[0] = rr_incref(self);
    answers[1] = (int64_t)(intptr_t)rr_newref(self);
    answers[2] = rr_decref(self);
    answers[3] = rr_store(&seen->holder->next, self);
    answers[4] = (int64_t)(intptr_t)rr_alloc(seen->heap, seen->leaf);
    answers[5] = rr_last_status();
    answers[6] = rr_getrefcount(self);
    answers[7] = rr_incref(seen->mine) + rr_decref(seen->mine);
}

static void a_destroy_callback_saves_nobody_and_makes_nothing(void **state) {
    scene s = scene_in(*state);
    seen = &s;
    on_destroy = call_all_on_the_dying;
    assert_int_equal(rr_decref(node_new(s.heap, NODE_DESTROY, 2)), RR_OK);
    static const int64_t expected[] = {RR_E_BUSY, 0, RR_E_BUSY, RR_E_BUSY, 0, RR_E_BUSY, 0, RR_OK};
    assert_memory_equal(answers, expected, sizeof expected);
    scene_end(&s);
}

static void call_all_on_the_finalized(node *self) {
    answers[0] = rr_decref(self);
    answers[1] = rr_incref(self);
    answers[2] = rr_getrefcount(self);
    answers[3] = rr_decref(self);
    answers[4] = rr_getrefcount(self);
    answers[5] = all_work(seen);
}

static void a_finalizer_has_no_reference_to_give_back_but_its_own(void **state) {
    scene s = scene_in(*state);
    seen = &s;
    on_finalize = call_all_on_the_finalized;
    assert_int_equal(rr_decref(node_new(s.heap, NODE_FINALIZE, 2)), RR_OK);
    static const int64_t expected[] = {RR_E_ARGUMENT, RR_OK, 2, RR_OK, 1, 0};
    assert_memory_equal(answers, expected, sizeof expected);
    scene_end(&s);
}

/* ---- Slots ------------------------------------------------------------------------------------------------------- */

static void what_a_slot_is_may_die_of_the_store(void **state) {
    rr_heap *heap = *state;
    scene s = scene_in(heap);
    void **leaf = rr_alloc(heap, s.leaf);
    *leaf = leaf; /* its own only reference, which no type tells */
    assert_int_equal(rr_store(leaf, s.shared), RR_OK);
    assert_int_equal(rr_getrefcount(s.shared), 3);
    assert_int_equal(rr_getrefcount(leaf), RR_E_NOT_OBJECT);
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    rr_decref(s.shared);
    scene_end(&s);
}

static void a_slot_gets_what_it_has(void **state) {
    scene s = scene_in(*state);
    assert_int_equal(rr_store(&s.holder->next, s.mine), RR_OK);
    assert_int_equal(rr_store(&s.holder->next, s.mine), RR_OK);
    assert_int_equal(rr_getrefcount(s.mine), 2);
    assert_int_equal(rr_store(&s.holder->next, NULL), RR_OK);
    scene_end(&s);
}

static void a_store_that_is_refused_leaves_slot_and_counts(void **state) {
    rr_heap *other_heap = heap_with(0, 0);
    scene s = scene_in(*state);
    scene other = scene_in(other_heap);
    int64_t memory[4] = {0};
    void *slot = memory + 2;
    assert_refused(rr_store(&s.holder->next, other.mine), RR_E_ARGUMENT, "value", (uintptr_t)other.mine);
    assert_refused(rr_store(&slot, s.mine), RR_E_NOT_OBJECT, "old value of slot", (uintptr_t)(memory + 2));
    assert_ptr_equal(slot, memory + 2);
    slot = other.mine;
    assert_refused(rr_store(&slot, s.mine), RR_E_ARGUMENT, "old value of slot", (uintptr_t)other.mine);
    assert_ptr_equal(slot, other.mine);
    slot = other.shared; /* which would outlive the reference */
    int64_t references = rr_getrefcount(other.shared);
    assert_true(references > 1);
    assert_refused(rr_store(&slot, s.mine), RR_E_ARGUMENT, "old value of slot", (uintptr_t)other.shared);
    assert_ptr_equal(slot, other.shared);
    assert_int_equal(rr_getrefcount(other.shared), references);
    assert_refused(rr_store((void **)(void *)((char *)memory + 4), s.mine), RR_E_ARGUMENT, "slot", (uintptr_t)memory + 4);
    assert_refused(rr_store(NULL, s.mine), RR_E_ARGUMENT, "slot", 0);
    scene_end(&other);
    heap_end(other_heap);
    scene_end(&s);
}

/* ---- Allocation -------------------------------------------------------------------------------------------------- */

static void alloc_looks_at_heap_and_type(void **state) {
    scene s = scene_in(*state);
    rr_heap *gone = heap_with(0, 0);
    assert_int_equal(rr_heap_free(gone), RR_OK);
    assert_refused_null(rr_alloc(gone, s.leaf), RR_E_ARGUMENT, "heap", (uintptr_t)gone);
    assert_refused_null(rr_alloc((rr_heap *)s.mine, s.leaf), RR_E_ARGUMENT, "heap", (uintptr_t)s.mine);
    assert_refused_null(rr_alloc((rr_heap *)((char *)s.heap + 8), s.leaf), RR_E_ARGUMENT, "heap", (uintptr_t)s.heap + 8);
    assert_refused_null(rr_alloc(s.heap, RR_TYPE_WEAKREF), RR_E_TYPE, "type", RR_TYPE_WEAKREF);
    assert_refused_null(rr_alloc(s.heap, 65535), RR_E_TYPE, "type", 65535);
    assert_refused_null(rr_alloc(s.heap, 65536), RR_E_TYPE, "type", 65536);
    assert_refused_null(rr_alloc(s.heap, UINT32_MAX), RR_E_TYPE, "type", UINT32_MAX);
    scene_end(&s);
}

/* Each segment has room for a heap in its head, and only the first of a heap's has the heap there. */
static void the_head_of_a_later_segment_is_no_heap(void **state) {
    enum { SEGMENT = 4 << 20, SIZE = 1024, COUNT = 2 * SEGMENT / SIZE };
    static void *kept[COUNT];
    rr_heap *heap = *state;
    scene s = scene_in(heap);
    uintptr_t place = (uintptr_t)heap % SEGMENT, refused = 0;
    for (int i = 0; i < COUNT; i++) {
        kept[i] = rr_alloc_items(heap, RR_TYPE_BYTES, SIZE);
        uintptr_t other = (uintptr_t)kept[i] / SEGMENT * SEGMENT + place;
        if (other != (uintptr_t)heap && other != refused) {
            assert_refused_null(rr_alloc((rr_heap *)other, s.leaf), RR_E_ARGUMENT, "heap", other);
            refused = other;
        }
    }
    assert_true(refused != 0);
    for (int i = 0; i < COUNT; i++)
        rr_decref(kept[i]);
    scene_end(&s);
}

static void a_payload_is_zero_whoever_had_it_before(void **state) {
    rr_heap *heap = *state;
    for (uint32_t size = 1; size <= 300; size += 13) {
        rr_type type = plain_type("a payload", size, 0, 0);
        static const unsigned char zeros[300];
        for (int round = 0; round < 50; round++) {
            void *object = rr_alloc(heap, type);
            assert_memory_equal(object, zeros, size);
            memset(object, 0xA5, size);
            assert_int_equal(rr_decref(object), RR_OK);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_calls_of_a_process_are_answered),
        WITH_HEAP(a_thread_that_never_called_before_is_refused),
        cmocka_unit_test(any_thread_uses_a_shared_heap),
        cmocka_unit_test(a_traverse_callback_reads_and_changes_nothing),
        WITH_HEAP(a_destroy_callback_saves_nobody_and_makes_nothing),
        WITH_HEAP(a_finalizer_has_no_reference_to_give_back_but_its_own),
        WITH_HEAP(what_a_slot_is_may_die_of_the_store),
        WITH_HEAP(a_slot_gets_what_it_has),
        WITH_HEAP(a_store_that_is_refused_leaves_slot_and_counts),
        WITH_HEAP(alloc_looks_at_heap_and_type),
        WITH_HEAP(the_head_of_a_later_segment_is_no_heap),
        WITH_HEAP(a_payload_is_zero_whoever_had_it_before),
    };
    return cmocka_run_group_tests_name("fast calls", tests, NULL, NULL);
}
