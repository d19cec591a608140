/* Lists, weak references, raw memory. */
#include "fuzz.h"

#include <string.h>

/* ---- Lists: storage may be lacking, at the limit and in a destroy callback ------------------------------------------------- */

static void list_insert(node *list, uint32_t index, node *item, int is_append)
{
    rr_status status = is_append ? rr_list_append(list->at, item->at) : rr_list_insert(list->at, index, item->at);
    tell("list %s, at %u: %s", name_of(list), index, name_of(item));
    if (status == RR_OK) {
        slots_insert(list, index, item);
        return;
    }
    require((status == RR_E_NO_MEMORY && now->limit != 0) || (status == RR_E_BUSY && !may_allocate()), "rr_list_insert: %s", rr_last_error());
    require_error(status, "rr_list_insert");
}

static void list_new(void)
{
    now->may_collect |= now->depth == 0;
    void *at = rr_list_new(now->heap);
    require_allocated(at, "rr_list_new");
    if (at != NULL)
        node_new(shape_of_built_in(KIND_LIST), at, 0, 0)->behaviour = 0;
}

static void list_clear(node *list)
{
    while (list->slot_count != 0)
        slots_remove(list, list->slot_count - 1);
    require(rr_list_clear(list->at) == RR_OK, "rr_list_clear: %s", rr_last_error());
}

void list_call(unsigned code)
{
    if (code == 0) {
        if (now->live_count < MAX_LIVE && now->node_count < MAX_NODES - 16)
            list_new();
        return;
    }
    node *list = pick_held_of(KIND_LIST), *item = pick_held();
    unsigned index = next_byte();
    if (list == NULL)
        return;
    index %= list->slot_count + 1;
    switch (code) {
    case 1: case 2: case 3:
        list_insert(list, list->slot_count, item, 1);
        break;
    case 4: case 5:
        list_insert(list, index, item, 0);
        break;
    case 6:
        if (index < list->slot_count)
            store_slot(list, index, item, 0);
        break;
    case 7:
        if (index < list->slot_count)
            store_slot(list, index, NULL, 0);
        break;
    case 8:
        list_clear(list);
        break;
    default: /* a borrowed item becomes the program's */
        if (index < list->slot_count) {
            void *at = rr_list_get(list->at, index);
            require(at == list->slots[index]->at, "rr_list_get gives %p instead of %s", at, name_of(list->slots[index]));
            require(now->call->newref(at) == at, "rr_newref of an item: %s", rr_last_error());
            handle_add(list->slots[index]);
        }
        break;
    }
}

/* ---- Weak references -------------------------------------------------------------------------------------------------------- */

static int is_shared_of(const node *weak, const node *target)
{
    return weak->is_alive && weak->target == target && !weak->has_callback;
}

/* The shared one that is held. Others may still count as alive: inside callbacks who has died is not known yet. */
static node *held_shared_of(const node *target)
{
    search();
    for (uint32_t i = 0; i < now->node_count; i++)
        if (is_shared_of(now->nodes[i], target) && now->nodes[i]->is_reached_strictly)
            return now->nodes[i];
    return NULL;
}

static uint64_t count_made(void)
{
    rr_stats stats = {.struct_size = sizeof stats};
    require(rr_heap_stats(now->heap, &stats) == RR_OK, "%s", rr_last_error());
    return stats.objects_allocated;
}

void weak_new(node *target, int has_callback)
{
    /* A destroy callback gets none, not even the shared one. */
    node *held = has_callback || !may_allocate() ? NULL : held_shared_of(target);
    now->may_collect |= now->depth == 0;
    target->pins++;
    uint32_t nodes = now->node_count;
    uint64_t made = count_made();
    void *at = rr_weakref_new(target->at, has_callback ? on_weak : NULL, (void *)(uintptr_t)target->id);
    target->pins--;
    /* The shared one may have died inside a callback, and a new one lie where it lay. (Where others were made meanwhile, by callbacks, one
     * may have been made for nothing.) */
    int is_made = now->node_count == nodes && count_made() != made;
    node *known = at != NULL && !has_callback && may_allocate() && !is_made ? node_at(at) : NULL;
    if (known != NULL && is_shared_of(known, target) && (held == NULL || known == held)) {
        handle_add(known);
        return;
    }
    require(held == NULL, "the weak reference of %s is not shared", name_of(target));
    require_allocated(at, "rr_weakref_new");
    if (at == NULL)
        return;
    node *weak = node_new(shape_of_built_in(KIND_WEAK), at, 0, 0);
    weak->target = target;
    weak->has_callback = has_callback;
    weak->behaviour = next_byte();
    tell("new: %s of %s", name_of(weak), name_of(target));
}

static void weak_get(node *weak)
{
    void *at = rr_weakref_get(weak->at);
    node *target = weak->target;
    if (at == NULL) {
        search();
        require(target == NULL || !target->is_reached_strictly, "%s does not give %s, which is held", name_of(weak), name_of(target));
        return;
    }
    require(target != NULL && at == target->at && target->is_alive && !target->is_destroyed, "%s gives %p instead of %s", name_of(weak), at,
            target != NULL && target->is_alive ? name_of(target) : "nothing");
    handle_add(target);
}

void weak_call(unsigned code)
{
    if (code < 5) {
        node *target = pick_held();
        if (target != NULL && now->live_count < MAX_LIVE && now->node_count < MAX_NODES - 16)
            weak_new(target, code >= 2);
        return;
    }
    node *weak = pick_held_of(KIND_WEAK);
    if (weak != NULL)
        weak_get(weak);
}

/* ---- Raw memory: its bytes are one letter ------------------------------------------------------------------------------------ */

static void raw_check(const raw_block *block, size_t size)
{
    for (size_t i = 0; i < size; i++)
        require(block->at[i] == block->seed, "byte %zu of %zu in a raw block has changed", i, size);
}

static size_t pick_size(void)
{
    unsigned amount = next_byte();
    return amount < 128 ? amount : amount < 240 ? amount * 16u : amount < 252 ? amount * 300u : 3000000;
}

static void raw_fill(raw_block *block, void *at, size_t size)
{
    require((uintptr_t)at % 16 == 0, "raw memory at %p is not aligned", at);
    block->at = at;
    block->size = size;
    block->seed = (unsigned char)(now->calls_made * 2 + 1);
    memset(at, block->seed, size);
}

void raw_call(unsigned code)
{
    size_t size = pick_size();
    if (code < 4 && !may_allocate())
        code = 5;
    if (code < 2 && now->raw_count < MAX_RAW) {
        void *at = code == 0 ? rr_mem_alloc(now->heap, size) : rr_mem_realloc(now->heap, NULL, size);
        require(at != NULL || now->limit != 0, "rr_mem_alloc: %s", rr_last_error());
        if (at != NULL)
            raw_fill(&now->raw[now->raw_count++], at, size);
        return;
    }
    if (now->raw_count == 0)
        return;
    raw_block *block = &now->raw[next_byte() % now->raw_count];
    raw_check(block, block->size);
    if (code < 4) {
        size_t kept = size < block->size ? size : block->size;
        void *at = rr_mem_realloc(now->heap, block->at, size);
        require(at != NULL || now->limit != 0, "rr_mem_realloc: %s", rr_last_error());
        if (at == NULL)
            return;
        block->at = at;
        raw_check(block, kept);
        raw_fill(block, at, size);
        return;
    }
    require(rr_mem_free(now->heap, block->at) == RR_OK, "rr_mem_free: %s", rr_last_error());
    *block = now->raw[--now->raw_count];
}
