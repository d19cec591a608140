/* The table and the JSON file. */
#include "report.h"

#include "requirements.h"

#include <stdio.h>
#include <string.h>

/* ---- The table --------------------------------------------------------------------------------------------------- */

/* A number with its unit, in 10 columns. */
static void print_value(const bench_row *row, double value) {
    static const struct {
        const char *name;
        double size;
    } times[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}}, sizes[] = {{"B", 1}, {"KiB", 1024}, {"MiB", 1048576}};
    if (row->unit == BENCH_BYTES) {
        int unit = value < 10000 ? 0 : value < 10000 * 1024.0 ? 1 : 2;
        printf("%7.1f %-3s", value / sizes[unit].size, sizes[unit].name);
    } else {
        int unit = value < 10000 ? 0 : value < 1e6 ? 1 : value < 1e9 ? 2 : 3;
        printf("%8.*f %-2s", value < 10 ? 2 : 1, value / times[unit].size, times[unit].name);
    }
}

static void print_ratio(double ratio) {
    printf("%11.*f", ratio < 100 ? 2 : 0, ratio);
}

static bool took_part(int contender) {
    for (int row = 0; row < results_rows(); row++) {
        if (results_count(row, contender) > 0)
            return true;
    }
    return false;
}

static void print_row(int row, bool absolute) {
    const bench_row *what = results_row(row);
    int base = results_base(row);
    printf("%-18s%-12s", what->name, what->per);
    for (int c = 0; c < CONTENDERS; c++) {
        if (!took_part(c))
            continue;
        if (results_count(row, c) == 0)
            printf("%11s", "-");
        else if (absolute || c == base)
            print_value(what, results_median(row, c));
        else
            print_ratio(results_median(row, c) / results_median(row, base));
    }
    printf("\n");
}

void report_table(const run_facts *facts, bool absolute) {
    printf("\nMedians of %d interleaved repetitions, fewer of what takes long; %zu objects where no other number is named%s.\n",
           facts->repetitions, facts->objects, facts->quick ? "; QUICK: a tenth of all sizes, no numbers to quote" : "");
    if (!absolute)
        printf("The first number of a row has a unit, the others are multiples of it: above 1 is slower, or larger. Times are\n"
               "processor time of the process; those of single operations and of the start are what passes on the clock.\n");
    printf("\n%-30s", "");
    for (int c = 0; c < CONTENDERS; c++) {
        if (took_part(c))
            printf("%11s", contenders[c]->name);
    }
    printf("\n");
    for (int row = 0; row < results_rows(); row++) {
        if (results_any(row))
            print_row(row, absolute);
    }
}

void report_legend(void) {
    printf("\n");
    for (int row = 0; row < results_rows(); row++) {
        if (results_any(row) && results_what(row) != NULL)
            printf("  %-18s %s\n", results_row(row)->name, results_what(row));
    }
}

/* ---- JSON -------------------------------------------------------------------------------------------------------- */

/* The processor as the kernel names it, without what JSON would have to escape. */
static void processor(char *name, size_t size) {
    char line[300];
    FILE *file = fopen("/proc/cpuinfo", "r");
    snprintf(name, size, "unknown");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *value = strstr(line, ": ");
        if (strncmp(line, "model name", 10) == 0 && value != NULL && strpbrk(value, "\"\\") == NULL) {
            snprintf(name, size, "%.*s", (int)strcspn(value + 2, "\n"), value + 2);
            break;
        }
    }
    if (file != NULL)
        fclose(file);
}

bool report_json(const run_facts *facts, const char *path) {
    char name[200];
    FILE *file = fopen(path, "w");
    if (file == NULL)
        return false;
    processor(name, sizeof name);
    fprintf(file, "{\"processor\": \"%s\", \"objects\": %zu, \"repetitions\": %d, \"quick\": %s,\n \"results\": [", name,
            facts->objects, facts->repetitions, facts->quick ? "true" : "false");
    const char *separator = "";
    for (int row = 0; row < results_rows(); row++) {
        for (int c = 0; c < CONTENDERS; c++) {
            const bench_row *what = results_row(row);
            if (results_count(row, c) == 0)
                continue;
            fprintf(file, "%s\n  {\"workload\": \"%s\", \"contender\": \"%s\", \"per\": \"%s\", \"unit\": \"%s\", "
                          "\"median\": %.3f, \"samples\": [",
                    separator, what->name, contenders[c]->name, what->per, what->unit == BENCH_BYTES ? "B" : "ns",
                    results_median(row, c));
            for (int i = 0; i < results_count(row, c); i++)
                fprintf(file, "%s%.3f", i == 0 ? "" : ", ", results_sample(row, c, i));
            fprintf(file, "]}");
            separator = ",";
        }
    }
    fprintf(file, "\n ],\n \"required\": ");
    requirements_json(file);
    fprintf(file, "}\n");
    return fclose(file) == 0;
}
