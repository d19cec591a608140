/* The list of contenders and the list of workloads. */
#include "lineup.h"

#include "contenders.h"
#include "workloads.h"

#include <string.h>

const bench_contender *const contenders[CONTENDERS] = {
    &contender_rr_inline, &contender_rr,       &contender_rr_bounded, &contender_rr_tagged, &contender_glibc,
    &contender_mimalloc,  &contender_jemalloc, &contender_cpython,    &contender_boehm,     &contender_nim,
};

const bench_workload *const workloads[WORKLOADS] = {
    &workload_leaf_pair,
    &workload_pair,
    &workload_leaf_pair_in_company,
    &workload_batch_in_order,
    &workload_batch_random,
    &workload_replace,
    &workload_small_tree,
    &workload_large_tree,
    &workload_automatic_tree,
    &workload_counts_hot,
    &workload_counts_in_order,
    &workload_counts_random,
    &workload_deep_list,
    &workload_rings_of_three,
    &workload_dead_ring,
    &workload_random_dead,
    &workload_live_candidates,
    &workload_unchanged,
    &workload_churn,
    &workload_gcbench,
    &workload_bytes,
};

int contender_named(const char *name) {
    for (int c = 0; c < CONTENDERS; c++) {
        if (strcmp(contenders[c]->name, name) == 0)
            return c;
    }
    bench_check_failed(name, __FILE__, __LINE__);
}

bool suits(const bench_workload *workload, const bench_contender *contender) {
    return (workload->suits == NULL || workload->suits(contender)) && (workload->alone || !contender->automatic_only);
}
