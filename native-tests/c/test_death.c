/* abi.md, Order at death, for one object that dies by counting: finalizer, weak references cleared, weak callbacks,
 * destroy, children, memory. What callbacks may do. The same for dead cycles is in test_cycles.c. */
#include "support.h"

#include <inttypes.h>

static rr_heap *current; /* the heap of the test, for callbacks */
static void *probe;      /* what a callback looks at */

static void the_order_is_finalizer_weak_callbacks_newest_first_destroy_children(void **state) {
    rr_heap *heap = *state;
    node *parent = node_new(heap, NODE_FINALIZE | NODE_DESTROY, 1);
    rr_take(&parent->next, node_new(heap, NODE_FINALIZE | NODE_DESTROY, 2));
    void *weak[] = {rr_weakref_new(parent, log_weak, "oldest"), rr_weakref_new(parent, log_weak, "middle"),
                    rr_weakref_new(parent, log_weak, "newest")};
    assert_int_equal(rr_decref(parent), RR_OK);
    assert_log("finalize 1; weak newest; weak middle; weak oldest; destroy 1; finalize 2; destroy 2");
    for (size_t i = 0; i < LENGTH(weak); i++)
        rr_decref(weak[i]);
}

static void look_through_the_weak_reference(node *self) {
    void *target = rr_weakref_get(probe);
    log_event("%s", target == self ? "target there" : target == NULL ? "target gone" : "wrong target");
    if (target != NULL)
        rr_decref(target);
}

static void weak_references_are_cleared_between_finalizer_and_destroy(void **state) {
    rr_heap *heap = *state;
    node *object = node_new(heap, NODE_FINALIZE | NODE_DESTROY, 1);
    probe = rr_weakref_new(object, NULL, NULL);
    on_finalize = on_destroy = look_through_the_weak_reference;
    rr_decref(object);
    assert_log("finalize 1; target there; destroy 1; target gone");
    rr_decref(probe);
}

static void look_at_the_object(node *self) {
    node *child = self->next;
    log_event("object %d, type %d, size %d, child %d, child's number %" PRId64, rr_is_object(self), rr_type_of(self) >= 16,
              (int)rr_size(self), child != NULL && rr_is_object(child), child == NULL ? -1 : child->id);
}

static void an_object_is_intact_in_its_finalizer_and_readable_in_destroy(void **state) {
    rr_heap *heap = *state;
    node *parent = node_new(heap, NODE_FINALIZE, 1);
    rr_take(&parent->next, node_new(heap, 0, 2));
    on_finalize = look_at_the_object;
    rr_decref(parent);
    assert_log("finalize 1; object 1, type 1, size 24, child 1, child's number 2");

    /* In destroy the slots can still be read, and what they hold is alive. */
    log_clear();
    parent = node_new(heap, NODE_DESTROY, 3);
    rr_take(&parent->next, node_new(heap, 0, 4));
    on_destroy = look_at_the_object;
    rr_decref(parent);
    assert_non_null(strstr(log_text(), "child 1, child's number 4"));
}

static void *kept;

static void keep(node *self) {
    kept = rr_newref(self);
}

static void a_finalizer_may_resurrect_and_runs_once(void **state) {
    rr_heap *heap = *state;
    node *object = node_new(heap, NODE_FINALIZE | NODE_DESTROY, 1);
    void *weak = rr_weakref_new(object, log_weak, "ref");
    on_finalize = keep;
    assert_int_equal(rr_is_finalized(object), 0);
    assert_int_equal(rr_decref(object), RR_OK);
    assert_log("finalize 1");
    assert_ptr_equal(kept, object);
    assert_int_equal(rr_getrefcount(object), 1);
    assert_int_equal(rr_is_finalized(object), 1);
    assert_int_equal(stats_of(heap).objects_resurrected, 1);

    void *again = rr_weakref_get(weak);
    assert_ptr_equal(again, object);
    rr_decref(again);
    assert_int_equal(rr_decref(kept), RR_OK);
    assert_log("finalize 1; weak ref; destroy 1");
    rr_decref(weak);
}

static void keep_in_the_probe(node *self) {
    node *holder = probe;
    rr_store(&holder->next, self);
}

static void a_finalizer_may_resurrect_into_another_object(void **state) {
    rr_heap *heap = *state;
    node *holder = probe = node_new(heap, 0, 1);
    node *object = node_new(heap, NODE_FINALIZE | NODE_DESTROY, 2);
    rr_take(&object->next, node_new(heap, NODE_DESTROY, 3));
    on_finalize = keep_in_the_probe;
    rr_decref(object);
    assert_log("finalize 2");
    assert_ptr_equal(holder->next, object);
    assert_int_equal(((node *)object->next)->id, 3);
    rr_decref(holder);
    assert_log("finalize 2; destroy 2; destroy 3");
}

static void allocate_release_and_collect(node *self) {
    (void)self;
    node *fresh = rr_alloc(current, node_type(NODE_DESTROY));
    if (fresh == NULL) {
        log_event("no memory");
        return;
    }
    fresh->id = 99;
    rr_decref(fresh);
    log_event("collect: %d", (int)rr_collect(current));
}

static void a_finalizer_may_allocate_release_and_ask_for_a_collection(void **state) {
    rr_heap *heap = current = *state;
    on_finalize = allocate_release_and_collect;
    rr_decref(node_new(heap, NODE_FINALIZE, 1));
    assert_log("finalize 1; destroy 99; collect: 0");
}

static void log_refusal(const char *what, bool refused) {
    log_event("%s: %s %d", what, refused ? "refused" : "allowed", rr_last_status());
}

static void do_what_destroy_may_not(node *self) {
    log_refusal("alloc", rr_alloc(current, RR_TYPE_TUPLE) == NULL);
    log_refusal("incref", rr_incref(self) == RR_E_BUSY);
    log_refusal("newref", rr_newref(self) == NULL);
    log_refusal("store", rr_store(&((node *)probe)->next, self) == RR_E_BUSY);
    log_refusal("weakref", rr_weakref_new(self, NULL, NULL) == NULL);
    log_refusal("list", rr_list_new(current) == NULL);
    log_refusal("raw", rr_mem_alloc(current, 10) == NULL);
}

static void destroy_may_not_allocate_nor_take_references_to_the_dying(void **state) {
    rr_heap *heap = current = *state;
    probe = node_new(heap, 0, 1);
    node *object = node_new(heap, NODE_DESTROY, 2);
    on_destroy = do_what_destroy_may_not;
    rr_decref(object);
    assert_log("destroy 2; alloc: refused -5; incref: refused -5; newref: refused -5; store: refused -5; "
               "weakref: refused -5; list: refused -5; raw: refused -5");
    assert_null(((node *)probe)->next);
    rr_decref(probe);
}

static void *raw_of_the_dying;

static void give_back(node *self) {
    (void)self;
    log_event("decref: %d", rr_decref(probe));
    log_event("free: %d", rr_mem_free(current, raw_of_the_dying));
}

static void destroy_may_release_objects_and_raw_memory(void **state) {
    rr_heap *heap = current = *state;
    probe = node_new(heap, 0, 1);
    raw_of_the_dying = rr_mem_alloc(heap, 1000);
    node *object = node_new(heap, NODE_DESTROY, 2);
    on_destroy = give_back;
    rr_decref(object);
    assert_log("destroy 2; decref: 0; free: 0");
}

static void a_weak_callback(void *weakref, void *user) {
    (void)user;
    void *fresh = rr_alloc(current, RR_TYPE_TUPLE);
    log_event("weak: alloc %d, collect %d, get %d", fresh != NULL, (int)rr_collect(current), rr_weakref_get(weakref) != NULL);
    rr_decref(fresh);
}

static void a_weak_callback_may_allocate_and_release(void **state) {
    rr_heap *heap = current = *state;
    node *object = node_new(heap, 0, 1);
    void *weak = rr_weakref_new(object, a_weak_callback, NULL);
    rr_decref(object);
    assert_log("weak: alloc 1, collect 0, get 0");
    rr_decref(weak);
}

static void release_the_other(node *self) {
    if (self->id == 1)
        rr_decref(probe);
}

static void a_release_inside_a_finalizer_takes_effect_at_once(void **state) {
    rr_heap *heap = *state;
    probe = node_new(heap, NODE_FINALIZE | NODE_DESTROY, 2);
    on_finalize = release_the_other;
    rr_decref(node_new(heap, NODE_FINALIZE | NODE_DESTROY, 1));
    assert_log("finalize 1; finalize 2; destroy 2; destroy 1");
}

static void children_die_after_their_parents_destroy(void **state) {
    rr_heap *heap = *state;
    node *root = node_new(heap, NODE_DESTROY, 1), *left = node_new(heap, NODE_DESTROY, 2), *right = node_new(heap, NODE_DESTROY, 3);
    node *shared = node_new(heap, NODE_DESTROY, 4);
    link_next(left, shared);
    link_next(right, shared);
    rr_decref(shared);
    rr_take(&root->next, left);
    rr_take(&root->other, right);
    rr_decref(root);
    assert_int_equal(log_count("destroy"), 4);
    const char *text = log_text();
    assert_ptr_equal(strstr(text, "destroy 1"), text);
    assert_true(strstr(text, "destroy 4") > strstr(text, "destroy 2"));
    assert_true(strstr(text, "destroy 4") > strstr(text, "destroy 3"));
}

static void a_child_that_someone_else_holds_survives_its_parent(void **state) {
    rr_heap *heap = *state;
    node *parent = node_new(heap, 0, 1), *child = node_new(heap, NODE_DESTROY, 2);
    link_next(parent, child);
    link_other(parent, child);
    assert_int_equal(rr_getrefcount(child), 3);
    rr_decref(parent);
    assert_int_equal(rr_getrefcount(child), 1);
    assert_log("");
    rr_decref(child);
}

static void an_object_that_holds_itself_twice_is_left_to_the_collector(void **state) {
    rr_heap *heap = *state;
    node *object = node_new(heap, NODE_DESTROY, 1);
    link_next(object, object);
    link_other(object, object);
    rr_decref(object);
    assert_log("");
    assert_int_equal(rr_getrefcount(object), 2);
    assert_int_equal(rr_collect(heap), 1);
    assert_log("destroy 1");
}

static void callbacks_get_their_types_user_pointer(void *object, void *user) {
    (void)object;
    ++*(int *)user;
}

static void the_user_pointer_of_a_type_reaches_its_callbacks(void **state) {
    rr_heap *heap = *state;
    int calls = 0;
    rr_type_info info = type_info("with user pointer");
    info.size = 8;
    info.finalize = info.destroy = callbacks_get_their_types_user_pointer;
    info.user = &calls;
    rr_decref(rr_alloc(heap, rr_type_new(&info)));
    assert_int_equal(calls, 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_HEAP(the_order_is_finalizer_weak_callbacks_newest_first_destroy_children),
        WITH_HEAP(weak_references_are_cleared_between_finalizer_and_destroy),
        WITH_HEAP(an_object_is_intact_in_its_finalizer_and_readable_in_destroy),
        WITH_HEAP(a_finalizer_may_resurrect_and_runs_once),
        WITH_HEAP(a_finalizer_may_resurrect_into_another_object),
        WITH_HEAP(a_finalizer_may_allocate_release_and_ask_for_a_collection),
        WITH_HEAP(destroy_may_not_allocate_nor_take_references_to_the_dying),
        WITH_HEAP(destroy_may_release_objects_and_raw_memory),
        WITH_HEAP(a_weak_callback_may_allocate_and_release),
        WITH_HEAP(a_release_inside_a_finalizer_takes_effect_at_once),
        WITH_HEAP(children_die_after_their_parents_destroy),
        WITH_HEAP(a_child_that_someone_else_holds_survives_its_parent),
        WITH_HEAP(an_object_that_holds_itself_twice_is_left_to_the_collector),
        WITH_HEAP(the_user_pointer_of_a_type_reaches_its_callbacks),
    };
    return cmocka_run_group_tests_name("death", tests, NULL, NULL);
}
