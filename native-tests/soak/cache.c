/* A cache: the least recently used entry goes first; an index of weak references also finds those that somebody else still
 * holds, or that are garbage no collection has come to yet. The callback of a weak reference cleans the index.
 *
 * Most entries are cycles (an entry and its detail). Each has a buffer of raw memory, which its destroy callback gives back.
 * Keys are picked around a place that wanders on, so that each falls out of use.
 */
#include "soak.h"

enum { MOST_ENTRIES = 12000, INDEX_BITS = 17, INDEX = 1 << INDEX_BITS, LOOKUPS = 250, SPREAD = 30000, SESSIONS = 512 };

typedef struct entry {
    void *text, *detail;
    uint64_t *buffer; /* of raw memory */
    uint64_t words, key;
    uint64_t used;    /* tick */
} entry;

/* An open hash table without tombstones: a key, and the weak reference to its entry, which the index owns. Half full it has room for five
 * times the entries that live: a heap holds up to four times what lives in it. */
static struct {
    uint64_t key[INDEX];
    void *weak[INDEX];
    uint32_t count;
} index;

static rr_type entry_type;
static void *ring[MOST_ENTRIES]; /* strong, in the order of use; an entry may stand here twice */
static uint32_t ring_next, ring_count;
static void *sessions[SESSIONS]; /* strong: held for their own reasons */
static uint64_t made_entries, destroyed;

/* ---- Index ------------------------------------------------------------------------------------------------------- */

static uint32_t home(uint64_t key) {
    return (uint32_t)(mix(key) >> (64 - INDEX_BITS));
}

static uint32_t find(uint64_t key) {
    uint32_t i = home(key);
    while (index.weak[i] != NULL && index.key[i] != key)
        i = (i + 1) % INDEX;
    return i;
}

/* Empties the place and moves up those behind that want to be nearer to their home. */
static void *unindex(uint32_t hole) {
    void *weak = index.weak[hole];
    for (uint32_t i = (hole + 1) % INDEX; index.weak[i] != NULL; i = (i + 1) % INDEX) {
        if ((i - home(index.key[i])) % INDEX >= (i - hole) % INDEX) {
            index.key[hole] = index.key[i];
            index.weak[hole] = index.weak[i];
            hole = i;
        }
    }
    index.weak[hole] = NULL;
    index.count--;
    return weak;
}

/* The entry has died. */
static void bury(void *weak, void *user) {
    uint64_t key = (uint64_t)(uintptr_t)user;
    uint32_t place = find(key);
    EXPECT(rr_weakref_get(weak) == NULL);
    if (index.weak[place] == weak) {
        unindex(place);
        soak.buried++;
        rr_decref(weak);
    }
}

/* ---- Entries ----------------------------------------------------------------------------------------------------- */

static void destroy_entry(void *object, void *user) {
    (void)user;
    entry *e = object;
    EXPECT(is_filled(e->buffer, e->words, e->key));
    DO(rr_mem_free(soak.heap, e->buffer));
    destroyed++;
}

static void start(void) {
    static const uint32_t slots[] = {offsetof(entry, text), offsetof(entry, detail)};
    entry_type = plain_type("entry", sizeof(entry), slots, 2, NULL, destroy_entry);
}

static void check_entry(const entry *e) {
    EXPECT(text_key(e->text) == e->key && is_filled(e->buffer, e->words, e->key));
    if (e->detail != NULL)
        EXPECT(((void **)e->detail)[0] == e && text_key(((void **)e->detail)[1]) == e->key);
    soak.checked++;
}

static entry *make(uint64_t key) {
    entry *e = MADE(rr_alloc(soak.heap, entry_type));
    made_entries++;
    e->key = key;
    e->words = 1 + chance_size(120) / 8;
    e->buffer = MADE(rr_mem_alloc(soak.heap, e->words * 8));
    fill(e->buffer, e->words, key);
    DO(rr_take(&e->text, text_new(key)));
    if (!one_in(3)) {
        void **detail = MADE(rr_alloc_items(soak.heap, RR_TYPE_TUPLE, 2));
        DO(rr_store(&detail[0], e));
        DO(rr_take(&detail[1], text_new(key)));
        DO(rr_take(&e->detail, detail));
    }
    void *weak = MADE(rr_weakref_new(e, bury, (void *)(uintptr_t)key));
    uint32_t place = find(key); /* only now: a callback may have moved things */
    void *old = index.weak[place] != NULL ? unindex(place) : NULL;
    place = find(key);
    index.key[place] = key;
    index.weak[place] = weak;
    index.count++;
    EXPECT(index.count < INDEX / 2);
    rr_decref(old); /* of one that is dying in slices, whose callback has not come */
    return e;
}

/* A new reference to the entry, from wherever. */
static entry *look_up(uint64_t key) {
    uint32_t place = find(key);
    entry *e = index.weak[place] == NULL ? NULL : rr_weakref_get(index.weak[place]);
    if (e == NULL)
        return make(key);
    if (rr_getrefcount(e) == (e->detail == NULL ? 1 : 2))
        soak.revived++; /* but for its own detail nobody held it */
    check_entry(e);
    return e;
}

/* Grows or shrinks the buffer. */
static void rewrite(entry *e) {
    e->words = 1 + chance_size(120) / 8;
    e->buffer = MADE(rr_mem_realloc(soak.heap, e->buffer, e->words * 8));
    fill(e->buffer, e->words, e->key);
}

static void evict(void) {
    uint32_t oldest = (ring_next + MOST_ENTRIES - ring_count) % MOST_ENTRIES;
    void *gone = ring[oldest];
    ring[oldest] = NULL;
    ring_count--;
    rr_decref(gone);
}

static void step(void) {
    uint64_t centre = 1000000 + soak.tick * 5;
    for (uint32_t i = 0; i < loaded(LOOKUPS); i++) {
        uint64_t key = centre + pick(1 + pick(SPREAD)); /* the near ones often */
        entry *e = look_up(key);
        if (one_in(8))
            rewrite(e);
        if (one_in(200))
            DO(rr_store(&sessions[pick(SESSIONS)], e));
        if (e->used == soak.tick) { /* it is in front anyway */
            rr_decref(e);
            continue;
        }
        e->used = soak.tick;
        if (ring_count == MOST_ENTRIES)
            evict();
        ring[ring_next] = e;
        ring_next = (ring_next + 1) % MOST_ENTRIES;
        ring_count++;
    }
    while (ring_count > loaded(MOST_ENTRIES))
        evict();
}

static void check(void) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < INDEX; i++) {
        if (index.weak[i] == NULL)
            continue;
        count++;
        EXPECT(find(index.key[i]) == i);
        entry *e = rr_weakref_get(index.weak[i]);
        if (e != NULL) {
            EXPECT(e->key == index.key[i]);
            check_entry(e);
            text_check(e->text);
            rr_decref(e);
        }
    }
    EXPECT(count == index.count);
    for (uint32_t i = 0; i < SESSIONS; i++)
        if (sessions[i] != NULL)
            check_entry(sessions[i]);
}

static void drop(void) {
    while (ring_count > 0)
        evict();
    for (uint32_t i = 0; i < SESSIONS; i++)
        DO(rr_store(&sessions[i], NULL));
}

static void end(void) {
    EXPECT(index.count == 0); /* the callbacks have emptied it */
    EXPECT(made_entries > 0 && made_entries == destroyed);
}

const soak_part part_cache = {"cache", start, step, check, drop, end};
