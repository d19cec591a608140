/* A heap whose content is known to the last byte, with a leak in it: for viewers of heap snapshots.
 *
 *   planted_heap FILE   writes the snapshot, and to its output the numbers that a viewer must find, as JSON
 *
 * A server has sessions, a hundred of them, in a list. One was closed: it is out of the list, but a listener that somebody forgot to
 * release still refers to it, and so to its buffer. Two more objects are garbage that waits for a collection.
 */
#include <refruntime.h>

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

enum { SESSIONS = 100, BUFFER = 1000, FORGOTTEN_BUFFER = 50000 };

typedef struct server { void *sessions, *settings; } server;
typedef struct session { void *user, *buffer; int64_t id; } session;
typedef struct user { void *session; } user;
typedef struct listener { void *target; } listener;

static const uint32_t offsets[] = {0, 8};

static rr_type type_of(const char *name, uint32_t size, uint32_t slots, const char *const *names) {
    rr_type_info info = {.struct_size = sizeof info, .name = name, .size = size, .ref_offsets = offsets, .ref_count = slots, .ref_names = names};
    return rr_type_new(&info);
}

static rr_heap *heap;

static uint64_t live_bytes(void) {
    rr_stats stats = {.struct_size = sizeof stats};
    if (rr_heap_stats(heap, &stats) != RR_OK)
        exit(3);
    return stats.live_bytes;
}

static session *new_session(rr_type session_type, rr_type user_type, int64_t id, size_t buffer) {
    session *made = rr_alloc(heap, session_type);
    if (made == NULL)
        exit(3);
    made->id = id;
    void *owner = rr_alloc(heap, user_type);
    rr_take(&made->user, owner);
    rr_store(&((user *)owner)->session, made); /* a cycle, so that retained sizes need dominators */
    rr_take(&made->buffer, rr_alloc_items(heap, RR_TYPE_BYTES, buffer));
    return made;
}

int main(int argc, char **argv) {
    static const char *const server_slots[] = {"sessions", "settings"}, *const session_slots[] = {"user", "buffer"},
                      *const user_slots[] = {"session"}, *const listener_slots[] = {"target"};
    if (argc != 2)
        return fprintf(stderr, "usage: planted_heap FILE\n"), 2;
    rr_heap_options options = {.struct_size = sizeof options, .flags = RR_HEAP_MANUAL_GC};
    heap = rr_heap_new(&options);
    rr_type server_type = type_of("Server", sizeof(server), 2, server_slots);
    rr_type session_type = type_of("Session", sizeof(session), 2, session_slots);
    rr_type user_type = type_of("User \"name\"\n\\", sizeof(user), 1, user_slots);
    rr_type listener_type = type_of("Listener", sizeof(listener), 1, listener_slots);

    server *top = rr_alloc(heap, server_type);
    void *list = rr_list_new(heap);
    rr_take(&top->sessions, list);
    rr_take(&top->settings, rr_alloc_items(heap, RR_TYPE_TUPLE, 2));
    for (int64_t i = 0; i < SESSIONS; i++) {
        session *made = new_session(session_type, user_type, i, BUFFER);
        rr_list_append(list, made);
        rr_decref(made);
    }
    uint64_t before = live_bytes();
    void *last = rr_weakref_new(rr_list_get(list, SESSIONS - 1), NULL, NULL);
    uint64_t weakref = live_bytes() - before;

    before = live_bytes();
    listener *forgotten = rr_alloc(heap, listener_type);
    rr_take(&forgotten->target, new_session(session_type, user_type, -1, FORGOTTEN_BUFFER));
    uint64_t leaked = live_bytes() - before;

    before = live_bytes();
    session *garbage = new_session(session_type, user_type, -2, BUFFER);
    rr_decref(garbage);
    uint64_t dead = live_bytes() - before;

    void *raw = rr_mem_alloc(heap, 10000);
    rr_report_external(heap, 123456);
    if (last == NULL || raw == NULL || rr_heap_snapshot(heap, argv[1]) != RR_OK)
        return fprintf(stderr, "%s\n", rr_last_error()), 1;
    rr_stats stats = {.struct_size = sizeof stats};
    rr_heap_stats(heap, &stats);
    printf("{\"sessions\": %d, \"live_bytes\": %" PRIu64 ", \"raw_bytes\": %" PRIu64 ", \"external_bytes\": %" PRIu64 ", \"live_objects\": %" PRIu64
           ", \"leaked\": %" PRIu64 ", \"garbage\": %" PRIu64 ", \"weakref\": %" PRIu64 "}\n",
           (int)SESSIONS, stats.live_bytes, stats.raw_bytes, stats.external_bytes, stats.live_objects, leaked, dead, weakref);
    return rr_heap_free(heap) == RR_OK ? 0 : 1;
}
