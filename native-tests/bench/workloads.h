/* The workloads by name: each file defines some of them, lineup.c puts them in order. */
#ifndef RR_BENCH_WORKLOADS_H
#define RR_BENCH_WORKLOADS_H

#include "bench.h"

extern const bench_workload workload_leaf_pair, workload_pair, workload_leaf_pair_in_company, workload_batch_in_order,
    workload_batch_random, workload_replace, workload_small_tree, workload_large_tree, workload_automatic_tree,
    workload_counts_hot, workload_counts_in_order, workload_counts_random, workload_deep_list, workload_rings_of_three,
    workload_dead_ring, workload_random_dead, workload_live_candidates, workload_unchanged, workload_churn,
    workload_gcbench, workload_bytes;

#endif
