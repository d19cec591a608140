/* Which header a program of these tests is compiled with: the plain one, or with USE_INLINE the inline calls. */
#ifndef TOOLS_CALLS_H
#define TOOLS_CALLS_H

#ifdef USE_INLINE
#include <refruntime_inline.h>
#else
#include <refruntime.h>
#endif

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct person {
    struct person *friend;
    struct person *boss;
    int64_t age;
    char initials[3]; /* so that the size is no multiple of eight but for the padding */
} person;

/* Ends the program, with the library's words, unless what is needed is there. */
static inline void require(int holds, const char *what) {
    if (!holds) {
        fprintf(stderr, "%s: %s\n", what, rr_last_error());
        exit(3);
    }
}

static inline rr_type person_type(void) {
    static const uint32_t references[] = {offsetof(person, friend), offsetof(person, boss)};
    rr_type_info info = {.struct_size = sizeof info, .name = "person", .size = sizeof(person), .ref_offsets = references, .ref_count = 2};
    rr_type type = rr_type_new(&info);
    require(type != RR_TYPE_NONE, "rr_type_new");
    return type;
}

static inline person *person_new(rr_heap *heap, rr_type type, int64_t age) {
    person *made = rr_alloc(heap, type);
    require(made != NULL, "rr_alloc");
    made->age = age;
    return made;
}

#endif
