/* What workloads and contenders share. */
#define _POSIX_C_SOURCE 200809L
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* xorshift64 */
uint64_t bench_random(uint64_t *state) {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

void *bench_array(size_t count, size_t size) {
    void *array = calloc(count, size);
    CHECK(array != NULL);
    return array;
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

_Noreturn void bench_check_failed(const char *condition, const char *file, int line) {
    fprintf(stderr, "%s:%d: the data is wrong: %s does not hold\n", file, line, condition);
    abort();
}
