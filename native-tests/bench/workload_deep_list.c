/* Drop the head of a long list: one release that frees everything. */
#include "bench.h"

static double run(const bench_contender *contender, size_t size) {
    bench_node *head = contender->node_new(0);
    for (size_t i = 1; i < size; i++) {
        bench_node *fresh = contender->node_new(i);
        contender->set_slot(fresh, 0, head);
        contender->release(head);
        head = fresh;
    }
    CHECK(contender->live() == (int64_t)size);
    uint64_t start = now_ns();
    contender->release(head);
    uint64_t time = now_ns() - start;
    CHECK(contender->live() == 0);
    return (double)time / (double)size;
}

const bench_workload workload_deep_list = {
    .name = "deep list", .what = "release the head of a list", .unit = "object", .run = run};
