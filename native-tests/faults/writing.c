/* Functions that write files, and what leads to a file in the end: profiles, traces. They ask for memory and for files. */
#include "scenarios.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A small graph: each file is waited for until it is on the disk. */
static void prepare_graph(scene *s) {
    scene_fill(s, 600);
}

/* The file is whole and not empty, or not there. */
static int64_t written(scene *s, rr_status status) {
    struct stat file;
    bool is_there = stat(s->path, &file) == 0;
    MUST(status == RR_OK ? is_there && file.st_size > 100 : !is_there);
    if (is_there)
        unlink(s->path);
    return status;
}

static int64_t print_stats(scene *s) {
    return written(s, rr_heap_print_stats(s->heap, s->path));
}

static int64_t snapshot(scene *s) {
    return written(s, rr_heap_snapshot(s->heap, s->path));
}

static int64_t heap_dot(scene *s) {
    return written(s, rr_heap_dot(s->heap, s->path, 500));
}

static int64_t object_dot(scene *s) {
    return written(s, rr_object_dot(s->batch[0], s->path, 500));
}

static int64_t leak_report(scene *s) {
    return written(s, rr_leak_report(s->heap, s->path));
}

static int64_t leak_json(scene *s) {
    char *suffix = strrchr(s->path, '.');
    memcpy(suffix, ".json", 6);
    int64_t status = written(s, rr_leak_report(s->heap, s->path));
    memcpy(suffix, ".txt", 5);
    return status;
}

static int64_t profile_start(scene *s) {
    rr_status status = rr_profile_start(s->heap, 100);
    if (status != RR_OK)
        return status;
    /* A sample for which there is no memory is lost, and nothing else is. */
    for (int i = 0; i < 500; i++)
        MUST(scene_own(s, rr_alloc(s->heap, scene_type(PLAIN))) == RR_OK);
    MUST(rr_profile_stop(s->heap) == RR_OK);
    return RR_OK;
}

static void prepare_profile(scene *s) {
    MUST(rr_profile_start(s->heap, 100) == RR_OK);
    for (int i = 0; i < 500; i++)
        MUST(scene_own(s, rr_alloc(s->heap, scene_type(PLAIN))) == RR_OK);
    s->owned_count = 0;
    for (int i = 0; i < 500; i++)
        s->batch[i] = s->owned[i];
}

static void end_profile(scene *s) {
    MUST(rr_profile_stop(s->heap) == RR_OK);
    MUST(rr_decref_many(s->batch, 500) == 500);
}

static int64_t profile_write(scene *s) {
    return written(s, rr_profile_write(s->heap, s->path));
}

static int64_t profile_stop(scene *s) {
    rr_status status = rr_profile_stop(s->heap);
    return status == RR_OK || status == RR_E_ARGUMENT ? RR_OK : status;
}

static void prepare_profile_to_stop(scene *s) {
    MUST(rr_profile_start(s->heap, 100) == RR_OK);
}

/* The trace is the process's. The last collections are in it whether or not their heap has memory. */
static int64_t trace_start(scene *s) {
    rr_status status = rr_trace_start(s->path);
    if (status != RR_OK)
        return written(s, status);
    MUST(rr_collect(s->heap) >= 0 || rr_last_status() == RR_E_NO_MEMORY);
    int64_t stopped = written(s, rr_trace_stop()); /* rr_trace_stop has a scenario of its own */
    MUST(stopped == RR_OK || stopped == RR_E_IO);
    return RR_OK;
}

static int64_t trace_stop(scene *s) {
    rr_status status = rr_trace_stop();
    if (status == RR_E_ARGUMENT) /* a try that failed has ended it */
        return RR_OK;
    return written(s, status);
}

static void prepare_trace(scene *s) {
    MUST(rr_trace_start(s->path) == RR_OK);
    MUST(rr_collect(s->heap) >= 0);
}

const scenario writing_scenarios[] = {
    {"rr_heap_print_stats", NULL, WRITES, print_stats, prepare_graph, NULL},
    {"rr_heap_snapshot", NULL, WRITES, snapshot, prepare_graph, NULL},
    {"rr_heap_dot", NULL, WRITES, heap_dot, prepare_graph, NULL},
    {"rr_object_dot", NULL, WRITES, object_dot, prepare_graph, NULL},
    {"rr_leak_report", NULL, WRITES, leak_report, prepare_graph, NULL},
    {"rr_leak_report", "as JSON", WRITES, leak_json, prepare_graph, NULL},
    {"rr_profile_start", NULL, MAY_DO_WITHOUT, profile_start, NULL, NULL},
    {"rr_profile_write", NULL, WRITES | MAY_DO_WITHOUT, profile_write, prepare_profile, end_profile},
    {"rr_profile_stop", NULL, MAY_DO_WITHOUT, profile_stop, prepare_profile_to_stop, NULL},
    {"rr_trace_start", NULL, WRITES | COLLECTS | MAY_DO_WITHOUT, trace_start, NULL, NULL},
    {"rr_trace_stop", NULL, WRITES, trace_stop, prepare_trace, NULL},
};
const size_t writing_count = LENGTH(writing_scenarios);
