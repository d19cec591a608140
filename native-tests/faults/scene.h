/* A scene: a small heap with something of everything in it, in which one call is made while the system refuses.
 *
 * What the scene holds is known, so that what a failed call has left behind shows: counts, list lengths, weak references, bytes.
 * Nothing here asserts by jumping: the sweeps run in children, whose last act is to say what was wrong.
 */
#ifndef RR_FAULTS_SCENE_H
#define RR_FAULTS_SCENE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <refruntime.h>

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Ends the child with this sentence if the condition does not hold. */
#define MUST(condition) \
    do { \
        if (!(condition)) \
            give_up(__FILE__, __LINE__, #condition); \
    } while (0)
_Noreturn void give_up(const char *file, int line, const char *condition);

/* What a failure says before its condition: "rr_alloc, request 3, plain heap". */
extern char where[200];

enum { MOST_OWNED = 4096, MOST_ADOPTED = 64 };

typedef struct node {
    void *next, *other;
    int64_t id;
} node;

typedef struct scene {
    rr_heap *heap;
    node *object, *holder; /* count 1 each */
    void *list, *tuple;    /* a list and a tuple of three objects */
    void *weak;            /* of object, with a callback */
    void *raw;             /* 100 bytes */
    char path[64];         /* of a file in the working directory, which is not there */

    void *owned[MOST_OWNED]; /* references that the call in hand has got */
    size_t owned_count;
    void *more_raw[MOST_ADOPTED];
    size_t raw_count;
    void *batch[1000]; /* for the batches */
} scene;

/* What can be seen of a heap from outside and must not change by a call that fails. */
typedef struct picture {
    uint64_t live_objects, raw_bytes, external_bytes, weakrefs_live, counts, items;
} picture;

/* Types by what they do. Made once. */
enum {
    PLAIN = 0,
    FINALIZES = 1, /* runs scene_on_finalize */
    DESTROYS = 2,  /* gives its raw storage back, if it has some in other (which is then no slot) */
    ACYCLIC = 4,
};
rr_type scene_type(unsigned features);
extern void (*scene_on_finalize)(node *self);

/* An object whose references, count of them, only traverse knows: they lie in raw memory that destroy gives back. */
typedef struct traversed {
    void **storage;
    size_t count;
    rr_heap *heap;
} traversed;
rr_type traversed_type(void);

void scene_begin(scene *s, uint32_t heap_flags, uint64_t max_bytes);

/* Everything is released and collected; nothing may be left. */
void scene_end(scene *s);

/* Uses up what the heap has in pages and work space, so that whoever needs a page asks the system. What takes the room is the
 * scene's and stays until its end. */
void scene_exhaust(scene *s);

/* A chain of so many nodes, of which batch[0] is the middle, and half as many dead ones. */
void scene_fill(scene *s, int length);

picture scene_picture(const scene *s);
bool is_same_picture(const picture *a, const picture *b);

/* Keeps what a call has returned. RR_OK, or what went wrong when it is NULL. */
rr_status scene_own(scene *s, void *object);
rr_status scene_adopt(scene *s, void *raw);

/* Releases what was kept since. */
void scene_release(scene *s, size_t owned_before, size_t raw_before);

/* Nodes of a type for features, linked in a ring or a chain by next. What is returned is owned by the caller. */
node *new_ring(rr_heap *heap, unsigned features, size_t count);
node *new_chain(rr_heap *heap, unsigned features, size_t count);

#endif
