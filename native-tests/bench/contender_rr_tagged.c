/* RefRuntime with NaN-boxed values in the slots instead of plain pointers, as a dynamic language has them: what the collector
 * pays for looking at tags. Counts are then the program's affair, so only workloads that collect are for it. */
#include "bench.h"
#include "contenders.h"

#include <refruntime_inline.h>
#include <stdio.h>

/* A reference: the quiet NaNs whose upper 16 bits are these. All else is a number. */
static const uint64_t reference_tag = 0xfffc000000000000u, pointer_bits = 0x0000ffffffffffffu;

static rr_heap *heap;
static rr_type type;

static bool begin(char *why, size_t why_size, bool automatic) {
    static const uint32_t offsets[] = {0, sizeof(void *)};
    rr_value_format format = {.struct_size = sizeof format,
                              .value_size = 8,
                              .mask = ~pointer_bits,
                              .low = reference_tag,
                              .high = reference_tag,
                              .pointer_mask = pointer_bits};
    rr_type_info info = {.struct_size = sizeof info,
                         .name = "bench tagged node",
                         .size = sizeof(bench_node),
                         .ref_offsets = offsets,
                         .ref_count = 2,
                         .values = &format};
    rr_heap_options options = {.struct_size = sizeof options, .flags = automatic ? 0 : RR_HEAP_MANUAL_GC};
    type = rr_type_new(&info);
    heap = type != 0 ? rr_heap_new(&options) : NULL;
    if (heap == NULL)
        snprintf(why, why_size, "%s", rr_last_error());
    return heap != NULL;
}

static void end(void) {
    CHECK(rr_heap_verify(heap) == RR_OK);
    CHECK(rr_heap_free(heap) == RR_OK);
}

static bench_node *node_new(uint64_t id) {
    bench_node *node = rr_alloc(heap, type);
    CHECK(node != NULL);
    node->id = id;
    return node;
}

static void release(bench_node *node) {
    CHECK(rr_decref(node) == RR_OK);
}

static void retain(bench_node *node) {
    CHECK(rr_incref(node) == RR_OK);
}

static void set_slot(bench_node *from, int i, bench_node *to) {
    CHECK(rr_incref(to) == RR_OK);
    from->slot[i] = (void *)((uintptr_t)to | reference_tag);
}

static void fill(bench_node **nodes, size_t count) {
    for (size_t i = 0; i < count; i++)
        nodes[i] = node_new(i);
}

static void drain(bench_node **nodes, const uint32_t *order, size_t count) {
    for (size_t i = 0; i < count; i++)
        release(nodes[order == NULL ? i : order[i]]);
}

static int64_t collect(void) {
    return rr_collect(heap);
}

static int64_t live(void) {
    rr_stats stats = {.struct_size = sizeof stats};
    CHECK(rr_heap_stats(heap, &stats) == RR_OK);
    return (int64_t)stats.live_objects;
}

const bench_contender contender_rr_tagged = {
    .name = "rr tagged",
    .what = "RefRuntime, NaN-boxed values in the slots, where they are collected",
    .begin = begin,
    .end = end,
    .node_new = node_new,
    .release = release,
    .retain = retain,
    .set_slot = set_slot,
    .fill = fill,
    .drain = drain,
    .collect = collect,
    .live = live,
};
