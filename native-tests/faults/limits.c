/* Real limits: the heap's own (max_bytes), and the system's on address space and data of a process (RLIMIT_AS, as ulimit -v, and
 * RLIMIT_DATA), which are lowered to what is in use and a little more, more each time until the call passes. What has to hold after a
 * failure is what sweep.c says.
 */
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "attempt.h"
#include "faulty_system.h"

enum { PAGE = 64 * 1024, MOST_TESTS = 120 };

#define MAX_BYTES (UINT64_C(1) << 30)

/* ---- Limits ------------------------------------------------------------------------------------------------------ */

/* Leaves the heap so much room: the rest is taken by foreign memory that its objects are said to keep alive. */
static uint64_t external;

static void limit_heap(scene *s, uint64_t room) {
    rr_stats stats = {.struct_size = sizeof stats};
    MUST(rr_heap_stats(s->heap, &stats) == RR_OK);
    external = MAX_BYTES - stats.committed_bytes - room;
    MUST(rr_report_external(s->heap, (int64_t)external) == RR_OK);
}

static void lift_heap(scene *s) {
    MUST(rr_report_external(s->heap, -(int64_t)external) == RR_OK);
}

/* Field 0 of statm is the address space, 5 is data and stack. */
static void limit_process(int resource, int field, uint64_t room) {
    unsigned long fields[7];
    FILE *file = fopen("/proc/self/statm", "r");
    MUST(file != NULL);
    for (int i = 0; i < 7; i++)
        MUST(fscanf(file, "%lu", &fields[i]) == 1);
    fclose(file);
    struct rlimit limit;
    MUST(getrlimit(resource, &limit) == 0);
    limit.rlim_cur = (rlim_t)fields[field] * 4096 + room;
    MUST(setrlimit(resource, &limit) == 0);
}

static void lift_process(int resource) {
    struct rlimit limit;
    MUST(getrlimit(resource, &limit) == 0);
    limit.rlim_cur = limit.rlim_max;
    MUST(setrlimit(resource, &limit) == 0);
}

static void limit_address_space(scene *s, uint64_t room) {
    (void)s;
    limit_process(RLIMIT_AS, 0, room);
}

static void lift_address_space(scene *s) {
    (void)s;
    lift_process(RLIMIT_AS);
}

static void limit_data(scene *s, uint64_t room) {
    (void)s;
    limit_process(RLIMIT_DATA, 5, room);
}

static void lift_data(scene *s) {
    (void)s;
    lift_process(RLIMIT_DATA);
}

static const struct limit {
    const char *name;
    uint64_t max_bytes;
    void (*set)(scene *s, uint64_t room);
    void (*lift)(scene *s);
} limits[] = {
    {"max_bytes", MAX_BYTES, limit_heap, lift_heap},
    {"address space", 0, limit_address_space, lift_address_space},
    {"data", 0, limit_data, lift_data},
};

/* ---- Sweeps ------------------------------------------------------------------------------------------------------ */

static void sweep(const scenario *sc, const struct limit *limit) {
    bool has_passed = false;
    for (uint64_t room = 0; !has_passed; room += PAGE + room / 2 / PAGE * PAGE) {
        snprintf(where, sizeof where, "%s%s%s with %lu more bytes of %s", sc->function, sc->label == NULL ? "" : " ",
                 sc->label == NULL ? "" : sc->label, (unsigned long)room, limit->name);
        MUST(room < 300 << 20);
        static scene s;
        int64_t before_all = mapped_bytes();
        attempt_prepare(sc, &s, 0, limit->max_bytes);
        picture before = scene_picture(&s);
        limit->set(&s, room);
        int64_t result = sc->run(&s);
        has_passed = result >= 0;
        limit->lift(&s); /* to look for what is wrong takes memory too */
        attempt_check(sc, &s, result, RR_E_NO_MEMORY, &before);
        attempt_end(sc, &s, result);
        if (room != 0 && (sc->flags & GROWS_PROCESS) == 0)
            MUST(mapped_bytes() == before_all);
    }
}

typedef struct limit_test {
    scenario scenario;
    size_t collection;
    char label[100], name[200];
} limit_test;

static void loses_nothing(void **state) {
    limit_test *test = *state;
    if (test->collection != SIZE_MAX)
        test->scenario = collection_scenario(test->collection, test->label, sizeof test->label);
    for (size_t i = 0; i < LENGTH(limits); i++) {
        pid_t child = fork();
        assert_true(child >= 0);
        if (child == 0) {
            alarm(100); /* it ends, whatever happens */
            sweep(&test->scenario, &limits[i]);
            _exit(0);
        }
        int status = 0;
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_int_equal(status, 0);
    }
}

/* With an argument: only the scenarios whose names contain it. */
int main(int argc, char **argv) {
    static limit_test tests[MOST_TESTS];
    static struct CMUnitTest units[MOST_TESTS];
    size_t count = 0;
    size_t single = asking_count + writing_count;
    for (size_t i = 0; i < single + collection_count(); i++) {
        limit_test *test = &tests[count];
        test->collection = i < single ? SIZE_MAX : i - single;
        test->scenario = i < asking_count ? asking_scenarios[i]
            : i < single                  ? writing_scenarios[i - asking_count]
                                          : collection_scenario(test->collection, test->label, sizeof test->label);
        snprintf(test->name, sizeof test->name, "%s%s%s", test->scenario.function, test->scenario.label == NULL ? "" : " ",
                 test->scenario.label == NULL ? "" : test->scenario.label);
        if ((test->scenario.flags & NEEDS_CHECKED) != 0 || (argc > 1 && strstr(test->name, argv[1]) == NULL))
            continue;
        units[count] = (struct CMUnitTest){.name = test->name, .test_func = loses_nothing, .initial_state = test};
        count++;
    }
    return _cmocka_run_group_tests("limits", units, count, NULL, NULL);
}
