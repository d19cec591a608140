/* rr_heap_snapshot: every object with its size and its edges, in a file that is whole or not there. What viewers make of it is tested in
 * native-tests/snapshot and in Python; here the file is read as numbers only. */
#define _GNU_SOURCE
#include "directory.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- Reading ------------------------------------------------------------------------------------------------------ */

enum { NODE_FIELDS = 7, EDGE_FIELDS = 3, ELEMENT = 1, PROPERTY = 2, INTERNAL = 3, WEAK = 6, FIRST_OBJECT = 3 };

typedef struct snapshot {
    char *text;
    uint64_t *nodes, *edges;
    size_t node_count, edge_count;
} snapshot;

static uint64_t *numbers_behind(const char *text, const char *key, size_t *count) {
    const char *at = strstr(text, key);
    assert_non_null(at);
    at = strchr(at, '[') + 1;
    const char *end = strchr(at, ']');
    size_t commas = 1;
    for (const char *c = at; c < end; c++)
        commas += *c == ',';
    uint64_t *numbers = calloc(commas, sizeof *numbers);
    assert_non_null(numbers);
    for (*count = 0; *count < commas; (*count)++) {
        char *next;
        numbers[*count] = strtoull(at, &next, 10);
        assert_ptr_not_equal(next, at);
        at = next + (*next == ',');
    }
    return numbers;
}

static uint64_t number_behind(const char *text, const char *key) {
    const char *at = strstr(text, key);
    assert_non_null(at);
    return strtoull(at + strlen(key), NULL, 10);
}

static snapshot read_snapshot(const char *name) {
    snapshot read = {0};
    FILE *file = fopen(name, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    size_t length = (size_t)ftell(file);
    rewind(file);
    read.text = calloc(1, length + 1);
    assert_non_null(read.text);
    assert_int_equal(fread(read.text, 1, length, file), length);
    fclose(file);
    read.nodes = numbers_behind(read.text, "\"nodes\":", &read.node_count);
    read.edges = numbers_behind(read.text, "\"edges\":", &read.edge_count);
    assert_int_equal(read.node_count % NODE_FIELDS, 0);
    assert_int_equal(read.edge_count % EDGE_FIELDS, 0);
    read.node_count /= NODE_FIELDS;
    read.edge_count /= EDGE_FIELDS;
    assert_int_equal(number_behind(read.text, "\"node_count\":"), read.node_count);
    assert_int_equal(number_behind(read.text, "\"edge_count\":"), read.edge_count);
    assert_string_equal(read.text + length - 3, "]}\n");

    /* The nodes' edges are all edges, and lead to nodes. */
    uint64_t edges = 0;
    for (size_t i = 0; i < read.node_count; i++)
        edges += read.nodes[i * NODE_FIELDS + 4];
    assert_int_equal(edges, read.edge_count);
    for (size_t i = 0; i < read.edge_count; i++) {
        assert_int_equal(read.edges[i * EDGE_FIELDS + 2] % NODE_FIELDS, 0);
        assert_true(read.edges[i * EDGE_FIELDS + 2] / NODE_FIELDS < read.node_count);
    }
    return read;
}

static void forget(snapshot *read) {
    free(read->text);
    free(read->nodes);
    free(read->edges);
}

static snapshot taken(rr_heap *heap) {
    assert_int_equal(rr_heap_snapshot(heap, path), RR_OK);
    return read_snapshot(path);
}

static uint64_t bytes_in(const snapshot *read) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < read->node_count; i++)
        bytes += read->nodes[i * NODE_FIELDS + 3];
    return bytes;
}

/* The node of an object: found by its id. */
static size_t node_of(const snapshot *read, const void *object) {
    for (size_t i = FIRST_OBJECT; i < read->node_count; i++)
        if (read->nodes[i * NODE_FIELDS + 2] == (uint32_t)((uintptr_t)object / 16))
            return i;
    fail_msg("object %p has no node", object);
    return 0;
}

/* How many edges of this type lead from one node to the other. */
static int edges_between(const snapshot *read, size_t from, size_t to, uint64_t type) {
    size_t first = 0;
    int found = 0;
    for (size_t i = 0; i < from; i++)
        first += read->nodes[i * NODE_FIELDS + 4];
    for (size_t i = first; i < first + read->nodes[from * NODE_FIELDS + 4]; i++)
        found += read->edges[i * EDGE_FIELDS] == type && read->edges[i * EDGE_FIELDS + 2] == to * NODE_FIELDS;
    return found;
}

static int is_file(const char *name) {
    struct stat status;
    return stat(name, &status) == 0;
}

/* ---- What is in it ------------------------------------------------------------------------------------------------ */

static void sizes_add_up_to_what_the_statistics_say(void **state) {
    rr_heap *heap = *state;
    node *ring = ring_new(heap, 0, 100);
    void *large = rr_alloc_items(heap, RR_TYPE_BYTES, 300000);
    void *list = rr_list_new(heap);
    for (int i = 0; i < 50; i++)
        assert_int_equal(rr_list_append(list, ring), RR_OK);
    void *raw = rr_mem_alloc(heap, 12345);
    assert_int_equal(rr_report_external(heap, 6000), RR_OK);

    rr_stats stats = stats_of(heap);
    snapshot read = taken(heap);
    assert_int_equal(bytes_in(&read), stats.live_bytes + stats.raw_bytes + stats.external_bytes);
    uint64_t objects = 0;
    for (size_t i = 0; i < read.node_count; i++)
        objects += read.nodes[i * NODE_FIELDS] == 3 ? read.nodes[i * NODE_FIELDS + 3] : 0;
    assert_int_equal(objects, stats.live_bytes);
    assert_int_equal(edges_between(&read, node_of(&read, list), node_of(&read, ring), ELEMENT), 50);
    forget(&read);

    rr_decref(list);
    rr_decref(ring);
    rr_decref(large);
    rr_mem_free(heap, raw);
    assert_int_equal(rr_report_external(heap, -6000), RR_OK);
    rr_collect(heap);
}

/* A node for each 4 GiB of what is reported, be it any number, would fill the disk. */
static void reported_bytes_make_few_nodes(void **state) {
    rr_heap *heap = *state;
    static const int64_t reported[] = {INT64_C(1) << 50, INT64_MAX};
    for (size_t i = 0; i < LENGTH(reported); i++) {
        assert_int_equal(rr_report_external(heap, reported[i]), RR_OK);
        snapshot read = taken(heap);
        assert_int_equal(read.node_count, FIRST_OBJECT + 1024);
        assert_true(bytes_in(&read) > INT64_C(4000) << 30);
        forget(&read);
        assert_int_equal(rr_report_external(heap, -reported[i]), RR_OK);
    }
}

static void edges_are_slots_and_roots_are_what_is_held(void **state) {
    rr_heap *heap = *state;
    node *held = node_new(heap, 0, 1), *child = node_new(heap, 0, 2);
    link_next(held, child);
    link_other(held, child);
    void *weak = rr_weakref_new(child, NULL, NULL);
    rr_decref(child); /* held by its two slots alone */

    snapshot read = taken(heap);
    size_t parent = node_of(&read, held), inner = node_of(&read, child), reference = node_of(&read, weak);
    assert_int_equal(edges_between(&read, parent, inner, PROPERTY), 2);
    assert_int_equal(edges_between(&read, reference, inner, WEAK), 1);
    assert_int_equal(edges_between(&read, 0, parent, PROPERTY), 1);
    assert_int_equal(edges_between(&read, 0, reference, PROPERTY), 1);
    assert_int_equal(edges_between(&read, 0, inner, PROPERTY), 0);
    forget(&read);
    rr_decref(weak);
    rr_decref(held);
}

static void garbage_hangs_together_under_a_node_of_its_own(void **state) {
    rr_heap *heap = *state;
    rr_gc_disable(heap);
    node *one = ring_new(heap, 0, 1000), *other = ring_new(heap, 0, 10), *alive = ring_new(heap, 0, 10);
    rr_decref(one);
    rr_decref(other);
    snapshot read = taken(heap);
    assert_int_equal(read.nodes[2 * NODE_FIELDS + 4], 2);
    assert_int_equal(read.nodes[4], 2); /* the root: "(GC roots)" and what is alive */
    forget(&read);
    assert_int_equal(live(heap), 1020); /* nothing was freed for it */
    rr_decref(alive);
    rr_collect(heap);
}

/* More at once than the survey's stack holds: what did not fit is found again. */
static void nothing_is_lost_where_references_fan_out(void **state) {
    rr_heap *heap = *state;
    rr_gc_disable(heap);
    enum { WIDE = 70000 };
    for (int is_garbage = 0; is_garbage < 2; is_garbage++) {
        void **wide = rr_alloc_items(heap, RR_TYPE_TUPLE, WIDE);
        assert_non_null(wide);
        for (size_t i = 0; i < WIDE; i++) {
            node *made = node_new(heap, 0, 0), *child = node_new(heap, 0, 0);
            assert_int_equal(rr_take(&made->next, child), RR_OK);
            assert_int_equal(rr_take(&wide[i], made), RR_OK);
        }
        if (is_garbage)
            link_next(wide[0], wide);
        snapshot read = taken(heap);
        assert_int_equal(read.nodes[2 * NODE_FIELDS + 4], 0);
        forget(&read);
        rr_decref(wide);
        if (is_garbage) {
            read = taken(heap);
            /* Its entries are those that the walk met first: some, but not the children of others. */
            assert_in_range(read.nodes[2 * NODE_FIELDS + 4], 1, 2 * WIDE);
            assert_int_equal(bytes_in(&read), stats_of(heap).live_bytes);
            forget(&read);
        }
    }
    rr_collect(heap);
    assert_int_equal(live(heap), 0);
}

static void immortal_frozen_and_untracked_objects_are_held(void **state) {
    rr_heap *heap = *state;
    rr_gc_disable(heap);
    node *frozen = ring_new(heap, 0, 3);
    assert_int_equal(rr_gc_freeze(heap), RR_OK);
    node *untracked = node_new(heap, 0, 1);
    link_next(untracked, untracked);
    assert_int_equal(rr_gc_untrack(untracked), RR_OK);
    rr_decref(frozen);
    rr_decref(untracked);
    snapshot read = taken(heap);
    assert_int_equal(read.nodes[2 * NODE_FIELDS + 4], 0);
    assert_int_equal(edges_between(&read, 0, node_of(&read, frozen), PROPERTY), 1);
    assert_int_equal(edges_between(&read, 0, node_of(&read, untracked), PROPERTY), 1);
    forget(&read);
    rr_gc_unfreeze(heap);
    assert_int_equal(rr_gc_track(untracked), RR_OK);
    rr_gc_candidate(untracked);

    rr_heap *other = heap_with(0, 0);
    node *immortal = node_new(other, 0, 1);
    assert_int_equal(rr_make_immortal(immortal), RR_OK);
    read = taken(other);
    assert_int_equal(edges_between(&read, 0, node_of(&read, immortal), PROPERTY), 1);
    forget(&read);
    assert_int_equal(rr_heap_free(other), RR_OK);
    rr_collect(heap);
}

static void a_slot_with_junk_is_no_edge(void **state) {
    rr_heap *heap = *state;
    rr_heap *other = heap_with(0, 0);
    node *stranger = node_new(other, 0, 1), *dead = node_new(heap, 0, 2), *object = node_new(heap, 0, 3);
    rr_decref(dead);
    void *junk[] = {(void *)1, (void *)16, (void *)(uintptr_t)-16, (void *)&junk, dead, stranger, object + 1,
                    (char *)object + 8, heap, (void *)((uintptr_t)1 << 63)};
    for (size_t i = 0; i < LENGTH(junk); i++) {
        object->next = junk[i];
        snapshot read = taken(heap);
        assert_int_equal(read.nodes[node_of(&read, object) * NODE_FIELDS + 4], 0);
        forget(&read);
    }
    object->next = NULL;
    rr_decref(object);
    rr_decref(stranger);
    heap_end(other);
}

static void a_heap_without_objects_has_a_snapshot(void **state) {
    snapshot read = taken(*state);
    assert_int_equal(read.node_count, 3);
    assert_int_equal(bytes_in(&read), 0);
    forget(&read);
}

static int on_little_stack(void *argument) {
    rr_heap *heap = heap_with(0, 0);
    node *top = NULL;
    (void)argument;
    for (int i = 0; i < 200000; i++) {
        node *next = node_new(heap, 0, i);
        next->next = top;
        top = next;
    }
    REQUIRE(rr_heap_snapshot(heap, path) == RR_OK);
    rr_decref(top);
    heap_end(heap);
    return 0;
}

static void deep_structures_need_no_stack(void **state) {
    (void)state;
    on_small_thread(64 * 1024, on_little_stack, NULL);
    snapshot read = read_snapshot(path);
    assert_int_equal(read.node_count, FIRST_OBJECT + 200000);
    forget(&read);
}

static void a_heap_that_all_threads_use_has_one_too(void **state) {
    (void)state;
    rr_heap *heap = heap_with(RR_HEAP_SYNCHRONIZED, 0);
    node *object = node_new(heap, 0, 1);
    snapshot read = taken(heap);
    assert_int_equal(edges_between(&read, 0, node_of(&read, object), PROPERTY), 1);
    forget(&read);
    rr_decref(object);
    heap_end(heap);
}

/* What is kept from being used again is no object any more, guard bytes are a part of blocks. */
static void sizes_add_up_in_a_checked_heap_too(void **state) {
    (void)state;
    rr_heap *heap = heap_with(RR_HEAP_CHECKED, 0);
    node *ring = ring_new(heap, 0, 50);
    for (int i = 0; i < 20; i++)
        rr_decref(rr_alloc_items(heap, RR_TYPE_BYTES, 100));
    snapshot read = taken(heap);
    assert_int_equal(bytes_in(&read), stats_of(heap).live_bytes);
    assert_int_equal(read.node_count, FIRST_OBJECT + 50);
    forget(&read);
    rr_decref(ring);
    assert_int_equal(rr_collect(heap), 50);
    heap_end(heap);
}

/* ---- Names of slots ----------------------------------------------------------------------------------------------- */

static void slots_have_their_names_or_their_offsets(void **state) {
    rr_heap *heap = *state;
    static const uint32_t offsets[] = {0, 8, 16};
    char left[] = "left";
    const char *names[] = {left, NULL, "r\"ight\\\n\x01\xFF"};
    rr_type_info info = type_info("named");
    info.size = 24;
    info.ref_offsets = offsets;
    info.ref_count = 3;
    info.ref_names = names;
    rr_type type = rr_type_new(&info);
    assert_int_not_equal(type, 0);
    memset(left, 'x', 4);
    names[2] = NULL;
    void **object = rr_alloc(heap, type);
    for (int i = 0; i < 3; i++)
        assert_int_equal(rr_store(&object[i], object), RR_OK);
    snapshot read = taken(heap);
    assert_non_null(strstr(read.text, "\"named\",\n\"left\",\n\"+8\",\n\"r\\\"ight\\\\\\u000a\\u0001\xEF\xBF\xBD\""));
    forget(&read);
    for (int i = 0; i < 3; i++)
        assert_int_equal(rr_store(&object[i], NULL), RR_OK);
    rr_decref(object);
}

static void callers_of_before_have_no_names(void **state) {
    (void)state;
    static const uint32_t offsets[] = {0};
    rr_type_info info = type_info("old");
    info.size = 8;
    info.ref_offsets = offsets;
    info.ref_count = 1;
    info.ref_names = (const char *const *)(uintptr_t)0xDEAD; /* not theirs, so never read */
    for (uint32_t size = offsetof(rr_type_info, ref_names); size < sizeof info; size++) {
        info.struct_size = size;
        assert_int_not_equal(rr_type_new(&info), 0);
    }
    info.struct_size = offsetof(rr_type_info, ref_names) - 1;
    assert_refused_zero(rr_type_new(&info), RR_E_ARGUMENT, "struct_size", info.struct_size);
}

static void names_that_are_none_are_refused(void **state) {
    (void)state;
    static char too_long[5000];
    memset(too_long, 'x', sizeof too_long - 1);
    static const uint32_t offsets[] = {0, 8};
    const char *names[] = {"fine", ""};
    rr_type_info info = type_info("wrong");
    info.size = 16;
    info.ref_offsets = offsets;
    info.ref_count = 2;
    info.ref_names = names;
    assert_refused_zero(rr_type_new(&info), RR_E_ARGUMENT, "ref_names", 1);
    names[1] = too_long;
    assert_refused_zero(rr_type_new(&info), RR_E_ARGUMENT, "ref_names", 1);
    names[1] = "fine";
    assert_int_not_equal(rr_type_new(&info), 0);
}

/* ---- Errors ------------------------------------------------------------------------------------------------------- */

static void assert_not_written(rr_heap *heap, const char *to, int reason) {
    assert_int_equal(rr_heap_snapshot(heap, to), RR_E_IO);
    assert_int_equal(rr_last_status(), RR_E_IO);
    const char *parts[] = {"rr_heap_snapshot", "path", to, strerror(reason)};
    for (size_t i = 0; i < LENGTH(parts); i++)
        if (strstr(rr_last_error(), parts[i]) == NULL)
            fail_msg("the error does not name %s: %s", parts[i], rr_last_error());
}

static void a_file_that_can_not_be_written_is_an_error_with_its_reason(void **state) {
    rr_heap *heap = *state;
    node *object = node_new(heap, 0, 1);
    char nowhere[256];
    snprintf(nowhere, sizeof nowhere, "%s/missing/heap", directory);
    assert_refused(rr_heap_snapshot(heap, NULL), RR_E_ARGUMENT, "path", 0);
    assert_not_written(heap, nowhere, ENOENT);
    assert_not_written(heap, directory, EISDIR);
    assert_not_written(heap, "/dev/full", ENOSPC);
    rr_decref(object);
}

/* A file may not grow beyond a limit: to the library that is a full disk. What was there before stays. */
static void a_full_disk_leaves_what_was_there(void **state) {
    rr_heap *heap = *state;
    node *ring = ring_new(heap, 0, 20000);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs("before", file);
    fclose(file);
    pid_t child = fork();
    assert_int_not_equal(child, -1);
    if (child == 0) {
        struct rlimit limit = {100000, 100000};
        signal(SIGXFSZ, SIG_IGN);
        _exit(setrlimit(RLIMIT_FSIZE, &limit) != 0                    ? 1
              : rr_heap_snapshot(heap, path) != RR_E_IO               ? 2
              : strstr(rr_last_error(), strerror(EFBIG)) == NULL      ? 3
                                                                      : 0);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    char text[10] = "";
    file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    fclose(file);
    assert_string_equal(text, "before"); /* and the fixture finds nothing beside it */
    rr_decref(ring);
    rr_collect(heap);
}

static void a_forked_child_takes_a_snapshot(void **state) {
    rr_heap *heap = *state;
    node *ring = ring_new(heap, 0, 500);
    pid_t child = fork();
    assert_int_not_equal(child, -1);
    if (child == 0)
        _exit(rr_heap_snapshot(heap, path) == RR_OK ? 0 : 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    snapshot read = read_snapshot(path);
    assert_int_equal(read.node_count, FIRST_OBJECT + 500);
    forget(&read);
    rr_decref(ring);
    rr_collect(heap);
}

/* In callbacks nothing is asserted: what the call said goes to the log. */
static rr_heap *snapped;

static void snap(const char *where) {
    rr_status picture = rr_heap_dot(snapped, path, 0), status = rr_heap_snapshot(snapped, path);
    if (picture != status)
        log_event("a picture is %" PRId32, picture);
    log_event("%s %" PRId32 "%s%s", where, status, strstr(rr_last_error(), "callback") != NULL ? "" : rr_last_error(),
              is_file(path) ? " and a file" : "");
}

static void snap_in_finalizer(node *self) {
    (void)self;
    snap("finalizer");
}

static void snap_in_destroy(node *self) {
    (void)self;
    snap("destroy");
}

static void snap_in_weak(void *weakref, void *user) {
    (void)weakref;
    (void)user;
    snap("weak");
}

static void snap_in_collection(rr_heap *heap, const rr_gc_event *event, void *user) {
    (void)heap;
    (void)user;
    if (event->phase == 0 && log_count("collection") == 0) /* there may be many slices */
        snap("collection");
}

static void snap_in_traverse(void *object, rr_visit_fn visit, void *arg, void *user) {
    (void)object;
    (void)visit;
    (void)arg;
    (void)user;
    snap("traverse");
}

static void not_from_inside_a_callback(void **state) {
    rr_heap *heap = snapped = *state;
    log_clear();
    on_finalize = snap_in_finalizer;
    on_destroy = snap_in_destroy;
    node *object = node_new(heap, NODE_FINALIZE | NODE_DESTROY, 1);
    void *weak = rr_weakref_new(object, snap_in_weak, NULL);
    rr_decref(object);
    rr_decref(weak);
    rr_gc_set_callback(heap, snap_in_collection, NULL);
    rr_collect(heap);
    rr_gc_set_callback(heap, NULL, NULL);
    assert_log("finalize 1; finalizer -5; weak -5; destroy 1; destroy -5; collection -5");

    log_clear();
    rr_type_info info = type_info("traversed");
    info.size = 8;
    info.traverse = snap_in_traverse;
    rr_type type = rr_type_new(&info);
    void *traversed = rr_alloc(heap, type), *out[1];
    rr_get_referents(traversed, out, 1);
    assert_log("traverse -5");
    rr_decref(traversed);
}

static void another_heap_s_callbacks_are_no_hindrance(void **state) {
    rr_heap *other = snapped = heap_with(0, 0);
    node *object = node_new(other, 0, 1);
    log_clear();
    on_finalize = snap_in_finalizer;
    rr_decref(node_new(*state, NODE_FINALIZE, 2));
    assert_memory_equal(log_text(), "finalize 2; finalizer 0", strlen("finalize 2; finalizer 0"));
    snapshot read = read_snapshot(path);
    assert_int_equal(read.node_count, FIRST_OBJECT + 1);
    forget(&read);
    rr_decref(object);
    heap_end(other);
}

/* Reports its slot at every other call only. */
static void report_now_and_then(void *object, rr_visit_fn visit, void *arg, void *user) {
    int *calls = user;
    if (++*calls % 2 == 0)
        visit(*(void **)object, arg);
}

static void a_traverse_callback_that_contradicts_itself_is_found_out(void **state) {
    rr_heap *heap = *state;
    static int calls;
    rr_type_info info = type_info("fickle");
    info.size = 8;
    info.traverse = report_now_and_then;
    info.user = &calls;
    rr_type type = rr_type_new(&info);
    void **fickle = rr_alloc(heap, type);
    *fickle = node_new(heap, 0, 1);
    assert_int_equal(rr_heap_snapshot(heap, path), RR_E_CORRUPT);
    assert_non_null(strstr(rr_last_error(), "traverse"));
    assert_false(is_file(path));
    rr_decref(*fickle);
    *fickle = NULL;
    rr_decref(fickle);
}

static int from_a_strange_thread(void *heap) {
    REQUIRE(rr_heap_snapshot(heap, path) == RR_E_WRONG_THREAD);
    REQUIRE(!is_file(path));
    return 0;
}

static void another_thread_s_heap_is_refused(void **state) {
    on_thread(from_a_strange_thread, *state);
    assert_refused(rr_heap_snapshot((rr_heap *)directory, path), RR_E_ARGUMENT, "heap", (uintptr_t)directory);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_DIRECTORY(sizes_add_up_to_what_the_statistics_say),
        WITH_DIRECTORY(reported_bytes_make_few_nodes),
        WITH_DIRECTORY(edges_are_slots_and_roots_are_what_is_held),
        WITH_DIRECTORY(garbage_hangs_together_under_a_node_of_its_own),
        WITH_DIRECTORY(nothing_is_lost_where_references_fan_out),
        WITH_DIRECTORY(immortal_frozen_and_untracked_objects_are_held),
        WITH_DIRECTORY(a_slot_with_junk_is_no_edge),
        WITH_DIRECTORY(a_heap_without_objects_has_a_snapshot),
        WITH_DIRECTORY(deep_structures_need_no_stack),
        WITH_DIRECTORY(a_heap_that_all_threads_use_has_one_too),
        WITH_DIRECTORY(sizes_add_up_in_a_checked_heap_too),
        WITH_DIRECTORY(slots_have_their_names_or_their_offsets),
        WITH_DIRECTORY(callers_of_before_have_no_names),
        WITH_DIRECTORY(names_that_are_none_are_refused),
        WITH_DIRECTORY(a_file_that_can_not_be_written_is_an_error_with_its_reason),
        WITH_DIRECTORY(a_full_disk_leaves_what_was_there),
        WITH_DIRECTORY(a_forked_child_takes_a_snapshot),
        WITH_DIRECTORY(not_from_inside_a_callback),
        WITH_DIRECTORY(another_heap_s_callbacks_are_no_hindrance),
        WITH_DIRECTORY(a_traverse_callback_that_contradicts_itself_is_found_out),
        WITH_DIRECTORY(another_thread_s_heap_is_refused),
    };
    return cmocka_run_group_tests_name("snapshots", tests, NULL, NULL);
}
