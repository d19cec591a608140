/* What is told about the results. */
#ifndef RR_BENCH_REPORT_H
#define RR_BENCH_REPORT_H

#include "results.h"

typedef struct run_facts {
    size_t objects;
    int repetitions;
    bool quick;
} run_facts;

/* One table: rr inline in its unit, the others as multiples of it; or all of them in their units. */
void report_table(const run_facts *facts, bool absolute);

/* What the rows are. */
void report_legend(void);

/* Everything as JSON. false: it can't be written. */
bool report_json(const run_facts *facts, const char *path);

#endif
