/*
 * layout.h: what the C of the library is told by its C#, and what its C files share.
 *
 * Offsets within structures are either in refruntime_layout.h or told at start-up: nothing is written down twice.
 */
#ifndef RRHOST_LAYOUT_H
#define RRHOST_LAYOUT_H

#include <refruntime.h>

/* Where things lie. All zero before start-up, so that no address is below the limit. */
struct rrhost_layout {
    const uint64_t *segment_map;   /* SegmentMap: a bit for each segment's worth of addresses */
    const rr_layout_type *types;   /* InlineTypes.Table */
    uint64_t address_limit;        /* addresses from this one on have no bit; written last */
    uint32_t segment_heap_offset;  /* of the heap in its first segment */
    uint32_t page_limit_offset;    /* of Page.Limit in a page's entry, 32 bits */
    uint32_t heap_owner_offset;    /* of HeapState.Owner, a token, or 0 for any thread */
};

extern __attribute__((visibility("hidden"))) struct rrhost_layout rrhost_layout;

/* The identity of the calling thread; 0: it has none yet. See thread.c. */
extern __attribute__((visibility("hidden"))) _Thread_local uintptr_t rrhost_token;

int32_t rrhost_set_layout(uint64_t fingerprint, const uint64_t *segment_map, uint64_t address_limit,
                          const rr_layout_type *types, uint32_t segment_heap_offset, uint32_t page_limit_offset,
                          uint32_t heap_owner_offset);

#endif
