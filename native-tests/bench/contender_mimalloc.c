/* mimalloc, with counts by hand. */
#include "bench.h"
#include "contenders.h"

#define LIBRARY_NAMES "libmimalloc.so", "libmimalloc.so.3", "libmimalloc.so.2", "libmimalloc.so.2.0"
#define LIBRARY_PACKAGE "libmimalloc2.0"
#define MALLOC_NAMES "mi_malloc"
#define FREE_NAMES "mi_free"
#include "hand_loaded.h"

const bench_contender contender_mimalloc = {
    .name = "mimalloc", .what = "mi_malloc and mi_free, counts by hand", .begin = begin, HAND_COUNTED};
