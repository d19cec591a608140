/* Drop the head of a long list: one release that frees everything. */
#include "bench.h"
#include "workloads.h"

static void run(const bench_contender *contender, size_t size, double *values) {
    size *= 10;
    bench_node *head = contender->node_new(0);
    for (size_t i = 1; i < size; i++) {
        bench_node *fresh = contender->node_new(i);
        contender->set_slot(fresh, 0, head);
        contender->release(head);
        head = fresh;
    }
    CHECK_LIVE(contender, size);
    uint64_t start = cpu_ns();
    contender->release(head);
    values[0] = (double)(cpu_ns() - start) / (double)size;
    CHECK_LIVE(contender, 0);
}

/* Only where releasing frees. */
static bool suits(const bench_contender *contender) {
    return contender->counts != NULL && !contender->shallow;
}

const bench_workload workload_deep_list = {.what = "release the head of a list of 10 M nodes",
                                           .rows = {{.name = "deep list", .per = "object"}},
                                           .most_repetitions = 5,
                                           .suits = suits,
                                           .run = run};
