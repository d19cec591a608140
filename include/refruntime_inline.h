/*
 * refruntime_inline.h - the frequent calls of refruntime.h, inline.
 *
 * Include it instead of refruntime.h; nothing else changes. These calls then do the usual case where
 * they stand, with nothing called, and leave all else to the function of the same name in the library:
 *
 *     rr_incref  rr_decref  rr_newref  rr_getrefcount  rr_is_unique  rr_store  rr_take  rr_alloc
 *
 * They are function-like macros over static inline functions: (rr_incref)(object) and &rr_incref are the
 * functions of the library. Both kinds can be mixed at will, on the same objects too.
 *
 * Trust. The inline calls trust their caller: an object is a live object or NULL, a slot is aligned and not
 * NULL, a heap is a live heap that belongs to the calling thread, value and slot belong to one heap. Define
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
 * that the inline test fails: a count below 1 (a synchronized heap, an immortal or dying object), a header
 * that is not quiet (a possible cycle root has to be logged), a bin without a block (a collection is due, a
 * callback may not allocate), a page that is not in its list. The test comes first, the change after it.
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

/* The types, once the library has said that the layout fits; NULL sends every call to the library. */
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
            __atomic_store_n(&rr_inline_fit, 1, __ATOMIC_RELAXED);
        }
    }
    return __atomic_load_n(&rr_inline_fit, __ATOMIC_RELAXED) >= 0;
}

RR_INLINE_COLD int rr_inline_becomes_ready(void)
{
    return rr_inline_fits() && __atomic_load_n(&rr_inline_types, __ATOMIC_RELAXED) != NULL;
}

/* May something be done inline? */
RR_INLINE int rr_inline_ready(void)
{
    return RR_INLINE_LIKELY(__atomic_load_n(&rr_inline_types, __ATOMIC_RELAXED) != NULL) || rr_inline_becomes_ready();
}

/* For calls that refuse to go on: the error is set each time. */
RR_INLINE_COLD int rr_inline_require_fit(void)
{
    return rr_inline_fits() || rr_layout_check(RR_LAYOUT_FINGERPRINT) == RR_OK;
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

/* May 1 be added? Not below 1, and not where the count would overflow. */
RR_INLINE int rr_inline_may_increment(uint64_t header)
{
    return (uint32_t)header - 1u < (uint32_t)INT32_MAX - 1u;
}

RR_INLINE char *rr_inline_page(void *object)
{
    uintptr_t address = (uintptr_t)object, offset = address & RR_LAYOUT_SEGMENT_MASK;
    return (char *)(address - offset + RR_LAYOUT_PAGE_TABLE +
                    ((offset >> RR_LAYOUT_PAGE_SHIFT) << RR_LAYOUT_PAGE_ENTRY_SHIFT));
}

/* Gives back the block of a plain leaf whose last reference goes. 0 if the page has to hear more: nothing changed. */
RR_INLINE int rr_inline_try_free(void *object)
{
    char *page = rr_inline_page(object);
    rr_inline_quarter *count = (rr_inline_quarter *)(void *)(page + RR_LAYOUT_PAGE_FREE_COUNT);
    rr_inline_link *first = (rr_inline_link *)(void *)(page + RR_LAYOUT_PAGE_FREE);
    uint32_t state = *(rr_inline_half *)(void *)(page + RR_LAYOUT_PAGE_STATE);
    uint32_t count_then = *count + 1u;
    if ((state & RR_LAYOUT_PAGE_STATE_MASK) != RR_LAYOUT_PAGE_STATE_VALUE ||
        count_then == *(rr_inline_quarter *)(void *)(page + RR_LAYOUT_PAGE_CARVED))
        return 0;
    *rr_inline_header(object) = 0;
    *(rr_inline_link *)object = *first;
    *first = object;
    *count = (uint16_t)count_then;
    return 1;
}

/* Gives back one reference, if that is all there is to do or the object is a plain leaf. 0: nothing changed. */
RR_INLINE int rr_inline_try_decref(void *object, uint64_t header)
{
    if (RR_INLINE_LIKELY(rr_inline_count(header) > 1)) {
        if ((header & RR_LAYOUT_HEADER_QUIET) == 0)
            return 0;
        *rr_inline_header(object) = header - 1;
        return 1;
    }
    return (header & RR_LAYOUT_RELEASE_MASK) == RR_LAYOUT_RELEASE_VALUE && rr_inline_try_free(object);
}

/* The last reference to an object goes that dies by releasing its slots. What is in them is released here if that is
 * simple; 0: it was not, and the object, some of its slots empty by now, is left to the library. */
RR_INLINE_APART int rr_inline_try_free_node(void *object, uint64_t header)
{
    rr_type type = (rr_type)(header >> RR_LAYOUT_TYPE_SHIFT) & RR_LAYOUT_TYPE_MASK;
    uint32_t slots = type < RR_LAYOUT_TYPES ? __atomic_load_n(&rr_inline_types, __ATOMIC_RELAXED)[type].slots : 0;
    if (slots == 0)
        return 0;
    do {
        rr_inline_link *slot = (rr_inline_link *)object + __builtin_ctz(slots);
        if (*slot != NULL) {
            if (!rr_inline_try_decref(*slot, *rr_inline_header(*slot)))
                return 0;
            *slot = NULL;
        }
        slots &= slots - 1;
    } while (slots != 0);
    return rr_inline_try_free(object);
}

/* ---- Counts ---------------------------------------------------------------------------------------------------- */

RR_INLINE rr_status rr_inline_incref(void *object)
{
    if (object == NULL)
        return RR_OK;
    if (rr_inline_ready()) {
        uint64_t header = *rr_inline_header(object);
        if (RR_INLINE_LIKELY(rr_inline_may_increment(header))) {
            *rr_inline_header(object) = header + 1;
            return RR_OK;
        }
    }
    return rr_incref(object);
}

RR_INLINE rr_status rr_inline_decref(void *object)
{
    if (object == NULL)
        return RR_OK;
    if (rr_inline_ready()) {
        uint64_t header = *rr_inline_header(object);
        if (rr_inline_try_decref(object, header) ||
            ((header & RR_LAYOUT_NODE_MASK) == RR_LAYOUT_NODE_VALUE && rr_inline_try_free_node(object, header)))
            return RR_OK;
    }
    return rr_decref(object);
}

RR_INLINE void *rr_inline_newref(void *object)
{
    return rr_inline_incref(object) == RR_OK ? object : NULL;
}

RR_INLINE int64_t rr_inline_getrefcount(const void *object)
{
    if (object != NULL && rr_inline_ready()) {
        int32_t count = rr_inline_count(*rr_inline_header(object));
        if (RR_INLINE_LIKELY(count > 0))
            return count;
    }
    return rr_getrefcount(object);
}

RR_INLINE int32_t rr_inline_is_unique(const void *object)
{
    if (object != NULL && rr_inline_ready()) {
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
    void *old = *slot;
    if (rr_inline_ready() && value != old) {
        uint64_t header = value != NULL ? *rr_inline_header(value) : 1;
        if (RR_INLINE_LIKELY(rr_inline_may_increment(header)) && (old == NULL || rr_inline_try_decref(old, *rr_inline_header(old)))) {
            if (value != NULL)
                *rr_inline_header(value) = header + 1;
            *slot = value;
            return RR_OK;
        }
    }
    return rr_store(slot, value);
}

RR_INLINE rr_status rr_inline_take(void **slot, void *value)
{
    void *old = *slot;
    if (rr_inline_ready() && value != old) {
        uint64_t header = value != NULL ? *rr_inline_header(value) : RR_LAYOUT_HEADER_QUIET | 1;
        if (rr_inline_count(header) > 0 && (header & RR_LAYOUT_HEADER_QUIET) != 0 &&
            (old == NULL || rr_inline_try_decref(old, *rr_inline_header(old)))) {
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

/* Zeroes a multiple of 8 bytes. The empty asm keeps the compiler from making a call of it. */
RR_INLINE void rr_inline_clear(void *payload, uint32_t bytes)
{
    rr_inline_word *word = (rr_inline_word *)payload, *end = word + bytes / 8;
    while (word + 1 < end) {
        word[0] = 0;
        word[1] = 0;
        word += 2;
        __asm__("" : "+r"(word));
    }
    if (word < end)
        *word = 0;
}

RR_INLINE void *rr_inline_alloc(rr_heap *heap, rr_type type)
{
    if (rr_inline_ready() && RR_INLINE_LIKELY(heap != NULL && type < RR_LAYOUT_TYPES)) {
        const rr_layout_type *entry = __atomic_load_n(&rr_inline_types, __ATOMIC_RELAXED) + type;
        uint64_t header = entry->header;
        char *bins = *(char **)(void *)((char *)heap + RR_LAYOUT_HEAP_BINS);
        rr_inline_link *bin = (rr_inline_link *)(void *)(bins + entry->bin_offset);
        void *payload = *bin;
        if (RR_INLINE_LIKELY(payload != NULL && header != 0)) {
            *bin = *(rr_inline_link *)payload;
            rr_inline_clear(payload, entry->clear_bytes);
            *rr_inline_header(payload) = header;
            return payload;
        }
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
