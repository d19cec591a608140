/* Objects, references and slots. */
#include "fuzz.h"

#include <string.h>

int may_allocate(void)
{
    return now->context != IN_DESTROY;
}

int may_misuse(void)
{
    return (now->flags & RR_HEAP_CHECKED) == 0 || now->reports++ < 4;
}

void require_allocated(const void *made, const char *what)
{
    if (!may_allocate()) {
        require(made == NULL, "%s works in a destroy callback", what);
        require_error(RR_E_BUSY, what);
    } else if (made == NULL) {
        require(now->limit != 0, "%s fails: %s", what, rr_last_error());
        require_error(RR_E_NO_MEMORY, what);
    }
}

/* The reference that a running call relies on is not given back meanwhile. */
static int may_drop(const node *object)
{
    return object->handles > 1 || object->pins == 0;
}

static int has_room(void)
{
    return now->live_count < MAX_LIVE && now->node_count < MAX_NODES - 16;
}

static const shape *pick_shape(void)
{
    unsigned descriptor = next_short();
    /* Nothing may stay in the default heap: no cycles that collections pass by. */
    return shape_of(now->is_default ? descriptor & ~(4u << 7) : descriptor);
}

static uint32_t pick_items(const shape *made)
{
    unsigned amount = next_byte();
    if (!made->has_items)
        return 0;
    if (made->kind == KIND_BYTES || made->kind == KIND_RAW)
        return amount < 240 ? amount : amount < 250 ? amount * 40u : amount < 253 ? amount * 200u : amount < 255 ? 400000 : 5000000 / made->item_size;
    return amount < 250 ? amount % 8 : amount < 254 ? 100 : 4000;
}

/* In raw memory of the heap, which may have reached its limit: then the object has none. */
static uint32_t make_storage(const shape *made, void *at, unsigned count)
{
    struct stored {
        void **storage;
        uint64_t count;
    } *words = at;
    if (made->kind != KIND_STORED && made->kind != KIND_RELEASING)
        return 0;
    words->storage = rr_mem_alloc(now->heap, count * sizeof(void *));
    require(words->storage != NULL || now->limit != 0, "rr_mem_alloc: %s", rr_last_error());
    if (words->storage == NULL)
        return 0;
    memset(words->storage, 0, count * sizeof(void *));
    words->count = count;
    return count;
}

static node *adopt(const shape *made, void *at, uint32_t items)
{
    uint32_t stored = make_storage(made, at, 1 + (now->node_count + items) % 5);
    int has_slots = made->kind == KIND_ITEMS || made->kind == KIND_BOXED || made->kind == KIND_UNION || made->kind == KIND_TUPLE;
    node *object = node_new(made, at, items, made->offset_count + stored + (has_slots ? items : 0));
    object->behaviour = next_byte();
    tell("new: %s", name_of(object));
    return object;
}

static node *allocate(void)
{
    const shape *made = pick_shape();
    uint32_t items = pick_items(made);
    rr_heap *heap = now->is_default && made->size % 16 == 8 ? NULL : now->heap;
    now->may_collect |= now->depth == 0;
    void *at = items != 0 || (made->has_items && made->size % 16 == 0) ? rr_alloc_items(heap, made->type, items) : now->call->alloc(heap, made->type);
    require_allocated(at, "rr_alloc");
    if (at == NULL)
        return NULL;
    node fresh = {.at = at, .shape = made, .items = items};
    payload_check_new(&fresh);
    node *object = adopt(made, at, items);
    payload_stamp(object);
    return object;
}

/* In an object just made slots may be written plainly, until the next call that may collect. */
static void allocate_into(void)
{
    node *object = allocate();
    unsigned how = next_byte();
    for (uint32_t i = 0; object != NULL && i < object->slot_count && i < 12 && object->shape->kind != KIND_LIST; i++) {
        node *value = how % 4 == 0 && i == 0 ? object : pick_held();
        int is_move = i == 0 && how % 8 >= 4 && value != object && may_drop(value);
        if (!is_move && !(value == object && how % 16 == 0))
            require(now->call->incref(value->at) == RR_OK, "rr_incref: %s", rr_last_error());
        edge_set(object, i, value);
        slot_write(object, i, value->at);
        if (is_move || (value == object && how % 16 == 0)) {
            /* A cycle that nobody logs. */
            handle_drop(value);
            if (value == object)
                return;
        }
    }
}

static void add_reference(unsigned how)
{
    node *object = pick_held();
    int is_added;
    if (object == NULL)
        return;
    switch (how % 4) {
    case 0:
        is_added = now->call->incref(object->at) == RR_OK;
        break;
    case 1:
        is_added = now->call->newref(object->at) == object->at;
        break;
    case 2:
        is_added = rr_try_incref(object->at) == 1;
        break;
    default:
        is_added = rr_incref_tagged(object->at, "a tag") == RR_OK;
        object->tags++;
        break;
    }
    require(is_added, "a reference to %s is refused: %s", name_of(object), rr_last_error());
    handle_add(object);
}

static void drop_reference(unsigned how)
{
    node *object = pick_held();
    if (object == NULL || !may_drop(object))
        return;
    tell("decref: %s", name_of(object));
    handle_drop(object);
    if (how % 2 == 1 && object->tags > 0) {
        object->tags--;
        require(rr_decref_tagged(object->at, "a tag") == RR_OK, "rr_decref_tagged of %s: %s", name_of(object), rr_last_error());
    } else {
        require(now->call->decref(object->at) == RR_OK, "rr_decref of %s: %s", name_of(object), rr_last_error());
    }
}

static void store_in_list(node *list, uint32_t slot, node *value)
{
    if (value != NULL) {
        edge_set(list, slot, value);
        require(rr_list_set(list->at, slot, value->at) == RR_OK, "rr_list_set: %s", rr_last_error());
    } else {
        slots_remove(list, slot);
        require(rr_list_remove(list->at, slot) == RR_OK, "rr_list_remove: %s", rr_last_error());
    }
}

/* Plain slots by rr_store and rr_take; others as their owner does it: count up, write, count down. */
void store_slot(node *object, uint32_t slot, node *value, int is_move)
{
    void *at = value != NULL ? value->at : NULL;
    tell("slot %u of %s := %s%s", slot, name_of(object), name_of(value), is_move ? ", moved" : "");
    if (object->shape->kind == KIND_LIST) {
        store_in_list(object, slot, value);
        return;
    }
    int is_plain = slot_is_plain(object, slot);
    void **address = slot_address(object, slot);
    void *old = slot_read(object, slot);
    edge_set(object, slot, value);
    if (is_move)
        handle_drop(value);
    if (is_plain) {
        require((is_move ? now->call->take : now->call->store)(address, at) == RR_OK, "rr_%s: %s", is_move ? "take" : "store", rr_last_error());
        return;
    }
    if (!is_move)
        require(now->call->incref(at) == RR_OK, "rr_incref of a value: %s", rr_last_error());
    slot_write(object, slot, at);
    if (is_move)
        require(rr_gc_candidate(at) == RR_OK, "rr_gc_candidate: %s", rr_last_error());
    require(now->call->decref(old) == RR_OK, "rr_decref of an old value: %s", rr_last_error());
}

static void store(unsigned how)
{
    node *object = pick_held();
    unsigned slot = next_byte();
    node *value = how % 4 == 3 ? NULL : pick_held();
    if (object == NULL || object->slot_count == 0)
        return;
    int is_move = how % 4 == 2 && value != NULL && may_drop(value) && object->shape->kind != KIND_LIST;
    store_slot(object, slot % object->slot_count, value, is_move);
}

/* ---- Batches --------------------------------------------------------------------------------------------------------------- */

static void allocate_many(void)
{
    void *made[12];
    const shape *type = pick_shape();
    unsigned count = 1 + next_byte() % 12;
    now->may_collect |= now->depth == 0;
    size_t done = rr_alloc_many(now->heap, type->type, count, made);
    if (done < count)
        require_allocated(NULL, "rr_alloc_many");
    require(done <= count && (may_allocate() || done == 0), "rr_alloc_many makes %zu objects instead of %u", done, count);
    for (size_t i = 0; i < done; i++)
        payload_stamp(adopt(type, made[i], 0));
}

static void count_many(int is_more)
{
    void *objects[8];
    node *nodes[8];
    unsigned count = next_byte() % 8;
    for (unsigned i = 0; i < count; i++) {
        nodes[i] = next_byte() % 8 == 7 ? NULL : pick_held();
        if (nodes[i] != NULL && !is_more && !may_drop(nodes[i]))
            nodes[i] = NULL;
        objects[i] = nodes[i] != NULL ? nodes[i]->at : NULL;
        if (nodes[i] != NULL)
            is_more ? handle_add(nodes[i]) : handle_drop(nodes[i]);
    }
    size_t done = (is_more ? rr_incref_many : rr_decref_many)(objects, count);
    require(done == count, "a batch of %u references ends at %zu: %s", count, done, rr_last_error());
}

/* Callbacks stay quiet: the model sees all stores at once. */
static void store_many(void)
{
    void *objects[6], *values[6];
    node *first = pick_held();
    unsigned slot = next_byte(), count = 0;
    if (first == NULL || first->slot_count == 0 || now->depth != 0)
        return;
    slot %= first->slot_count;
    if (!slot_is_plain(first, slot))
        return;
    size_t offset = (size_t)((char *)slot_address(first, slot) - (char *)first->at);
    for (uint32_t i = 0; i < now->held_count && count < 6; i++) {
        node *object = now->held[i], *value = next_byte() % 4 == 0 ? NULL : pick_held();
        if (object->shape != first->shape || object->slot_count <= slot)
            continue;
        objects[count] = object->at;
        values[count++] = value != NULL ? value->at : NULL;
        edge_set(object, slot, value);
    }
    now->is_quiet = 1;
    size_t done = rr_store_many(objects, offset, values, count);
    now->is_quiet = 0;
    require(done == count, "rr_store_many ends at %zu of %u: %s", done, count, rr_last_error());
}

static void make_immortal(void)
{
    node *object = pick_held();
    if (object == NULL || now->is_default)
        return;
    object->is_immortal = 1;
    require(rr_make_immortal(object->at) == RR_OK, "rr_make_immortal: %s", rr_last_error());
}

void object_call(unsigned code)
{
    if (code < 8 && !has_room())
        code = 14;
    switch (code) {
    case 0: case 1: case 2: case 3: case 4:
        allocate();
        break;
    case 5: case 6:
        allocate_into();
        break;
    case 7:
        allocate_many();
        break;
    case 8: case 9: case 10: case 11:
        add_reference(code);
        break;
    case 12: case 13: case 14: case 15: case 16: case 17:
        drop_reference(code);
        break;
    case 18: case 19:
        count_many(code == 18);
        break;
    case 20:
        store_many();
        break;
    case 21:
        if (next_byte() % 4 == 0)
            make_immortal();
        break;
    default:
        store(code);
        break;
    }
}
