/* How much memory an object of 32 bytes takes, as the system sees it: what the process has grown by while it made many. */
#define _DEFAULT_SOURCE /* sysconf */
#include "bench.h"
#include "workloads.h"

#include <stdio.h>
#include <unistd.h>

static uint64_t resident_bytes(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long long total = 0, resident = 0;
    CHECK(file != NULL && fscanf(file, "%llu %llu", &total, &resident) == 2 && fclose(file) == 0);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void run(const bench_contender *contender, size_t size, double *values) {
    bench_node **nodes = bench_array(size, sizeof *nodes);
    bench_watch(contender, nodes, size * sizeof *nodes, true);
    nodes[0] = contender->node_new(0); /* what the first object needs is not each one's */
    uint64_t before = resident_bytes();
    contender->fill(nodes + 1, size - 1);
    values[0] = (double)(resident_bytes() - before) / (double)(size - 1);
    CHECK_LIVE(contender, size);
    for (size_t i = 1; i < size; i++)
        CHECK(nodes[i]->id == i - 1);
    contender->drain(nodes, NULL, size);
    CHECK_LIVE(contender, 0);
    bench_watch(contender, nodes, size * sizeof *nodes, false);
    bench_array_free(nodes);
}

static bool suits(const bench_contender *contender) {
    return contender->pairs != NULL;
}

const bench_workload workload_bytes = {.what = "growth of the process by many objects of 32 bytes",
                                       .rows = {{.name = "memory", .per = "object", .unit = BENCH_BYTES}},
                                       .alone = true,
                                       .most_repetitions = 3,
                                       .suits = suits,
                                       .run = run};
