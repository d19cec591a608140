/* Where the references of an object stand, and the pattern in all bytes that the program may use for itself. */
#include "fuzz.h"

#include <string.h>

/* Of KIND_STORED and KIND_RELEASING: the first words of the payload. */
typedef struct stored {
    void **storage;
    uint64_t count;
} stored;

static int is_stored(const node *object, uint32_t slot)
{
    enum kind kind = object->shape->kind;
    return (kind == KIND_STORED || kind == KIND_RELEASING) && slot >= object->shape->offset_count;
}

int slot_is_plain(const node *object, uint32_t slot)
{
    enum kind kind = object->shape->kind;
    return kind != KIND_BOXED && kind != KIND_UNION && kind != KIND_LIST && !is_stored(object, slot);
}

void **slot_address(const node *object, uint32_t slot)
{
    const shape *made = object->shape;
    if (is_stored(object, slot))
        return ((stored *)object->at)->storage + (slot - made->offset_count);
    uint64_t offset = slot < made->offset_count ? made->offsets[slot] : made->size + (uint64_t)(slot - made->offset_count) * made->item_size;
    return (void **)((char *)object->at + offset);
}

void *slot_read(const node *object, uint32_t slot)
{
    if (object->shape->kind == KIND_LIST)
        return rr_list_get(object->at, slot);
    const uint64_t *words = (const uint64_t *)slot_address(object, slot);
    switch (object->shape->kind) {
    case KIND_BOXED:
        return words[0] >> 48 == 0x7ffc ? (void *)(uintptr_t)(words[0] << 16 >> 16) : NULL;
    case KIND_UNION:
        return (words[0] & 0xff) >= 3 && (words[0] & 0xff) <= 5 ? (void *)(uintptr_t)words[1] : NULL;
    default:
        return (void *)(uintptr_t)words[0];
    }
}

/* No reference is sometimes a tag without a pointer, sometimes a number that looks like a pointer. */
void slot_write(const node *object, uint32_t slot, void *value)
{
    uint64_t *words = (uint64_t *)slot_address(object, slot), pointer = (uintptr_t)value;
    int is_odd = (object->id + slot) % 2 != 0;
    switch (object->shape->kind) {
    case KIND_BOXED:
        words[0] = value != NULL || is_odd ? 0x7ffcull << 48 | pointer : (uintptr_t)object->at;
        break;
    case KIND_UNION:
        words[0] = (value != NULL || is_odd ? 3 + object->id % 3 : 2) | 0xab00;
        words[1] = value != NULL || is_odd ? pointer : (uintptr_t)object->at;
        break;
    default:
        words[0] = pointer;
        break;
    }
}

static uint64_t payload_bytes(const node *object)
{
    return object->shape->size + (uint64_t)object->items * object->shape->item_size;
}

static unsigned char pattern(const node *object, uint64_t offset)
{
    return (unsigned char)(object->id * 31 + offset * 7 + 1);
}

/* Calls `act` for each byte that is the program's: the others are slots, or what traverse needs. Of long stretches both ends. */
static void each_free_byte(const node *object, void (*act)(const node *, uint64_t))
{
    const shape *made = object->shape;
    if (made->kind == KIND_LIST || made->kind == KIND_WEAK)
        return;
    uint64_t at = made->kind == KIND_STORED || made->kind == KIND_RELEASING ? sizeof(stored) : 0;
    uint64_t width = made->kind == KIND_UNION ? 16 : 8;
    for (uint32_t i = 0; i <= made->offset_count; i++) {
        uint64_t end = i < made->offset_count ? made->offsets[i] : made->is_leaf ? payload_bytes(object) : made->size;
        for (; at < end; at++) {
            act(object, at);
            if (end - at > 64 && at % 32 == 31)
                at = end - 16;
        }
        at = end + width;
    }
}

static void stamp(const node *object, uint64_t offset)
{
    ((unsigned char *)object->at)[offset] = pattern(object, offset);
}

static void check(const node *object, uint64_t offset)
{
    require(((unsigned char *)object->at)[offset] == pattern(object, offset), "byte %llu of %s has changed", (unsigned long long)offset, name_of(object));
}

void payload_stamp(node *object)
{
    each_free_byte(object, stamp);
}

void payload_check(const node *object)
{
    each_free_byte(object, check);
}

/* Aligned, as large as asked for, and empty. */
void payload_check_new(const node *object)
{
    const unsigned char *bytes = object->at;
    uint64_t size = payload_bytes(object);
    require((uintptr_t)object->at % 16 == 0, "%s is not aligned", name_of(object));
    require(rr_item_count(object->at) == object->items, "%s has %zu items instead of %u", name_of(object), rr_item_count(object->at), object->items);
    require(rr_type_of(object->at) == object->shape->type, "%s is of type %u", name_of(object), rr_type_of(object->at));
    require(now->call->getrefcount(object->at) == 1, "%s begins with a count of %lld", name_of(object), (long long)now->call->getrefcount(object->at));
    if (object->shape->kind == KIND_LIST)
        return;
    require(rr_size(object->at) == size, "%s has %zu bytes instead of %llu", name_of(object), rr_size(object->at), (unsigned long long)size);
    for (uint64_t i = 0; i < size && !object->shape->is_unzeroed; i++)
        require(bytes[i] == 0, "byte %llu of %s is not zero at the beginning", (unsigned long long)i, name_of(object));
}
