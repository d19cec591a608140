/* What RefRuntime promises, as numbers, and whether a run keeps it. */
#ifndef RR_BENCH_REQUIREMENTS_H
#define RR_BENCH_REQUIREMENTS_H

#include "results.h"

#include <stdio.h>

/* Answers whether all that was measured holds. unmeasured: those that were not are told too. */
bool requirements_print(bool unmeasured);

/* As a JSON array. */
void requirements_json(FILE *file);

#endif
