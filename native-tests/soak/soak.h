/* What the parts of the soak share: the heap, the moment, chance, and texts.
 *
 * The soak is a program as people write them, run for an hour: documents, a cache, observers, undo logs, tables of tagged
 * values, side by side in one bounded heap, under a load that rises and falls and a working set that shifts. Each part is
 * a file; main.c has the clock, samples.c what is measured and judged. See main.c for what an exit status of 0 says.
 *
 * Time is counted in ticks, 50 a second. What happens in a tick follows from the seed and the tick's number alone, but for
 * what the collector decides: whether a weak reference still finds its target depends on when a collection came by.
 */
#ifndef SOAK_H
#define SOAK_H

#include <refruntime_inline.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TICKS_PER_SECOND = 50 };

/* The load goes around in PERIODS periods, the mood, which says what the working set is like, in SHIFTS: whole numbers of
 * both make up a sixth of the run, so that sixths can be compared. */
enum { SIXTHS = 6, PERIODS = 30, SHIFTS = 12, MOODS = 3 };

typedef struct soak_state {
    rr_heap *heap;
    uint64_t seed, tick, warm_up, ticks; /* tick counts up to warm_up + ticks */
    double load;       /* 0.3 to 1: how much of everything there is */
    int mood;          /* 0 small and flat, 1 medium, 2 large and deep */
    uint64_t random;   /* made anew for each part and tick */
    uint64_t checked;  /* objects whose contents were compared */
    uint64_t revived;  /* cache entries that only garbage or the collector still knew, found by their weak reference */
    uint64_t buried;   /* weak callbacks that cleaned the index */
    uint64_t finalized;
} soak_state;

extern soak_state soak;

/* One kind of program. The functions are called in this order; step and check many times. */
typedef struct soak_part {
    const char *name;
    void (*start)(void); /* makes types and whatever is not in the heap */
    void (*step)(void);  /* one tick of work; checks what it touches */
    void (*check)(void); /* compares all that the part holds with what it should be */
    void (*drop)(void);  /* gives up every reference */
    void (*end)(void);   /* after everything has died: looks whether all was told */
} soak_part;

extern const soak_part part_documents, part_cache, part_observers, part_undo, part_values;

/* ---- Failing ----------------------------------------------------------------------------------------------------- */

/* Tells what, where and in which tick, and aborts: the core is what explains it. */
_Noreturn void soak_failed(const char *what, const char *file, int line);

#define EXPECT(condition) ((condition) ? (void)0 : soak_failed(#condition, __FILE__, __LINE__))

/* A status that must be RR_OK, and an object that must be there: the load is far from the heap's limit. */
#define DO(call) EXPECT((call) == RR_OK)

static inline void *made(void *object, const char *file, int line) {
    if (object == NULL)
        soak_failed("an object could not be made", file, line);
    return object;
}
#define MADE(object) made((object), __FILE__, __LINE__)

/* ---- Chance ------------------------------------------------------------------------------------------------------ */

static inline uint64_t mix(uint64_t value) {
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9u;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebu;
    return value ^ (value >> 31);
}

static inline uint64_t chance(void) {
    return mix(soak.random += 0x9e3779b97f4a7c15u);
}

static inline uint32_t pick(uint32_t below) {
    return (uint32_t)(((chance() >> 32) * below) >> 32);
}

static inline bool one_in(uint32_t odds) {
    return pick(odds) == 0;
}

/* How many of `most` there are under the load of the moment. */
static inline uint32_t loaded(uint32_t most) {
    return (uint32_t)(most * soak.load);
}

/* Bytes, log-normal around a median that the mood sets; now and then from 32 KiB to 3 MiB. */
size_t chance_size(double median);

/* ---- Texts: bytes that know what they should be ------------------------------------------------------------------- */

void *text_new(uint64_t key); /* new; of chance_size */
uint64_t text_key(const void *text);
void text_check(const void *text);

/* The same for memory that is no object. */
void fill(uint64_t *words, size_t count, uint64_t key);
bool is_filled(const uint64_t *words, size_t count, uint64_t key);

/* A type of plain slots; `count` offsets at `slots`. */
rr_type plain_type(const char *name, size_t size, const uint32_t *slots, uint32_t count, rr_finalize_fn finalize,
                   rr_destroy_fn destroy);

/* ---- Measuring: samples.c ----------------------------------------------------------------------------------------- */

typedef struct samples_options {
    const char *csv;   /* NULL: nowhere */
    double tolerance;  /* by how much the last sixth may be above the second, as a fraction */
    bool quiet;        /* no line for each minute */
} samples_options;

void samples_start(const samples_options *options);
void samples_take(double seconds); /* at the end of a tick; aborts if the heap does not verify */
bool samples_judge(void);          /* prints the figures; false if something is not as it should be */

#endif
