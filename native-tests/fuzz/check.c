/* Comparing the library with the model, when a call of the outermost level is over. */
#include "fuzz.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

int is_verbose;

void fail(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("fuzz: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    abort();
}

void tell(const char *format, ...)
{
    va_list arguments;
    if (!is_verbose)
        return;
    va_start(arguments, format);
    fprintf(stderr, "%*s", 2 * now->depth, "");
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

const char *name_of(const node *object)
{
    static char names[4][96];
    static unsigned turn;
    static const char *const kinds[KINDS] = {
        "slots", "items", "boxed", "union", "stored", "releasing", "raw", "bytes", "tuple", "list", "weakref"};
    char *name = names[turn++ % 4];
    if (object == NULL)
        return "NULL";
    snprintf(name, sizeof names[0], "#%u (%s%s%s%s) at %p", object->id, kinds[object->shape->kind], object->shape->has_finalizer ? ", finalizer" : "",
             object->shape->has_destroy ? ", destroy" : "", object->shape->is_acyclic ? ", acyclic" : "", object->at);
    return name;
}

void require_error(rr_status expected, const char *what)
{
    require(rr_last_status() == expected, "%s fails with %s (%s) instead of %s", what, rr_status_string(rr_last_status()), rr_last_error(),
            rr_status_string(expected));
    require(rr_last_error()[0] != 0, "%s fails without a sentence", what);
}

static int is_gone(const node *object)
{
    return node_at(object->at) != object || rr_is_object(object->at) == 0;
}

/* Members of a dead set that wait for their destroy callback: count 0, though still objects. */
static int is_half_dead(const node *object)
{
    return rr_getrefcount(object->at) == 0;
}

static void bury(node *object)
{
    const shape *made = object->shape;
    require(!made->has_finalizer || object->is_finalized, "%s is dead, and was not finalized", name_of(object));
    require(!made->has_destroy || object->is_destroyed, "%s is dead, and was not destroyed", name_of(object));
    tell("    dead: %s", name_of(object));
    node_bury(object);
}

/* Whose last reference is gone, and what only they held. */
static void bury_uncounted(void)
{
    for (int is_changed = 1; is_changed;) {
        is_changed = 0;
        for (uint32_t i = 0; i < now->node_count; i++) {
            node *object = now->nodes[i];
            if (!object->is_alive || count_of(object) != 0)
                continue;
            if (!is_gone(object)) {
                require(is_half_dead(object), "%s has no reference left, but a count of %lld", name_of(object), (long long)rr_getrefcount(object->at));
                now->has_half_dead = 1;
                continue;
            }
            bury(object);
            is_changed = 1;
        }
    }
}

static void look_for_half_dead(void)
{
    now->has_half_dead = 0;
    for (uint32_t i = 0; i < now->node_count && !now->has_half_dead; i++)
        now->has_half_dead = now->nodes[i]->is_alive && !is_gone(now->nodes[i]) && is_half_dead(now->nodes[i]);
}

/* Collections pass it by, and only the half-dead may have held it: they have let it go, though they are still there. */
static int may_be_let_go(const node *object)
{
    return now->has_half_dead && !object->is_reached_strictly;
}

/* Do all that refer to it belong to a dead set which a collection is taking apart? They may have let go of it before: then it dies with whatever
 * else held it, in any call. */
static int is_let_go(const node *object)
{
    int32_t from_dead = 0;
    for (uint32_t i = 0; i < now->node_count; i++) {
        const node *holder = now->nodes[i];
        if (!holder->is_alive || !(is_gone(holder) || is_half_dead(holder)))
            continue;
        for (uint32_t j = 0; j < holder->slot_count; j++)
            from_dead += holder->slots[j] == object;
    }
    return object->handles == 0 && from_dead == object->edges;
}

/* What nobody holds any more and a collection has taken. Then what that held may have gone too: only the last round judges. */
static int bury_collected(void)
{
    static node *gone[MAX_NODES];
    uint32_t count = 0;
    search();
    for (uint32_t i = 0; i < now->node_count; i++) {
        node *object = now->nodes[i];
        if (object->is_alive && (!object->is_reached || may_be_let_go(object)) && count_of(object) != 0 && is_gone(object))
            gone[count++] = object;
    }
    for (uint32_t i = 0; i < count; i++)
        require(now->may_collect || is_let_go(gone[i]), "%s is gone, though no collection ran", name_of(gone[i]));
    for (uint32_t i = 0; i < count; i++)
        bury(gone[i]);
    return count != 0;
}

static void check_who_lives(void)
{
    for (uint32_t i = 0; i < now->node_count; i++) {
        node *object = now->nodes[i];
        if (!object->is_alive)
            continue;
        if (object->is_reached)
            require(!is_gone(object), "%s is gone, though it is held", name_of(object));
        else
            now->has_half_dead |= is_half_dead(object);
    }
}

/* Edges from a half-dead object may have been released already, one by one. */
static int64_t uncertain_edges(const node *object)
{
    int64_t count = 0;
    for (uint32_t i = 0; now->has_half_dead && i < now->node_count; i++) {
        const node *holder = now->nodes[i];
        for (uint32_t slot = 0; holder->is_alive && !holder->is_reached && slot < holder->slot_count; slot++)
            count += holder->slots[slot] == object;
    }
    return count;
}

static void check_count(const node *object)
{
    int64_t expected = count_of(object), actual = now->call->getrefcount(object->at);
    if (actual != expected && (!object->is_reached && now->has_half_dead))
        return;
    require(actual <= expected && actual >= expected - (object->is_immortal ? 0 : uncertain_edges(object)), "the count of %s is %lld instead of %lld",
            name_of(object), (long long)actual, (long long)expected);
}

/* A weak reference that is held has heard of its target's death. */
static void check_weak_callbacks(void)
{
    for (uint32_t i = 0; i < now->node_count; i++) {
        node *weak = now->nodes[i];
        if (!weak->is_alive || weak->target == NULL || weak->target->is_alive)
            continue;
        require(!weak->has_callback || weak->is_called || !weak->is_reached_strictly, "the callback of %s did not run, though %s is dead", name_of(weak),
                name_of(weak->target));
        weak->target = NULL;
    }
}

void settle(void)
{
    look_for_half_dead();
    bury_uncounted();
    while (bury_collected())
        bury_uncounted();
    check_who_lives();
    check_weak_callbacks();
    int pending = rr_gc_pending(now->heap);
    require(!now->has_half_dead || pending, "a dead set is taken apart, and nothing is pending");
    for (uint32_t i = 0; i < now->node_count; i++)
        if (now->nodes[i]->is_alive)
            check_count(now->nodes[i]);
    require(now->depth == 0, "the harness settles inside of a callback");
    now->may_collect = 0;
    now->is_disturbed = 0;
}

/* ---- All that can be asked of an object -------------------------------------------------------------------------------- */

static void check_object(const node *object)
{
    uint32_t weak_count = 0, dying_count = 0; /* of weak references; those that are half dead may have left their target */
    for (uint32_t i = 0; i < now->node_count; i++) {
        const node *weak = now->nodes[i];
        if (weak->is_alive && weak->target == object)
            (*(now->has_half_dead && is_half_dead(weak) ? &dying_count : &weak_count))++;
    }
    require(rr_type_of(object->at) == object->shape->type, "%s is of type %u now", name_of(object), rr_type_of(object->at));
    require(rr_heap_of(object->at) == now->heap, "%s is in another heap now", name_of(object));
    require(rr_is_finalized(object->at) == object->is_finalized, "rr_is_finalized of %s is not %d", name_of(object), object->is_finalized);
    require(rr_is_immortal(object->at) == object->is_immortal, "rr_is_immortal of %s is not %d", name_of(object), object->is_immortal);
    require(now->call->is_unique(object->at) == (rr_getrefcount(object->at) == 1), "rr_is_unique of %s is wrong", name_of(object));
    int64_t weak_actual = rr_weakref_count(object->at);
    require(weak_actual >= weak_count && weak_actual <= weak_count + dying_count, "%s has %lld weak references instead of %u", name_of(object),
            (long long)weak_actual, weak_count);
    int is_tracked = !object->shape->is_leaf && !object->shape->is_acyclic && !object->is_untracked && !object->is_frozen && !object->is_immortal;
    require(rr_gc_is_tracked(object->at) == is_tracked, "rr_gc_is_tracked of %s is not %d", name_of(object), is_tracked);
    if (object->shape->kind == KIND_LIST)
        require(rr_list_count(object->at) == object->slot_count, "%s has %lld items instead of %u", name_of(object), (long long)rr_list_count(object->at),
                object->slot_count);
    for (uint32_t i = 0; i < object->slot_count; i++) {
        void *child = slot_read(object, i);
        require(child == (object->slots[i] != NULL ? object->slots[i]->at : NULL), "slot %u of %s holds %p instead of %s", i, name_of(object), child,
                name_of(object->slots[i]));
    }
    payload_check(object);
}

static void check_statistics(void)
{
    rr_stats stats = {.struct_size = sizeof stats};
    uint64_t weak_live = 0, frozen = 0;
    for (uint32_t i = 0; i < now->node_count; i++) {
        weak_live += now->nodes[i]->is_alive && now->nodes[i]->target != NULL;
        frozen += now->nodes[i]->is_alive && now->nodes[i]->is_frozen;
    }
    require(rr_heap_stats(now->heap, &stats) == RR_OK, "%s", rr_last_error());
    require(stats.live_objects == now->live_count, "live_objects is %llu instead of %u", (unsigned long long)stats.live_objects, now->live_count);
    require(stats.objects_allocated - stats.objects_freed == stats.live_objects, "objects_allocated - objects_freed is not live_objects");
    require(stats.weakrefs_live == weak_live, "weakrefs_live is %llu instead of %llu", (unsigned long long)stats.weakrefs_live, (unsigned long long)weak_live);
    require(stats.external_bytes == now->external, "external_bytes is %llu instead of %llu", (unsigned long long)stats.external_bytes,
            (unsigned long long)now->external);
    require(rr_gc_freeze_count(now->heap) == (int64_t)frozen, "rr_gc_freeze_count is %lld instead of %llu", (long long)rr_gc_freeze_count(now->heap),
            (unsigned long long)frozen);
}

void check_everything(void)
{
    require(rr_heap_verify(now->heap) == RR_OK, "rr_heap_verify: %s", rr_last_error());
    for (uint32_t i = 0; i < now->node_count; i++) {
        const node *object = now->nodes[i];
        if (object->is_alive && (object->is_reached || !now->has_half_dead))
            check_object(object);
    }
    for (uint32_t i = 0; i < now->raw_count; i++)
        for (size_t j = 0; j < now->raw[i].size; j += now->raw[i].size / 16 + 1)
            require(now->raw[i].at[j] == now->raw[i].seed, "byte %zu of a raw block has changed", j);
    if (!now->has_half_dead)
        check_statistics();
}

/* ---- A complete collection finds exactly what is not held ---------------------------------------------------------------- */

/* How many containers nobody holds; -1: a set is already being taken apart, part of which was counted. */
static int64_t garbage(int is_counted)
{
    int64_t count = 0;
    search();
    for (uint32_t i = 0; i < now->node_count; i++) {
        const node *object = now->nodes[i];
        if (object->is_alive && !object->is_reached)
            count += !is_counted || (!object->shape->is_leaf && !object->shape->is_acyclic);
    }
    return count;
}

void collect_and_check(void)
{
    int64_t expected = now->has_half_dead ? -1 : garbage(1);
    for (int round = 0;; round++) {
        now->may_collect = 1;
        int64_t collected = rr_collect(now->heap);
        int is_disturbed = now->is_disturbed;
        require(collected >= 0, "rr_collect fails: %s", rr_last_error());
        tell("collect: %lld", (long long)collected);
        /* In slices what dies by counting, since a dead one let it go, is not counted. */
        require(expected < 0 || is_disturbed || collected == expected || (now->is_sliced && collected < expected),
                "rr_collect returns %lld instead of %lld", (long long)collected, (long long)expected);
        settle();
        require(!now->has_half_dead, "rr_collect leaves a set half dead");
        if (garbage(0) == 0)
            return;
        /* Callbacks, or the death of an object that collections pass by, have let more go: it is logged. */
        require(rr_gc_pending(now->heap) == 1, "rr_collect leaves %lld objects that nobody holds, and nothing is pending", (long long)garbage(0));
        require(round < 40, "rr_collect again and again leaves %lld objects that nobody holds", (long long)garbage(0));
        expected = is_disturbed ? -1 : garbage(1);
    }
}
