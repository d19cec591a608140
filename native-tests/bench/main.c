/* Runs the benchmarks and prints them side by side.
 *
 *     rr_bench [quick] [--repetitions N] [--only ROW] [--json FILE] [--add FILE] [--absolute] [--require]
 *
 * quick: a tenth of the objects, three repetitions; for seeing that it works, not for numbers. --only picks the workloads
 * with a row whose name contains the word. --json writes every number. --add takes in what another program has measured
 * (python_batch.py). --absolute prints the table a second time, in units. --require ends with 1 when a requirement is
 * missed; without it a missed one is only told.
 */
#define _POSIX_C_SOURCE 200809L /* setenv */
#include "report.h"
#include "requirements.h"
#include "start.h"
#include "worker.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STARTS = 99, QUICK_STARTS = 21 };

typedef struct options {
    run_facts facts;
    const char *only, *json, *add;
    bool absolute, require;
} options;

static const bench_row python_row = {.name = "Python, million", .per = "object"},
                       python_dict_row = {.name = "Python, dict", .per = "object"};

static worker workers[CONTENDERS];
static bool ready[CONTENDERS];

/* ---- Running ----------------------------------------------------------------------------------------------------- */

static int rows_of(const bench_workload *workload) {
    int count = 0;
    while (count < BENCH_MOST_ROWS && workload->rows[count].name != NULL)
        count++;
    return count;
}

static bool wanted(const options *o, const char *name) {
    return o->only == NULL || strstr(name, o->only) != NULL;
}

static bool wanted_workload(const options *o, const bench_workload *workload) {
    bool any = false;
    for (int i = 0; i < rows_of(workload); i++)
        any = any || wanted(o, workload->rows[i].name);
    return any;
}

static void declare_rows(void) {
    for (int w = 0; w < WORKLOADS; w++) {
        for (int i = 0; i < rows_of(workloads[w]); i++)
            results_declare(&workloads[w]->rows[i], i == 0 ? workloads[w]->what : NULL);
    }
    results_declare(&start_row, start_what);
    results_declare(&python_row, "from Python: objects built, linked and dropped, by batch calls and as objects with __slots__");
    results_declare(&python_dict_row, "the same, but Python's objects have a __dict__");
}

/* One worker each, for all workloads that need none of their own. */
static void start_contenders(void) {
    printf("Contenders\n");
    for (int c = 0; c < CONTENDERS; c++) {
        char why[200] = "";
        ready[c] = worker_start(&workers[c], contenders[c], contenders[c]->automatic_only, why, sizeof why);
        printf("  %-11s %s\n", contenders[c]->name, contenders[c]->what);
        if (!ready[c])
            printf("  %-11s SKIPPED: %s\n", "", why);
    }
    fflush(stdout);
}

static bool run_alone(int w, int c, size_t size, double *values) {
    char why[200];
    worker alone;
    return worker_start(&alone, contenders[c], true, why, sizeof why) && worker_run(&alone, w, size, values) &&
           worker_stop(&alone);
}

static bool run_workload(const options *o, int w) {
    double values[BENCH_MOST_ROWS];
    int first = results_row_named(workloads[w]->rows[0].name);
    for (int c = 0; c < CONTENDERS; c++) {
        if (!ready[c] || !suits(workloads[w], contenders[c]))
            continue;
        bool ran = workloads[w]->alone ? run_alone(w, c, o->facts.objects, values)
                                       : worker_run(&workers[c], w, o->facts.objects, values);
        if (!ran)
            return false;
        for (int i = 0; i < rows_of(workloads[w]); i++)
            results_add(first + i, c, values[i]);
    }
    return true;
}

static bool run_all(const options *o) {
    for (int repetition = 0; repetition < o->facts.repetitions; repetition++) {
        for (int w = 0; w < WORKLOADS; w++) {
            int most = workloads[w]->most_repetitions;
            if (!wanted_workload(o, workloads[w]) || (most != 0 && repetition >= most))
                continue;
            fprintf(stderr, "\rrepetition %d of %d: %-22s", repetition + 1, o->facts.repetitions, workloads[w]->rows[0].name);
            if (!run_workload(o, w))
                return false;
        }
    }
    fprintf(stderr, "\r%60s\r", "");
    return !wanted(o, start_row.name) || start_measure(o->facts.quick ? QUICK_STARTS : STARTS);
}

/* Ends all, and answers whether all of them were sound. */
static bool end_contenders(void) {
    bool sound = true;
    for (int c = 0; c < CONTENDERS; c++)
        sound = (!ready[c] || worker_stop(&workers[c])) && sound;
    return sound;
}

/* ---- Arguments --------------------------------------------------------------------------------------------------- */

static bool parse(int count, char **arguments, options *o) {
    bool repetitions_given = false;
    for (int i = 1; i < count; i++) {
        const char *argument = arguments[i], *next = i + 1 < count ? arguments[i + 1] : NULL;
        if (strcmp(argument, "quick") == 0) {
            o->facts.quick = true;
        } else if (strcmp(argument, "--require") == 0) {
            o->require = true;
        } else if (strcmp(argument, "--absolute") == 0) {
            o->absolute = true;
        } else if (strcmp(argument, "--only") == 0 && next != NULL) {
            o->only = arguments[++i];
        } else if (strcmp(argument, "--json") == 0 && next != NULL) {
            o->json = arguments[++i];
        } else if (strcmp(argument, "--add") == 0 && next != NULL) {
            o->add = arguments[++i];
        } else if (strcmp(argument, "--repetitions") == 0 && next != NULL) {
            o->facts.repetitions = atoi(arguments[++i]);
            repetitions_given = true;
            if (o->facts.repetitions < 1 || o->facts.repetitions > MOST_REPETITIONS)
                return false;
        } else {
            return false;
        }
    }
    if (o->facts.quick) {
        o->facts.objects /= 10;
        o->facts.repetitions = repetitions_given ? o->facts.repetitions : 3;
    }
    return true;
}

/* jemalloc has thread-local variables of the kind that a library may have only if it is there from the start, or if the loader
 * has kept space for them, as it does when this variable asks for it. */
static void keep_space_for_thread_locals(char **arguments) {
    if (getenv("GLIBC_TUNABLES") == NULL && setenv("GLIBC_TUNABLES", "glibc.rtld.optional_static_tls=16384", 1) == 0)
        execv("/proc/self/exe", arguments); /* if it fails, jemalloc is skipped */
}

int main(int count, char **arguments) {
    keep_space_for_thread_locals(arguments);
    options o = {.facts = {.objects = 1000 * 1000, .repetitions = 9}};
    if (!parse(count, arguments, &o)) {
        fprintf(stderr, "usage: rr_bench [quick] [--repetitions N] [--only ROW] [--json FILE] [--add FILE] [--absolute] "
                        "[--require]\nN is 1 to %d\n", MOST_REPETITIONS);
        return 2;
    }
    signal(SIGPIPE, SIG_IGN); /* a worker that dies is told of by worker_run */
    declare_rows();
    start_contenders();
    if (!ready[BASE_CONTENDER])
        return 2;
    if (!run_all(&o))
        return 1;
    if (o.add != NULL && !results_read(o.add)) {
        fprintf(stderr, "rr_bench: %s can't be read\n", o.add);
        return 2;
    }
    report_table(&o.facts, false);
    if (o.absolute)
        report_table(&o.facts, true);
    report_legend();
    bool kept = requirements_print(o.only == NULL), sound = end_contenders();
    if (o.json != NULL && !report_json(&o.facts, o.json)) {
        fprintf(stderr, "rr_bench: %s can't be written\n", o.json);
        return 2;
    }
    return !sound || (o.require && !kept) ? 1 : 0;
}
