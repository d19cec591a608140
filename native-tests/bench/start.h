/* How long a process takes that does nothing but start, with the library and without. */
#ifndef RR_BENCH_START_H
#define RR_BENCH_START_H

#include "results.h"

extern const bench_row start_row;
extern const char start_what[];

/* Runs both programs in turn, so many times, and adds the times to the results. false: a program did not run. */
bool start_measure(int times);

#endif
