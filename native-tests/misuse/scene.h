/* What the misuse programs share: a checked heap, a type, and functions whose names a report must give.
 *
 * Each program does one thing wrong and would end with 0 if nobody noticed. It runs with the extern and with the inline calls (MISUSE_INLINE). */
#ifndef MISUSE_SCENE_H
#define MISUSE_SCENE_H

#ifdef MISUSE_INLINE
#include <refruntime_inline.h>
#else
#include <refruntime.h>
#endif

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define APART static __attribute__((noinline, noclone, unused))

typedef struct person {
    void *friend, *other;
    char name[24];
} person;

static rr_heap *heap;
static rr_type person_type;

/* The call is no tail call: its function has to be seen in the stack. */
#define STAY() __asm__ volatile("" ::: "memory")

APART rr_heap *make_heap(void)
{
    rr_heap_options options = {.struct_size = sizeof options, .flags = RR_HEAP_CHECKED | RR_HEAP_MANUAL_GC};
    return rr_heap_new(&options);
}

APART void set_scene(rr_destroy_fn destroy)
{
    static const uint32_t slots[] = {offsetof(person, friend), offsetof(person, other)};
    rr_type_info info = {.struct_size = sizeof info, .name = "person", .size = sizeof(person),
                         .ref_offsets = slots, .ref_count = 2, .destroy = destroy};
    heap = make_heap();
    person_type = rr_type_new(&info);
    if (heap == NULL || person_type == RR_TYPE_NONE)
        exit(2);
}

APART person *make_person(void)
{
    person *made = rr_alloc(heap, person_type);
    if (made == NULL)
        exit(2);
    return made;
}

APART void release_person(person *who)
{
    rr_decref(who);
    STAY();
}

#endif
