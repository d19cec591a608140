/* What is measured, and what is demanded of it.
 *
 * A sample is a line of CSV: memory as the heap and the system see it, the pauses since the sample before, and that
 * everything verifies. Pauses are taken twice at each collection or slice, by the clock on the wall (what the program waited,
 * other programs' turns on a busy machine included) and by the processor time of this thread (what the library did).
 * Quantiles are of the interval; they are exact to a sixteenth.
 *
 * What really lives is known by a look from a fork: the child collects its copy of the heap completely, says what is left,
 * and is gone. So nothing is collected in the parent that would not have been. The answer is in the line of the next sample. Until
 * then the system copies each page that is written, also in pauses: these are counted apart.
 *
 * Judged are: that memory is level (from the second to the last sixth of the run, its warm-up not counted, the means of contents, of
 * committed memory and of RSS do not rise by more than the tolerance; that they may fall by it is chance: contents go up and down with
 * each collection, and a short run has ten samples a sixth), that the heap held at most four times what lives in it, and that the heap's
 * histogram has all the pauses that were heard of.
 */
#define _GNU_SOURCE /* CLOCK_THREAD_CPUTIME_ID */
#include "soak.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What lives is the most that the last looks have seen, of a period of the load: a collector that has nothing to do while nothing is
 * allocated does not notice when a program gives up most of what it has. */
enum { RECENT = 4 };

enum { FINE = 16, BUCKETS = 64 * FINE, TOGETHER = 2000 /* ns */, LOOKS_EVERY = 6, GARBAGE_BOUND = 4, MOST_PAUSES = 64 };

/* Durations, sixteen steps to a power of two. */
typedef struct histogram {
    uint32_t count[BUCKETS];
    uint64_t total, longest;
} histogram;

enum { LIVE, COMMITTED, RESIDENT, MEASURES };
static const char *const names[MEASURES] = {"live + raw", "committed", "RSS"};

static struct {
    samples_options options;
    FILE *csv;
    histogram wall, cpu;               /* since the last sample */
    histogram whole_wall, whole_cpu;   /* since the start, but for: */
    histogram copying_wall, copying_cpu; /* from a fork to the next sample: the system copies each page that is written */
    struct {
        uint64_t begin, end, wall, cpu, collections;
    } pause; /* the one that may still go on */
    uint64_t starts, stops;
    struct {
        pid_t child; /* 0: none is out */
        int answer;
        double contents, committed;
    } looking;
    uint64_t seen[RECENT];
    double sums[MEASURES][SIXTHS], peaks[MEASURES];
    uint64_t counts[SIXTHS];
    uint64_t samples, looks;
    double worst_garbage;  /* the heap's contents over what lives, at its worst */
    double worst_memory;   /* committed over what lives */
    double sum_fragmentation;
    uint64_t before_last;  /* minute */
} s;

/* ---- Pauses ------------------------------------------------------------------------------------------------------ */

static uint64_t thread_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void note(histogram *h, uint64_t ns) {
    int power = ns < FINE ? 4 : 63 - __builtin_clzll(ns);
    uint64_t bucket = ns < FINE ? ns : (uint64_t)(power - 3) * FINE + ((ns >> (power - 4)) - FINE);
    h->count[bucket]++;
    h->total++;
    if (ns > h->longest)
        h->longest = ns;
}

/* The upper end of the bucket that the quantile falls into. */
static double quantile(const histogram *h, double part) {
    uint64_t wanted = (uint64_t)ceil((double)h->total * part), seen = 0;
    for (uint64_t i = 0; i < BUCKETS && wanted > 0; i++) {
        seen += h->count[i];
        if (seen >= wanted) {
            uint64_t end = i < FINE ? i + 1 : (i % FINE + FINE + 1) << (i / FINE - 1);
            return end < h->longest ? (double)end : (double)h->longest;
        }
    }
    return 0;
}

/* Several collections in a row are one pause for the program: those that less than TOGETHER lies between. */
static void end_pause(void) {
    if (s.pause.collections == 0)
        return;
    note(&s.wall, s.pause.wall);
    note(&s.cpu, s.pause.cpu);
    note(s.looking.child != 0 ? &s.copying_wall : &s.whole_wall, s.pause.wall);
    note(s.looking.child != 0 ? &s.copying_cpu : &s.whole_cpu, s.pause.cpu);
    s.pause.collections = 0;
}

static void hear(rr_heap *heap, const rr_gc_event *event, void *user) {
    (void)heap, (void)user;
    uint64_t now = thread_ns();
    if (event->phase == RR_GC_PHASE_START) {
        s.starts++;
        if (s.pause.collections != 0 && now - s.pause.end >= TOGETHER)
            end_pause();
        if (s.pause.collections == 0)
            s.pause.wall = s.pause.cpu = 0;
        s.pause.begin = now;
    } else {
        s.stops++;
        s.pause.collections++;
        s.pause.wall += event->duration_ns;
        s.pause.cpu += now - s.pause.begin;
        s.pause.end = now;
    }
}

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

static uint64_t resident_bytes(void) {
    unsigned long long size, resident;
    FILE *file = fopen("/proc/self/statm", "r");
    EXPECT(file != NULL && fscanf(file, "%llu %llu", &size, &resident) == 2);
    fclose(file);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

static rr_stats stats_of(rr_heap *heap) {
    rr_stats stats = {.struct_size = sizeof stats};
    DO(rr_heap_stats(heap, &stats));
    return stats;
}

/* Sends a child to see what is left in its copy of the heap when everything dead has gone, raw memory included. */
static void send_to_look(double contents, double committed) {
    int ends[2];
    EXPECT(pipe(ends) == 0);
    s.looking.child = fork();
    EXPECT(s.looking.child >= 0);
    if (s.looking.child == 0) {
        DO(rr_gc_set_callback(soak.heap, NULL, NULL));
        do
            EXPECT(rr_collect(soak.heap) >= 0);
        while (rr_gc_pending(soak.heap));
        DO(rr_heap_verify(soak.heap));
        rr_stats stats = stats_of(soak.heap);
        uint64_t reachable = stats.live_bytes + stats.raw_bytes;
        _exit(write(ends[1], &reachable, sizeof reachable) == sizeof reachable ? 0 : 1);
    }
    close(ends[1]);
    s.looking.answer = ends[0];
    s.looking.contents = contents;
    s.looking.committed = committed;
}

/* What the child has seen; 0 if there is none. */
static uint64_t hear_of_look(void) {
    if (s.looking.child == 0)
        return 0;
    uint64_t reachable = 0;
    int status = 0;
    EXPECT(read(s.looking.answer, &reachable, sizeof reachable) == sizeof reachable);
    close(s.looking.answer);
    EXPECT(waitpid(s.looking.child, &status, 0) == s.looking.child && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    EXPECT(reachable > 0);
    s.looking.child = 0;
    s.seen[s.looks++ % RECENT] = reachable;
    if (s.looks < RECENT)
        return reachable;
    double lives = 8 << 20; /* the bound holds from there */
    for (int i = 0; i < RECENT; i++)
        lives = fmax(lives, (double)s.seen[i]);
    s.worst_garbage = fmax(s.worst_garbage, s.looking.contents / lives);
    s.worst_memory = fmax(s.worst_memory, s.looking.committed / lives);
    return reachable;
}

/* ---- Samples ----------------------------------------------------------------------------------------------------- */

void samples_start(const samples_options *options) {
    s.options = *options;
    if (options->csv != NULL) {
        s.csv = fopen(options->csv, "w");
        if (s.csv == NULL) {
            perror(options->csv);
            exit(2);
        }
        fprintf(s.csv, "seconds,tick,load,mood,objects,live_bytes,raw_bytes,external_bytes,committed_bytes,rss_bytes,"
                       "reachable_bytes,candidates,collections,forked,pauses,p50_ns,p99_ns,max_ns,cpu_p50_ns,cpu_p99_ns,cpu_max_ns,"
                       "verified,warm\n");
    }
    DO(rr_gc_set_callback(soak.heap, hear, NULL));
}

void samples_take(double seconds) {
    bool verified = rr_heap_verify(soak.heap) == RR_OK;
    rr_stats stats = stats_of(soak.heap);
    double contents = (double)(stats.live_bytes + stats.raw_bytes);
    double measures[MEASURES] = {contents, (double)stats.committed_bytes, (double)resident_bytes()};
    bool is_warm = soak.tick >= soak.warm_up;
    uint64_t sixth = is_warm ? (soak.tick - soak.warm_up) * SIXTHS / soak.ticks : 0;
    for (int i = 0; i < MEASURES; i++) {
        s.sums[i][sixth] += is_warm ? measures[i] : 0;
        s.peaks[i] = measures[i] > s.peaks[i] ? measures[i] : s.peaks[i];
    }
    s.counts[sixth] += is_warm;
    s.sum_fragmentation += measures[COMMITTED] / contents;

    end_pause();
    uint64_t reachable = hear_of_look();
    if (s.samples++ % LOOKS_EVERY == 0)
        send_to_look(contents, measures[COMMITTED]);
    if (s.csv != NULL) {
        fprintf(s.csv, "%.1f,%" PRIu64 ",%.3f,%d,", seconds, soak.tick, soak.load, soak.mood);
        fprintf(s.csv, "%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",", stats.live_objects, stats.live_bytes, stats.raw_bytes,
                stats.external_bytes);
        fprintf(s.csv, "%" PRIu64 ",%.0f,%" PRIu64 ",", stats.committed_bytes, measures[RESIDENT], reachable);
        fprintf(s.csv, "%" PRIu64 ",%" PRIu64 ",%d,%" PRIu64 ",", stats.candidates, stats.collections, reachable != 0, s.wall.total);
        fprintf(s.csv, "%.0f,%.0f,%" PRIu64 ",", quantile(&s.wall, 0.5), quantile(&s.wall, 0.99), s.wall.longest);
        fprintf(s.csv, "%.0f,%.0f,%" PRIu64 ",%d,%d\n", quantile(&s.cpu, 0.5), quantile(&s.cpu, 0.99), s.cpu.longest, verified, is_warm);
        fflush(s.csv);
    }
    if (!verified)
        soak_failed("the heap verifies", __FILE__, __LINE__);
    memset(&s.wall, 0, sizeof s.wall);
    memset(&s.cpu, 0, sizeof s.cpu);
    uint64_t minute = (uint64_t)(seconds / 60);
    if (!s.options.quiet && minute > s.before_last) {
        printf("%4" PRIu64 " min: %7.1f MiB live, %7.1f committed, %7.1f RSS\n", minute, contents / 0x1p20,
               measures[COMMITTED] / 0x1p20, measures[RESIDENT] / 0x1p20);
        fflush(stdout);
        s.before_last = minute;
    }
}

/* ---- Judgement --------------------------------------------------------------------------------------------------- */

static bool is_level(int measure) {
    double early = s.sums[measure][1] / (double)s.counts[1];
    double late = s.sums[measure][SIXTHS - 1] / (double)s.counts[SIXTHS - 1];
    double drift = late / early - 1;
    bool level = drift <= s.options.tolerance;
    printf("%-10s  second sixth %7.1f MiB, last sixth %7.1f MiB, peak %7.1f MiB: %+5.1f %%%s\n", names[measure], early / 0x1p20,
           late / 0x1p20, s.peaks[measure] / 0x1p20, drift * 100, level ? "" : "  RISES");
    return level;
}

static void print_pauses(const char *clock, const histogram *h) {
    printf("pauses, %s: %" PRIu64 ", p50 %.0f us, p99 %.0f us, p99.9 %.0f us, longest %.2f ms\n", clock, h->total,
           quantile(h, 0.5) / 1e3, quantile(h, 0.99) / 1e3, quantile(h, 0.999) / 1e3, (double)h->longest / 1e6);
}

bool samples_judge(void) {
    bool good = true;
    end_pause();
    hear_of_look();
    for (int i = 0; i < MEASURES; i++)
        good &= is_level(i);

    printf("the heap held at most %.2f times what lived in it, its memory was at most %.2f times that (%" PRIu64 " looks)\n",
           s.worst_garbage, s.worst_memory, s.looks);
    if (s.worst_garbage <= 0 || s.worst_garbage > GARBAGE_BOUND) {
        printf("  TOO MUCH GARBAGE: the bound is %d\n", GARBAGE_BOUND);
        good = false;
    }
    printf("committed memory was %.2f times what the heap held, on average\n", s.sum_fragmentation / (double)s.samples);
    print_pauses("by processor time", &s.whole_cpu);
    print_pauses("on the wall", &s.whole_wall);
    print_pauses("by processor time, while a fork's pages are copied", &s.copying_cpu);

    uint64_t pauses[MOST_PAUSES], known = 0;
    int64_t numbers = rr_get_pauses(soak.heap, pauses, MOST_PAUSES);
    EXPECT(numbers > 0 && numbers <= MOST_PAUSES);
    for (int64_t i = 0; i < numbers; i++)
        known += pauses[i];
    printf("the heap counts %" PRIu64 " pauses, %" PRIu64 " collections, slices among them, were heard of\n", known, s.stops);
    if (s.stops == 0 || s.starts != s.stops || known == 0 || known > s.stops) {
        printf("  THAT DOES NOT AGREE: %" PRIu64 " begun\n", s.starts);
        good = false;
    }
    if (s.csv != NULL)
        fclose(s.csv);
    return good;
}
