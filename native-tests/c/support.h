/* What the tests share.
 *
 * Three rules give every test its teeth:
 * - A test gets a heap from its fixture and must leave it empty. The teardown verifies the heap, demands that no object,
 *   no raw memory and no external byte is left, and frees it.
 * - Nothing is asserted inside a callback, since a failed assertion jumps out of it and a jump may not cross the library.
 *   Callbacks write what they saw into the log; the test compares the log with what has to be there.
 * - A refused call is checked whole: the status, and that the message names the function, the argument and its value.
 */
#ifndef RR_TESTS_SUPPORT_H
#define RR_TESTS_SUPPORT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <refruntime.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* ---- Variants ---------------------------------------------------------------------------------------------------- */

/* The tests also run against libraries that go one way always (RR_SLICED, RR_SWEEP in src/RefRuntime/Core/Config.cs): the environment
 * variable RR_TEST_VARIANT names it, or QEMU or MEMCHECK where the usual library runs in one of these (../arm64, ../sanitizers). Tests whose
 * expectation differs there are skipped: support.c lists them. */
const struct CMUnitTest *without_different(const struct CMUnitTest *tests, size_t count);

/* Does every slice of a collection end after one unit of work? */
bool in_forced_slices(void);

#undef cmocka_run_group_tests_name
#define cmocka_run_group_tests_name(name, tests, setup, teardown) \
    _cmocka_run_group_tests(name, without_different(tests, LENGTH(tests)), LENGTH(tests), setup, teardown)

/* ---- Heaps ------------------------------------------------------------------------------------------------------- */

rr_heap *heap_with(uint32_t flags, uint64_t max_bytes);

/* Ends a heap: it must verify, be empty, and be freed. */
void heap_end(rr_heap *heap);

rr_stats stats_of(rr_heap *heap);
uint64_t live(rr_heap *heap);

/* Fixtures. *state is an rr_heap: with default options, or without automatic collection. */
int automatic_heap(void **state);
int manual_heap(void **state);
int end_heap(void **state);

#define WITH_HEAP(test) cmocka_unit_test_setup_teardown(test, automatic_heap, end_heap)
#define WITH_MANUAL_HEAP(test) cmocka_unit_test_setup_teardown(test, manual_heap, end_heap)

/* ---- Nodes ------------------------------------------------------------------------------------------------------- */

/* The object most tests use: two strong slots and a number that names it in the log. */
typedef struct node {
    void *next, *other;
    int64_t id;
} node;

/* What a type made by node_type() does besides holding slots. */
enum {
    NODE_FINALIZE = 1, /* logs "finalize <id>", then runs on_finalize */
    NODE_DESTROY = 2,  /* logs "destroy <id>", then runs on_destroy */
};

/* The same type for the same features, all through the process. */
rr_type node_type(unsigned features);

/* A node of that type with count 1. Fails the test when the heap has no memory. */
node *node_new(rr_heap *heap, unsigned features, int64_t id);

/* What the callbacks of nodes do after logging. Every fixture clears them. */
extern void (*on_finalize)(node *self);
extern void (*on_destroy)(node *self);

/* from->next or from->other := to, keeping the caller's reference. */
void link_next(node *from, void *to);
void link_other(node *from, void *to);

/* A ring of count nodes through next, ids from 0: each holds its successor, and the caller owns the one returned. */
node *ring_new(rr_heap *heap, unsigned features, size_t count);

/* A type with flags, sizes and nothing else. */
rr_type plain_type(const char *name, uint32_t size, uint32_t item_size, uint32_t flags);

/* Defaults for a type's description: struct_size and name are set, the rest is zero. */
rr_type_info type_info(const char *name);

/* ---- The log ----------------------------------------------------------------------------------------------------- */

/* Events, separated by "; ". Callbacks may write it, from one thread at a time. */
void log_clear(void);
void log_event(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *log_text(void);
size_t log_count(const char *event);

#define assert_log(expected) assert_string_equal(log_text(), (expected))

/* A weak callback: logs "weak <user>", where user is a string. */
void log_weak(void *weakref, void *user);

/* ---- Refusals ---------------------------------------------------------------------------------------------------- */

/* The call must answer with the status (as its result, NULL or 0), rr_last_status must agree, and rr_last_error must
 * name the called function, the argument and the value. */
#define assert_refused(call, status, argument, value) \
    (refusal_expected(), refusal_check((int64_t)(call), (status), (status), #call, (argument), (uint64_t)(value), __FILE__, __LINE__))
#define assert_refused_null(call, status, argument, value) \
    (refusal_expected(), \
     refusal_check((int64_t)(intptr_t)(call), 0, (status), #call, (argument), (uint64_t)(value), __FILE__, __LINE__))
#define assert_refused_zero(call, status, argument, value) \
    (refusal_expected(), refusal_check((int64_t)(call), 0, (status), #call, (argument), (uint64_t)(value), __FILE__, __LINE__))

/* The handler that tests start with: none, or where all heaps are checked one that lets the process go on. */
void set_usual_error_handler(void);

void refusal_expected(void);
void refusal_check(int64_t result, int64_t expected_result, rr_status status, const char *call, const char *argument,
                   uint64_t value, const char *file, int line);

/* ---- Threads ----------------------------------------------------------------------------------------------------- */

/* Runs the function on another thread, with the default stack or one of stack_bytes, and waits for it. The function
 * may not assert: it answers 0 for success or a number that says what went wrong, and the test fails with it. */
void on_thread(int (*function)(void *argument), void *argument);
void on_small_thread(size_t stack_bytes, int (*function)(void *argument), void *argument);

/* What code on such a thread uses in place of an assertion. */
#define REQUIRE(condition) \
    do { \
        if (!(condition)) \
            return __LINE__; \
    } while (0)

#endif
