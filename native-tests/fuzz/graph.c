/* The heap as it should be: objects, what they refer to, who holds them. Nothing here looks at the real heap. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>

/* Where an object was made last: an open hash table from addresses to numbers + 1. */
enum { PLACES = 8192 };
static struct {
    const void *at;
    node *newest;
} places[PLACES];

static node *pool;                 /* MAX_NODES of them */
static node *waiting[MAX_NODES];

static unsigned place_of(const void *at)
{
    unsigned place = (unsigned)(((uintptr_t)at >> 4) * 0x9e3779b1u) % PLACES;
    while (places[place].at != NULL && places[place].at != at)
        place = (place + 1) % PLACES;
    return place;
}

node *node_at(const void *at)
{
    node *newest = at != NULL ? places[place_of(at)].newest : NULL;
    return newest != NULL && newest->is_alive ? newest : NULL;
}

node *node_new(const shape *made, void *at, uint32_t items, uint32_t slots)
{
    node *old = node_at(at);
    if (old != NULL) {
        search();
        require(!old->is_reached_strictly, "a new object lies where %s lies, which is held", name_of(old));
        node_bury(old);
    }
    require(now->node_count < MAX_NODES, "the harness makes too many objects");
    if (pool == NULL)
        pool = calloc(MAX_NODES, sizeof *pool);
    node *object = &pool[now->node_count];
    *object = (node){.at = at, .shape = made, .id = now->node_count + 1, .items = items, .is_alive = 1};
    object->slot_count = slots;
    object->slot_room = slots;
    object->slots = slots != 0 ? calloc(slots, sizeof *object->slots) : NULL;
    now->nodes[now->node_count++] = object;
    now->live_count++;
    places[place_of(at)].newest = object;
    places[place_of(at)].at = at;
    handle_add(object);
    return object;
}

/* It is dead: what it referred to has lost a reference. */
void node_bury(node *object)
{
    object->is_alive = 0;
    now->live_count--;
    now->last_freed = object->at;
    for (uint32_t i = 0; i < object->slot_count; i++)
        edge_set(object, i, NULL);
    object->target = NULL;
}

void handle_add(node *object)
{
    if (object->handles++ == 0)
        now->held[now->held_count++] = object;
}

void handle_drop(node *object)
{
    require(object->handles > 0, "the harness gives back a reference to %s that it has not", name_of(object));
    if (--object->handles != 0)
        return;
    uint32_t i = 0;
    while (now->held[i] != object)
        i++;
    now->held[i] = now->held[--now->held_count];
}

node *pick_held(void)
{
    return now->held_count != 0 ? now->held[next_byte() % now->held_count] : NULL;
}

/* The first at or behind a place that the program says. */
node *pick_held_of(enum kind kind)
{
    uint32_t start = next_byte();
    for (uint32_t i = 0; i < now->held_count; i++) {
        node *object = now->held[(start + i) % now->held_count];
        if (object->shape->kind == kind)
            return object;
    }
    return NULL;
}

void edge_set(node *object, uint32_t slot, node *value)
{
    node *old = object->slots[slot];
    object->slots[slot] = value;
    if (value != NULL)
        value->edges++;
    if (old != NULL)
        old->edges--;
}

void slots_insert(node *object, uint32_t slot, node *value)
{
    if (object->slot_count == object->slot_room) {
        object->slot_room = 2 * object->slot_room + 4;
        object->slots = realloc(object->slots, object->slot_room * sizeof *object->slots);
    }
    memmove(object->slots + slot + 1, object->slots + slot, (object->slot_count - slot) * sizeof *object->slots);
    object->slots[slot] = NULL;
    object->slot_count++;
    edge_set(object, slot, value);
}

void slots_remove(node *object, uint32_t slot)
{
    edge_set(object, slot, NULL);
    object->slot_count--;
    memmove(object->slots + slot, object->slots + slot + 1, (object->slot_count - slot) * sizeof *object->slots);
}

int64_t count_of(const node *object)
{
    return object->is_immortal ? RR_IMMORTAL_COUNT : (int64_t)object->handles + object->edges;
}

static void spread(uint32_t count, int is_strict)
{
    while (count != 0) {
        node *object = waiting[--count];
        for (uint32_t i = 0; i < object->slot_count; i++) {
            node *child = object->slots[i];
            int *is_reached = child == NULL ? NULL : is_strict ? &child->is_reached_strictly : &child->is_reached;
            if (is_reached != NULL && !*is_reached) {
                *is_reached = 1;
                waiting[count++] = child;
            }
        }
    }
}

/* Strictly: what the program holds. Otherwise also what is held by objects that collections pass by, until those die. */
void search(void)
{
    for (int is_strict = 0; is_strict < 2; is_strict++) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < now->node_count; i++) {
            node *object = now->nodes[i];
            int is_held = object->handles > 0 || object->is_immortal || object->pins > 0;
            int is_passed_by = object->shape->is_acyclic || object->is_untracked || object->is_frozen;
            int is_root = object->is_alive && (is_held || (!is_strict && is_passed_by && count_of(object) > 0));
            *(is_strict ? &object->is_reached_strictly : &object->is_reached) = is_root;
            if (is_root)
                waiting[count++] = object;
        }
        spread(count, is_strict);
    }
}

void graph_reset(void)
{
    for (uint32_t i = 0; i < now->node_count; i++) {
        unsigned place = place_of(now->nodes[i]->at);
        places[place].newest = NULL;
        free(now->nodes[i]->slots);
    }
    memset(places, 0, sizeof places);
    now->node_count = now->live_count = now->held_count = 0;
}
