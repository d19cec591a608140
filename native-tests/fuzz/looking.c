/* Whoever looks at the heap sees what the model knows, and changes nothing. */
#include "fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int by_address(const void *left, const void *right)
{
    uintptr_t a = (uintptr_t)*(void *const *)left, b = (uintptr_t)*(void *const *)right;
    return (a > b) - (a < b);
}

static void compare(const char *what, void **answer, int64_t count, void **expected, uint32_t expected_count)
{
    require(count == expected_count, "%s gives %lld objects instead of %u: %s", what, (long long)count, expected_count, count < 0 ? rr_last_error() : "");
    qsort(answer, expected_count, sizeof *answer, by_address);
    qsort(expected, expected_count, sizeof *expected, by_address);
    require(memcmp(answer, expected, expected_count * sizeof *answer) == 0, "%s names other objects", what);
}

enum { ROOM = 8192 };
static void *answer[ROOM], *expected[ROOM];

static void look_at_neighbours(const node *object)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < object->slot_count; i++)
        if (object->slots[i] != NULL)
            expected[count++] = object->slots[i]->at;
    compare("rr_get_referents", answer, rr_get_referents(object->at, answer, ROOM), expected, count);
    count = 0;
    for (uint32_t i = 0; i < now->node_count; i++) {
        const node *holder = now->nodes[i];
        uint32_t slot = 0;
        while (slot < holder->slot_count && holder->slots[slot] != object)
            slot++;
        if (holder->is_alive && slot < holder->slot_count)
            expected[count++] = holder->at;
    }
    compare("rr_get_referrers", answer, rr_get_referrers(object->at, answer, ROOM), expected, count);
}

static void look_at_objects(rr_type type)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < now->node_count; i++)
        if (now->nodes[i]->is_alive && (type == 0 || now->nodes[i]->shape->type == type))
            expected[count++] = now->nodes[i]->at;
    compare("rr_get_objects", answer, rr_get_objects(now->heap, type, answer, ROOM), expected, count);
}

/* The chain begins with what the program holds, has a reference after the other, and there is none where nothing is held. */
static void look_at_path(const node *object)
{
    search();
    int64_t length = rr_get_path(object->at, answer, ROOM);
    require((length > 0) == object->is_reached_strictly && length < ROOM, "rr_get_path to %s, which is %sheld, is %lld long", name_of(object),
            object->is_reached_strictly ? "" : "not ", (long long)length);
    for (int64_t i = 0; i < length; i++) {
        const node *step = node_at(answer[i]);
        require(step != NULL, "rr_get_path names %p, which is no object", answer[i]);
        require(i != 0 || step->handles > 0 || step->is_immortal, "rr_get_path begins with %s, which is not held from outside", name_of(step));
        require(i != length - 1 || step == object, "rr_get_path ends with %s", name_of(step));
        uint32_t slot = 0;
        while (i < length - 1 && slot < step->slot_count && (step->slots[slot] == NULL || step->slots[slot]->at != answer[i + 1]))
            slot++;
        require(i == length - 1 || slot < step->slot_count, "rr_get_path has a gap behind %s", name_of(step));
    }
}

static void look_at_usage(void)
{
    static rr_type_usage types[512];
    static rr_class_usage classes[256];
    uint64_t pauses[128], objects = 0;
    types[0].struct_size = sizeof types[0];
    classes[0].struct_size = sizeof classes[0];
    int64_t count = rr_get_type_usage(now->heap, types, 512);
    require(count >= 0 && count <= 512, "rr_get_type_usage: %s", rr_last_error());
    for (int64_t i = 0; i < count; i++)
        objects += types[i].objects;
    require(now->has_half_dead || objects == now->live_count, "rr_get_type_usage counts %llu objects instead of %u", (unsigned long long)objects,
            now->live_count);
    require(rr_get_class_usage(now->heap, classes, 256) >= 0, "rr_get_class_usage: %s", rr_last_error());
    require(rr_get_pauses(now->heap, pauses, 128) > 0, "rr_get_pauses: %s", rr_last_error());
}

/* Files: what the library writes goes nowhere here; that it reads nothing it should not is what counts. */
static void require_written(rr_status status, const char *what)
{
    require(status == RR_OK || (status == RR_E_BUSY && now->depth != 0), "%s: %s", what, rr_last_error());
}

/* The JSON wants a name that ends so. */
static void report_leaks_as_json(void)
{
    char path[64];
    snprintf(path, sizeof path, "/dev/shm/refruntime-fuzz-%d.json", (int)getpid());
    require_written(rr_leak_report(now->heap, path), "rr_leak_report");
    unlink(path);
}

static void write_files(unsigned code, const node *object)
{
    const char *nowhere = "/dev/null";
    now->may_collect |= now->depth == 0; /* some let the last slices of a collection end */
    switch (code) {
    case 0:
        require_written(rr_heap_snapshot(now->heap, nowhere), "rr_heap_snapshot");
        break;
    case 1:
        require_written(rr_heap_dot(now->heap, nowhere, next_byte()), "rr_heap_dot");
        break;
    case 2:
        require_written(rr_object_dot(object->at, nowhere, next_byte() % 32), "rr_object_dot");
        break;
    case 3:
        if ((now->flags & RR_HEAP_CHECKED) != 0 && next_byte() % 32 != 7)
            break; /* names of functions cost a millisecond each */
        if (next_byte() % 16 == 5) {
            report_leaks_as_json();
            break;
        }
        require_written(rr_leak_report(now->heap, nowhere), "rr_leak_report");
        break;
    default:
        require_written(rr_heap_print_stats(now->heap, nowhere), "rr_heap_print_stats");
        break;
    }
}

static void profile(void)
{
    rr_status status = now->is_profiled ? rr_profile_stop(now->heap) : rr_profile_start(now->heap, 64 + 16 * next_byte());
    require(status == RR_OK || (status == RR_E_NO_MEMORY && now->limit != 0), "rr_profile_start or stop: %s", rr_last_error());
    now->is_profiled ^= status == RR_OK;
    now->has_profile |= now->is_profiled;
    if (now->has_profile && next_byte() % 32 == 7)
        require_written(rr_profile_write(now->heap, "/dev/null"), "rr_profile_write");
}

static void trace(void)
{
    rr_status status = now->is_traced ? rr_trace_stop() : rr_trace_start("/dev/null");
    require(status == RR_OK, "rr_trace_start or stop: %s", rr_last_error());
    now->is_traced ^= 1;
}

void looking_call(unsigned code)
{
    node *object = pick_held();
    int can_compare = now->depth == 0 && !now->has_half_dead;
    if (object == NULL)
        return;
    switch (code) {
    case 0: case 1:
        if (can_compare)
            look_at_neighbours(object);
        break;
    case 2:
        if (can_compare)
            look_at_objects(next_byte() % 2 == 0 ? 0 : object->shape->type);
        break;
    case 3: case 4:
        /* Whatever there is, garbage too. */
        object = now->nodes[next_short() % now->node_count];
        if (can_compare && object->is_alive)
            look_at_path(object);
        break;
    case 5:
        if (now->depth == 0)
            look_at_usage();
        break;
    case 6: case 7: case 8: case 9: case 10:
        write_files(code - 6, object);
        break;
    case 11:
        if (now->depth == 0 && !now->is_default)
            profile();
        break;
    default:
        trace();
        break;
    }
}
