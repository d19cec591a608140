/* Allocate one object and release it, over and over: the price of an object that lives for a moment. */
#include "bench.h"

static double run(const bench_contender *contender, size_t size) {
    uint64_t count = (uint64_t)size * 10;
    contender->pairs(count / 10); /* warm up */
    uint64_t start = now_ns();
    contender->pairs(count);
    uint64_t time = now_ns() - start;
    CHECK(contender->live() == 0);
    return (double)time / (double)count;
}

const bench_workload workload_pair = {
    .name = "pair", .what = "allocate and release one object", .unit = "pair", .run = run};
