/* The system refuses: for every exported function, and every kind of collection, the first request fails, then the second, and so on
 * until the call passes untouched; the request alone, or it and all that follow. After each failure
 *
 *   - the call has answered RR_E_NO_MEMORY (or RR_E_IO) and its message names the function,
 *   - the heap verifies, and what can be seen of it from outside is as before, but for what a collection explains,
 *   - the same call succeeds as soon as the system gives again,
 *   - and when the heap is freed, the process has not a byte more than before.
 *
 * Each sweep is one test. It runs in a child, since what is made once in a process (types, tables) is to be made under faults too.
 */
#define _GNU_SOURCE
#include "scenarios.h"

#include <inttypes.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "attempt.h"
#include "faulty_system.h"

enum { MOST_REQUESTS = 3000, MOST_TESTS = 200 };

static const struct {
    const char *name;
    uint32_t flags;
} heaps[] = {{"plain", 0}, {"checked synchronized", RR_HEAP_CHECKED | RR_HEAP_SYNCHRONIZED}};

/* What is refused, and how. */
typedef struct refusal {
    const char *name;
    unsigned kinds;
    bool alone;
    rr_status status; /* of a call that fails */
} refusal;

static const refusal all_memory = {"all memory from", FAULT_MEMORY, false, RR_E_NO_MEMORY};
static const refusal one_memory = {"memory", FAULT_MEMORY, true, RR_E_NO_MEMORY};
static const refusal all_files = {"all files from", FAULT_FILES, false, RR_E_IO};
static const refusal one_file = {"file", FAULT_FILES, true, RR_E_IO};
static const refusal giving_back = {"giving back from", FAULT_GIVING_BACK, false, RR_E_NO_MEMORY};

/* ---- One attempt ------------------------------------------------------------------------------------------------- */

/* The nth request is refused. True if none was: the sweep is over. With keeps the call may fill what the process keeps for good. */
static bool attempt(const scenario *sc, uint32_t heap_flags, const refusal *how, uint64_t n, bool keeps) {
    static scene s;
    int64_t before_all = mapped_bytes();
    attempt_prepare(sc, &s, heap_flags, 0);
    picture before = scene_picture(&s);
    faults_arm(how->kinds, n, how->alone);
    int64_t status = sc->run(&s);
    faults_disarm();
    bool is_over = faults_refused() == 0;
    MUST(!is_over || status >= 0);
    /* Checked heaps do without the stacks that they would keep; giving back has no effect that can be seen. */
    bool may_do_without = (sc->flags & MAY_DO_WITHOUT) != 0 || how->kinds == FAULT_GIVING_BACK || how == &one_file
        || (heap_flags & RR_HEAP_CHECKED) != 0;
    MUST(is_over || status < 0 || may_do_without);
    attempt_check(sc, &s, status, how->status, &before);
    attempt_end(sc, &s, status);
    if (!keeps && (sc->flags & GROWS_PROCESS) == 0)
        MUST(mapped_bytes() == before_all);
    return is_over;
}

/* ---- One sweep --------------------------------------------------------------------------------------------------- */

typedef struct sweep_test {
    scenario scenario;
    size_t collection; /* its number there, or SIZE_MAX */
    char label[100], name[200];
} sweep_test;

static void describe(const char *heap, const char *how, uint64_t n, const scenario *sc) {
    snprintf(where, sizeof where, "%s%s%s in a %s heap, %s request %" PRIu64 " refused", sc->function, sc->label == NULL ? "" : " ",
             sc->label == NULL ? "" : sc->label, heap, how, n);
}

static void sweep(const scenario *sc, size_t heap, const refusal *how) {
    for (uint64_t n = 0;; n++) {
        describe(heaps[heap].name, how->name, n, sc);
        MUST(n < MOST_REQUESTS);
        /* Number 0 refuses nothing: what the process makes once is made. */
        bool is_over = attempt(sc, heaps[heap].flags, how, n == 0 ? UINT64_MAX : n, n == 0);
        if (n != 0 && is_over)
            return;
    }
}

/* The same, where nothing has been made yet: each attempt in a process of its own. */
static void sweep_cold(const scenario *sc, size_t heap) {
    bool is_over = false;
    for (uint64_t n = 1; !is_over; n++) {
        describe(heaps[heap].name, "in a fresh process, all memory from", n, sc);
        MUST(n < MOST_REQUESTS);
        pid_t child = fork();
        MUST(child >= 0);
        if (child == 0)
            _exit(attempt(sc, heaps[heap].flags, &all_memory, n, true) ? 3 : 0);
        int status = 0;
        MUST(waitpid(child, &status, 0) == child);
        MUST(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 3));
        is_over = WEXITSTATUS(status) == 3;
    }
}

/* It asks for nothing, neither the first time nor later. */
static void ask_nothing(const scenario *sc, size_t heap) {
    describe(heaps[heap].name, "any", 0, sc);
    static scene s;
    attempt_prepare(sc, &s, heaps[heap].flags, 0);
    faults_arm(FAULT_MEMORY, 1, false);
    int64_t status = sc->run(&s);
    faults_disarm();
    MUST(status >= 0 || (strcmp(sc->function, "rr_debug_print") == 0 && status == RR_E_NOT_OBJECT));
    if ((heaps[heap].flags & RR_HEAP_CHECKED) == 0)
        MUST(faults_requests() == 0);
    MUST(rr_heap_verify(s.heap) == RR_OK);
    if (sc->undo != NULL)
        sc->undo(&s);
    scene_end(&s);
}

static void all_sweeps(const scenario *sc, size_t heap) {
    if ((sc->flags & NEEDS_CHECKED) != 0 && (heaps[heap].flags & RR_HEAP_CHECKED) == 0)
        return;
    if ((sc->flags & ASKS_NOTHING) != 0) {
        ask_nothing(sc, heap);
        return;
    }
    sweep(sc, heap, &all_memory);
    if (heap != 0)
        return; /* the rest is no matter of the heap */
    sweep(sc, heap, &one_memory);
    sweep_cold(sc, heap);
    describe(heaps[heap].name, giving_back.name, 1, sc);
    (void)attempt(sc, heaps[heap].flags, &giving_back, 1, false);
    if ((sc->flags & WRITES) != 0) {
        sweep(sc, heap, &all_files);
        sweep(sc, heap, &one_file);
    }
}

/* ---- Tests ------------------------------------------------------------------------------------------------------- */

static void in_a_child(const scenario *sc, size_t heap) {
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        alarm(200); /* it ends, whatever happens */
        all_sweeps(sc, heap);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void loses_nothing(void **state) {
    sweep_test *test = *state;
    if (test->collection != SIZE_MAX)
        test->scenario = collection_scenario(test->collection, test->label, sizeof test->label);
    /* Steps are many: of plain heaps alone. */
    size_t kinds = test->collection != SIZE_MAX && test->scenario.run != NULL && strcmp(test->scenario.function, "rr_collect") != 0 ? 1 : LENGTH(heaps);
    for (size_t i = 0; i < kinds; i++)
        in_a_child(&test->scenario, i);
}

static sweep_test tests[MOST_TESTS];
static struct CMUnitTest units[MOST_TESTS];
static size_t count;

static void add(scenario sc, size_t collection, const char *filter) {
    sweep_test *test = &tests[count];
    test->scenario = sc;
    test->collection = collection;
    snprintf(test->name, sizeof test->name, "%s%s%s", sc.function, sc.label == NULL ? "" : " ", sc.label == NULL ? "" : sc.label);
    if (filter != NULL && strstr(test->name, filter) == NULL)
        return;
    units[count] = (struct CMUnitTest){.name = test->name, .test_func = loses_nothing, .initial_state = test};
    count++;
}

/* A function that is in no scenario is not tested. The names are in the golden list of the library's symbols. */
static void every_exported_function_has_a_scenario(void **state) {
    (void)state;
    FILE *file = fopen(EXPORTED_SYMBOLS, "r");
    assert_non_null(file);
    char name[100];
    size_t missing = 0;
    while (fscanf(file, "%99s", name) == 1) {
        bool is_there = false;
        for (size_t i = 0; i < count && !is_there; i++)
            is_there = strcmp(name, tests[i].scenario.function) == 0;
        if (!is_there) {
            print_error("%s has no scenario\n", name);
            missing++;
        }
    }
    fclose(file);
    assert_int_equal(missing, 0);
}

/* The buffer that a thread's errors lie in is made with its first error. When there is no memory for it, the error must not be gone as
 * soon as there is: that is when the program asks. */
static void the_first_error_of_a_thread_was_lost_as_soon_as_there_was_memory_again(void **state) {
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        static scene s;
        snprintf(where, sizeof where, "the first error of a process");
        scene_begin(&s, 0, 0);
        faults_arm(FAULT_MEMORY, 1, false);
        void *huge = rr_alloc_items(s.heap, RR_TYPE_BYTES, 9 << 20);
        faults_disarm();
        MUST(huge == NULL && rr_last_status() == RR_E_NO_MEMORY);
        MUST(strncmp(rr_last_error(), "rr_alloc_items: ", 16) == 0);
        MUST(rr_type_name(9999) == NULL && rr_last_status() == RR_E_TYPE && strstr(rr_last_error(), "9999") != NULL);
        scene_end(&s);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void *call_for_the_first_time(void *data) {
    scene *s = data;
    faults_arm(FAULT_MEMORY, (uint64_t)s->raw_count, false);
    void *object = rr_alloc(s->heap, RR_TYPE_TUPLE);
    faults_disarm();
    return object;
}

/* The runtime makes something for each thread that calls, and asks where its stack lies. */
static void the_first_call_of_a_thread_without_memory_ended_in_a_fault(void **state) {
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        static scene s;
        snprintf(where, sizeof where, "the first call of a thread");
        scene_begin(&s, RR_HEAP_SYNCHRONIZED, 0);
        for (size_t n = 1; n < 20; n++) {
            pthread_t thread;
            void *object = NULL;
            s.raw_count = n;
            MUST(pthread_create(&thread, NULL, call_for_the_first_time, &s) == 0);
            MUST(pthread_join(thread, &object) == 0);
            MUST(object != NULL); /* what it asks for is not for the object, and it does without */
            MUST(rr_decref(object) == RR_OK);
        }
        s.raw_count = 0;
        scene_end(&s);
        _exit(0);
    }
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

/* With an argument: only the scenarios whose names contain it. */
int main(int argc, char **argv) {
    const char *filter = argc > 1 ? argv[1] : NULL;
    for (size_t i = 0; i < quiet_count; i++)
        add(quiet_scenarios[i], SIZE_MAX, filter);
    for (size_t i = 0; i < asking_count; i++)
        add(asking_scenarios[i], SIZE_MAX, filter);
    for (size_t i = 0; i < writing_count; i++)
        add(writing_scenarios[i], SIZE_MAX, filter);
    static char labels[MOST_TESTS][100];
    for (size_t i = 0; i < collection_count(); i++)
        add(collection_scenario(i, labels[i], sizeof labels[i]), i, filter);
    size_t all = count;
    if (filter == NULL) {
        units[all++] = (struct CMUnitTest)cmocka_unit_test(every_exported_function_has_a_scenario);
        units[all++] = (struct CMUnitTest)cmocka_unit_test(the_first_error_of_a_thread_was_lost_as_soon_as_there_was_memory_again);
        units[all++] = (struct CMUnitTest)cmocka_unit_test(the_first_call_of_a_thread_without_memory_ended_in_a_fault);
    }
    return _cmocka_run_group_tests("faults", units, all, NULL, NULL);
}
