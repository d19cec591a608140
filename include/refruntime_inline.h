/*
 * refruntime_inline.h - the frequent calls of refruntime.h, inline.
 *
 * Include it instead of refruntime.h; nothing else changes but two things. The children of a dying object die in another
 * order, which nobody promises. And rr_take() logs no object that refers to nothing yet: no cycle can close by that. These
 * calls do the usual case where they stand, with nothing called, and leave all else to the function of the same name in
 * the library:
 *
 *     rr_incref  rr_decref  rr_newref  rr_getrefcount  rr_is_unique  rr_store  rr_take  rr_alloc
 *
 * They are function-like macros over static inline functions: (rr_incref)(object) and &rr_incref are the
 * functions of the library. Both kinds can be mixed at will, on the same objects too.
 *
 * Trust. The inline calls trust their caller: an object is a live object or NULL, a slot is aligned and not
 * NULL, a heap is a live heap that belongs to the calling thread, value and slot belong to one heap, and what
 * stands in the slots of a dying object is a live object or NULL. Define
 * RR_CHECK_INLINE (in a debug build, say) and each of these calls is the checking one of the library. So it
 * is where this header knows no better: other compilers than GCC and Clang, other machines than 64-bit
 * little-endian ones. RR_HAS_INLINE tells: 1 or 0.
 *
 * Fit. The header and refruntime_layout.h beside it know the inside of one library, which may change with
 * each release, unlike the ABI. Each file that includes them asks the library once, by the way. If they do
 * not fit, rr_heap_new, rr_heap_default and rr_alloc answer NULL and rr_last_status() RR_E_ABI; calls on objects
 * that come from elsewhere are made through the library, which always fits. Nothing is silently wrong.
 *
 * Why it is safe to know so little: the trap rule. Whenever the library has to hear of a call, it sees to it
 * that the inline test fails: a count below 1 (a synchronized heap, an immortal or dying object), a log that
 * is full (a collection is due), a bin without a block (the same, or a callback may not allocate), a page that
 * has counted down to 0. The test comes first, the change after it.
 */
#ifndef REFRUNTIME_INLINE_H
#define REFRUNTIME_INLINE_H

#include "refruntime.h"

#if !defined(RR_CHECK_INLINE) && defined(__GNUC__) && defined(__LP64__) && \
    defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define RR_HAS_INLINE 1
#else
#define RR_HAS_INLINE 0
#endif

#if RR_HAS_INLINE

#include "refruntime_layout.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Memory of objects is read and written here beside the accesses of the program, whatever types those have. */
typedef uint64_t __attribute__((may_alias)) rr_inline_word;
typedef uint32_t __attribute__((may_alias)) rr_inline_half;
typedef uint16_t __attribute__((may_alias)) rr_inline_quarter;
typedef void *__attribute__((may_alias)) rr_inline_link;

#define RR_INLINE static __inline__ __attribute__((always_inline, unused))
#define RR_INLINE_APART static __attribute__((noinline, unused))
#define RR_INLINE_COLD static __attribute__((noinline, cold, unused))
#define RR_INLINE_LIKELY(condition) __builtin_expect(!!(condition), 1)

/* ---- Does the header fit the library? -------------------------------------------------------------------------- */

/* Objects above this address may be touched here: all, once the library has said that the layout fits; none before, nor if
 * it does not fit; never NULL. */
static uintptr_t rr_inline_floor __attribute__((unused)) = UINTPTR_MAX;

/* The types, set before the floor. */
static const rr_layout_type *rr_inline_types __attribute__((unused));

/* 0 not asked yet, 1 fits, -1 does not fit. */
static int32_t rr_inline_fit __attribute__((unused));

/* Asks, unless it has been asked: 0 only if the header does not fit. Threads may ask at once; they get one answer. */
RR_INLINE_COLD int rr_inline_fits(void)
{
    if (__atomic_load_n(&rr_inline_fit, __ATOMIC_RELAXED) == 0) {
        rr_layout_info info;
        info.struct_size = (uint32_t)sizeof info;
        if (rr_layout_check(RR_LAYOUT_FINGERPRINT) != RR_OK) {
            __atomic_store_n(&rr_inline_fit, -1, __ATOMIC_RELAXED);
        } else if (rr_layout(&info) == RR_OK) {
            __atomic_store_n(&rr_inline_types, info.types, __ATOMIC_RELEASE);
            __atomic_store_n(&rr_inline_floor, 0, __ATOMIC_RELEASE);
            __atomic_store_n(&rr_inline_fit, 1, __ATOMIC_RELAXED);
        }
    }
    return __atomic_load_n(&rr_inline_fit, __ATOMIC_RELAXED) >= 0;
}

/* For calls that refuse to go on: the error is set each time. */
RR_INLINE_COLD int rr_inline_require_fit(void)
{
    return rr_inline_fits() || rr_layout_check(RR_LAYOUT_FINGERPRINT) == RR_OK;
}

/* May something be done inline with the object? */
RR_INLINE int rr_inline_knows(const void *object)
{
    return RR_INLINE_LIKELY((uintptr_t)object > __atomic_load_n(&rr_inline_floor, __ATOMIC_ACQUIRE)) != 0;
}

RR_INLINE_COLD int rr_inline_learns(const void *object)
{
    return rr_inline_fits() && rr_inline_knows(object);
}

/* The same, and if that is not known yet, the library is asked. NULL: no. */
RR_INLINE int rr_inline_may(const void *object)
{
    return rr_inline_knows(object) || (object != NULL && rr_inline_learns(object));
}

/* ---- Header and page ------------------------------------------------------------------------------------------- */

/* The header is always accessed as a whole: a processor forwards a store to a load of the same size. */
RR_INLINE rr_inline_word *rr_inline_header(const void *object)
{
    return (rr_inline_word *)object - 1;
}

RR_INLINE int32_t rr_inline_count(uint64_t header)
{
    return (int32_t)(uint32_t)header;
}

/* Count and flags, without the type. */
RR_INLINE uint64_t rr_inline_state(uint64_t header)
{
    return header << (64 - RR_LAYOUT_TYPE_SHIFT);
}

RR_INLINE char *rr_inline_segment(void *object)
{
    return (char *)((uintptr_t)object & ~(uintptr_t)RR_LAYOUT_SEGMENT_MASK);
}

RR_INLINE uintptr_t rr_inline_page_index(void *object)
{
    return ((uintptr_t)object & RR_LAYOUT_SEGMENT_MASK) >> RR_LAYOUT_PAGE_SHIFT;
}

RR_INLINE char *rr_inline_page(void *object)
{
    return rr_inline_segment(object) + RR_LAYOUT_SEGMENT_PAGES + (rr_inline_page_index(object) << RR_LAYOUT_PAGE_ENTRY_SHIFT);
}

/* Gives back a block. 0 if the page has to hear of it: nothing changed. */
RR_INLINE int rr_inline_try_free(void *object)
{
    char *page = rr_inline_page(object);
    rr_inline_link *first = (rr_inline_link *)(void *)(page + RR_LAYOUT_PAGE_FREE);
    rr_inline_quarter *countdown = (rr_inline_quarter *)(void *)(page + RR_LAYOUT_PAGE_COUNTDOWN);
    *countdown = (uint16_t)(*countdown - 1u);
    if (*countdown == 0) {
        *countdown = 1;
        return 0;
    }
    *rr_inline_header(object) = 0;
    *(rr_inline_link *)object = *first;
    *first = object;
    return 1;
}

/* ---- The log of candidates --------------------------------------------------------------------------------------- */

typedef struct rr_inline_log {
    rr_inline_quarter *in_page;
    rr_inline_word *in_heap, *word;
    uint64_t trap, bit;
} rr_inline_log;

/* Where the object is logged. */
RR_INLINE rr_inline_log rr_inline_log_of(void *object)
{
    rr_inline_log log;
    char *segment = rr_inline_segment(object), *page = rr_inline_page(object);
    char *heap = *(char **)(void *)(segment + RR_LAYOUT_SEGMENT_HEAP), *start = *(char **)(void *)(page + RR_LAYOUT_PAGE_START);
    uint64_t reciprocal = *(rr_inline_half *)(void *)(page + RR_LAYOUT_PAGE_RECIPROCAL);
    uint64_t index = ((uint64_t)((char *)rr_inline_header(object) - start) * reciprocal) >> 32;
    char *bitmap = segment + RR_LAYOUT_SEGMENT_BITMAPS + (rr_inline_page_index(object) << RR_LAYOUT_BITMAP_SHIFT);
    log.in_page = (rr_inline_quarter *)(void *)(page + RR_LAYOUT_PAGE_CANDIDATES);
    log.in_heap = (rr_inline_word *)(void *)(heap + RR_LAYOUT_HEAP_CANDIDATES);
    log.trap = *(rr_inline_word *)(void *)(heap + RR_LAYOUT_HEAP_TRAP);
    log.word = (rr_inline_word *)(void *)bitmap + (index >> 6);
    log.bit = UINT64_C(1) << (index & 63);
    return log;
}

/* Logs the object, which is not, and gives it the header. 0 if the library has to hear of it: nothing changed. */
RR_INLINE_APART int rr_inline_try_log(void *object, uint64_t header)
{
    rr_inline_log log = rr_inline_log_of(object);
    if (*log.in_page == 0 || *log.in_heap + 1 >= log.trap)
        return 0;
    *log.in_page = (uint16_t)(*log.in_page + ((*log.word & log.bit) == 0)); /* or who was here before has left it behind */
    *log.word |= log.bit;
    *log.in_heap += 1;
    *rr_inline_header(object) = header | RR_LAYOUT_HEADER_QUIET;
    return 1;
}

/* ---- Release ----------------------------------------------------------------------------------------------------- */

/* Gives back one reference, if that is all there is to do or the object is a plain leaf. 0: nothing changed. */
RR_INLINE int rr_inline_try_decref(void *object, uint64_t header)
{
    uint64_t next = header - 1;
    if (RR_INLINE_LIKELY(rr_inline_count(next) > 0)) {
        if ((header & RR_LAYOUT_HEADER_QUIET) == 0)
            return rr_inline_try_log(object, next);
        *rr_inline_header(object) = next;
        return 1;
    }
    return rr_inline_state(header) == rr_inline_state(RR_LAYOUT_LEAF_VALUE) && rr_inline_try_free(object);
}

/* Releases what a slot held; NULL is nothing. 0: nothing changed. */
RR_INLINE int rr_inline_try_release(void *old)
{
    return old == NULL || rr_inline_try_decref(old, *rr_inline_header(old));
}

/* Is that the header, logged or not, of an object of the type which dies with its last reference, which this is, by releasing its slots? */
RR_INLINE int rr_inline_dies_as(uint64_t header, const rr_layout_type *type)
{
    return ((header ^ type->release) & ~RR_LAYOUT_HEADER_QUIET) == 0;
}

/* The entry of the object's type, if that is so. */
RR_INLINE const rr_layout_type *rr_inline_node_type(uint64_t header)
{
    uint64_t index = header >> RR_LAYOUT_TYPE_SHIFT;
    if (RR_INLINE_LIKELY(index < RR_LAYOUT_TYPES)) {
        const rr_layout_type *type = __atomic_load_n(&rr_inline_types, __ATOMIC_RELAXED) + index;
        if (RR_INLINE_LIKELY(rr_inline_dies_as(header, type)))
            return type;
    }
    return NULL;
}

/* Tells the heap of the object how many of its candidates have died. While there are any, the last block was given back inline, and its
 * page has others in use; after a call of the library the object's segment may be the system's. */
RR_INLINE void rr_inline_settle(void *object, uint64_t *forgotten)
{
    if (*forgotten == 0)
        return;
    char *heap = *(char **)(void *)(rr_inline_segment(object) + RR_LAYOUT_SEGMENT_HEAP);
    *(rr_inline_word *)(void *)(heap + RR_LAYOUT_HEAP_CANDIDATES) -= *forgotten;
    *forgotten = 0;
}

/* Leaves the end of a node to the library. It is the first to see that the slots are empty. */
RR_INLINE_COLD void rr_inline_free_emptied(void *object, const rr_layout_type *type)
{
    rr_inline_link *slot = (rr_inline_link *)(void *)((char *)object + type->first_slot);
    for (uint32_t slots = type->slots; slots != 0; slots >>= 1, slot++) {
        if ((slots & 1) != 0)
            *slot = NULL;
    }
    (void)rr_decref(object);
}

/* Lets nodes die, this one and what only it held, the last first. Who waits is an object like any other, alive, with one
 * reference that is ours to give back. No callback runs while a node is in hand: when there may be no room for its children, it
 * is the library's. Nor does anybody look at the node, so its slots need not be emptied; and what the heap has to know of the
 * log it is told before the library is called. */
RR_INLINE_APART rr_status rr_inline_free_nodes(void *object, uint64_t header, const rr_layout_type *type)
{
    enum { ROOM = 64, SLOTS = 32 };
    void *waiting[ROOM], *next;
    uint32_t count = 0;
    uint64_t forgotten = 0;
    for (;;) {
        next = NULL;
        if (RR_INLINE_LIKELY(count <= ROOM - SLOTS)) {
            rr_inline_link *slot = (rr_inline_link *)(void *)((char *)object + type->first_slot);
            for (uint32_t slots = type->slots; slots != 0; slots >>= 1, slot++) {
                void *child = *slot;
                if (child != NULL && (slots & 1) != 0) {
                    uint64_t word = *rr_inline_header(child);
                    if (rr_inline_count(word) == 1 && rr_inline_state(word) != rr_inline_state(RR_LAYOUT_LEAF_VALUE)) {
                        if (next != NULL)
                            waiting[count++] = next;
                        next = child;
                    } else if (!rr_inline_try_decref(child, word)) {
                        rr_inline_settle(object, &forgotten);
                        (void)rr_decref(child); /* logs it, or is a leaf's page's affair */
                    }
                }
            }
            if (RR_INLINE_LIKELY(rr_inline_try_free(object))) {
                forgotten += header != type->release; /* it was logged; its bit stays behind, and means nothing without it */
            } else {
                rr_inline_settle(object, &forgotten);
                rr_inline_free_emptied(object, type);
            }
        } else {
            rr_inline_settle(object, &forgotten);
            (void)rr_decref(object);
        }
        for (;;) {
            if (next == NULL) {
                if (count == 0) {
                    rr_inline_settle(object, &forgotten);
                    return RR_OK;
                }
                next = waiting[--count];
            }
            object = next;
            header = *rr_inline_header(object);
            if (RR_INLINE_LIKELY(rr_inline_dies_as(header, type)))
                break;
            const rr_layout_type *other = rr_inline_node_type(header);
            if (other != NULL) {
                type = other;
                break;
            }
            rr_inline_settle(object, &forgotten);
            (void)rr_decref(object);
            next = NULL;
        }
    }
}

/* The type that a dying node is taken for, until its header has been seen: a processor that waits for the header from memory
 * then has nothing else to wait for, and goes on with the next objects (random order: half the time). One node in sixteen,
 * by its address, is remembered: threads that use the same code with different types don't contend for this word. */
static rr_layout_type rr_inline_no_type __attribute__((unused)) = {0, UINT64_MAX, 0, 0, 0, 0, 0, 0}; /* fits no header, nor the zero of a freed object */
static const rr_layout_type *rr_inline_guess __attribute__((unused)) = &rr_inline_no_type;

/* The entry of the object's type if the object has the header that nodes of the type are born with, or that and Quiet: one reference
 * and nothing special. */
RR_INLINE const rr_layout_type *rr_inline_guess_type(void *object, uint64_t header)
{
    const rr_layout_type *type = __atomic_load_n(&rr_inline_guess, __ATOMIC_RELAXED);
    if (!RR_INLINE_LIKELY(rr_inline_dies_as(header, type))) {
        type = rr_inline_node_type(header);
        if (type != NULL && ((uintptr_t)object & 0xF0) == 0)
            __atomic_store_n(&rr_inline_guess, type, __ATOMIC_RELAXED);
    }
    return type;
}

/* Does an object of the type refer to nothing? All words are looked at from the first slot to the last. Instructions count here: where
 * objects die at random, as many are on their way from memory at a time as the processor has room for what is done with each. */
RR_INLINE int rr_inline_is_empty(void *object, const rr_layout_type *type)
{
    rr_inline_link *word = (rr_inline_link *)(void *)((char *)object + type->first_slot);
    rr_inline_link *last = (rr_inline_link *)(void *)((char *)object + type->slots_end) - 1;
    uintptr_t any = (uintptr_t)*word | (uintptr_t)*last;
    if (last - word > 1) {
        while (++word != last)
            any |= (uintptr_t)*word;
    }
    return any == 0;
}

/* The last reference to an object that is no plain leaf is given back. */
RR_INLINE_APART rr_status rr_inline_decref_last(void *object, uint64_t header)
{
    const rr_layout_type *type = __atomic_load_n(&rr_inline_guess, __ATOMIC_RELAXED);
    if (RR_INLINE_LIKELY(header == type->release)) {
        if (!rr_inline_is_empty(object, type))
            return rr_inline_free_nodes(object, header, type);
        return RR_INLINE_LIKELY(rr_inline_try_free(object)) ? RR_OK : rr_decref(object);
    }
    type = rr_inline_guess_type(object, header);
    return type != NULL ? rr_inline_free_nodes(object, header, type) : rr_decref(object);
}

/* A reference is given back that is not the last, and the object may have to be logged. */
RR_INLINE_APART rr_status rr_inline_decref_logged(void *object, uint64_t next)
{
    return rr_inline_try_log(object, next) ? RR_OK : rr_decref(object);
}

/* ---- Counts ---------------------------------------------------------------------------------------------------- */

RR_INLINE rr_status rr_inline_incref(void *object)
{
    if (rr_inline_may(object)) {
        uint64_t next = *rr_inline_header(object) + 1;
        if (RR_INLINE_LIKELY(rr_inline_count(next) > 1)) { /* else it was below 1, or would overflow */
            *rr_inline_header(object) = next;
            return RR_OK;
        }
    }
    return object == NULL ? RR_OK : rr_incref(object);
}

RR_INLINE rr_status rr_inline_decref(void *object)
{
    if (rr_inline_may(object)) {
        uint64_t header = *rr_inline_header(object), next = header - 1;
        if (rr_inline_count(next) > 0) {
            if (!RR_INLINE_LIKELY((header & RR_LAYOUT_HEADER_QUIET) != 0))
                return rr_inline_decref_logged(object, next);
            *rr_inline_header(object) = next;
            return RR_OK;
        }
        if (rr_inline_state(header) == rr_inline_state(RR_LAYOUT_LEAF_VALUE) && rr_inline_try_free(object))
            return RR_OK;
        return rr_inline_decref_last(object, header);
    }
    return object == NULL ? RR_OK : rr_decref(object);
}

RR_INLINE void *rr_inline_newref(void *object)
{
    return rr_inline_incref(object) == RR_OK ? object : NULL;
}

RR_INLINE int64_t rr_inline_getrefcount(const void *object)
{
    if (rr_inline_may(object)) {
        int32_t count = rr_inline_count(*rr_inline_header(object));
        if (RR_INLINE_LIKELY(count > 0))
            return count;
    }
    return rr_getrefcount(object);
}

RR_INLINE int32_t rr_inline_is_unique(const void *object)
{
    if (rr_inline_may(object)) {
        int32_t count = rr_inline_count(*rr_inline_header(object));
        if (RR_INLINE_LIKELY(count > 0))
            return count == 1;
    }
    return rr_is_unique(object);
}

/* ---- Slots ----------------------------------------------------------------------------------------------------- */

/* No callback runs on the inline way, so that the order of incref, write and decref can't be seen. */
RR_INLINE rr_status rr_inline_store(void **slot, void *value)
{
    void *old = *slot, *known = value != NULL ? value : old;
    if (rr_inline_may(known) && value != old) {
        uint64_t next = value != NULL ? *rr_inline_header(value) + 1 : 2;
        if (RR_INLINE_LIKELY(rr_inline_count(next) > 1) && rr_inline_try_release(old)) {
            if (value != NULL)
                *rr_inline_header(value) = next;
            *slot = value;
            return RR_OK;
        }
    }
    return rr_store(slot, value);
}

/* Can a cycle close by a slot that gets the only reference to this node? Not if the node refers to nothing: it has to be written to
 * before it is part of one, and what then takes the last reference from outside to a member logs that one. */
RR_INLINE int rr_inline_may_close(void **slot, void *value, uint64_t header)
{
    const rr_layout_type *type = rr_inline_guess_type(value, header);
    return type == NULL || (uintptr_t)slot - (uintptr_t)value < type->slots_end || !rr_inline_is_empty(value, type);
}

RR_INLINE rr_status rr_inline_take(void **slot, void *value)
{
    void *old = *slot, *known = value != NULL ? value : old;
    if (rr_inline_may(known) && value != old) {
        uint64_t header = value != NULL ? *rr_inline_header(value) : RR_LAYOUT_HEADER_QUIET | 1;
        if (rr_inline_count(header) > 0 &&
            ((header & RR_LAYOUT_HEADER_QUIET) != 0 || !rr_inline_may_close(slot, value, header) || rr_inline_try_log(value, header)) &&
            rr_inline_try_release(old)) {
            *slot = value;
            return RR_OK;
        }
    }
    return rr_take(slot, value);
}

/* ---- Objects --------------------------------------------------------------------------------------------------- */

RR_INLINE_COLD void *rr_inline_alloc_slow(rr_heap *heap, rr_type type)
{
    return rr_inline_require_fit() ? rr_alloc(heap, type) : NULL;
}

/* Zeroes a word and any number of 16 bytes. The empty asm keeps the compiler from making a call of it. */
RR_INLINE void rr_inline_clear(void *payload, uint32_t bytes)
{
    rr_inline_word *word = (rr_inline_word *)payload, *end = word + bytes / 8;
    *word++ = 0;
    while (word != end) {
        word[0] = 0;
        word[1] = 0;
        word += 2;
        __asm__("" : "+r"(word));
    }
}

/* An object of the type whose entry this is. NULL: the library has to hear of it, nothing changed. */
RR_INLINE void *rr_inline_try_alloc(rr_heap *heap, const rr_layout_type *entry)
{
    char *bins = *(char **)(void *)((char *)heap + RR_LAYOUT_HEAP_BINS);
    /* The offset is written last, so it is read first; that costs arm64 an instruction of another kind, x86-64 nothing. */
    rr_inline_link *bin = (rr_inline_link *)(void *)(bins + __atomic_load_n(&entry->bin_offset, __ATOMIC_ACQUIRE));
    void *payload = *bin;
    if (RR_INLINE_LIKELY(payload != NULL)) {
        void *next = *(rr_inline_link *)payload;
        *bin = next;
        __builtin_prefetch(next); /* the next allocation reads its link */
        rr_inline_clear(payload, entry->clear_bytes);
        *rr_inline_header(payload) = entry->header;
    }
    return payload;
}

RR_INLINE void *rr_inline_alloc(rr_heap *heap, rr_type type)
{
    if (rr_inline_knows(heap) && RR_INLINE_LIKELY(type < RR_LAYOUT_TYPES)) {
        void *payload = rr_inline_try_alloc(heap, __atomic_load_n(&rr_inline_types, __ATOMIC_RELAXED) + type);
        if (RR_INLINE_LIKELY(payload != NULL))
            return payload;
    }
    return rr_inline_alloc_slow(heap, type);
}

/* ---- Heaps: where a program with the wrong header is stopped ---------------------------------------------------- */

RR_INLINE rr_heap *rr_inline_heap_new(const rr_heap_options *options)
{
    return rr_inline_require_fit() ? rr_heap_new(options) : NULL;
}

RR_INLINE rr_heap *rr_inline_heap_default(void)
{
    return rr_inline_require_fit() ? rr_heap_default() : NULL;
}

#ifdef __cplusplus
}
#endif

/* Variadic, so that an argument may have commas: rr_heap_new(&(rr_heap_options){...}). */
#define rr_incref(...) rr_inline_incref(__VA_ARGS__)
#define rr_decref(...) rr_inline_decref(__VA_ARGS__)
#define rr_newref(...) rr_inline_newref(__VA_ARGS__)
#define rr_getrefcount(...) rr_inline_getrefcount(__VA_ARGS__)
#define rr_is_unique(...) rr_inline_is_unique(__VA_ARGS__)
#define rr_store(...) rr_inline_store(__VA_ARGS__)
#define rr_take(...) rr_inline_take(__VA_ARGS__)
#define rr_alloc(...) rr_inline_alloc(__VA_ARGS__)
#define rr_heap_new(...) rr_inline_heap_new(__VA_ARGS__)
#define rr_heap_default() rr_inline_heap_default()

#endif

#endif
