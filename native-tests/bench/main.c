/* Runs the benchmarks and prints them side by side.
 *
 *     rr_bench [quick] [--repetitions N] [--only WORKLOAD] [--json FILE] [--require]
 *
 * quick: a tenth of the objects, three repetitions; for seeing that it works, not for numbers. --only picks the workloads
 * whose name contains the word. --json writes every number. --require ends with 1 when a requirement is missed; without it
 * a missed one is only told.
 */
#include "bench.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const bench_contender *const contenders[] = {
    &contender_rr, &contender_rr_inline, &contender_glibc, &contender_mimalloc, &contender_cpython};
static const bench_workload *const workloads[] = {
    &workload_leaf_pair,      &workload_pair,           &workload_counts_hot,    &workload_counts_in_order,
    &workload_counts_random,  &workload_batch_in_order, &workload_batch_random,  &workload_deep_list,
    &workload_dead_ring,      &workload_random_dead,    &workload_rings_of_three, &workload_live_candidates,
    &workload_unchanged,
};

enum {
    CONTENDERS = sizeof contenders / sizeof contenders[0],
    WORKLOADS = sizeof workloads / sizeof workloads[0],
    MOST_REPETITIONS = 100,
};

typedef struct options {
    size_t size;
    int repetitions;
    const char *only, *json;
    bool quick, require;
} options;

static bool ready[CONTENDERS];
static double samples[WORKLOADS][CONTENDERS][MOST_REPETITIONS];

static bool runs(const options *o, int w, int c) {
    return ready[c] && (!workloads[w]->needs_collect || contenders[c]->collect != NULL) &&
           (!workloads[w]->needs_leaves || contenders[c]->leaf_pairs != NULL) &&
           (o->only == NULL || strstr(workloads[w]->name, o->only) != NULL);
}

static int by_value(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* ---- Running ----------------------------------------------------------------------------------------------------- */

static void begin_contenders(void) {
    for (int c = 0; c < CONTENDERS; c++) {
        char why[200] = "";
        ready[c] = contenders[c]->begin(why, sizeof why);
        printf("  %-9s %s\n", contenders[c]->name, contenders[c]->what);
        if (!ready[c])
            printf("  %-9s SKIPPED: %s\n", "", why);
    }
}

static void run_all(const options *o) {
    for (int repetition = 0; repetition < o->repetitions; repetition++) {
        for (int w = 0; w < WORKLOADS; w++) {
            for (int c = 0; c < CONTENDERS; c++) {
                if (!runs(o, w, c))
                    continue;
                samples[w][c][repetition] = workloads[w]->run(contenders[c], o->size);
                CHECK(contenders[c]->live() == 0);
            }
        }
        fprintf(stderr, "\rrepetition %d of %d", repetition + 1, o->repetitions);
    }
    fprintf(stderr, "\n");
    for (int w = 0; w < WORKLOADS; w++) {
        for (int c = 0; c < CONTENDERS; c++)
            qsort(samples[w][c], (size_t)o->repetitions, sizeof(double), by_value);
    }
}

static double median(const options *o, int w, int c) {
    int middle = o->repetitions / 2;
    return o->repetitions % 2 != 0 ? samples[w][c][middle] : (samples[w][c][middle - 1] + samples[w][c][middle]) / 2;
}

/* ---- Reporting --------------------------------------------------------------------------------------------------- */

static void print_time(double nanoseconds) {
    if (nanoseconds < 10000)
        printf("%9.1f ns", nanoseconds);
    else if (nanoseconds < 1e7)
        printf("%9.1f us", nanoseconds / 1e3);
    else
        printf("%9.1f ms", nanoseconds / 1e6);
}

static void print_table(const options *o) {
    printf("\nMedian of %d repetitions, %zu objects; in brackets: how many times the time of rr.\n\n", o->repetitions, o->size);
    printf("%-18s%-12s", "workload", "per");
    for (int c = 0; c < CONTENDERS; c++) {
        if (ready[c])
            printf("%12s%s", contenders[c]->name, c == 0 ? "" : "         ");
    }
    printf("\n");
    for (int w = 0; w < WORKLOADS; w++) {
        if (!runs(o, w, 0))
            continue;
        printf("%-18s%-12s", workloads[w]->name, workloads[w]->unit);
        for (int c = 0; c < CONTENDERS; c++) {
            if (!ready[c])
                continue;
            if (!runs(o, w, c)) {
                printf("%12s         ", "-");
                continue;
            }
            print_time(median(o, w, c));
            if (c != 0)
                printf(" (%5.*f)", median(o, w, c) / median(o, w, 0) < 1000 ? 2 : 0, median(o, w, c) / median(o, w, 0));
        }
        printf("\n");
    }
}

static int workload_named(const bench_workload *workload) {
    int w = 0;
    while (workloads[w] != workload)
        w++;
    return w;
}

/* What RefRuntime promises. Answers whether it holds, or can't be told here. */
static bool require(const options *o, const bench_workload *workload, const bench_contender *against, const char *promise,
                    double limit) {
    int w = workload_named(workload), c = 0;
    while (against != NULL && contenders[c] != against)
        c++;
    if (!runs(o, w, 0) || !runs(o, w, c)) {
        printf("  not measured: %s\n", promise);
        return true;
    }
    double rr = median(o, w, 0);
    double measured = against == NULL ? rr : against == &contender_cpython ? median(o, w, c) / rr : rr / median(o, w, c);
    bool holds = against == &contender_cpython ? measured >= limit : measured <= limit;
    printf("  %-12s  %s: %.2f\n", holds ? "holds" : "MISSED", promise, measured);
    return holds;
}

static bool print_requirements(const options *o) {
    printf("\nRequired\n");
    bool pair = require(o, &workload_leaf_pair, &contender_glibc, "a pair takes at most 3 times glibc's time", 3);
    bool ring = require(o, &workload_dead_ring, &contender_cpython, "a dead ring is collected at least 5 times as fast as by CPython", 5);
    bool unchanged = require(o, &workload_unchanged, NULL, "a collection when nothing changed takes under 1000 ns", 1000);
    return pair && ring && unchanged;
}

static bool write_json(const options *o) {
    FILE *file = fopen(o->json, "w");
    if (file == NULL)
        return false;
    fprintf(file, "{\"objects\": %zu, \"repetitions\": %d, \"unit\": \"ns\", \"results\": [", o->size, o->repetitions);
    const char *separator = "";
    for (int w = 0; w < WORKLOADS; w++) {
        for (int c = 0; c < CONTENDERS; c++) {
            if (!runs(o, w, c))
                continue;
            fprintf(file, "%s\n  {\"workload\": \"%s\", \"contender\": \"%s\", \"per\": \"%s\", \"median\": %.3f, \"samples\": [",
                    separator, workloads[w]->name, contenders[c]->name, workloads[w]->unit, median(o, w, c));
            for (int i = 0; i < o->repetitions; i++)
                fprintf(file, "%s%.3f", i == 0 ? "" : ", ", samples[w][c][i]);
            fprintf(file, "]}");
            separator = ",";
        }
    }
    fprintf(file, "\n]}\n");
    return fclose(file) == 0;
}

/* ---- Arguments --------------------------------------------------------------------------------------------------- */

static bool parse(int count, char **arguments, options *o) {
    bool repetitions_given = false;
    for (int i = 1; i < count; i++) {
        const char *argument = arguments[i], *next = i + 1 < count ? arguments[i + 1] : NULL;
        if (strcmp(argument, "quick") == 0) {
            o->quick = true;
        } else if (strcmp(argument, "--require") == 0) {
            o->require = true;
        } else if (strcmp(argument, "--only") == 0 && next != NULL) {
            o->only = arguments[++i];
        } else if (strcmp(argument, "--json") == 0 && next != NULL) {
            o->json = arguments[++i];
        } else if (strcmp(argument, "--repetitions") == 0 && next != NULL) {
            o->repetitions = atoi(arguments[++i]);
            repetitions_given = true;
            if (o->repetitions < 1 || o->repetitions > MOST_REPETITIONS)
                return false;
        } else {
            return false;
        }
    }
    if (o->quick) {
        o->size /= 10;
        o->repetitions = repetitions_given ? o->repetitions : 3;
    }
    return true;
}

int main(int count, char **arguments) {
    options o = {.size = 1000 * 1000, .repetitions = 9};
    if (!parse(count, arguments, &o)) {
        fprintf(stderr, "usage: rr_bench [quick] [--repetitions N] [--only WORKLOAD] [--json FILE] [--require]\n"
                        "N is 1 to %d\n", MOST_REPETITIONS);
        return 2;
    }
    printf("Contenders\n");
    begin_contenders();
    if (!ready[0])
        return 2;
    run_all(&o);
    print_table(&o);
    bool kept = print_requirements(&o);
    if (o.json != NULL && !write_json(&o)) {
        fprintf(stderr, "rr_bench: %s can't be written\n", o.json);
        return 2;
    }
    for (int c = 0; c < CONTENDERS; c++) {
        if (ready[c])
            contenders[c]->end();
    }
    return o.require && !kept ? 1 : 0;
}
