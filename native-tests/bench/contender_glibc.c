/* malloc and free of the C library, with counts by hand. */
#include "bench.h"
#include "contenders.h"

#include <stdlib.h>

static inline void *hand_alloc(size_t size) {
    return malloc(size);
}

static inline void hand_free(void *memory) {
    free(memory);
}

#include "hand_counted.h"

static bool begin(char *why, size_t why_size, bool automatic) {
    (void)why;
    (void)why_size;
    (void)automatic;
    return true;
}

const bench_contender contender_glibc = {
    .name = "glibc", .what = "malloc and free, counts by hand", .begin = begin, HAND_COUNTED};
