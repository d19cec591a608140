/* A worker: a process in which one contender lives and runs workloads as it is told. */
#ifndef RR_BENCH_WORKER_H
#define RR_BENCH_WORKER_H

#include "lineup.h"

#include <sys/types.h>

typedef struct worker {
    pid_t process; /* 0: none */
    int requests, answers;
    const bench_contender *contender;
} worker;

/* Starts the process and the contender in it. false: the contender is not to be had here, why says the reason. */
bool worker_start(worker *w, const bench_contender *contender, bool automatic, char *why, size_t why_size);

/* Runs the workload of that index. false: the worker has died of it, having said why on stderr. */
bool worker_run(worker *w, int workload, size_t size, double *values);

/* The contender's end, where it checks itself, and the process's. false: something was wrong. */
bool worker_stop(worker *w);

#endif
