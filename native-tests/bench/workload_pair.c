/* Allocate one object and release it, over and over: the price of an object that lives for a moment.
 *
 * In an otherwise empty heap that object is the first and the last of its kind each time, and some allocators take and give
 * back a page for it. So the leaf is measured once more while another object of its size lives.
 */
#include "bench.h"
#include "workloads.h"

static void measure(void (*pairs)(uint64_t count), size_t size, double *values) {
    uint64_t count = (uint64_t)size * 5;
    pairs(count / 10); /* warm up */
    uint64_t start = cpu_ns();
    pairs(count);
    values[0] = (double)(cpu_ns() - start) / (double)count;
}

static void run_leaf(const bench_contender *contender, size_t size, double *values) {
    measure(contender->leaf_pairs, size, values);
    CHECK_LIVE(contender, 0);
}

static void run_node(const bench_contender *contender, size_t size, double *values) {
    measure(contender->pairs, size, values);
    CHECK_LIVE(contender, 0);
}

static void run_leaf_in_company(const bench_contender *contender, size_t size, double *values) {
    bench_node *other = contender->node_new(1);
    measure(contender->leaf_pairs, size, values);
    CHECK_LIVE(contender, 1);
    CHECK(other->id == 1);
    contender->release(other);
    CHECK_LIVE(contender, 0);
}

static bool suits_leaf(const bench_contender *contender) {
    return contender->leaf_pairs != NULL;
}

static bool suits_node(const bench_contender *contender) {
    return contender->pairs != NULL;
}

const bench_workload workload_leaf_pair = {.what = "allocate and release 32 bytes without references, alone in the heap",
                                           .rows = {{.name = "pair, leaf", .per = "pair"}},
                                           .suits = suits_leaf,
                                           .run = run_leaf};
const bench_workload workload_pair = {.what = "the same, with two empty slots among the 32 bytes",
                                      .rows = {{.name = "pair, node", .per = "pair"}},
                                      .suits = suits_node,
                                      .run = run_node};
const bench_workload workload_leaf_pair_in_company = {.what = "the leaf again, while another object of its size lives",
                                                      .rows = {{.name = "pair, in company", .per = "pair"}},
                                                      .suits = suits_leaf,
                                                      .run = run_leaf_in_company};
