/* What the library calls back: is it due, is the object as it should be. Some callbacks then call the library again. */
#include "fuzz.h"

#include <string.h>

/* Of KIND_STORED and KIND_RELEASING; in place of the count: the storage is gone. */
typedef struct stored {
    void **storage;
    uint64_t count;
} stored;
static const uint64_t gone = 0xdeaddeaddeadull;

enum { RESURRECT = 1, CUT = 2, FILL = 4, SAVE_CHILD = 8, CALLS = 16, WATCH = 32, RELEASE = 64, PROBE = 128 };

static int enter(enum context context, enum context *outer)
{
    *outer = now->context;
    now->context = context;
    return ++now->depth;
}

static void leave(enum context outer)
{
    now->context = outer;
    now->depth--;
}

static int may_act(const node *object, unsigned what)
{
    return (object->behaviour & what) != 0 && !now->is_closing && !now->is_quiet && now->depth <= MAX_DEPTH;
}

/* All finalizers of a dead set run, also when the first has brought back what the others belong to. */
static node *dying_at(void *object, const char *callback, int is_in_set)
{
    node *dying = node_at(object);
    require(dying != NULL, "%s is called for %p, which is no object of the program", callback, object);
    tell("  %s of %s", callback, name_of(dying));
    search();
    require(now->is_closing || !dying->is_reached_strictly || is_in_set, "%s is called for %s, which is held", callback, name_of(dying));
    return dying;
}

/* ---- Finalizers --------------------------------------------------------------------------------------------------------- */

static void check_intact(const node *object)
{
    require(rr_getrefcount(object->at) >= 1, "%s has a count of %lld in its finalizer", name_of(object), (long long)rr_getrefcount(object->at));
    require(rr_is_finalized(object->at) == 1, "rr_is_finalized of %s is 0 in its finalizer", name_of(object));
    for (uint32_t i = 0; i < object->slot_count; i++) {
        void *child = slot_read(object, i);
        require(child == (object->slots[i] != NULL ? object->slots[i]->at : NULL), "in its finalizer slot %u of %s holds %p instead of %s", i,
                name_of(object), child, name_of(object->slots[i]));
        require(child == NULL || rr_getrefcount(child) >= 1, "%s is not intact in its finalizer: %s has no reference", name_of(object),
                name_of(object->slots[i]));
    }
    payload_check(object);
}

static void act_in_finalizer(node *object)
{
    uint32_t slot = object->slot_count != 0 ? object->behaviour / 8 % object->slot_count : 0;
    now->is_disturbed |= (object->behaviour & ~(unsigned)(RELEASE | PROBE)) != 0;
    if (may_act(object, RELEASE) && count_of(object) == 0 && may_misuse()) {
        require(now->call->decref(object->at) == RR_E_ARGUMENT, "the library's own reference to %s can be given back", name_of(object));
        require_error(RR_E_ARGUMENT, "rr_decref of what only the library holds");
    }
    if (may_act(object, PROBE)) {
        require(rr_collect(now->heap) == 0, "rr_collect in a finalizer is not 0");
        require(rr_heap_free(now->heap) == (now->is_default ? RR_E_ARGUMENT : RR_E_BUSY), "rr_heap_free in a finalizer is allowed");
        require(rr_heap_verify(now->heap) == RR_OK, "rr_heap_verify in a finalizer: %s", rr_last_error());
        require(rr_get_referrers(object->at, NULL, 0) >= 0, "rr_get_referrers in a finalizer: %s", rr_last_error());
    }
    if (may_act(object, CUT) && object->slot_count != 0)
        store_slot(object, slot, NULL, 0);
    if (may_act(object, FILL) && object->slot_count != 0 && now->held_count != 0)
        store_slot(object, slot, pick_held(), 0);
    if (may_act(object, SAVE_CHILD) && object->slot_count != 0 && object->slots[slot] != NULL) {
        require(now->call->incref(object->slots[slot]->at) == RR_OK, "rr_incref of a child in a finalizer: %s", rr_last_error());
        handle_add(object->slots[slot]);
    }
    if (may_act(object, RESURRECT)) {
        require(now->call->incref(object->at) == RR_OK, "rr_incref of %s in its finalizer: %s", name_of(object), rr_last_error());
        handle_add(object);
    }
    if (may_act(object, WATCH) && now->node_count < MAX_NODES - 16)
        weak_new(object, object->behaviour % 2);
    if (may_act(object, CALLS))
        run_calls(1 + object->behaviour % 3);
}

/* While the heap ends finalizers may do what any code may; the model no longer looks. */
static void act_at_the_end(node *object)
{
    if ((object->behaviour & PROBE) != 0) {
        require(rr_collect(now->heap) == 0, "rr_collect while the heap ends is not 0");
        require(rr_heap_free(now->heap) == RR_E_BUSY, "rr_heap_free in a finalizer while the heap ends is allowed");
    }
    if ((object->behaviour & CALLS) != 0) {
        void **made = rr_alloc_items(now->heap, RR_TYPE_TUPLE, 1 + object->behaviour % 5);
        require(made != NULL || now->limit != 0, "a finalizer can't allocate while the heap ends: %s", rr_last_error());
        require(made == NULL || rr_store(made, object->at) == RR_OK, "rr_store while the heap ends: %s", rr_last_error());
        if (made != NULL && (object->behaviour & CUT) != 0)
            require(rr_decref(made) == RR_OK, "rr_decref while the heap ends: %s", rr_last_error());
    }
    if ((object->behaviour & RESURRECT) != 0)
        require(now->call->incref(object->at) == RR_OK, "rr_incref while the heap ends: %s", rr_last_error());
    if ((object->behaviour & WATCH) != 0)
        require(rr_weakref_new(object->at, NULL, NULL) != NULL || now->limit != 0, "rr_weakref_new while the heap ends: %s", rr_last_error());
    if ((object->behaviour & FILL) != 0 && now->held_count != 0 && object->slot_count != 0 && slot_is_plain(object, 0))
        require(now->call->store(slot_address(object, 0), now->held[0]->at) == RR_OK, "rr_store while the heap ends: %s", rr_last_error());
}

void on_finalize(void *at, void *user)
{
    enum context outer;
    (void)user;
    enter(IN_FINALIZER, &outer);
    node *object = dying_at(at, "the finalizer", now->may_collect && now->is_disturbed);
    require(object->shape->has_finalizer, "%s is finalized, and has no finalizer", name_of(object));
    require(!object->is_finalized, "%s is finalized twice", name_of(object));
    require(!object->is_destroyed, "%s is finalized after it was destroyed", name_of(object));
    require(now->is_closing != 1 || !now->has_destroyed, "%s is finalized after another was destroyed, though the heap ends as one set", name_of(object));
    object->is_finalized = 1;
    if (now->is_closing == 0) {
        check_intact(object);
        act_in_finalizer(object);
    } else if (now->is_closing == 1) {
        payload_check(object);
        act_at_the_end(object);
    }
    leave(outer);
}

/* ---- Destroy ------------------------------------------------------------------------------------------------------------- */

static void give_back_storage(node *object)
{
    stored *words = object->at;
    if (words->storage == NULL)
        return;
    void **storage = words->storage;
    for (uint64_t i = 0; object->shape->kind == KIND_RELEASING && i < words->count; i++)
        require(now->call->decref(storage[i]) == RR_OK, "the destroy callback of %s can't release a child: %s", name_of(object), rr_last_error());
    words->storage = NULL;
    words->count = gone;
    require(rr_mem_free(now->heap, storage) == RR_OK, "the destroy callback of %s can't free its storage: %s", name_of(object), rr_last_error());
}

void on_destroy(void *at, void *user)
{
    enum context outer;
    (void)user;
    enter(IN_DESTROY, &outer);
    node *object = dying_at(at, "destroy", 0);
    require(object->shape->has_destroy, "%s is destroyed, and has no destroy callback", name_of(object));
    require(!object->is_destroyed, "%s is destroyed twice", name_of(object));
    require(!object->shape->has_finalizer || object->is_finalized || now->is_closing, "%s is destroyed, and was not finalized", name_of(object));
    object->is_destroyed = 1;
    now->has_destroyed = 1;
    require(rr_is_object(at) == 1 && rr_type_of(at) == object->shape->type, "%s can't be read in its destroy callback", name_of(object));
    if ((may_act(object, PROBE) || ((object->behaviour & PROBE) != 0 && now->is_closing)) && may_misuse()) {
        require(rr_try_incref(at) == 0, "rr_try_incref revives %s in its destroy callback", name_of(object));
        require(now->call->alloc(now->heap, RR_TYPE_TUPLE) == NULL, "a destroy callback may allocate");
        require_error(RR_E_BUSY, "rr_alloc in a destroy callback");
        require(now->call->incref(at) == RR_E_BUSY, "rr_incref revives %s in its destroy callback", name_of(object));
        require(rr_mem_alloc(now->heap, 8) == NULL && rr_last_status() == RR_E_BUSY, "a destroy callback may allocate raw memory");
        require(rr_make_immortal(at) == RR_E_BUSY, "rr_make_immortal revives %s in its destroy callback", name_of(object));
        require(rr_weakref_new(at, NULL, NULL) == NULL, "%s gets a weak reference in its destroy callback", name_of(object));
        require(now->call->newref(at) == NULL, "rr_newref revives %s in its destroy callback", name_of(object));
    }
    payload_check(object);
    if (object->shape->kind == KIND_STORED || object->shape->kind == KIND_RELEASING)
        give_back_storage(object);
    if (may_act(object, CALLS)) {
        now->is_disturbed = 1;
        run_calls(1 + object->behaviour % 3);
    }
    leave(outer);
}

/* ---- Traverse, weak references, events ------------------------------------------------------------------------------------- */

/* Decides by the object alone: a new one is not known to the model yet when a batch makes more than one. */
void on_traverse(void *object, rr_visit_fn visit, void *arg, void *user)
{
    static unsigned turn;
    const stored *words = object;
    (void)user;
    require(words->count != gone, "traverse is called for %p after destroy", object);
    for (uint64_t i = 0; i < words->count; i++)
        visit(words->storage[i], arg);
    if (now->probes_traverse && ++turn % 16 == 0 && may_misuse()) {
        require(rr_alloc_items(now->heap, RR_TYPE_BYTES, 8) == NULL, "a traverse callback may allocate");
        require_error(RR_E_BUSY, "rr_alloc_items in a traverse callback");
        require(rr_incref(object) == RR_E_BUSY && rr_decref(object) == RR_E_BUSY, "a traverse callback may change counts");
        require(rr_getrefcount(object) >= 0 && rr_is_object(object) == 1, "a traverse callback may not look: %s", rr_last_error());
    }
}

void on_weak(void *at, void *user)
{
    enum context outer;
    enter(IN_WEAK_CALLBACK, &outer);
    node *weak = node_at(at);
    require(weak != NULL && weak->shape->kind == KIND_WEAK, "a weak callback is called for %p, which is no weak reference of the program", at);
    tell("  weak callback of %s", name_of(weak));
    require(now->is_closing != 1, "a weak callback runs while the heap ends");
    require(weak->has_callback && !weak->is_called, "the callback of %s is called twice, or it has none", name_of(weak));
    require(weak->target != NULL && (uintptr_t)user == weak->target->id, "the callback of %s gets another's user pointer", name_of(weak));
    search();
    require(!weak->target->is_reached_strictly, "the callback of %s is called, though %s is held", name_of(weak), name_of(weak->target));
    require(weak->target->last_called == 0 || weak->id < weak->target->last_called, "the callbacks of %s don't run newest first", name_of(weak->target));
    require(!weak->target->is_destroyed || !weak->target->is_alive, "the callback of %s is called after its target was destroyed", name_of(weak));
    require(rr_weakref_get(at) == NULL, "%s gives its target in its callback", name_of(weak));
    require(now->call->getrefcount(at) >= 1, "%s has a count of %lld in its callback", name_of(weak), (long long)now->call->getrefcount(at));
    weak->is_called = 1;
    weak->target->last_called = weak->id;
    if (may_act(weak, CALLS)) {
        now->is_disturbed = 1;
        run_calls(1 + weak->behaviour % 3);
    }
    leave(outer);
}

void on_event(rr_heap *heap, const rr_gc_event *event, void *user)
{
    enum context outer;
    (void)user;
    enter(IN_EVENT, &outer);
    require(heap == now->heap, "an event of another heap is told");
    require(event->struct_size == sizeof *event && event->phase <= RR_GC_PHASE_STOP && event->reason <= RR_GC_REASON_LIMIT, "an event makes no sense");
    require(now->has_started == (event->phase == RR_GC_PHASE_STOP), "a collection starts or stops twice");
    now->has_started = event->phase == RR_GC_PHASE_START;
    if (!now->is_closing && !now->is_quiet && next_byte() % 4 == 1) {
        now->is_disturbed = 1;
        run_calls(1);
    }
    leave(outer);
}
