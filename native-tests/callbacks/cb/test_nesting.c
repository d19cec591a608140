/* Callbacks inside callbacks: finalizers that release what has a finalizer, which releases what has one, and so on, in every kind of
 * heap and from heap to heap; and callbacks that take long. */
#define _GNU_SOURCE
#include "support.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { DEEP = 100000, SMALL_STACK = 64 * 1024, AT_ONCE = 24 /* refruntime.h, Callbacks */ };

/* An object knows its follower by number: no reference leads there, a callback releases it. */
typedef struct link {
    int64_t number;
} link;

static link *links[DEEP];
static void *weaks[DEEP];
static int64_t ended;              /* links whose callback has run */
static int64_t late;               /* links that were still alive when the release inside a callback had returned */
static int64_t first_late, depth;

static void release_next(int64_t number) {
    ended++;
    depth++;
    if (number + 1 < DEEP) {
        link *next = links[number + 1];
        rr_decref(next);
        if (rr_is_object(next) == 1 && rr_getrefcount(next) == 0 && late++ == 0)
            first_late = depth;
    }
    depth--;
}

static void end_link(void *object, void *user) {
    (void)user;
    release_next(((link *)object)->number);
}

static void end_watched(void *weakref, void *user) {
    (void)weakref;
    release_next((link **)user - links);
}

typedef struct nest {
    rr_type type;
    bool by_weak_callbacks;
    uint32_t flags;
    size_t heaps; /* links lie in these in turn */
} nest;

static int nest_and_release(void *data) {
    const nest *n = data;
    rr_heap *heaps[2] = {NULL, NULL};
    ended = late = first_late = depth = 0;
    for (size_t i = 0; i < n->heaps; i++)
        REQUIRE((heaps[i] = rr_heap_new(&(rr_heap_options){.struct_size = sizeof(rr_heap_options), .flags = n->flags})) != NULL);
    for (size_t i = 0; i < DEEP; i++) {
        REQUIRE((links[i] = rr_alloc(heaps[i % n->heaps], n->type)) != NULL);
        links[i]->number = (int64_t)i;
        if (n->by_weak_callbacks)
            REQUIRE((weaks[i] = rr_weakref_new(links[i], end_watched, &links[i])) != NULL);
    }
    REQUIRE(rr_decref(links[0]) == RR_OK);
    REQUIRE(ended == DEEP);
    if (n->by_weak_callbacks)
        REQUIRE(rr_decref_many(weaks, DEEP) == DEEP);
    for (size_t i = 0; i < n->heaps; i++) {
        rr_stats stats = {.struct_size = sizeof stats};
        REQUIRE(rr_heap_stats(heaps[i], &stats) == RR_OK);
        REQUIRE(stats.live_objects == 0);
        REQUIRE(rr_heap_verify(heaps[i]) == RR_OK);
        REQUIRE(rr_heap_free(heaps[i]) == RR_OK);
    }
    return 0;
}

static rr_type link_type(rr_finalize_fn finalize, rr_destroy_fn destroy) {
    rr_type_info info = type_info("link");
    info.size = sizeof(link);
    info.finalize = finalize;
    info.destroy = destroy;
    rr_type type = rr_type_new(&info);
    assert_int_not_equal(type, 0);
    return type;
}

static void assert_nest_unwinds(nest n) {
    static const uint32_t flags[] = {0, RR_HEAP_SERIALIZED, RR_HEAP_SYNCHRONIZED, RR_HEAP_CHECKED};
    for (size_t i = 0; i < LENGTH(flags); i++) {
        n.flags = flags[i];
        on_small_thread(SMALL_STACK, nest_and_release, &n);
    }
}

static void finalizers_that_release_what_has_a_finalizer_used_up_the_stack(void **state) {
    (void)state;
    assert_nest_unwinds((nest){.type = link_type(end_link, NULL), .heaps = 1});
}

static void destroy_callbacks_that_release_what_has_one_used_up_the_stack(void **state) {
    (void)state;
    assert_nest_unwinds((nest){.type = link_type(NULL, end_link), .heaps = 1});
}

static void weak_callbacks_that_release_what_has_one_used_up_the_stack(void **state) {
    (void)state;
    assert_nest_unwinds((nest){.type = link_type(NULL, NULL), .by_weak_callbacks = true, .heaps = 1});
}

static void finalizers_that_release_into_another_heap_and_back_used_up_the_stack(void **state) {
    (void)state;
    assert_nest_unwinds((nest){.type = link_type(end_link, NULL), .heaps = 2});
}

/* The header says from which depth on an object waits: before, it is gone when the release returns. */
static void a_release_inside_a_callback_takes_effect_at_once_down_to_the_24th(void **state) {
    (void)state;
    nest n = {.type = link_type(end_link, NULL), .heaps = 1};
    on_thread(nest_and_release, &n);
    assert_int_equal(first_late, AT_ONCE);
}

/* ---- Callbacks that take long ------------------------------------------------------------------------------------ */

static void take_long(node *self) {
    (void)self;
    nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
}

/* A budget is an aim: a step that meets a slow finalizer is longer, and there is progress in each. */
static void a_finalizer_that_spends_the_budget_of_many_slices_holds_nothing_up(void **state) {
    rr_heap *heap = *state;
    for (int i = 0; i < 30; i++)
        rr_decref(ring_new(heap, NODE_FINALIZE | NODE_DESTROY, 1));
    on_finalize = take_long;
    int64_t freed = 0;
    int steps = 0;
    for (; rr_gc_pending(heap) == 1; steps++) {
        int64_t now = rr_collect_step(heap, 1000);
        assert_true(now >= 0);
        freed += now;
        assert_true(steps < 10000);
    }
    assert_int_equal(freed, 30);
    assert_int_equal(log_count("finalize"), 30);
    assert_int_equal(log_count("destroy"), 30);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finalizers_that_release_what_has_a_finalizer_used_up_the_stack),
        cmocka_unit_test(destroy_callbacks_that_release_what_has_one_used_up_the_stack),
        cmocka_unit_test(weak_callbacks_that_release_what_has_one_used_up_the_stack),
        cmocka_unit_test(finalizers_that_release_into_another_heap_and_back_used_up_the_stack),
        cmocka_unit_test(a_release_inside_a_callback_takes_effect_at_once_down_to_the_24th),
        WITH_MANUAL_HEAP(a_finalizer_that_spends_the_budget_of_many_slices_holds_nothing_up),
    };
    return cmocka_run_group_tests_name("nesting", tests, NULL, NULL);
}
