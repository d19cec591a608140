/* The verbs of the conformance programs (tests/conformance/README.md), as calls of the C API. */
#ifndef RR_TESTS_VERBS_H
#define RR_TESTS_VERBS_H

#include "support.h"

enum { MAX_WORDS = 8, MAX_NAMES = 32 };

/* A name of a program stands for a variable of C. One that was dropped keeps its pointer. */
typedef struct variable {
    char name[16];
    void *object;
    bool owns; /* a reference, which is to be given back */
} variable;

/* A step as its verb gets it: each word also as the object of that name, and as a number. */
typedef struct step {
    char *word[MAX_WORDS];
    void *object[MAX_WORDS];
    int64_t number[MAX_WORDS];
    size_t words;
} step;

/* What the running program has: its two heaps, of which the second is made on first use and closed ones are NULL, and its names. */
extern rr_heap *heaps[2];
extern variable variables[MAX_NAMES];
extern size_t names;

/* NULL if there is no such name. */
variable *find(const char *name);

/* Makes the types that programs use; a group fixture of cmocka. */
int make_types(void **state);

/* Begins a program: no names, counters at 0, one heap. */
void begin(uint64_t max_bytes);

/* Runs a step. The answer is RR_OK, the status with which the library refused it, or WRONG: it ran, and what it says does not hold. */
enum { WRONG = 1 };
int32_t step_run(const step *s);

#endif
