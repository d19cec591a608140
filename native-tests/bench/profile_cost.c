/* What a profile of allocations costs: the same work with and without one, in turn, in one process.
 *
 *     profile_cost [REPETITIONS]
 *
 * Prints the median of the time with a profile over that without, for each workload, sampling one in 512 KiB.
 */
#define _POSIX_C_SOURCE 200809L
#include <refruntime_inline.h>

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct node {
    void *left, *right;
    uint64_t id;
} node;

enum { OBJECTS = 1000 * 1000, LIVE = 500 * 1000, MOST = 99 };

static node *nodes[OBJECTS];
static uint32_t order[OBJECTS];
static rr_type type;

static double seconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static uint64_t random_next(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* All are made, then released in order. */
static void batch(rr_heap *heap) {
    for (uint32_t i = 0; i < OBJECTS; i++)
        nodes[i] = rr_alloc(heap, type);
    for (uint32_t i = 0; i < OBJECTS; i++)
        rr_decref(nodes[i]);
}

/* The same, released at random, so that free lists are scattered. */
static void scattered(rr_heap *heap) {
    for (uint32_t i = 0; i < OBJECTS; i++)
        nodes[i] = rr_alloc(heap, type);
    for (uint32_t i = 0; i < OBJECTS; i++)
        rr_decref(nodes[order[i]]);
}

/* Rings of three are made and dropped beside a live array: automatic collections find them. */
static void churn(rr_heap *heap) {
    for (uint32_t i = 0; i < LIVE; i++)
        nodes[i] = rr_alloc(heap, type);
    for (uint32_t i = 0; i < OBJECTS / 2; i++) {
        node *a = rr_alloc(heap, type), *b = rr_alloc(heap, type), *c = rr_alloc(heap, type);
        rr_store(&a->left, b);
        rr_store(&b->left, c);
        rr_store(&c->left, a);
        rr_store(&a->right, nodes[order[i] % LIVE]);
        rr_decref(b);
        rr_decref(c);
        rr_decref(a);
    }
    for (uint32_t i = 0; i < LIVE; i++)
        rr_decref(nodes[i]);
    rr_collect(heap);
}

/* A dead ring of a million: a sample in it keeps the collection from its fastest way. */
static void dead_ring(rr_heap *heap) {
    for (uint32_t i = 0; i < OBJECTS; i++)
        nodes[i] = rr_alloc(heap, type);
    for (uint32_t i = 0; i < OBJECTS; i++)
        rr_store(&nodes[i]->left, nodes[(i + 1) % OBJECTS]);
    for (uint32_t i = 0; i < OBJECTS; i++)
        rr_decref(nodes[i]);
    rr_collect(heap);
}

static double timed(void (*work)(rr_heap *), int is_profiled, uint32_t flags) {
    rr_heap_options options = {.struct_size = sizeof options, .flags = flags};
    rr_heap *heap = rr_heap_new(&options);
    if (heap == NULL || (is_profiled && rr_profile_start(heap, 512 * 1024) != RR_OK)) {
        fprintf(stderr, "profile_cost: %s\n", rr_last_error());
        exit(1);
    }
    double begun = seconds();
    work(heap);
    double taken = seconds() - begun;
    rr_heap_free(heap);
    return taken;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void compare(const char *name, void (*work)(rr_heap *), uint32_t flags, int repetitions) {
    double ratios[MOST], plain[MOST];
    timed(work, 0, flags);
    for (int i = 0; i < repetitions; i++) {
        /* Who is first changes, so that neither always finds what the other has left. */
        double first = timed(work, i % 2, flags), second = timed(work, 1 - i % 2, flags);
        plain[i] = i % 2 != 0 ? second : first;
        ratios[i] = i % 2 != 0 ? first / second : second / first;
    }
    qsort(ratios, (size_t)repetitions, sizeof *ratios, ascending);
    qsort(plain, (size_t)repetitions, sizeof *plain, ascending);
    printf("%-28s %8.1f ms without, times %.3f with (%.3f to %.3f)\n", name, plain[repetitions / 2] * 1e3,
           ratios[repetitions / 2], ratios[repetitions / 4], ratios[repetitions * 3 / 4]);
}

int main(int count, char **arguments) {
    int repetitions = count > 1 ? atoi(arguments[1]) : 15;
    uint64_t state = 88172645463325252u;
    uint32_t offsets[] = {0, sizeof(void *)};
    rr_type_info info = {.struct_size = sizeof info, .name = "node", .size = sizeof(node), .ref_offsets = offsets, .ref_count = 2};
    if (repetitions < 1 || repetitions > MOST || (type = rr_type_new(&info)) == 0)
        return 2;
    for (uint32_t i = 0; i < OBJECTS; i++)
        order[i] = i;
    for (uint32_t i = OBJECTS; i-- > 1;) {
        uint32_t other = (uint32_t)(random_next(&state) % (i + 1)), saved = order[i];
        order[i] = order[other];
        order[other] = saved;
    }
    compare("batch, in order", batch, RR_HEAP_MANUAL_GC, repetitions);
    compare("batch, random", scattered, RR_HEAP_MANUAL_GC, repetitions);
    compare("rings of three, automatic", churn, 0, repetitions);
    compare("dead ring of a million", dead_ring, RR_HEAP_MANUAL_GC, repetitions);
    return 0;
}
