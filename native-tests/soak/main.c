/* The soak: an hour of a program in a bounded heap, all of whose data knows what it should be.
 *
 *     soak [--minutes M] [--warm-up M] [--seed S] [--flat-out] [--csv FILE] [--tolerance PERCENT] [--quiet]
 *
 * Status 0 says: every comparison of contents held, the heap verified at every sample, memory was level and garbage bounded
 * (samples.c), and when everything was given up nothing was left: no object, no byte, and no callback was missing.
 *
 * A run is paced, 50 ticks a second, and does all its ticks one after the other: on a machine that has no time for it, it takes
 * longer. --flat-out does the same ticks without waiting.
 *
 * Before it come the ticks of a warm-up, of an hour unless told otherwise, or as long as the run if that is shorter, without
 * waiting: a program that has just started has pages that hold nothing old yet. All is checked in it, but memory may rise.
 */
#define _GNU_SOURCE /* clock_nanosleep */
#include "soak.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { SAMPLE_EVERY = 5 * TICKS_PER_SECOND, LEAST_SAMPLES = 60, LONGEST_WARM_UP = 60 /* minutes */, MOST_BYTES = 256 << 20 };

soak_state soak = {.seed = 1};

static const soak_part *const parts[] = {&part_documents, &part_cache, &part_observers, &part_undo, &part_values};
enum { PARTS = sizeof parts / sizeof parts[0] };

static const char *running = "nothing";

_Noreturn void soak_failed(const char *what, const char *file, int line) {
    fprintf(stderr, "%s:%d: FAILED in tick %" PRIu64 " of %" PRIu64 ", seed %" PRIu64 ", part %s: %s\n%s\n", file, line, soak.tick,
            soak.ticks, soak.seed, running, what, rr_last_error());
    fflush(stdout);
    abort();
}

/* ---- Time -------------------------------------------------------------------------------------------------------- */

static double seconds(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void sleep_until(double time) {
    struct timespec due = {(time_t)time, (long)((time - (double)(time_t)time) * 1e9)};
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) != 0)
        continue;
}

/* Within a period: a slow rise, a time of much to do, a fall, quiet. Periods and moods of the warm-up are as long as the run's. */
static double load_at(uint64_t tick) {
    double phase = (double)tick * PERIODS / (double)soak.ticks;
    phase -= (double)(uint64_t)phase;
    if (phase < 0.4)
        return 0.3 + 0.7 * phase / 0.4;
    if (phase < 0.6)
        return 1;
    return phase < 0.7 ? 1 - 0.7 * (phase - 0.6) / 0.1 : 0.3;
}

static void set_moment(uint64_t tick) {
    static const int moods[] = {1, 2, 0, 1};
    soak.tick = tick;
    soak.load = load_at(tick);
    /* Two shifts a sixth, four moods a shift. */
    soak.mood = moods[tick * SHIFTS * 4 / soak.ticks % 4];
}

static void for_all(void (*const *function)(void)) {
    size_t offset = (size_t)((const char *)function - (const char *)parts[0]);
    for (uint64_t i = 0; i < PARTS; i++) {
        void (*call)(void);
        memcpy(&call, (const char *)parts[i] + offset, sizeof call);
        running = parts[i]->name;
        soak.random = mix(mix(soak.seed * 64 + i) + soak.tick);
        call();
    }
    running = "main";
}

/* ---- Life and end ------------------------------------------------------------------------------------------------- */

static void live(bool is_flat_out) {
    double begin = seconds(CLOCK_MONOTONIC), used = seconds(CLOCK_PROCESS_CPUTIME_ID), start = begin, schedule = begin;
    uint64_t every = soak.ticks / LEAST_SAMPLES < SAMPLE_EVERY ? soak.ticks / LEAST_SAMPLES : SAMPLE_EVERY;
    uint64_t next_sample = every;
    for (uint64_t tick = 0; tick < soak.warm_up + soak.ticks; tick++) {
        if (tick == soak.warm_up) {
            start = schedule = seconds(CLOCK_MONOTONIC);
            used = seconds(CLOCK_PROCESS_CPUTIME_ID);
        }
        if (!is_flat_out && tick >= soak.warm_up) {
            double due = schedule + (double)(tick - soak.warm_up) / TICKS_PER_SECOND, now = seconds(CLOCK_MONOTONIC);
            if (now < due)
                sleep_until(due);
            else
                schedule += now - due; /* late: the others come later, not all at once */
        }
        set_moment(tick);
        for_all(&parts[0]->step);
        if (tick + 1 >= next_sample) {
            for_all(&parts[0]->check);
            samples_take(seconds(CLOCK_MONOTONIC) - begin);
            next_sample = (tick + 1) / every * every + every;
        }
    }
    double wall = seconds(CLOCK_MONOTONIC) - start;
    used = seconds(CLOCK_PROCESS_CPUTIME_ID) - used;
    printf("%" PRIu64 " ticks in %.0f s, %.0f %% of a processor, after %" PRIu64 " in %.0f s; %" PRIu64 " contents compared\n", soak.ticks, wall,
           100 * used / wall, soak.warm_up, start - begin, soak.checked);
}

/* Gives up everything and looks whether anything is left. */
static bool die(void) {
    rr_stats stats = {.struct_size = sizeof stats};
    for_all(&parts[0]->check);
    do {
        for_all(&parts[0]->drop); /* finalizers may bring something back, once */
        EXPECT(rr_collect(soak.heap) >= 0);
        DO(rr_heap_stats(soak.heap, &stats));
    } while (stats.objects_collected != 0 && rr_gc_pending(soak.heap));
    for_all(&parts[0]->drop);
    EXPECT(rr_collect(soak.heap) >= 0);
    DO(rr_heap_verify(soak.heap));
    DO(rr_heap_stats(soak.heap, &stats));
    printf("%" PRIu64 " objects made, %" PRIu64 " finalized, %" PRIu64 " brought back, %" PRIu64 " cleaned from the index by weak callbacks, %"
           PRIu64 " looked up when nothing held them\n",
           stats.objects_allocated, stats.finalizers_run, stats.objects_resurrected, soak.buried, soak.revived);
    bool is_empty = stats.live_objects == 0 && stats.live_bytes == 0 && stats.raw_bytes == 0 && stats.external_bytes == 0 &&
                    stats.weakrefs_live == 0 && stats.objects_allocated == stats.objects_freed;
    printf("left at the end: %" PRIu64 " objects, %" PRIu64 " bytes, %" PRIu64 " of raw memory, %" PRIu64 " external%s\n", stats.live_objects,
           stats.live_bytes, stats.raw_bytes, stats.external_bytes, is_empty ? "" : "  NOT EMPTY");
    if (!is_empty)
        rr_leak_report(soak.heap, NULL);
    EXPECT(stats.finalizers_run == soak.finalized);
    for_all(&parts[0]->end);
    return is_empty;
}

static double number(const char *option, const char *text, double least) {
    char *end = NULL;
    double value = text == NULL ? 0 : strtod(text, &end);
    if (text == NULL || *end != 0 || end == text || !(value >= least)) {
        fprintf(stderr, "soak: %s needs a number of at least %g\n", option, least);
        exit(2);
    }
    return value;
}

int main(int count, char **arguments) {
    samples_options samples = {.tolerance = 0.15};
    double minutes = 60, warm_up = -1 /* not told */;
    bool is_flat_out = false;
    for (int i = 1; i < count; i++) {
        const char *option = arguments[i], *value = i + 1 < count ? arguments[i + 1] : NULL;
        if (strcmp(option, "--minutes") == 0) minutes = number(option, value, 0.01), i++;
        else if (strcmp(option, "--warm-up") == 0) warm_up = number(option, value, 0), i++;
        else if (strcmp(option, "--seed") == 0) soak.seed = (uint64_t)number(option, value, 1), i++;
        else if (strcmp(option, "--tolerance") == 0) samples.tolerance = number(option, value, 0) / 100, i++;
        else if (strcmp(option, "--csv") == 0 && value != NULL) samples.csv = value, i++;
        else if (strcmp(option, "--flat-out") == 0) is_flat_out = true;
        else if (strcmp(option, "--quiet") == 0) samples.quiet = true;
        else return fprintf(stderr, "usage: soak [--minutes M] [--warm-up M] [--seed S] [--flat-out] [--csv FILE] [--tolerance PERCENT] [--quiet]\n"), 2;
    }
    if (warm_up < 0)
        warm_up = minutes < LONGEST_WARM_UP ? minutes : LONGEST_WARM_UP;
    soak.ticks = (uint64_t)(minutes * 60 * TICKS_PER_SECOND);
    soak.warm_up = (uint64_t)(warm_up * 60 * TICKS_PER_SECOND);
    if (soak.ticks < LEAST_SAMPLES * 2)
        return fprintf(stderr, "soak: that is too short to be compared\n"), 2;
    printf("soak: %g minutes%s after %g of ticks, flat out; seed %" PRIu64 ", RefRuntime %s\n", minutes,
           is_flat_out ? " of ticks, flat out," : "", warm_up, soak.seed, rr_version());
    fflush(stdout);

    rr_heap_options options = {.struct_size = sizeof options, .flags = RR_HEAP_BOUNDED, .max_bytes = MOST_BYTES};
    soak.heap = MADE(rr_heap_new(&options));
    set_moment(0);
    for_all(&parts[0]->start);
    samples_start(&samples);
    live(is_flat_out);
    bool good = samples_judge();
    DO(rr_gc_set_callback(soak.heap, NULL, NULL));
    good &= die();
    DO(rr_heap_free(soak.heap));
    printf("%s\n", good ? "soak passed" : "soak FAILED");
    return good ? 0 : 1;
}
