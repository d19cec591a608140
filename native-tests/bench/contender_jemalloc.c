/* jemalloc, with counts by hand. */
#include "bench.h"
#include "contenders.h"

#define LIBRARY_NAMES "libjemalloc.so.2", "libjemalloc.so"
#define LIBRARY_PACKAGE "libjemalloc2"
#define MALLOC_NAMES "je_malloc", "malloc"
#define FREE_NAMES "je_free", "free"
#include "hand_loaded.h"

const bench_contender contender_jemalloc = {
    .name = "jemalloc", .what = "its malloc and free, counts by hand", .begin = begin, HAND_COUNTED};
