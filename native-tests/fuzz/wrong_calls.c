/* Calls that are wrong: the error is foretold, and nothing changes. Made through the extern functions, since inline calls trust their caller. */
#include "fuzz.h"

#include <string.h>

static void refused(rr_status status, rr_status expected, const char *what)
{
    require(status == expected, "%s answers %s instead of %s", what, rr_status_string(status), rr_status_string(expected));
    require_error(expected, what);
}

static void refused_pointer(const void *answer, rr_status expected, const char *what)
{
    require(answer == NULL, "%s answers %p", what, answer);
    require_error(expected, what);
}

/* Nothing that is marked [any] may take it for an object. */
static void pass_as_object(void *at, const char *what)
{
    tell("passes as an object: %s, %p", what, at);
    require(rr_is_object(at) == 0, "rr_is_object takes %s for an object", what);
    require(rr_try_incref(at) == 0, "rr_try_incref takes %s for an object", what);
    if ((now->flags & RR_HEAP_CHECKED) != 0 && at != NULL) {
        refused((rr_decref)(at), RR_E_NOT_OBJECT, "rr_decref");
        return;
    }
    refused_pointer(rr_heap_of(at), RR_E_NOT_OBJECT, "rr_heap_of");
    require(rr_type_of(at) == RR_TYPE_NONE && rr_size(at) == 0 && rr_item_count(at) == 0, "%s has a type or a size", what);
    refused((rr_status)rr_getrefcount(at), RR_E_NOT_OBJECT, "rr_getrefcount");
    refused((rr_status)rr_weakref_count(at), RR_E_NOT_OBJECT, "rr_weakref_count");
    require(rr_is_unique(at) == 0 && rr_is_immortal(at) == 0, "%s is unique or immortal", what);
    refused(rr_make_immortal(at), RR_E_NOT_OBJECT, "rr_make_immortal");
    refused_pointer(rr_weakref_get(at), RR_E_NOT_OBJECT, "rr_weakref_get");
    if (at != NULL) {
        refused((rr_incref)(at), RR_E_NOT_OBJECT, "rr_incref");
        refused((rr_decref)(at), RR_E_NOT_OBJECT, "rr_decref");
        refused_pointer((rr_newref)(at), RR_E_NOT_OBJECT, "rr_newref");
    }
}

/* Where an object was, a place inside of one, any number, an address that is near one. */
static void pass_any_pointer(unsigned how)
{
    node *object = pick_held();
    uint64_t number = (uint64_t)next_short() << 32 | next_short() << 16 | next_short();
    switch (how % 5) {
    case 0:
        if (now->last_freed != NULL && node_at(now->last_freed) == NULL && rr_is_object(now->last_freed) == 0)
            pass_as_object(now->last_freed, "a freed object");
        break;
    case 1:
        if (object != NULL && rr_size(object->at) > 16)
            pass_as_object((char *)object->at + 1 + number % (rr_size(object->at) - 16), "a place inside of an object");
        break;
    case 2:
        if (rr_is_object((void *)(uintptr_t)number) == 0)
            pass_as_object((void *)(uintptr_t)number, "a number");
        break;
    case 3:
        if (object != NULL) {
            void *at = (void *)((uintptr_t)object->at + (uintptr_t)(int32_t)(uint32_t)number);
            if (rr_is_object(at) == 0)
                pass_as_object(at, "an address near an object");
        }
        break;
    default:
        pass_as_object(NULL, "NULL");
        break;
    }
}

static void misuse_lists(void)
{
    node *list = pick_held_of(KIND_LIST), *object = pick_held();
    if (list != NULL && list->shape->kind == KIND_LIST) {
        refused(rr_list_append(list->at, NULL), RR_E_ARGUMENT, "rr_list_append of NULL");
        refused_pointer(rr_list_get(list->at, list->slot_count), RR_E_ARGUMENT, "rr_list_get behind the end");
        refused(rr_list_remove(list->at, list->slot_count), RR_E_ARGUMENT, "rr_list_remove behind the end");
        refused(rr_list_set(list->at, list->slot_count, list->at), RR_E_ARGUMENT, "rr_list_set behind the end");
        refused(rr_list_insert(list->at, (size_t)list->slot_count + 1, list->at), RR_E_ARGUMENT, "rr_list_insert behind the end");
    }
    if (object != NULL && object->shape->kind != KIND_LIST) {
        refused(rr_list_append(object->at, object->at), RR_E_TYPE, "rr_list_append to no list");
        refused(rr_list_clear(object->at), RR_E_TYPE, "rr_list_clear of no list");
        refused((rr_status)rr_list_count(object->at), RR_E_TYPE, "rr_list_count of no list");
    }
}

static void misuse_slots(void)
{
    node *object = pick_held(), *holder = pick_held();
    void *slot = NULL;
    if (object == NULL)
        return;
    refused((rr_store)(NULL, object->at), RR_E_ARGUMENT, "rr_store into NULL");
    refused((rr_store)((void **)((char *)&slot + 4), object->at), RR_E_ARGUMENT, "rr_store into a slot that is not aligned");
    refused((rr_store)(&slot, (char *)object->at + 8), RR_E_NOT_OBJECT, "rr_store of what is no object");
    if (now->foreign != NULL && !now->is_on_other_thread && holder->slot_count != 0 && holder->shape->kind != KIND_LIST && slot_is_plain(holder, 0)) {
        void **address = slot_address(holder, 0);
        refused((rr_store)(address, now->foreign), RR_E_ARGUMENT, "rr_store of another heap's object");
        refused((rr_take)(address, now->foreign), RR_E_ARGUMENT, "rr_take of another heap's object");
        size_t at = 1;
        require(rr_store_many(&holder->at, at, &object->at, 1) == 0, "rr_store_many takes what is not aligned for a slot");
    }
    if (object->shape->kind != KIND_WEAK)
        refused_pointer(rr_weakref_get(object->at), RR_E_TYPE, "rr_weakref_get of no weak reference");
    refused((rr_status)rr_get_referents(object->at, NULL, 5), RR_E_ARGUMENT, "rr_get_referents into NULL");
    refused(rr_decref_tagged(object->at, NULL), RR_E_ARGUMENT, "rr_decref_tagged without a tag");
    if ((now->flags & RR_HEAP_CHECKED) != 0 && object->tags == 0)
        refused(rr_decref_tagged(object->at, "another tag"), RR_E_ARGUMENT, "rr_decref_tagged of a tag that is not open");
}

static void misuse_types(void)
{
    uint32_t offsets[2] = {next_byte(), next_byte()};
    rr_type_info info = {.struct_size = sizeof info, .name = "wrong", .size = 16 + next_byte() % 64, .ref_offsets = offsets, .ref_count = 2};
    /* Each pair that would be right is made wrong. */
    if (offsets[0] % 8 == 0 && offsets[1] % 8 == 0 && offsets[0] + 8 <= info.size && offsets[1] + 8 <= info.size && offsets[0] != offsets[1])
        offsets[1] = offsets[0];
    require(rr_type_new(&info) == RR_TYPE_NONE, "a type with slots at %u and %u of %u bytes is made", offsets[0], offsets[1], info.size);
    require_error(RR_E_ARGUMENT, "rr_type_new");
    info.ref_count = 0;
    info.flags = 1u << (4 + next_byte() % 28);
    require(rr_type_new(&info) == RR_TYPE_NONE, "a type with flag %u is made", info.flags);
    info.flags = 0;
    info.struct_size = next_byte() % 80;
    require(rr_type_new(&info) == RR_TYPE_NONE, "a type with struct_size %u is made", info.struct_size);
    info.name = NULL;
    info.struct_size = sizeof info;
    require(rr_type_new(&info) == RR_TYPE_NONE, "a type without a name is made");
    require(rr_type_name(1u << 20) == NULL, "type 2^20 has a name");
}

static void misuse_allocation(void)
{
    refused_pointer((rr_alloc)(now->heap, 1u << 20), RR_E_TYPE, "rr_alloc of an unknown type");
    refused_pointer((rr_alloc)(now->heap, RR_TYPE_WEAKREF), RR_E_TYPE, "rr_alloc of a weak reference");
    refused_pointer(rr_alloc_items(now->heap, RR_TYPE_TUPLE, SIZE_MAX / 8), RR_E_OVERFLOW, "rr_alloc_items of too many");
    refused_pointer(rr_alloc_items(now->heap, RR_TYPE_LIST, 1), RR_E_ARGUMENT, "rr_alloc_items of a list");
    if (may_allocate())
        refused_pointer(rr_mem_alloc(now->heap, SIZE_MAX - 4), RR_E_OVERFLOW, "rr_mem_alloc of too much");
    void *inside = now->raw_count != 0 && now->raw[0].size > 64 ? now->raw[0].at + 16 : (void *)&now->raw_count;
    refused(rr_mem_free(now->heap, inside), RR_E_ARGUMENT, "rr_mem_free of what is no block");
    refused_pointer(rr_mem_realloc(now->heap, inside, 10), RR_E_ARGUMENT, "rr_mem_realloc of what is no block");
    node *object = pick_held();
    if (object != NULL)
        refused(rr_mem_free(now->heap, object->at), RR_E_ARGUMENT, "rr_mem_free of an object");
}

static void misuse_heaps(void)
{
    rr_heap_options options = {.struct_size = sizeof options, .flags = 1u << (6 + next_byte() % 26)};
    rr_stats stats = {.struct_size = next_byte() % 16};
    node *object = pick_held();
    refused_pointer(rr_heap_new(&options), RR_E_ARGUMENT, "rr_heap_new with an unknown flag");
    options.struct_size = next_byte() % sizeof options;
    refused_pointer(rr_heap_new(&options), RR_E_ARGUMENT, "rr_heap_new with too small a struct");
    refused(rr_heap_stats(now->heap, &stats), RR_E_ARGUMENT, "rr_heap_stats into too small a struct");
    refused(rr_heap_free(rr_heap_default()), RR_E_ARGUMENT, "rr_heap_free of the default heap");
    refused((rr_status)rr_collect((rr_heap *)(void *)&options), RR_E_ARGUMENT, "rr_collect of no heap");
    if (object != NULL)
        refused(rr_heap_free(object->at), RR_E_ARGUMENT, "rr_heap_free of an object");
    if (now->depth == 0) {
        refused(rr_heap_snapshot(now->heap, NULL), RR_E_ARGUMENT, "rr_heap_snapshot without a path");
        refused(rr_heap_dot(now->heap, "/nowhere/at/all", 0), RR_E_IO, "rr_heap_dot to nowhere");
        refused(rr_profile_write(now->heap, NULL), RR_E_ARGUMENT, "rr_profile_write without a path");
    }
    if (!now->is_traced)
        refused(rr_trace_stop(), RR_E_ARGUMENT, "rr_trace_stop without a trace");
}

/* Another heap comes, has an object, and goes: then it is no heap any more. */
static void another_heap(void)
{
    if (now->is_on_other_thread)
        return;
    if (now->other == NULL && now->depth == 0) {
        now->other = rr_heap_new(NULL);
        require(now->other != NULL, "rr_heap_new: %s", rr_last_error());
        now->foreign = rr_alloc(now->other, RR_TYPE_LIST);
        require(now->foreign != NULL && rr_heap_of(now->foreign) == now->other, "rr_alloc in another heap: %s", rr_last_error());
    } else if (now->other != NULL && now->depth == 0) {
        rr_heap *freed = now->other;
        require(rr_heap_free(now->other) == RR_OK, "rr_heap_free: %s", rr_last_error());
        refused(rr_heap_free(freed), RR_E_ARGUMENT, "rr_heap_free of a freed heap");
        refused_pointer(rr_list_new(freed), RR_E_ARGUMENT, "rr_list_new in a freed heap");
        pass_as_object(now->foreign, "an object of a freed heap");
        now->other = NULL;
        now->foreign = NULL;
    }
}

void wrong_call(unsigned code)
{
    if (!may_misuse())
        return;
    switch (code) {
    case 0: case 1: case 2: case 3: case 4:
        pass_any_pointer(next_byte());
        break;
    case 5:
        misuse_lists();
        break;
    case 6: case 7:
        misuse_slots();
        break;
    case 8:
        misuse_types();
        break;
    case 9:
        misuse_allocation();
        break;
    case 10:
        misuse_heaps();
        break;
    default:
        another_heap();
        break;
    }
}
