/* The calls that the sweeps make: every exported function, in every way in which it asks the system for something.
 *
 *   quiet.c        functions that ask for nothing
 *   asking.c       functions that ask for memory
 *   writing.c      functions that write files
 *   collections.c  collections of every kind of garbage, in every way to collect
 */
#ifndef RR_FAULTS_SCENARIOS_H
#define RR_FAULTS_SCENARIOS_H

#include "scene.h"

/* What a scenario may do. Where it has none of these it asks for memory, and without it fails and has changed nothing. */
enum {
    ASKS_NOTHING = 1,    /* not a single request, in heaps that are not checked (those keep stacks) */
    MAY_DO_WITHOUT = 2,  /* does its work, or a documented part of it, without the memory too */
    COLLECTS = 4,        /* what was dead before may be freed by it */
    WRITES = 8,          /* writes files: requests for files fail too */
    FULL = 16,           /* in a heap whose pages and work space are used up */
    GROWS_PROCESS = 32,  /* what it makes stays for good, as types do */
    NEEDS_CHECKED = 64,  /* means something in checked heaps only */
};

typedef struct scenario {
    const char *function; /* an exported symbol: errors have to name it */
    const char *label;    /* which of its ways, or NULL */
    unsigned flags;
    int64_t (*run)(scene *s);     /* a negative status, or what is no error */
    void (*prepare)(scene *s);    /* before the system refuses anything; or NULL */
    void (*undo)(scene *s);       /* after a run that was successful; or NULL. What was owned and adopted is released anyway */
} scenario;

extern const scenario quiet_scenarios[], asking_scenarios[], writing_scenarios[];
extern const size_t quiet_count, asking_count, writing_count;

/* Those of collections.c are made from two tables: they are given out by number. */
size_t collection_count(void);
scenario collection_scenario(size_t index, char *label, size_t capacity);

#endif
