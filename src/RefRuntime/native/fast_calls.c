/*
 * fast_calls.c: the usual case of the most frequent exports, without the way into managed code and back.
 *
 * That way costs 8 ns, as much as malloc and free together. So the exported rr_alloc, rr_incref, ... are the functions
 * below. What they can't decide by a look at the object's header they leave to the C# function of the export, which the
 * build renames to rr_managed_alloc, rr_managed_incref, ... (RefRuntime.Native.targets).
 *
 * Invariants
 *   - Nobody can tell the difference. Either a function does exactly what its C# would (Operations/CountOperations.cs,
 *     Operations/ObjectOperations.cs), or it has changed nothing and the C# function runs. Every error is made there.
 *   - Pointers are tested as Objects/ObjectLookup.cs and Operations/Access.cs do it: any value will do, and only memory of
 *     this library is read to judge it.
 *   - Before start-up has succeeded, and in a library whose parts do not fit, no pointer passes the test.
 *
 * What may be done to the header, a block and a bin is what inline callers do, by the functions of refruntime_inline.h;
 * its trap rule keeps synchronized heaps, dying and immortal objects, and collections that are due away from here too.
 * These functions don't trust the caller, though: they test the pointer, and the heap's owner, which is no thread's token
 * while a traverse callback runs and in a heap lost by fork (Heap/HeapAccess.cs).
 */
#include <refruntime_inline.h>

#include "layout.h"

#if !RR_HAS_INLINE
#error "refruntime_inline.h has no inline functions for this compiler or machine"
#endif

#define EXPORT __attribute__((visibility("default")))

rr_status rr_managed_incref(void *object);
rr_status rr_managed_decref(void *object);
void *rr_managed_newref(void *object);
int64_t rr_managed_getrefcount(const void *object);
rr_status rr_managed_store(void **slot, void *value);
void *rr_managed_alloc(rr_heap *heap, rr_type type);

/* ---- Is the pointer what it should be? --------------------------------------------------------------------------- */

/* SegmentMap.Contains */
RR_INLINE int is_in_segment(const void *pointer)
{
    uint64_t address = (uintptr_t)pointer, index = address / (RR_LAYOUT_SEGMENT_MASK + 1);
    return address < __atomic_load_n(&rrhost_layout.address_limit, __ATOMIC_ACQUIRE) &&
           (__atomic_load_n(rrhost_layout.segment_map + index / 64, __ATOMIC_RELAXED) >> (index % 64) & 1) != 0;
}

/* The heap of whatever lies in a segment. */
RR_INLINE char *heap_of(void *object)
{
    return *(rr_inline_link *)(void *)(rr_inline_segment(object) + RR_LAYOUT_SEGMENT_HEAP);
}

/* Access.IsHeap */
RR_INLINE int is_heap(void *heap)
{
    return ((uintptr_t)heap & RR_LAYOUT_SEGMENT_MASK) == rrhost_layout.segment_heap_offset && is_in_segment(heap) &&
           heap_of(heap) == (char *)heap;
}

/* HeapAccess.MayChange. A thread without a token owns nothing. */
RR_INLINE int may_change(const char *heap)
{
    uintptr_t owner = *(const rr_inline_word *)(const void *)(heap + rrhost_layout.heap_owner_offset);
    return owner == 0 || owner == rrhost_token;
}

/* ObjectLookup.IsObject and may_change: the header; 0 if the pointer is no object or its heap not for this thread. Alignment
 * needs no test, since blocks are aligned; nor does address - start wrap around into the limit. */
RR_INLINE uint64_t usable_header(const void *pointer)
{
    void *object = (void *)(uintptr_t)pointer;
    if (RR_INLINE_LIKELY(is_in_segment(object))) {
        const char *page = rr_inline_page(object);
        uint64_t start = *(const rr_inline_word *)(const void *)(page + RR_LAYOUT_PAGE_START);
        uint32_t limit = *(const rr_inline_half *)(const void *)(page + rrhost_layout.page_limit_offset);
        uint32_t reciprocal = *(const rr_inline_half *)(const void *)(page + RR_LAYOUT_PAGE_RECIPROCAL);
        uint64_t offset = (uintptr_t)rr_inline_header(object) - start;
        if (RR_INLINE_LIKELY(offset < limit && (uint32_t)(offset * reciprocal) < reciprocal && may_change(heap_of(object))))
            return *rr_inline_header(object);
    }
    return 0;
}

/* ---- Counts ------------------------------------------------------------------------------------------------------ */

/* Adds a reference. 0: nothing changed. */
RR_INLINE int try_incref(void *object)
{
    uint64_t next = usable_header(object) + 1;
    if (!RR_INLINE_LIKELY(rr_inline_count(next) > 1)) /* else it was below 1, or would overflow */
        return 0;
    *rr_inline_header(object) = next;
    return 1;
}

EXPORT rr_status (rr_incref)(void *object)
{
    return try_incref(object) ? RR_OK : rr_managed_incref(object);
}

EXPORT void *(rr_newref)(void *object)
{
    return try_incref(object) ? object : rr_managed_newref(object);
}

EXPORT rr_status (rr_decref)(void *object)
{
    uint64_t header = usable_header(object), next = header - 1;
    if (rr_inline_count(next) > 0 && (header & RR_LAYOUT_HEADER_QUIET) != 0) {
        *rr_inline_header(object) = next;
        return RR_OK;
    }
    if (rr_inline_state(header) == rr_inline_state(RR_LAYOUT_LEAF_VALUE) && rr_inline_try_free(object))
        return RR_OK;
    return rr_managed_decref(object);
}

EXPORT int64_t (rr_getrefcount)(const void *object)
{
    int32_t count = rr_inline_count(usable_header(object));
    return RR_INLINE_LIKELY(count > 0) ? count : rr_managed_getrefcount(object);
}

/* ---- Slots ------------------------------------------------------------------------------------------------------- */

/* One heap has them all: the value, what it replaces, and the slot itself if that lies in a heap. Nothing dies of it here: when
 * that has to wait, in a destroy callback, is known in C#. */
EXPORT rr_status (rr_store)(void **slot, void *value)
{
    uint64_t next = usable_header(value) + 1;
    if (RR_INLINE_LIKELY(rr_inline_count(next) > 1 && slot != NULL && (uintptr_t)slot % sizeof *slot == 0)) {
        const char *heap = heap_of(value);
        if (!is_in_segment(slot) || heap_of(slot) == heap) {
            void *old = *(rr_inline_link *)slot;
            uint64_t header = old != NULL && old != value ? usable_header(old) : 0;
            if (old == NULL || (rr_inline_count(header) > 1 && heap_of(old) == heap && rr_inline_try_decref(old, header))) {
                *rr_inline_header(value) = next;
                *(rr_inline_link *)slot = value;
                return RR_OK;
            }
        }
    }
    return rr_managed_store(slot, value);
}

/* ---- Objects ----------------------------------------------------------------------------------------------------- */

EXPORT void *(rr_alloc)(rr_heap *heap, rr_type type)
{
    if (RR_INLINE_LIKELY(type < RR_LAYOUT_TYPES && is_heap(heap) && may_change((char *)heap))) {
        void *object = rr_inline_try_alloc(heap, rrhost_layout.types + type);
        if (RR_INLINE_LIKELY(object != NULL))
            return object;
    }
    return rr_managed_alloc(heap, type);
}
