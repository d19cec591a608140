/* One attempt at a scenario: what the sweeps by requests (sweep.c) and by limits (limits.c) have in common. */
#ifndef RR_FAULTS_ATTEMPT_H
#define RR_FAULTS_ATTEMPT_H

#include "scenarios.h"

void attempt_prepare(const scenario *sc, scene *s, uint32_t heap_flags, uint64_t max_bytes);

/* After a run: a failure has the status, and a message that names the function; the heap verifies; nothing else has changed. */
void attempt_check(const scenario *sc, scene *s, int64_t result, rr_status failure, const picture *before);

/* With memory the same succeeds, and then nothing is left. */
void attempt_end(const scenario *sc, scene *s, int64_t result);

#endif
