/* What calls cost, in nanoseconds, best of five: the same program is linked with the shared library and with the archive. */
#include <refruntime_inline.h>
#include <stddef.h>
#include <stdio.h>
#include <time.h>

enum { TIMES = 2000000 };

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

/* Keeps the compiler from knowing what the pointer is, and what is in memory. */
#define HIDE(pointer) __asm__ volatile("" : "+r"(pointer)::"memory")

#define MEASURE(what, statements)                               \
    do {                                                        \
        double best = 1e18;                                     \
        for (int round = 0; round < 5; round++) {               \
            double start = now();                               \
            for (int i = 0; i < TIMES; i++) {                   \
                void *object = leaf;                            \
                HIDE(object);                                   \
                statements;                                     \
            }                                                   \
            double took = now() - start;                        \
            best = took < best ? took : best;                   \
        }                                                       \
        printf("  %6.1f  %s\n", best / TIMES, what);            \
    } while (0)

int main(void)
{
    rr_type_info info = {.struct_size = sizeof info, .name = "leaf", .size = 24};
    rr_heap *heap = rr_heap_new(NULL);
    rr_type type = rr_type_new(&info);
    void *leaf = rr_alloc(heap, type);
    if (leaf == NULL)
        return fprintf(stderr, "%s\n", rr_last_error()), 1;
    MEASURE("rr_incref and rr_decref, extern", (rr_incref)(object); HIDE(object); (rr_decref)(object));
    MEASURE("rr_incref and rr_decref, inline", rr_incref(object); HIDE(object); rr_decref(object));
    MEASURE("rr_alloc and rr_decref of a leaf, extern", object = (rr_alloc)(heap, type); HIDE(object); (rr_decref)(object));
    MEASURE("rr_is_object", (void)rr_is_object(object));
    rr_decref(leaf);
    return rr_heap_free(heap) == RR_OK ? 0 : 1;
}
