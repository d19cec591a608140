/* A dead set that dies slice by slice: what its members are to the program while they wait. */
#define _POSIX_C_SOURCE 200809L /* mkstemp */
#include "slices.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>


/* ---- A set that waits -------------------------------------------------------------------------------------------- */

enum { WAITING = 20000 };

static node *members[WAITING];

/* A dead ring whose members refer to kept, weak references to some of its members, and steps until it is dying. */
static int64_t begin_to_die(rr_heap *heap, unsigned features, node *kept, void **weak, size_t weak_count) {
    node *ring = ring_new(heap, features, WAITING);
    node *at = ring;
    for (size_t i = 0; i < WAITING; i++, at = at->next) {
        link_other(at, kept);
        members[i] = at;
        if (i < weak_count)
            weak[i] = rr_weakref_new(at, NULL, NULL);
    }
    rr_decref(ring);
    int64_t freed = 0;
    for (int steps = 0; stats_of(heap).weakrefs_live != 0; steps++) {
        assert_true(steps < STEPS);
        freed += rr_collect_step(heap, 0);
    }
    return freed;
}

static void members_that_still_wait_look_dead(void **state) {
    rr_heap *heap = *state;
    node *kept = node_new(heap, 0, 5);
    void *weak[20];
    int64_t freed = begin_to_die(heap, 0, kept, weak, LENGTH(weak));
    static void *found[LENGTH(weak) + WAITING];
    int between = 0;
    while (freed < WAITING) {
        assert_int_equal(rr_gc_pending(heap), 1);
        for (size_t i = 0; i < LENGTH(weak); i++)
            assert_null(rr_weakref_get(weak[i]));
        if (between++ % 16 != 0) {
            freed += rr_collect_step(heap, 0);
            continue;
        }
        assert_int_equal(rr_get_objects(heap, node_type(0), found, LENGTH(found)), 1);
        assert_ptr_equal(found[0], kept);
        for (int i = between % 7; i < WAITING; i += WAITING / 2 + 1) {
            node *member = members[i];
            if (!rr_is_object(member)) /* freed, of the last stage */
                continue;
            assert_int_equal(rr_getrefcount(member), 0);
            assert_int_equal(rr_try_incref(member), 0);
            assert_true(rr_incref(member) < 0);
            assert_null(rr_newref(member));
            assert_null(rr_weakref_new(member, NULL, NULL));
            assert_true(rr_get_path(member, NULL, 0) <= 1);
            assert_true(rr_get_referrers(member, NULL, 0) >= 0);
            assert_int_equal(rr_get_referents(member, NULL, 0), 0);
        }
        assert_int_equal(rr_get_referrers(kept, found, LENGTH(found)), 0);
        assert_int_equal(rr_get_path(kept, found, LENGTH(found)), 1);
        assert_true(rr_getrefcount(kept) >= 1);
        rr_incref(kept);
        rr_decref(kept);
        freed += step(heap);
    }
    assert_true(between > 100);
    assert_int_equal(freed + finish(heap), WAITING);
    assert_int_equal(rr_getrefcount(kept), 1);
    for (size_t i = 0; i < LENGTH(weak); i++)
        rr_decref(weak[i]);
    rr_decref(kept);
}

static void others_die_and_are_born_while_a_set_waits(void **state) {
    rr_heap *heap = *state;
    node *kept = node_new(heap, 0, 5);
    void *weak[1];
    int64_t freed = begin_to_die(heap, NODE_DESTROY, kept, weak, 1);
    rr_decref(weak[0]);
    log_clear();
    int64_t rings = 0;
    while (rr_gc_pending(heap) == 1 && rings < 300) {
        rr_decref(ring_new(heap, NODE_FINALIZE, 3));
        rr_decref(live_chain(heap, 30));
        rings++;
        freed += step(heap);
    }
    freed += finish(heap);
    assert_int_equal(freed, WAITING + 3 * rings);
    assert_int_equal(rr_getrefcount(kept), 1);
    rr_decref(kept);
}

static void destroy_callbacks_run_once_for_each_member(void **state) {
    rr_heap *heap = *state;
    on_destroy = count_destroyed;
    destroyed = 0;
    node *kept = node_new(heap, 0, 5);
    void *weak[1];
    int64_t freed = begin_to_die(heap, NODE_DESTROY, kept, weak, 1);
    size_t before = destroyed;
    assert_true(before < WAITING);
    freed += step(heap);
    assert_true(destroyed < WAITING); /* a slice, too */
    freed += finish(heap);
    assert_int_equal(destroyed, WAITING);
    assert_int_equal(freed, WAITING);
    rr_decref(weak[0]);
    assert_int_equal(rr_getrefcount(kept), 1);
    rr_decref(kept);
}

static void small_sets_die(rr_heap *heap, int steps, bool *is_over) {
    enum { RINGS = 100, LENGTH_OF_EACH = 5, ALL = RINGS * LENGTH_OF_EACH };
    on_destroy = count_destroyed;
    destroyed = 0;
    for (int i = 0; i < RINGS; i++)
        unlogged_ring(heap, NODE_DESTROY, LENGTH_OF_EACH, i * LENGTH_OF_EACH);
    int64_t freed = 0;
    *is_over = !do_steps(heap, steps, &freed);
    assert_true(destroyed <= ALL);
    size_t before = destroyed;

    char name[] = "/tmp/refruntime-XXXXXX";
    int file = mkstemp(name);
    assert_true(file >= 0);
    close(file);
    assert_int_equal(rr_leak_report(heap, name), RR_OK); /* shows no half-dead set */
    unlink(name);
    int64_t finished = (int64_t)stats_of(heap).objects_collected - freed;
    assert_true(finished >= 0 && finished <= ALL - freed);
    assert_true(destroyed >= before);
    assert_int_equal(destroyed, freed + finished);
    assert_int_equal(rr_heap_verify(heap), RR_OK);

    if (steps % 2 == 0)
        assert_int_equal(freed + finished + rr_collect(heap), ALL);
    else
        assert_int_equal(freed + finished + finish(heap), ALL);
    assert_int_equal(destroyed, ALL);
}

static void small_sets_die_in_slices_too(void **state) {
    (void)state;
    at_steps(nearly_each(), small_sets_die);
}

/* ---- Finalizers in slices ---------------------------------------------------------------------------------------- */

enum { FINALIZED = 20000 };

static uint8_t times[FINALIZED];
static node *revived;

static void count_finalized(node *self) {
    times[self->id]++;
}

static node *first_finalized(rr_heap *heap, int64_t *freed) {
    memset(times, 0, sizeof times);
    on_finalize = count_finalized;
    node *ring = ring_new(heap, NODE_FINALIZE, FINALIZED);
    rr_decref(ring);
    for (int steps = 0; stats_of(heap).finalizers_run == 0; steps++) {
        assert_true(steps < STEPS);
        *freed += rr_collect_step(heap, 0);
    }
    assert_true(stats_of(heap).finalizers_run < FINALIZED); /* a slice of them */
    return ring;
}

static void finalizers_run_in_slices_once_each(void **state) {
    int64_t freed = 0;
    first_finalized(*state, &freed);
    assert_int_equal(freed, 0);
    assert_int_equal(finish(*state), FINALIZED);
    for (int i = 0; i < FINALIZED; i++)
        assert_int_equal(times[i], 1);
}

/* Does the text stand in the file? It is removed. */
static bool file_has(const char *name, const char *text) {
    static char content[1 << 16];
    FILE *file = fopen(name, "r");
    assert_non_null(file);
    size_t length = fread(content, 1, sizeof content - 1, file);
    fclose(file);
    unlink(name);
    content[length] = '\0';
    return strstr(content, text) != NULL;
}

/* The collection itself holds them meanwhile. */
static void what_waits_for_its_finalizers_is_shown_as_held_by_nobody(void **state) {
    rr_heap *heap = *state;
    int64_t freed = 0;
    node *ring = first_finalized(heap, &freed);
    char name[] = "/tmp/rr-slices-XXXXXX";
    close(mkstemp(name));
    assert_int_equal(rr_get_path(ring, NULL, 0), 0);
    assert_int_equal(rr_object_dot(ring, name, 4), RR_OK);
    assert_false(file_has(name, "from outside"));
    void *weak = rr_weakref_new(ring, NULL, NULL);
    void *held = rr_weakref_get(weak);
    assert_int_equal(rr_get_path(ring, NULL, 0), 1);
    rr_decref(held);
    rr_decref(weak);
    assert_int_equal(finish(heap), FINALIZED);
}

static void a_weak_reference_brings_a_set_back_before_its_last_finalizer(void **state) {
    rr_heap *heap = *state;
    memset(times, 0, sizeof times);
    on_finalize = count_finalized;
    node *ring = ring_new(heap, NODE_FINALIZE, FINALIZED);
    void *weak = rr_weakref_new(ring->next, NULL, NULL);
    rr_decref(ring);
    for (int steps = 0; stats_of(heap).finalizers_run == 0; steps++) {
        assert_true(steps < STEPS);
        assert_int_equal(rr_collect_step(heap, 0), 0);
    }
    node *back = rr_weakref_get(weak);
    assert_non_null(back);
    assert_int_equal(finish(heap), 0);
    assert_int_equal(stats_of(heap).objects_resurrected, FINALIZED);
    node *at = back;
    for (int i = 0; i < FINALIZED; i++, at = at->next) {
        assert_int_equal(at->id, (i + 1) % FINALIZED);
        assert_int_equal(times[i], 1);
        assert_int_equal(rr_getrefcount(at), i == 0 ? 2 : 1);
    }
    rr_decref(back);
    assert_int_equal(finish(heap), FINALIZED);
    for (int i = 0; i < FINALIZED; i++)
        assert_int_equal(times[i], 1);
    rr_decref(weak);
}

static void revive(node *self) {
    times[self->id]++;
    if (self->id == FINALIZED - 1)
        revived = rr_newref(self);
}

static void a_finalizer_brings_its_set_back(void **state) {
    rr_heap *heap = *state;
    int64_t freed = 0;
    revived = NULL;
    first_finalized(heap, &freed);
    on_finalize = revive;
    assert_int_equal(finish(heap), 0);
    assert_non_null(revived);
    assert_int_equal(live(heap), FINALIZED);
    rr_decref(revived);
    assert_int_equal(finish(heap), FINALIZED);
}

/* ---- Kinds of objects -------------------------------------------------------------------------------------------- */

typedef struct hidden {
    void *reference;
    int64_t id;
} hidden;

static void hidden_traverse(void *object, rr_visit_fn visit, void *arg, void *user) {
    (void)user;
    visit(((hidden *)object)->reference, arg);
}

static void lists_tuples_tagged_values_and_traverse_types_die_in_slices(void **state) {
    rr_heap *heap = *state;
    enum { COUNT = 6000 };
    rr_value_format format = {
        .struct_size = sizeof format, .value_size = 8, .tag_offset = 0, .pointer_offset = 0,
        .mask = 7, .low = 0, .high = 0, .pointer_mask = ~UINT64_C(7),
    };
    static const uint32_t offsets[] = {0, 8};
    rr_type_info info = type_info("tagged in slices");
    info.size = 16;
    info.ref_offsets = offsets;
    info.ref_count = LENGTH(offsets);
    info.values = &format;
    rr_type tagged = rr_type_new(&info);
    info = type_info("traversed in slices");
    info.size = sizeof(hidden);
    info.traverse = hidden_traverse;
    rr_type traversed = rr_type_new(&info);
    assert_true(tagged != 0 && traversed != 0);

    node *kept = node_new(heap, 0, 9);
    void *leaf = rr_alloc_items(heap, RR_TYPE_BYTES, 10);
    void *first = rr_list_new(heap);
    void *previous = rr_newref(first);
    for (int i = 0; i < COUNT; i++) { /* each holds the one before */
        void *fresh;
        if (i % 4 == 0) {
            fresh = rr_list_new(heap);
            rr_list_append(fresh, previous);
            rr_list_append(fresh, leaf);
            rr_decref(previous);
        } else if (i % 4 == 1) {
            uint64_t *values = fresh = rr_alloc(heap, tagged);
            values[0] = (uint64_t)(uintptr_t)previous;
            values[1] = ((uint64_t)i << 3) | 5; /* a number */
        } else if (i % 4 == 2) {
            hidden *object = fresh = rr_alloc(heap, traversed);
            object->reference = previous;
        } else {
            void **items = fresh = rr_alloc_items(heap, RR_TYPE_TUPLE, 3);
            items[0] = previous;
            rr_store(&items[1], kept);
            rr_store(&items[2], leaf);
        }
        previous = fresh;
    }
    rr_list_append(first, previous);
    rr_decref(previous);
    rr_list_append(first, kept);
    assert_int_equal(rr_heap_verify(heap), RR_OK);
    rr_decref(first);
    int64_t freed = 0;
    while (rr_gc_pending(heap) == 1)
        freed += step(heap);
    assert_int_equal(freed, COUNT + 1);
    assert_int_equal(rr_getrefcount(kept), 1);
    assert_int_equal(rr_getrefcount(leaf), 1);
    assert_int_equal(stats_of(heap).raw_bytes, 0);
    rr_decref(kept);
    rr_decref(leaf);
}

static void a_synchronized_heap_is_collected_in_slices(void **state) {
    (void)state;
    rr_heap *heap = heap_with(RR_HEAP_SYNCHRONIZED | RR_HEAP_MANUAL_GC, 0);
    node *chain = live_chain(heap, EMBEDDED);
    node *kept = node_new(heap, 0, 1);
    void *weak[1];
    int64_t freed = begin_to_die(heap, NODE_DESTROY, kept, weak, 1);
    for (int i = 0; rr_gc_pending(heap) == 1; i++)
        freed += i % 16 == 0 ? step(heap) : rr_collect_step(heap, 0);
    assert_int_equal(freed, WAITING);
    assert_int_equal(rr_getrefcount(kept), 1);
    assert_chain(chain, EMBEDDED);
    rr_decref(weak[0]);
    rr_decref(kept);
    rr_decref(chain);
    rr_collect(heap);
    heap_end(heap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_MANUAL_HEAP(members_that_still_wait_look_dead),
        WITH_MANUAL_HEAP(others_die_and_are_born_while_a_set_waits),
        WITH_MANUAL_HEAP(destroy_callbacks_run_once_for_each_member),
        cmocka_unit_test(small_sets_die_in_slices_too),
        WITH_MANUAL_HEAP(finalizers_run_in_slices_once_each),
        WITH_MANUAL_HEAP(what_waits_for_its_finalizers_is_shown_as_held_by_nobody),
        WITH_MANUAL_HEAP(a_weak_reference_brings_a_set_back_before_its_last_finalizer),
        WITH_MANUAL_HEAP(a_finalizer_brings_its_set_back),
        WITH_MANUAL_HEAP(lists_tuples_tagged_values_and_traverse_types_die_in_slices),
        cmocka_unit_test(a_synchronized_heap_is_collected_in_slices),
    };
    return cmocka_run_group_tests_name("slices: death", tests, NULL, NULL);
}
