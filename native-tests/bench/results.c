/* Keeps the samples. */
#define _POSIX_C_SOURCE 200809L /* strtok_r */
#include "results.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const bench_row *rows[MOST_ROWS];
static const char *whats[MOST_ROWS];
static int row_count;
static double samples[MOST_ROWS][CONTENDERS][MOST_REPETITIONS];
static int counts[MOST_ROWS][CONTENDERS];

int results_declare(const bench_row *row, const char *what) {
    CHECK(row_count < MOST_ROWS);
    rows[row_count] = row;
    whats[row_count] = what;
    return row_count++;
}

int results_rows(void) {
    return row_count;
}

const bench_row *results_row(int row) {
    return rows[row];
}

const char *results_what(int row) {
    return whats[row];
}

int results_row_named(const char *name) {
    for (int row = 0; row < row_count; row++) {
        if (strcmp(rows[row]->name, name) == 0)
            return row;
    }
    bench_check_failed(name, __FILE__, __LINE__);
}

void results_add(int row, int contender, double value) {
    CHECK(counts[row][contender] < MOST_REPETITIONS);
    samples[row][contender][counts[row][contender]++] = value;
}

int results_count(int row, int contender) {
    return counts[row][contender];
}

double results_sample(int row, int contender, int index) {
    return samples[row][contender][index];
}

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

double results_quantile(double *numbers, int count, double share) {
    qsort(numbers, (size_t)count, sizeof *numbers, by_value);
    double at = share * (count - 1);
    int below = (int)at;
    return below + 1 < count ? numbers[below] + (at - below) * (numbers[below + 1] - numbers[below]) : numbers[below];
}

double results_median(int row, int contender) {
    double sorted[MOST_REPETITIONS];
    memcpy(sorted, samples[row][contender], sizeof sorted);
    return results_quantile(sorted, counts[row][contender], 0.5);
}

bool results_any(int row) {
    for (int c = 0; c < CONTENDERS; c++) {
        if (counts[row][c] > 0)
            return true;
    }
    return false;
}

int results_base(int row) {
    int c = BASE_CONTENDER;
    while (c < CONTENDERS - 1 && counts[row][c] == 0)
        c++;
    return c;
}

bool results_read(const char *path) {
    char line[4000];
    FILE *file = fopen(path, "r");
    if (file == NULL)
        return false;
    while (fgets(line, sizeof line, file) != NULL) {
        char *rest = line, *name = strtok_r(line, "\t", &rest), *contender = strtok_r(NULL, "\t", &rest);
        if (name == NULL || contender == NULL)
            continue;
        for (char *value; (value = strtok_r(NULL, "\t\n", &rest)) != NULL;)
            results_add(results_row_named(name), contender_named(contender), atof(value));
    }
    return fclose(file) == 0;
}
