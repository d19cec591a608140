/* A document graph: reads a JSON file into one cyclic graph of objects, looks around in it, drops it, and shows that all
 * of it comes back.
 *
 *     json_graph FILE
 *
 * Ends with 0; with 1 when the file can't be read or is no JSON (then line and column are told, and everything that had
 * been built is freed); with 2 when memory was left behind.
 */
#define _POSIX_C_SOURCE 200809L
#include "document_graph.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* The whole file, with a 0 behind it; NULL with errno set. */
static char *read_file(const char *path, size_t *length) {
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    size_t used = 0, capacity = 0;
    while (file != NULL) {
        if (capacity - used < 2) {
            capacity = capacity * 2 + (1 << 16);
            char *larger = realloc(text, capacity);
            if (larger == NULL)
                break;
            text = larger;
        }
        size_t count = fread(text + used, 1, capacity - used - 1, file);
        used += count;
        if (count == 0 && !ferror(file)) {
            fclose(file);
            text[used] = '\0';
            *length = used;
            return text;
        }
        if (count == 0)
            break;
    }
    int error = errno;
    if (file != NULL)
        fclose(file);
    free(text);
    errno = error;
    return NULL;
}

static rr_stats stats_of(rr_heap *heap) {
    rr_stats stats = {.struct_size = sizeof stats};
    rr_heap_stats(heap, &stats);
    return stats;
}

static const char *what_is(const void *object) {
    if (rr_type_of(object) != document_value_type())
        return "a list";
    static const char *const kinds[] = {"a null", "a false", "a true", "a number", "a string", "an array", "an object"};
    return kinds[((const value *)object)->kind];
}

static void print_referrers(const value *v) {
    enum { SHOWN = 6 };
    void *referrers[SHOWN];
    int64_t references = rr_getrefcount(v), count = rr_get_referrers(v, referrers, SHOWN);
    printf("It has %" PRId64 " reference%s, from\n", references, references == 1 ? "" : "s");
    for (int64_t i = 0; i < count && i < SHOWN; i++)
        printf("  %p, %s\n", referrers[i], what_is(referrers[i]));
    if (count > SHOWN)
        printf("  and %" PRId64 " more objects\n", count - SHOWN);
    if (count < references)
        printf("  this program\n");
}

/* Who refers to the most deeply nested value's container, and why that value is alive. */
static void look_around(value *root) {
    char place[4096];
    size_t depth;
    value *deepest = document_deepest(root, &depth);
    document_describe(deepest, place, sizeof place);
    printf("The most deeply nested value, %zu levels down, is %s at\n  %s\n", depth, what_is(deepest), place);
    value *container = deepest->parent != NULL ? deepest->parent : deepest;
    document_describe(container, place, sizeof place);
    printf("Who refers to %s?\n", place);
    print_referrers(container);

    int64_t length = rr_get_path(deepest, NULL, 0);
    void **path = length <= 0 ? NULL : malloc((size_t)length * sizeof *path);
    if (path == NULL || rr_get_path(deepest, path, (size_t)length) != length) {
        fprintf(stderr, "no path: %s\n", rr_last_error());
        free(path);
        return;
    }
    printf("What keeps the value alive, beginning with what this program holds (%" PRId64 " in all):\n ", length);
    for (int64_t i = 0; i < length; i++) {
        if (length <= 24 || i < 12 || i >= length - 12)
            printf(" %s%s", i == 0 ? "" : "-> ", what_is(path[i]));
        else if (i == 12)
            printf(" -> ...");
    }
    printf("\n");
    free(path);
}

/* Whether nothing is left. */
static bool is_empty(rr_heap *heap) {
    rr_stats stats = stats_of(heap);
    bool sound = rr_heap_verify(heap) == RR_OK;
    printf("Left: %" PRIu64 " objects, %" PRIu64 " bytes; the heap %s.\n", stats.live_objects, stats.live_bytes + stats.raw_bytes,
           sound ? "verifies" : rr_last_error());
    return sound && stats.live_objects == 0 && stats.raw_bytes == 0;
}

/* Reads, looks, drops, collects. Answers what main answers. */
static int run(rr_heap *heap, const char *path, const char *text, size_t length) {
    double start = milliseconds();
    json_error error;
    value *root = document_read(heap, text, length, &error);
    double read_ms = milliseconds() - start;
    if (root == NULL) {
        fprintf(stderr, "%s:%zu:%zu: %s\n", path, error.line, error.column, error.message);
        return is_empty(heap) ? 1 : 2;
    }
    rr_stats full = stats_of(heap);
    printf("%s: %zu bytes\n", path, length);
    printf("Read into %" PRIu64 " objects, %" PRIu64 " bytes, in %.1f ms.\n", full.live_objects, full.live_bytes + full.raw_bytes,
           read_ms);
    look_around(root);

    rr_decref(root);
    uint64_t held = stats_of(heap).live_objects;
    printf("The root is dropped: %" PRIu64 " objects are still there%s.\n", held, held == 0 ? "" : ", each held by another");
    start = milliseconds();
    int64_t collected = rr_collect(heap);
    double collect_ms = milliseconds() - start;
    if (collected < 0) {
        fprintf(stderr, "rr_collect: %s\n", rr_last_error());
        return 2;
    }
    uint64_t back = held - stats_of(heap).live_objects;
    printf("Collected %" PRId64 " values and lists, and with them %" PRIu64 " texts, in %.1f ms.\n", collected,
           back - (uint64_t)collected, collect_ms);
    return is_empty(heap) ? 0 : 2;
}

int main(int argument_count, char **arguments) {
    if (argument_count != 2) {
        fprintf(stderr, "usage: json_graph FILE\n");
        return 1;
    }
    size_t length;
    char *text = read_file(arguments[1], &length);
    if (text == NULL) {
        fprintf(stderr, "%s: %s\n", arguments[1], strerror(errno));
        return 1;
    }
    rr_heap *heap = rr_heap_new(NULL);
    int result = heap == NULL ? 2 : run(heap, arguments[1], text, length);
    if (heap == NULL || rr_heap_free(heap) != RR_OK) {
        fprintf(stderr, "%s\n", rr_last_error());
        result = 2;
    }
    free(text);
    return result;
}
