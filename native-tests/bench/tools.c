/* What workloads and contenders share. */
#define _GNU_SOURCE /* MAP_ANONYMOUS, MAP_POPULATE */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

const uint32_t bench_sizes[BENCH_SIZES] = {16, 24, 32, 48, 72, 104, 152, 200};

static uint64_t clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t cpu_ns(void) {
    return clock_ns(CLOCK_PROCESS_CPUTIME_ID);
}

uint64_t now_ns(void) {
    return clock_ns(CLOCK_MONOTONIC);
}

/* ---- Arrays ------------------------------------------------------------------------------------------------------ */

/* Before each array stands how long its mapping is, in a unit that keeps the array aligned. */
enum { ARRAY_HEAD = 64 };

void *bench_array(size_t count, size_t size) {
    size_t bytes = count * size + ARRAY_HEAD;
    char *mapping = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    CHECK(mapping != MAP_FAILED);
    *(size_t *)(void *)mapping = bytes;
    return mapping + ARRAY_HEAD;
}

void bench_array_free(void *array) {
    if (array != NULL) {
        char *mapping = (char *)array - ARRAY_HEAD;
        CHECK(munmap(mapping, *(size_t *)(void *)mapping) == 0);
    }
}

uint32_t *bench_shuffle(size_t count) {
    uint32_t *order = bench_array(count, sizeof *order);
    uint64_t random = 1;
    for (size_t i = 0; i < count; i++)
        order[i] = (uint32_t)i;
    for (size_t i = count - 1; i > 0; i--) {
        size_t j = bench_random(&random) % (i + 1);
        uint32_t swapped = order[i];
        order[i] = order[j];
        order[j] = swapped;
    }
    return order;
}

/* ---- Trees ------------------------------------------------------------------------------------------------------- */

size_t bench_tree_size(int depth) {
    return ((size_t)2 << depth) - 1;
}

int bench_tree_depth(size_t nodes) {
    int depth = 0;
    while (bench_tree_size(depth) + 1 < nodes)
        depth++;
    return depth;
}

/* ---- Contenders and checks --------------------------------------------------------------------------------------- */

void bench_watch(const bench_contender *contender, void *array, size_t bytes, bool on) {
    if (contender->watch != NULL)
        contender->watch(array, bytes, on);
}

void bench_expect_live(const bench_contender *contender, int64_t count, const char *file, int line) {
    if (contender->live == NULL)
        return;
    int64_t live = contender->live();
    if (live != count) {
        fprintf(stderr, "%s: %lld nodes are allocated, not %lld\n", contender->name, (long long)live, (long long)count);
        bench_check_failed("the number of live nodes", file, line);
    }
}

_Noreturn void bench_check_failed(const char *condition, const char *file, int line) {
    fprintf(stderr, "%s:%d: the data is wrong: %s does not hold\n", file, line, condition);
    abort();
}
