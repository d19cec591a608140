/* Small interpreters: worlds of tables whose slots are NaN-boxed values: numbers, integers, texts, other tables. Slots are
 * written plainly with counts by hand, and the collector is told, as an interpreter does it. A world is dropped as a whole.
 *
 * A table knows the sum of what its slots hold: of a reference the key of what it leads to, which never changes.
 */
#include "soak.h"

#include <string.h>

enum { MOST_WORLDS = 24, TABLES = 250, LEAST_SLOTS = 4, MORE_SLOTS = 24, WRITES_PER_TICK = 400 };

/* 0xfff8 and above can't be doubles that arithmetic makes: 0xfffa is an integer, 0xfffb a text, 0xfffc a table. */
static const uint64_t low48 = 0xffffffffffffu;
enum { TAG_SHIFT = 48, INTEGER = 0xfffa, TEXT = 0xfffb, TABLE = 0xfffc };

typedef struct table {
    uint64_t key, sum;
    uint64_t slots[]; /* values */
} table;

static rr_type table_type;
static void *worlds[MOST_WORLDS]; /* tuples of tables */
static uint64_t made_tables;

static void start(void) {
    rr_value_format values = {.struct_size = sizeof values, .value_size = 8, .mask = UINT64_MAX << TAG_SHIFT,
                              .low = (uint64_t)TEXT << TAG_SHIFT, .high = (uint64_t)TABLE << TAG_SHIFT,
                              .pointer_mask = low48};
    rr_type_info info = {.struct_size = sizeof info, .flags = RR_TYPE_ITEMS_ARE_REFS, .name = "table",
                         .size = sizeof(table), .item_size = 8, .values = &values};
    table_type = rr_type_new(&info);
    EXPECT(table_type != RR_TYPE_NONE);
}

/* ---- Values ------------------------------------------------------------------------------------------------------ */

static uint64_t tag_of(uint64_t value) {
    return value >> TAG_SHIFT;
}

static void *pointer_of(uint64_t value) {
    return tag_of(value) == TEXT || tag_of(value) == TABLE ? (void *)(uintptr_t)(value & low48) : NULL;
}

static uint64_t boxed(uint64_t tag, const void *object) {
    return tag << TAG_SHIFT | (uint64_t)(uintptr_t)object;
}

static uint64_t meaning(uint64_t value, size_t slot) {
    switch (tag_of(value)) {
    case TEXT: return mix(text_key(pointer_of(value)) + slot);
    case TABLE: return mix(((table *)pointer_of(value))->key + slot);
    default: return mix(value + slot);
    }
}

static table *make_table(void) {
    size_t slots = LEAST_SLOTS + pick(MORE_SLOTS);
    table *t = MADE(rr_alloc_items(soak.heap, table_type, slots));
    t->key = mix(++made_tables);
    for (size_t i = 0; i < slots; i++)
        t->sum += meaning(0, i);
    return t;
}

/* Takes over the reference in `value`. */
static void set(table *t, size_t slot, uint64_t value) {
    uint64_t old = t->slots[slot];
    t->sum += meaning(value, slot) - meaning(old, slot);
    t->slots[slot] = value;
    rr_decref(pointer_of(old));
}

static void write(void **world) {
    void **place = &world[pick(TABLES)];
    table *t = *place;
    size_t slot = pick((uint32_t)rr_item_count(t));
    switch (pick(8)) {
    case 0: case 1: {
        double number = (double)pick(1000000) / 7;
        uint64_t bits;
        memcpy(&bits, &number, sizeof bits);
        set(t, slot, bits);
        break;
    }
    case 2: case 3:
        set(t, slot, (uint64_t)INTEGER << TAG_SHIFT | pick(UINT32_MAX));
        break;
    case 4:
        set(t, slot, boxed(TEXT, text_new(chance())));
        break;
    case 5: case 6: {
        table *other = rr_newref(world[pick(TABLES)]);
        set(t, slot, boxed(TABLE, other));
        DO(rr_gc_candidate(other)); /* this may have closed a cycle */
        break;
    }
    default: /* a table takes the place of another, which may live on in slots of the others */
        DO(rr_take(place, make_table()));
    }
}

static void check_table(const table *t) {
    size_t slots = rr_item_count(t);
    uint64_t sum = 0;
    EXPECT(rr_type_of(t) == table_type);
    for (size_t i = 0; i < slots; i++) {
        uint64_t value = t->slots[i];
        if (tag_of(value) == TEXT)
            text_check(pointer_of(value));
        EXPECT(tag_of(value) != TABLE || rr_type_of(pointer_of(value)) == table_type);
        sum += meaning(value, i);
    }
    EXPECT(sum == t->sum);
    soak.checked++;
}

/* ---- Worlds ------------------------------------------------------------------------------------------------------ */

static void *make_world(void) {
    void **world = MADE(rr_alloc_items(soak.heap, RR_TYPE_TUPLE, TABLES));
    for (size_t i = 0; i < TABLES; i++)
        DO(rr_take(&world[i], make_table()));
    return world;
}

static void step(void) {
    uint32_t target = 1 + loaded(MOST_WORLDS - 1);
    for (uint32_t i = target; i < MOST_WORLDS; i++)
        DO(rr_store(&worlds[i], NULL));
    void **place = &worlds[pick(target)];
    if (*place == NULL || one_in(8)) {
        void *world = make_world();
        DO(rr_take(place, world));
    }
    void **world = *place;
    for (uint32_t i = 0; i < loaded(WRITES_PER_TICK); i++)
        write(world);
    for (int i = 0; i < 10; i++)
        check_table(world[pick(TABLES)]);
}

static void check(void) {
    for (int i = 0; i < MOST_WORLDS; i++) {
        void **world = worlds[i];
        for (uint32_t j = 0; world != NULL && j < TABLES; j++)
            check_table(world[j]);
    }
}

static void drop(void) {
    for (int i = 0; i < MOST_WORLDS; i++)
        DO(rr_store(&worlds[i], NULL));
}

static void end(void) {
    EXPECT(made_tables > 0);
}

const soak_part part_values = {"values", start, step, check, drop, end};
