/* Who runs, and what is run, in the order of the table. */
#ifndef RR_BENCH_LINEUP_H
#define RR_BENCH_LINEUP_H

#include "bench.h"

enum { CONTENDERS = 10, WORKLOADS = 21 };

extern const bench_contender *const contenders[CONTENDERS];
extern const bench_workload *const workloads[WORKLOADS];

/* The one whose time the others are compared with: rr inline. */
enum { BASE_CONTENDER = 0 };

/* The index of a contender of that name; the name is known to exist. */
int contender_named(const char *name);

/* Is that a job for this contender? */
bool suits(const bench_workload *workload, const bench_contender *contender);

#endif
