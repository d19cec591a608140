/* See verbs.h. What C reads by itself, slots and values, is read where the library says that an object is large enough. */
#include "verbs.h"

#include <inttypes.h>
#include <stdio.h>

typedef struct thing {
    void *left, *right;
    int64_t value;
} thing;

rr_heap *heaps[2];
variable variables[MAX_NAMES];
size_t names;

static rr_heap *heap; /* the one that steps go to */
static int64_t order[MAX_NAMES];
static size_t finalizers, callbacks;

void begin(uint64_t max_bytes) {
    names = finalizers = callbacks = 0;
    heap = heaps[0] = heap_with(RR_HEAP_MANUAL_GC, max_bytes);
    heaps[1] = NULL;
}

/* ---- Names --------------------------------------------------------------------------------------------------------- */

variable *find(const char *name) {
    for (size_t i = 0; i < names; i++)
        if (strcmp(variables[i].name, name) == 0)
            return &variables[i];
    return NULL;
}

/* Gives a name to the new reference that a function returned; or says why it returned none. */
static int32_t own(const char *name, void *reference) {
    if (reference == NULL)
        return rr_last_status() < 0 ? rr_last_status() : WRONG;
    variable *it = find(name);
    if (it == NULL && names < MAX_NAMES)
        it = &variables[names++];
    if (it == NULL || it->owns)
        return WRONG; /* in the program: it has too many names, or loses a reference */
    snprintf(it->name, sizeof it->name, "%s", name);
    it->object = reference;
    it->owns = true;
    return RR_OK;
}

/* ---- Types --------------------------------------------------------------------------------------------------------- */

static void finalize(void *object, void *user) {
    thing *self = object;
    if (finalizers < MAX_NAMES)
        order[finalizers] = self->value;
    finalizers++;
    if (user != NULL)
        own("saved", rr_newref(self));
}

static void hear(void *weakref, void *user) {
    (void)weakref;
    (void)user;
    callbacks++;
}

static rr_type thing_type(const char *name, rr_finalize_fn finalizer, void *user) {
    static const uint32_t slots[] = {offsetof(thing, left), offsetof(thing, right)};
    rr_type_info info = type_info(name);
    info.size = sizeof(thing);
    info.ref_offsets = slots;
    info.ref_count = LENGTH(slots);
    info.finalize = finalizer;
    info.user = user;
    return rr_type_new(&info);
}

enum { NODE, LEAF, FINALIZED, LAZARUS };
static rr_type types[4];

int make_types(void **state) {
    (void)state;
    types[NODE] = thing_type("node", NULL, NULL);
    types[LEAF] = plain_type("leaf", sizeof(int64_t), 0, 0);
    types[FINALIZED] = thing_type("finalized", finalize, NULL);
    types[LAZARUS] = thing_type("lazarus", finalize, types);
    return types[NODE] != 0 && types[FINALIZED] != 0 && types[LAZARUS] != 0 ? 0 : -1;
}

/* ---- What has to hold ---------------------------------------------------------------------------------------------- */

static int32_t expect(int64_t answer, int64_t wanted) {
    if (answer != wanted)
        print_error("it is %" PRId64 "\n", answer);
    return answer == wanted ? RR_OK : WRONG;
}

/* The same of a number that is a status when negative. */
static int32_t expect_count(int64_t answer, int64_t wanted) {
    return answer < 0 ? (rr_status)answer : expect(answer, wanted);
}

/* How many of the elements a batch has done, of those that it was given. */
static int32_t expect_all(size_t done, size_t wanted) {
    return done == wanted ? RR_OK : rr_last_status();
}

/* Where C reads and writes by itself: NULL where the object ends before. */
static void *field(void *object, size_t offset) {
    return rr_size(object) >= offset + sizeof(int64_t) ? (char *)object + offset : NULL;
}

static void **slot(const step *s, size_t at) {
    return field(s->object[at], strcmp(s->word[at + 1], "left") == 0 ? offsetof(thing, left) : offsetof(thing, right));
}

static int64_t *value(const step *s) {
    return field(s->object[1], rr_type_of(s->object[1]) == types[LEAF] ? 0 : offsetof(thing, value));
}

/* The status with which such a place is missing. */
static int32_t missing(const void *object) {
    return rr_is_object(object) ? RR_E_ARGUMENT : RR_E_NOT_OBJECT;
}

/* ---- Objects ------------------------------------------------------------------------------------------------------- */

static int32_t do_node(const step *s) {
    return own(s->word[1], rr_alloc(heap, types[NODE]));
}

static int32_t do_leaf(const step *s) {
    return own(s->word[1], rr_alloc(heap, types[LEAF]));
}

static int32_t do_finalized(const step *s) {
    return own(s->word[1], rr_alloc(heap, types[FINALIZED]));
}

static int32_t do_lazarus(const step *s) {
    return own(s->word[1], rr_alloc(heap, types[LAZARUS]));
}

static int32_t do_list(const step *s) {
    return own(s->word[1], rr_list_new(heap));
}

static int32_t do_bytes(const step *s) {
    return own(s->word[1], rr_alloc_items(heap, RR_TYPE_BYTES, (size_t)s->number[2]));
}

static int32_t do_tuple(const step *s) {
    void **items = (void **)&s->object[2];
    size_t count = s->words - 2, held = rr_incref_many(items, count);
    rr_status status = expect_all(held, count);
    void *tuple = status == RR_OK ? rr_alloc_items(heap, RR_TYPE_TUPLE, count) : NULL;
    for (size_t i = 0; i < count && status == RR_OK; i++)
        status = expect_all(rr_store_many(&tuple, i * sizeof(void *), &items[i], 1), 1);
    rr_decref_many(items, held);
    if (status == RR_OK)
        return own(s->word[1], tuple);
    rr_decref(tuple);
    return status;
}

static int32_t do_alias(const step *s) {
    return own(s->word[1], rr_newref(s->object[2]));
}

static int32_t do_drop(const step *s) {
    find(s->word[1])->owns = false;
    return rr_decref(s->object[1]);
}

static int32_t do_set(const step *s) {
    size_t offset = strcmp(s->word[2], "left") == 0 ? offsetof(thing, left) : offsetof(thing, right);
    return expect_all(rr_store_many((void **)&s->object[1], offset, (void **)&s->object[3], 1), 1);
}

static int32_t do_get(const step *s) {
    void **place = slot(s, 2);
    return place == NULL ? missing(s->object[2]) : own(s->word[1], rr_newref(*place));
}

static int32_t do_empty(const step *s) {
    void **place = slot(s, 1);
    return place == NULL ? missing(s->object[1]) : expect(*place == NULL, true);
}

static int32_t do_write(const step *s) {
    int64_t *place = value(s);
    if (place == NULL)
        return missing(s->object[1]);
    *place = s->number[2];
    return RR_OK;
}

static int32_t do_read(const step *s) {
    int64_t *place = value(s);
    return place == NULL ? missing(s->object[1]) : expect(*place, s->number[2]);
}

/* ---- Containers ---------------------------------------------------------------------------------------------------- */

static int32_t do_append(const step *s) {
    return rr_list_append(s->object[1], s->object[2]);
}

static int32_t do_insert(const step *s) {
    return rr_list_insert(s->object[1], (size_t)s->number[2], s->object[3]);
}

static int32_t do_put(const step *s) {
    return rr_list_set(s->object[1], (size_t)s->number[2], s->object[3]);
}

static int32_t do_remove(const step *s) {
    return rr_list_remove(s->object[1], (size_t)s->number[2]);
}

static int32_t do_clear(const step *s) {
    return rr_list_clear(s->object[1]);
}

static int32_t do_item(const step *s) {
    if (rr_type_of(s->object[2]) != RR_TYPE_TUPLE)
        return own(s->word[1], rr_newref(rr_list_get(s->object[2], (size_t)s->number[3])));
    void **place = field(s->object[2], (size_t)s->number[3] * sizeof(void *));
    return place == NULL ? missing(s->object[2]) : own(s->word[1], rr_newref(*place));
}

static int32_t do_length(const step *s) {
    rr_type type = rr_type_of(s->object[1]);
    bool is_fixed = type == RR_TYPE_TUPLE || type == RR_TYPE_BYTES;
    return expect_count(is_fixed ? (int64_t)rr_item_count(s->object[1]) : rr_list_count(s->object[1]), s->number[2]);
}

/* ---- Counts and holders -------------------------------------------------------------------------------------------- */

static int32_t do_count(const step *s) {
    return expect_count(rr_getrefcount(s->object[1]), s->number[2]);
}

static int32_t do_unique(const step *s) {
    if (!rr_is_object(s->object[1]))
        return missing(s->object[1]);
    return expect(rr_is_unique(s->object[1]), strcmp(s->word[2], "yes") == 0);
}

static int32_t do_same(const step *s) {
    return expect(s->object[1] == s->object[2], true);
}

static int32_t do_differ(const step *s) {
    return expect(s->object[1] != s->object[2], true);
}

static int32_t do_referents(const step *s) {
    return expect_count(rr_get_referents(s->object[1], NULL, 0), s->number[2]);
}

static int32_t do_referrers(const step *s) {
    return expect_count(rr_get_referrers(s->object[1], NULL, 0), s->number[2]);
}

/* ---- Weak references ----------------------------------------------------------------------------------------------- */

static int32_t do_weak(const step *s) {
    return own(s->word[1], rr_weakref_new(s->object[2], NULL, NULL));
}

static int32_t do_watch(const step *s) {
    return own(s->word[1], rr_weakref_new(s->object[2], hear, NULL));
}

static int32_t do_upgrade(const step *s) {
    return own(s->word[1], rr_weakref_get(s->object[2]));
}

static int32_t expect_target(void *weakref, bool wanted) {
    if (rr_type_of(weakref) != RR_TYPE_WEAKREF)
        return missing(weakref);
    void *target = rr_weakref_get(weakref);
    rr_decref(target);
    return expect(target != NULL, wanted);
}

static int32_t do_alive(const step *s) {
    return expect_target(s->object[1], true);
}

static int32_t do_dead(const step *s) {
    return expect_target(s->object[1], false);
}

static int32_t do_weakrefs(const step *s) {
    return expect_count(rr_weakref_count(s->object[1]), s->number[2]);
}

/* ---- Heaps --------------------------------------------------------------------------------------------------------- */

static int32_t do_collect(const step *s) {
    return expect_count(rr_collect(heap), s->number[1]);
}

static int32_t do_collect_in_steps(const step *s) {
    int64_t found = 0, step_found;
    do {
        step_found = rr_collect_step(heap, 0);
        if (step_found < 0)
            return (rr_status)step_found;
        found += step_found;
    } while (step_found != 0 || rr_gc_pending(heap));
    return expect(found, s->number[1]);
}

static int32_t do_freeze(const step *s) {
    (void)s;
    return rr_gc_freeze(heap);
}

static int32_t do_unfreeze(const step *s) {
    (void)s;
    return rr_gc_unfreeze(heap);
}

static int32_t do_frozen(const step *s) {
    return expect_count(rr_gc_freeze_count(heap), s->number[1]);
}

static int32_t do_live(const step *s) {
    rr_stats stats = {.struct_size = sizeof stats};
    rr_status status = rr_heap_stats(heap, &stats);
    return status < 0 ? status : expect((int64_t)stats.live_objects, s->number[1]);
}

static int32_t do_finalizers(const step *s) {
    return expect((int64_t)finalizers, s->number[1]);
}

static int32_t do_callbacks(const step *s) {
    return expect((int64_t)callbacks, s->number[1]);
}

static int32_t do_order(const step *s) {
    rr_status status = expect((int64_t)finalizers, (int64_t)s->words - 1);
    for (size_t i = 1; i < s->words && status == RR_OK; i++)
        status = expect(order[i - 1], s->number[i]);
    return status;
}

static int32_t do_close(const step *s) {
    (void)s;
    heaps[heap == heaps[1]] = NULL;
    return rr_heap_free(heap);
}

static int32_t do_other(const step *s) {
    (void)s;
    if (heaps[1] == NULL)
        heaps[1] = heap_with(RR_HEAP_MANUAL_GC, 0);
    heap = heaps[1];
    return RR_OK;
}

static int32_t do_mine(const step *s) {
    (void)s;
    heap = heaps[0];
    return RR_OK;
}

/* ---- The table ----------------------------------------------------------------------------------------------------- */

#define VERB(name) {#name, do_##name}

static const struct {
    const char *name;
    int32_t (*run)(const step *s);
} verbs[] = {
    VERB(node), VERB(leaf), VERB(finalized), VERB(lazarus), VERB(list), VERB(tuple), VERB(bytes), VERB(alias), VERB(drop),
    VERB(set), VERB(get), VERB(empty), VERB(write), VERB(read),
    VERB(append), VERB(insert), VERB(put), VERB(remove), VERB(clear), VERB(item), VERB(length),
    VERB(count), VERB(unique), VERB(same), VERB(differ), VERB(referents), VERB(referrers),
    VERB(weak), VERB(watch), VERB(upgrade), VERB(alive), VERB(dead), VERB(weakrefs),
    VERB(collect), VERB(collect_in_steps), VERB(freeze), VERB(unfreeze), VERB(frozen), VERB(live),
    VERB(finalizers), VERB(callbacks), VERB(order), VERB(close), VERB(other), VERB(mine),
};

int32_t step_run(const step *s) {
    for (size_t i = 0; i < LENGTH(verbs); i++)
        if (strcmp(verbs[i].name, s->word[0]) == 0)
            return verbs[i].run(s);
    fail_msg("there is no verb %s", s->word[0]);
    return WRONG;
}
