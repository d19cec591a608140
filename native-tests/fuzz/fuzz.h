/*
 * A byte string as a program of API calls, run against the library and against a model of what must be true.
 *
 * The model (graph.c) knows each object, who holds it and what it refers to. It does not predict what callbacks run: it is told by
 * them, judges each (callbacks.c), and after each call of the outermost level compares everything (check.c): who is alive,
 * all counts, all slots, what was written into payloads. What may die is what the program no longer holds, neither itself nor
 * through others; what must die is what has no reference left, and after a complete collection everything that is not held.
 *
 * Invariants: the model changes before the call that may run callbacks; an operand is an object that the program holds; the same
 * bytes give the same calls. Any difference ends the process by abort() with a sentence.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <refruntime.h>

#include <stdint.h>
#include <stdio.h>

/* ---- Types of objects (shapes.c) ---------------------------------------------------------------------------------- */

enum kind {
    KIND_SLOTS,     /* plain slots at any offsets */
    KIND_ITEMS,     /* a fixed part, with slots or not, and items that are references */
    KIND_BOXED,     /* NaN-boxed values of 8 bytes, at offsets and as items */
    KIND_UNION,     /* tagged values of 16 bytes, at offsets and as items */
    KIND_STORED,    /* references in raw memory that traverse reports; the library releases them */
    KIND_RELEASING, /* the same, released by destroy: RR_TYPE_SELF_RELEASING */
    KIND_RAW,       /* bytes and raw items */
    KIND_BYTES,     /* the built-in types */
    KIND_TUPLE,
    KIND_LIST,
    KIND_WEAK,
    KINDS
};

enum { MAX_OFFSETS = 40, LAYOUTS = 8 };

typedef struct shape {
    rr_type type;
    enum kind kind;
    uint32_t size, item_size, offset_count;
    uint32_t offsets[MAX_OFFSETS];
    int has_items, has_finalizer, has_destroy, is_acyclic, is_leaf, is_unzeroed;
} shape;

const shape *shape_of(unsigned descriptor); /* any number is one */
const shape *shape_of_built_in(enum kind kind);
void shapes_make(void);

/* ---- Objects as the model knows them (graph.c) --------------------------------------------------------------------- */

typedef struct node node;
struct node {
    void *at;
    const shape *shape;
    uint32_t id, items, slot_count, slot_room;
    node **slots;
    int32_t handles; /* references of the program */
    int32_t edges;   /* slots of others, and its own, that refer to it */
    int32_t pins;    /* calls that run and hold it meanwhile: it is not let go */
    int is_alive, is_immortal, is_untracked, is_frozen, is_finalized, is_destroyed;
    int is_reached, is_reached_strictly; /* by the last search */
    uint32_t payload_words;              /* words of the payload that hold the object's number */
    node *target;                        /* of a weak reference: what it refers to while that lives */
    int has_callback, is_called, tags;
    uint32_t last_called; /* the number of its weak reference whose callback ran last */
    unsigned behaviour;   /* what its callbacks do */
};

enum { MAX_NODES = 3000, MAX_LIVE = 160, MAX_RAW = 16, MAX_CALLS = 600, MAX_DEPTH = 4 };

enum context { IN_NOTHING, IN_FINALIZER, IN_WEAK_CALLBACK, IN_DESTROY, IN_EVENT };

/* The frequent calls, as functions of the library or inline: calls.c is compiled twice. */
typedef struct calls {
    rr_status (*incref)(void *);
    rr_status (*decref)(void *);
    void *(*newref)(void *);
    int64_t (*getrefcount)(const void *);
    int32_t (*is_unique)(const void *);
    rr_status (*store)(void **, void *);
    rr_status (*take)(void **, void *);
    void *(*alloc)(rr_heap *, rr_type);
} calls;
extern const calls calls_extern, calls_inline;

typedef struct raw_block {
    unsigned char *at;
    size_t size;
    unsigned char seed;
} raw_block;

typedef struct program {
    const uint8_t *bytes, *end;
    const calls *call;
    rr_heap *heap, *other;  /* the heap, and another one, made when asked for */
    void *foreign;          /* an object of the other */
    uint32_t flags;
    uint64_t limit;
    int is_default, is_closing, is_sliced;
    enum context context;
    int depth, calls_made;
    int may_collect;        /* a collection may have run in this call */
    int is_disturbed;       /* callbacks have changed the graph in this call */
    int is_quiet;           /* callbacks do nothing in this call */
    int has_half_dead;      /* a dead set is being taken apart in slices */
    int has_destroyed;      /* a destroy callback has run while the heap ends */
    int probes_traverse, is_on_other_thread, is_profiled, has_profile, is_traced;
    uint64_t external;
    int has_started; /* a collection has told that it starts, and not yet that it stops */
    int collects_at_end, reports;
    uint32_t node_count, live_count, held_count, raw_count;
    void *last_freed;       /* where an object was that is dead */
    node *nodes[MAX_NODES]; /* all that were ever made, by number */
    node *held[MAX_NODES];  /* those with handles */
    raw_block raw[MAX_RAW];
} program;

extern program *now; /* the one that runs */
extern int is_verbose;

/* fail: the library, or the harness, is wrong. tell: what happens, for who replays with -v. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
void tell(const char *format, ...) __attribute__((format(printf, 1, 2)));
#define require(condition, ...) ((condition) ? (void)0 : fail(__VA_ARGS__))
const char *name_of(const node *object); /* good until three more are asked for */

/* ---- The byte string ------------------------------------------------------------------------------------------------ */

static inline unsigned next_byte(void)
{
    return now->bytes < now->end ? *now->bytes++ : 0;
}

static inline unsigned next_short(void)
{
    unsigned low = next_byte();
    return low | next_byte() << 8;
}

static inline int is_at_end(void)
{
    return now->bytes >= now->end || now->calls_made >= MAX_CALLS;
}

/* ---- graph.c: objects, edges, reachability -------------------------------------------------------------------------- */

node *node_new(const shape *made, void *at, uint32_t items, uint32_t slots); /* alive, with one handle */
node *node_at(const void *at);                                              /* the newest that was made there, if it is alive */
node *pick_held(void);                                                      /* NULL if the program holds nothing */
node *pick_held_of(enum kind kind);
void handle_add(node *object);
void handle_drop(node *object);
void edge_set(node *object, uint32_t slot, node *value);
void slots_insert(node *object, uint32_t slot, node *value);
void slots_remove(node *object, uint32_t slot);
void node_bury(node *object);
int64_t count_of(const node *object);
void search(void); /* sets is_reached and is_reached_strictly */
void graph_reset(void);

/* ---- payload.c: where slots are, and what else stands in an object -------------------------------------------------- */

int slot_is_plain(const node *object, uint32_t slot);
void **slot_address(const node *object, uint32_t slot);
void *slot_read(const node *object, uint32_t slot);
void slot_write(const node *object, uint32_t slot, void *value); /* counts nothing */
void payload_check_new(const node *object);
void payload_stamp(node *object);
void payload_check(const node *object);

/* ---- callbacks.c ----------------------------------------------------------------------------------------------------- */

void on_finalize(void *object, void *user);
void on_destroy(void *object, void *user);
void on_traverse(void *object, rr_visit_fn visit, void *arg, void *user);
void on_weak(void *weakref, void *user);
void on_event(rr_heap *heap, const rr_gc_event *event, void *user);

/* ---- check.c ----------------------------------------------------------------------------------------------------------- */

void settle(void);         /* after each call of the outermost level */
void check_everything(void);
void collect_and_check(void);
void require_error(rr_status expected, const char *what); /* the last call failed, and how */

/* ---- operations ------------------------------------------------------------------------------------------------------- */

void run_calls(unsigned most); /* some calls of the byte string */
void object_call(unsigned code);
void list_call(unsigned code);
void weak_call(unsigned code);
void weak_new(node *target, int has_callback);
void heap_call(unsigned code);
void raw_call(unsigned code);
void looking_call(unsigned code);
void wrong_call(unsigned code);
void store_slot(node *object, uint32_t slot, node *value, int is_move);
int may_allocate(void);    /* not in a destroy callback */
int may_misuse(void);      /* a checked heap takes ten milliseconds for each report, so a program has only a few */
void require_allocated(const void *made, const char *what);

/* ---- The whole (program.c) --------------------------------------------------------------------------------------------- */

void fuzz_start(void);                               /* once */
void fuzz_run(const uint8_t *bytes, size_t count);   /* one program */

#endif
