/* What the tests of collections in slices share: steps of budget 0, which do the least that makes progress, so that a few thousand objects
 * take many; and structures that a round takes long for, or that it alone finds. */
#ifndef RR_TESTS_SLICES_H
#define RR_TESTS_SLICES_H

#include "support.h"

enum {
    STEPS = 300000, /* more than any collection here takes, in forced slices too: a test that needs more hangs */
    EMBEDDED = 1500, /* nodes that make a round last: they are live and on many pages */
};

/* One step of budget 0, after which the heap must verify. */
int64_t step(rr_heap *heap);

/* Steps until nothing is pending; how many objects they freed in all. */
int64_t finish(rr_heap *heap);

/* As many steps; false when the collection is over before. */
bool do_steps(rr_heap *heap, int steps, int64_t *freed);

/* Runs a case with 0, 1, 2, ... steps before its change, until the collection is over before the change comes. Of the long phases
 * only some steps: one more than a part of those before. */
enum { EACH = INT32_MAX, SOME = 16 };
int nearly_each(void); /* EACH; in forced slices, which are so many that each takes a minute, several times SOME */
void at_steps(int part, void (*run)(rr_heap *heap, int steps, bool *is_over));

/* A heap that holds a live chain, all of it new to the collector: its round takes many steps of budget 0. */
node *live_chain(rr_heap *heap, size_t count);
void assert_chain(const node *first, size_t count);

/* A dead ring that nobody has logged: its references are written plainly, into objects just allocated. A round finds it, no trial. */
void unlogged_ring(rr_heap *heap, unsigned features, int count, int64_t first_id);

/* For on_destroy. */
extern size_t destroyed;
void count_destroyed(node *self);

#endif
