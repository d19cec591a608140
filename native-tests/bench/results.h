/* What was measured: for each row and contender one sample per repetition. */
#ifndef RR_BENCH_RESULTS_H
#define RR_BENCH_RESULTS_H

#include "lineup.h"

enum { MOST_REPETITIONS = 100, MOST_ROWS = 64 };

/* Rows are known by the order in which they are declared. what is a line for the legend. */
int results_declare(const bench_row *row, const char *what);
int results_rows(void);
const bench_row *results_row(int row);
const char *results_what(int row);
int results_row_named(const char *name); /* known to exist */

void results_add(int row, int contender, double value);

/* How many samples there are, one of them in the order of measurement, and their median. */
int results_count(int row, int contender);
double results_sample(int row, int contender, int index);
double results_median(int row, int contender);

/* Has anybody been measured? */
bool results_any(int row);

/* The contender that others are compared with in this row: the base, or else the first that was measured. */
int results_base(int row);

/* The quantile of some numbers, which get sorted. */
double results_quantile(double *numbers, int count, double share);

/* Lines of other programs: row, contender and samples, with tabs between. false: it can't be read. */
bool results_read(const char *path);

#endif
