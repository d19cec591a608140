/*
 * One program: what its first bytes choose, its calls, and its end.
 *
 *   byte 0   flags of the heap; 0xff: the default heap
 *   byte 1   low 2 bits: the heap's limit; then inline calls, callbacks of collections, probes in traverse, how it ends
 *   byte 2   the threshold of automatic collections
 *   byte 3   of the library for fuzzing: collections in slices of one unit, by sweeps
 *   then     calls: a byte says which, the next ones with what
 */
#include "fuzz.h"

#include <string.h>

program *now;

/* Only in the library for fuzzing. */
__attribute__((weak)) extern int32_t rr_coverage_counters(unsigned char **first);
__attribute__((weak)) extern void rr_coverage_ways(int32_t is_sliced, int32_t is_swept);

static const struct {
    void (*run)(unsigned code);
    unsigned first, codes;
} groups[] = {{object_call, 0, 40},  {list_call, 40, 10},     {weak_call, 50, 8},   {heap_call, 58, 18},
              {raw_call, 76, 6},     {looking_call, 82, 13},  {wrong_call, 95, 12}};

void run_calls(unsigned most)
{
    for (unsigned i = 0; i < most && !is_at_end(); i++) {
        unsigned code = next_byte() % 107, group = sizeof groups / sizeof *groups - 1;
        while (code < groups[group].first)
            group--;
        now->calls_made++;
        groups[group].run(code - groups[group].first);
    }
}

/* Some calls in checked heaps are misuse, on purpose; whether the heap has found damage is another matter. */
static void on_error(rr_status status, const char *message, const void *object, void *user)
{
    (void)object;
    (void)user;
    require(status < 0 && message != NULL && message[0] != 0, "the error handler hears of nothing");
    require(status != RR_E_CORRUPT, "a checked heap reports: %s", message);
}

void fuzz_start(void)
{
    shapes_make();
    require(rr_set_error_handler(on_error, NULL) == RR_OK, "rr_set_error_handler: %s", rr_last_error());
}

static void begin(void)
{
    static const uint64_t limits[4] = {0, 0, 256 * 1024, 1024 * 1024};
    unsigned flags = next_byte(), more = next_byte(), threshold = next_byte(), ways = next_byte();
    rr_heap_options made = {.struct_size = sizeof made, .flags = flags % 64 & ~(unsigned)RR_HEAP_REPORT_LEAKS, .max_bytes = limits[more % 4]};
    now->is_default = flags == 0xff;
    now->heap = now->is_default ? rr_heap_default() : rr_heap_new(&made);
    require(now->heap != NULL, "rr_heap_new: %s", rr_last_error());
    now->flags = now->is_default ? RR_HEAP_SERIALIZED : made.flags;
    now->limit = now->is_default ? 0 : made.max_bytes;
    now->call = (more & 4) != 0 ? &calls_inline : &calls_extern;
    now->probes_traverse = (more & 16) != 0 && now->call == &calls_extern;
    now->collects_at_end = (more & 32) != 0;
    require((more & 8) == 0 || rr_gc_set_callback(now->heap, on_event, NULL) == RR_OK, "rr_gc_set_callback: %s", rr_last_error());
    require(rr_gc_set_threshold(now->heap, threshold) == RR_OK, "rr_gc_set_threshold: %s", rr_last_error());
    if (rr_coverage_ways != NULL) {
        rr_coverage_ways(ways & 1, ways >> 1 & 1);
        now->is_sliced = ways & 1;
    }
    tell("heap %p, flags %u, limit %llu, %s calls, threshold %u, ways %u", (void *)now->heap, now->flags, (unsigned long long)now->limit,
         now->call == &calls_inline ? "inline" : "extern", threshold, ways & 3);
}

/* Gives back all that the program holds, which leaves what is immortal or passed by. */
static void let_go(void)
{
    while (now->held_count != 0) {
        node *object = now->held[0];
        handle_drop(object);
        require(now->call->decref(object->at) == RR_OK, "rr_decref at the end: %s", rr_last_error());
        settle();
    }
    collect_and_check();
    check_everything();
}

/* The default heap goes on: nothing may be left in it. */
static void empty_default_heap(void)
{
    require(rr_gc_unfreeze(now->heap) == RR_OK && rr_gc_enable(now->heap) == RR_OK && rr_gc_set_callback(now->heap, NULL, NULL) == RR_OK, "%s",
            rr_last_error());
    for (uint32_t i = 0; i < now->node_count; i++)
        now->nodes[i]->is_frozen = 0;
    now->bytes = now->end;
    do {
        let_go(); /* finalizers may have brought something back */
    } while (now->held_count != 0);
    require(now->live_count == 0, "the default heap keeps %u objects that nobody holds", now->live_count);
    while (now->raw_count != 0)
        require(rr_mem_free(now->heap, now->raw[--now->raw_count].at) == RR_OK, "rr_mem_free: %s", rr_last_error());
    require(rr_report_external(now->heap, -(int64_t)now->external) == RR_OK, "rr_report_external: %s", rr_last_error());
}

/* Everything is finalized, then everything destroyed. */
static void free_heap(void)
{
    now->is_closing = rr_gc_pending(now->heap) ? 2 : 1; /* a set half dead ends first */
    now->has_destroyed = 0;
    now->may_collect = 1;
    require(rr_heap_free(now->heap) == RR_OK, "rr_heap_free: %s", rr_last_error());
    for (uint32_t i = 0; i < now->node_count; i++) {
        const node *object = now->nodes[i];
        require(!object->is_alive || !object->shape->has_finalizer || object->is_finalized, "the heap has ended, and %s was not finalized", name_of(object));
        require(!object->is_alive || !object->shape->has_destroy || object->is_destroyed, "the heap has ended, and %s was not destroyed", name_of(object));
    }
    require(rr_heap_free(now->heap) == RR_E_ARGUMENT, "a heap is freed twice");
}

void fuzz_run(const uint8_t *bytes, size_t count)
{
    static program place;
    memset(&place, 0, offsetof(program, nodes));
    now = &place;
    now->bytes = bytes;
    now->end = bytes + count;
    begin();
    for (unsigned turn = 1; !is_at_end(); turn++) {
        run_calls(1);
        settle();
        if (turn % 16 == 0)
            check_everything();
    }
    check_everything();
    require(!now->is_traced || rr_trace_stop() == RR_OK, "rr_trace_stop: %s", rr_last_error());
    if (now->is_default) {
        empty_default_heap();
    } else {
        if (now->collects_at_end)
            let_go();
        free_heap();
    }
    if (now->other != NULL)
        require(rr_heap_free(now->other) == RR_OK, "rr_heap_free of the other heap: %s", rr_last_error());
    graph_reset();
}
