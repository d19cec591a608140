/*
 * layout.c: keeps what layout.h declares.
 *
 * It is apart from fast_calls.c so that the managed build, which has no managed symbols to fall back to, has it too.
 */
#include "layout.h"

#include <refruntime_layout.h>

#define EXPORT __attribute__((visibility("default"))) /* of librrhost.so; librefruntime.so has a version script */

struct rrhost_layout rrhost_layout;

/*
 * Told once, by start-up. 1; or 0 when this file was compiled with another refruntime_layout.h than the C# states: then
 * nothing is kept, and every call is made in C#.
 */
EXPORT int32_t rrhost_set_layout(uint64_t fingerprint, const uint64_t *segment_map, uint64_t address_limit,
                                 const rr_layout_type *types, uint32_t segment_heap_offset, uint32_t page_limit_offset,
                                 uint32_t heap_owner_offset)
{
    if (fingerprint != RR_LAYOUT_FINGERPRINT)
        return 0;
    rrhost_layout.segment_map = segment_map;
    rrhost_layout.types = types;
    rrhost_layout.segment_heap_offset = segment_heap_offset;
    rrhost_layout.page_limit_offset = page_limit_offset;
    rrhost_layout.heap_owner_offset = heap_owner_offset;
    __atomic_store_n(&rrhost_layout.address_limit, address_limit, __ATOMIC_RELEASE);
    return 1;
}
