/* What callbacks do that they had better not, or may well: every kind of call, made from inside every kind of callback. */
#ifndef RR_CALLBACKS_ACTS_H
#define RR_CALLBACKS_ACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <refruntime.h>

/* The kinds of callback, in the order of the table's columns. */
enum { FINALIZER, WEAK_CALLBACK, DESTROY, TRAVERSE, GC_EVENT, ERROR_HANDLER, KINDS };

typedef struct thing {
    void *next, *other;
    int64_t id;
} thing;

/* The stage: what a callback finds. */
typedef struct stage {
    rr_heap *heap, *elsewhere;  /* the callback's heap, and another one */
    void *self;                 /* the object that the callback is for: dying, or traversed, or the weak reference; NULL for other kinds */
    thing *living, *there;      /* count 1; the one elsewhere */
    void *list, *raw, *weak;    /* a list of living, raw memory, a weak reference of living */
    uint32_t heap_flags;
    char path[64];

    /* What the act has got, which the test gives back afterwards. */
    void *kept[8];
    size_t kept_count;
    rr_heap *made;
} stage;

/* One thing to do. It answers RR_OK if it was allowed, the status with which it was refused, or ZERO: a collection that was none. */
enum { ZERO = 1 };

typedef struct act {
    const char *name;
    int64_t (*run)(stage *s);
    int32_t expected[KINDS];
} act;

/* Expected results that are none. */
enum {
    NA = 100, /* it makes no sense there */
    NO = 101, /* the documentation forbids it, and nobody refuses it: it is not done */
};

extern const act acts[];
extern const size_t act_count;

#endif
