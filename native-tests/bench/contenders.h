/* The contenders by name: each file defines one of them, lineup.c puts them in order. */
#ifndef RR_BENCH_CONTENDERS_H
#define RR_BENCH_CONTENDERS_H

#include "bench.h"

extern const bench_contender contender_rr, contender_rr_inline, contender_rr_bounded, contender_rr_tagged, contender_glibc,
    contender_mimalloc, contender_jemalloc, contender_cpython, contender_boehm, contender_nim;

#endif
