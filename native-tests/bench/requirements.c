/* The requirements, each against the medians of one run.
 *
 * Beside the verdict stands the middle half of the same comparison made within each repetition. Where the limit lies inside
 * of it, the noise of the machine forbids a verdict, and that is said. The longest operation is a matter of noise as a whole:
 * there is no verdict either when it would be another one without what the machine adds to those who count by hand.
 */
#include "requirements.h"

#include <string.h>

/* How two numbers are compared. A limit is in nanoseconds or bytes where it stands alone. */
typedef enum relation {
    AT_MOST,       /* measured <= limit */
    AT_MOST_TIMES, /* measured <= limit * other */
    TIMES_FASTER,  /* measured * limit <= other */
    AT_MOST_MORE,  /* measured <= other + limit */
} relation;

typedef struct comparison {
    relation relation;
    double limit;
    const char *other; /* a contender */
} comparison;

typedef struct requirement {
    const char *row, *contender;
    comparison must, aim; /* an aim without a limit: there is none */
} requirement;

/* In this row, the number of this contender is what the machine adds to everybody's. */
static const char noisy_row[] = "churn, longest", noise_contender[] = "glibc";

static const requirement requirements[] = {
    {"pair, leaf", "rr inline", {AT_MOST_TIMES, 0.5, "mimalloc"}, {AT_MOST_TIMES, 0.25, "mimalloc"}},
    {"pair, node", "rr inline", {AT_MOST_TIMES, 0.5, "mimalloc"}, {AT_MOST_TIMES, 0.25, "mimalloc"}},
    {"pair, leaf", "rr", {AT_MOST_TIMES, 1.5, "glibc"}, {AT_MOST_TIMES, 1.0, "glibc"}},
    {"batch, in order", "rr inline", {AT_MOST_TIMES, 1.0, "mimalloc"}, {AT_MOST_TIMES, 0.7, "mimalloc"}},
    {"batch, random", "rr inline", {AT_MOST_TIMES, 0.7, "mimalloc"}, {AT_MOST_TIMES, 0.4, "mimalloc"}},
    {"replace", "rr inline", {AT_MOST_TIMES, 0.9, "mimalloc"}, {AT_MOST_TIMES, 0.7, "mimalloc"}},
    {"tree, 262 k", "rr inline", {AT_MOST_TIMES, 1.0, "mimalloc"}, {AT_MOST_TIMES, 0.8, "mimalloc"}},
    {"tree, 2 M", "rr inline", {AT_MOST_TIMES, 1.0, "mimalloc"}, {AT_MOST_TIMES, 0.8, "mimalloc"}},
    {"counts, hot", "rr inline", {AT_MOST_TIMES, 1.1, "mimalloc"}, {AT_MOST_TIMES, 1.0, "mimalloc"}},
    {"counts, hot", "rr inline", {AT_MOST_TIMES, 1.0, "CPython"}, {.limit = 0}},
    {"counts, in order", "rr inline", {AT_MOST_TIMES, 1.1, "mimalloc"}, {AT_MOST_TIMES, 1.0, "mimalloc"}},
    {"counts, in order", "rr inline", {AT_MOST_TIMES, 1.0, "CPython"}, {.limit = 0}},
    {"counts, random", "rr inline", {AT_MOST_TIMES, 1.1, "mimalloc"}, {AT_MOST_TIMES, 1.0, "mimalloc"}},
    {"counts, random", "rr inline", {AT_MOST_TIMES, 1.0, "CPython"}, {.limit = 0}},
    {"deep list", "rr inline", {AT_MOST_TIMES, 1.2, "mimalloc"}, {AT_MOST_TIMES, 1.0, "mimalloc"}},
    {"dead rings of 3", "rr inline", {TIMES_FASTER, 5, "CPython"}, {AT_MOST_TIMES, 1.5, "mimalloc"}},
    {"dead double ring", "rr inline", {TIMES_FASTER, 8, "CPython"}, {AT_MOST_TIMES, 1.5, "mimalloc"}},
    {"dead random graph", "rr inline", {TIMES_FASTER, 8, "CPython"}, {AT_MOST_TIMES, 1.0, "mimalloc"}},
    {"live, all logged", "rr inline", {TIMES_FASTER, 2, "CPython"}, {.limit = 0}},
    {"live, all logged", "rr inline", {AT_MOST_TIMES, 1.3, "Boehm"}, {AT_MOST_TIMES, 1.0, "Boehm"}},
    {"dead rings of 3", "rr tagged", {AT_MOST_TIMES, 1.3, "rr inline"}, {.limit = 0}},
    {"dead double ring", "rr tagged", {AT_MOST_TIMES, 1.3, "rr inline"}, {.limit = 0}},
    {"dead random graph", "rr tagged", {AT_MOST_TIMES, 1.3, "rr inline"}, {.limit = 0}},
    {"live, all logged", "rr tagged", {AT_MOST_TIMES, 1.3, "rr inline"}, {.limit = 0}},
    {"nothing changed", "rr inline", {AT_MOST, 1000, NULL}, {AT_MOST, 100, NULL}},
    {"churn", "rr inline", {AT_MOST_TIMES, 1.25, "glibc"}, {AT_MOST_TIMES, 1.0, "glibc"}},
    {"churn", "rr inline", {AT_MOST_TIMES, 1.0, "Boehm"}, {.limit = 0}},
    {"churn, longest", "rr bounded", {AT_MOST, 2e6, NULL}, {AT_MOST_TIMES, 1.0, "glibc"}},
    {"churn, longest", "rr bounded", {TIMES_FASTER, 1000, "CPython"}, {.limit = 0}},
    {"churn, longest", "rr inline", {AT_MOST, 20e6, NULL}, {AT_MOST, 2e6, NULL}},
    {"churn, memory", "rr inline", {AT_MOST_TIMES, 1.15, "glibc"}, {AT_MOST_TIMES, 1.0, "glibc"}},
    {"churn, memory", "rr bounded", {AT_MOST_TIMES, 1.15, "glibc"}, {AT_MOST_TIMES, 1.0, "glibc"}},
    {"GCBench", "rr inline", {AT_MOST_TIMES, 1.1, "mimalloc"}, {AT_MOST_TIMES, 0.9, "mimalloc"}},
    {"memory", "rr inline", {AT_MOST, 49, NULL}, {AT_MOST, 48.2, NULL}},
    {"start", "rr", {AT_MOST_MORE, 3e6, "glibc"}, {AT_MOST_MORE, 1e6, "glibc"}},
    {"Python, million", "rr", {AT_MOST_TIMES, 1.0, "CPython"}, {TIMES_FASTER, 3, "CPython"}},
};

enum { REQUIREMENTS = sizeof requirements / sizeof requirements[0] };

/* ---- Judging ----------------------------------------------------------------------------------------------------- */

typedef enum verdict { NOT_MEASURED, HOLDS, MISSED } verdict;

typedef struct judgement {
    verdict verdict;
    bool noisy;
    double measured;     /* as the relation compares it: a number, a ratio, how many times faster, a difference */
    double quartiles[2]; /* of the same within repetitions */
} judgement;

static double compare(relation how, double measured, double other) {
    switch (how) {
        case AT_MOST: return measured;
        case AT_MOST_TIMES: return measured / other;
        case TIMES_FASTER: return other / measured;
        case AT_MOST_MORE: return measured - other;
    }
    return 0;
}

static bool kept(const comparison *c, double compared) {
    return c->relation == TIMES_FASTER ? compared >= c->limit : compared <= c->limit;
}

static judgement judge(const requirement *r, const comparison *c) {
    int row = results_row_named(r->row), own = contender_named(r->contender);
    int other = c->other == NULL ? own : contender_named(c->other);
    int count = results_count(row, own);
    judgement j = {.verdict = NOT_MEASURED};
    if (count == 0 || results_count(row, other) != count || c->limit <= 0)
        return j;
    double each[MOST_REPETITIONS];
    for (int i = 0; i < count; i++)
        each[i] = compare(c->relation, results_sample(row, own, i), results_sample(row, other, i));
    j.quartiles[0] = results_quantile(each, count, 0.25);
    j.quartiles[1] = results_quantile(each, count, 0.75);
    j.measured = compare(c->relation, results_median(row, own), results_median(row, other));
    j.verdict = kept(c, j.measured) ? HOLDS : MISSED;
    j.noisy = kept(c, j.quartiles[0]) != kept(c, j.quartiles[1]);
    int noise = contender_named(noise_contender);
    if (strcmp(r->row, noisy_row) == 0 && results_count(row, noise) > 0) {
        double quiet = results_median(row, own) - results_median(row, noise);
        double compared = compare(c->relation, quiet > 1 ? quiet : 1, results_median(row, other));
        j.noisy = j.noisy || kept(c, compared) != kept(c, j.measured);
    }
    return j;
}

/* ---- Telling ----------------------------------------------------------------------------------------------------- */

/* Alone and as differences, numbers have a unit. */
static const char *scale(const comparison *c, const char *row, double *divisor) {
    bool ratio = c->relation == AT_MOST_TIMES || c->relation == TIMES_FASTER;
    bool bytes = results_row(results_row_named(row))->unit == BENCH_BYTES;
    *divisor = !ratio && !bytes && c->limit >= 1e6 ? 1e6 : 1;
    return ratio ? "x" : bytes ? " B" : *divisor > 1 ? " ms" : " ns";
}

static void describe(FILE *file, const requirement *r, const comparison *c) {
    double divisor;
    const char *unit = scale(c, r->row, &divisor);
    switch (c->relation) {
        case AT_MOST: fprintf(file, "at most %g%s", c->limit / divisor, unit); break;
        case AT_MOST_TIMES: fprintf(file, "at most %g%s %s", c->limit, unit, c->other); break;
        case TIMES_FASTER: fprintf(file, "%g%s faster than %s", c->limit, unit, c->other); break;
        case AT_MOST_MORE: fprintf(file, "at most %g%s more than %s", c->limit / divisor, unit, c->other); break;
    }
}

static void print_requirement(const requirement *r, bool unmeasured) {
    static const char *const verdicts[] = {"not measured", "HOLDS", "MISSED"};
    judgement must = judge(r, &r->must), aim = judge(r, &r->aim);
    double divisor;
    const char *unit = scale(&r->must, r->row, &divisor);
    if (must.verdict == NOT_MEASURED && !unmeasured)
        return;
    printf("  %-13s", verdicts[must.verdict]);
    if (must.verdict == NOT_MEASURED)
        printf("%22s", "");
    else
        printf("%8.2f%-3s%5.2f-%-5.2f", must.measured / divisor, unit, must.quartiles[0] / divisor, must.quartiles[1] / divisor);
    printf("  %s, %s: ", r->row, r->contender);
    describe(stdout, r, &r->must);
    if (must.noisy)
        printf("; too noisy to tell");
    if (aim.verdict != NOT_MEASURED) {
        printf(" (aim %s: ", aim.verdict == HOLDS ? "reached" : "not reached");
        describe(stdout, r, &r->aim);
        printf(")");
    }
    printf("\n");
}

bool requirements_print(bool unmeasured) {
    bool all = true;
    printf("\nRequired: verdict, measured, the middle half of the repetitions, and what was promised\n\n");
    for (int i = 0; i < REQUIREMENTS; i++) {
        print_requirement(&requirements[i], unmeasured);
        all = all && judge(&requirements[i], &requirements[i].must).verdict != MISSED;
    }
    return all;
}

void requirements_json(FILE *file) {
    static const char *const verdicts[] = {"not measured", "holds", "missed"};
    fprintf(file, "[");
    for (int i = 0; i < REQUIREMENTS; i++) {
        const requirement *r = &requirements[i];
        judgement j = judge(r, &r->must);
        fprintf(file, "%s\n  {\"workload\": \"%s\", \"contender\": \"%s\", \"promise\": \"", i == 0 ? "" : ",", r->row,
                r->contender);
        describe(file, r, &r->must);
        fprintf(file, "\", \"verdict\": \"%s\"", verdicts[j.verdict]);
        if (j.verdict != NOT_MEASURED)
            fprintf(file, ", \"measured\": %.4f, \"limit\": %.4f, \"noisy\": %s", j.measured, r->must.limit,
                    j.noisy ? "true" : "false");
        fprintf(file, "}");
    }
    fprintf(file, "\n ]");
}
