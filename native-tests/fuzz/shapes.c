/* The types that programs use: each kind, in eight layouts, with and without finalizer, destroy callback and RR_TYPE_ACYCLIC. */
#include "fuzz.h"

#include <string.h>

/* NaN boxing: 0x7ffc in the high 16 bits says that the rest is a pointer. */
static const rr_value_format boxed = {
    .struct_size = sizeof boxed, .value_size = 8, .mask = 0xffffull << 48, .low = 0x7ffcull << 48, .high = 0x7ffcull << 48,
    .pointer_mask = ~(0xffffull << 48)};

/* A low byte from 3 to 5 says that the other word is a pointer. */
static const rr_value_format tagged = {
    .struct_size = sizeof tagged, .value_size = 16, .tag_offset = 0, .pointer_offset = 8, .mask = 0xff, .low = 3, .high = 5,
    .pointer_mask = UINT64_MAX};

static const struct {
    unsigned slots, spread, tail; /* so many slots, so many words from one to the next, so many bytes behind */
} layouts[LAYOUTS] = {{2, 1, 8}, {1, 1, 0}, {3, 2, 5}, {0, 1, 24}, {8, 1, 0}, {2, 33, 16}, {40, 1, 8}, {4, 3, 30000}};

static shape shapes[7][LAYOUTS][8];
static shape built_in[KINDS];

static void shape_make(shape *made, enum kind kind, unsigned layout, unsigned callbacks)
{
    unsigned width = kind == KIND_UNION ? 16 : 8, slots = layouts[layout].slots;
    rr_type_info info = {.struct_size = sizeof info};
    char name[40];
    *made = (shape){.kind = kind, .has_finalizer = callbacks & 1, .has_destroy = (callbacks >> 1) & 1, .is_acyclic = (callbacks >> 2) & 1};
    uint32_t at = layout % 2 == 0 || kind == KIND_STORED || kind == KIND_RELEASING ? 24 : 0;
    for (unsigned i = 0; i < slots && kind != KIND_RAW; i++, at += width * layouts[layout].spread)
        made->offsets[made->offset_count++] = at;
    made->size = at + layouts[layout].tail;
    switch (kind) {
    case KIND_ITEMS:
        made->size = (made->size + 7) / 8 * 8;
        made->item_size = 8;
        info.flags |= RR_TYPE_ITEMS_ARE_REFS;
        break;
    case KIND_BOXED:
    case KIND_UNION:
        made->size = (made->size + 7) / 8 * 8;
        made->item_size = width;
        info.values = kind == KIND_BOXED ? &boxed : &tagged;
        break;
    case KIND_STORED:
        made->has_destroy = 1;
        break;
    case KIND_RELEASING:
        made->has_destroy = 1;
        info.flags |= RR_TYPE_SELF_RELEASING;
        break;
    case KIND_RAW:
        made->item_size = layout % 3 == 0 ? 0 : layout;
        made->is_leaf = 1;
        made->is_unzeroed = layout % 2;
        info.flags |= made->is_unzeroed ? RR_TYPE_UNZEROED : 0;
        break;
    default:
        break;
    }
    made->has_items = made->item_size != 0;
    made->is_leaf |= made->offset_count == 0 && kind == KIND_SLOTS;
    snprintf(name, sizeof name, "kind %d, layout %u, %u", (int)kind, layout, callbacks);
    info.flags |= made->is_acyclic ? RR_TYPE_ACYCLIC : 0;
    info.name = name;
    info.size = made->size;
    info.item_size = made->item_size;
    info.ref_offsets = made->offsets;
    info.ref_count = made->offset_count;
    info.traverse = kind == KIND_STORED || kind == KIND_RELEASING ? on_traverse : NULL;
    info.finalize = made->has_finalizer ? on_finalize : NULL;
    info.destroy = made->has_destroy ? on_destroy : NULL;
    made->type = rr_type_new(&info);
    require(made->type != RR_TYPE_NONE, "a type of %s is refused: %s", name, rr_last_error());
}

void shapes_make(void)
{
    for (unsigned kind = 0; kind < 7; kind++)
        for (unsigned layout = 0; layout < LAYOUTS; layout++)
            for (unsigned callbacks = 0; callbacks < 8; callbacks++)
                shape_make(&shapes[kind][layout][callbacks], (enum kind)kind, layout, callbacks);
    built_in[KIND_BYTES] = (shape){.type = RR_TYPE_BYTES, .kind = KIND_BYTES, .item_size = 1, .has_items = 1, .is_leaf = 1};
    built_in[KIND_TUPLE] = (shape){.type = RR_TYPE_TUPLE, .kind = KIND_TUPLE, .item_size = 8, .has_items = 1};
    built_in[KIND_LIST] = (shape){.type = RR_TYPE_LIST, .kind = KIND_LIST};
    built_in[KIND_WEAK] = (shape){.type = RR_TYPE_WEAKREF, .kind = KIND_WEAK, .is_leaf = 1};
}

const shape *shape_of_built_in(enum kind kind)
{
    return &built_in[kind];
}

const shape *shape_of(unsigned descriptor)
{
    unsigned kind = descriptor % 16;
    /* Plain slots and the built-in types twice: they go the paths of their own. */
    static const enum kind kinds[16] = {
        KIND_SLOTS, KIND_ITEMS, KIND_BOXED, KIND_UNION, KIND_STORED, KIND_RELEASING, KIND_RAW, KIND_BYTES,
        KIND_TUPLE, KIND_LIST, KIND_SLOTS, KIND_SLOTS, KIND_TUPLE, KIND_LIST, KIND_STORED, KIND_SLOTS};
    return kinds[kind] >= KIND_BYTES ? &built_in[kinds[kind]] : &shapes[kinds[kind]][(descriptor >> 4) % LAYOUTS][(descriptor >> 7) % 8];
}
