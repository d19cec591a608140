/* One attempt at a scenario: see attempt.h. */
#include "attempt.h"

#include <string.h>

void attempt_prepare(const scenario *sc, scene *s, uint32_t heap_flags, uint64_t max_bytes) {
    scene_begin(s, heap_flags, max_bytes);
    if (sc->prepare != NULL)
        sc->prepare(s);
    if ((sc->flags & FULL) != 0)
        scene_exhaust(s);
}

static bool names_the_function(const char *function) {
    size_t length = strlen(function);
    return strncmp(rr_last_error(), function, length) == 0 && rr_last_error()[length] == ':';
}

void attempt_check(const scenario *sc, scene *s, int64_t result, rr_status failure, const picture *before) {
    if (result < 0) {
        MUST(result == failure);
        MUST(rr_last_status() == failure);
        MUST(names_the_function(sc->function));
    }
    scene_release(s, 0, 0);
    MUST(rr_heap_verify(s->heap) == RR_OK);
    picture after = scene_picture(s);
    if ((sc->flags & COLLECTS) == 0 && result < 0)
        MUST(is_same_picture(&after, before));
    else
        MUST(after.live_objects <= before->live_objects && after.raw_bytes <= before->raw_bytes);
}

void attempt_end(const scenario *sc, scene *s, int64_t result) {
    if (result < 0)
        MUST(sc->run(s) >= 0);
    if (sc->undo != NULL)
        sc->undo(s);
    scene_end(s);
}
