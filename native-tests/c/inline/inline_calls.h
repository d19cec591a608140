/* Included before everything else, it runs the tests of this directory's parent through refruntime_inline.h.
 *
 * The inline calls trust their caller, and some tests call wrongly on purpose. So each call asks first whether the caller
 * keeps what it promises: then it goes inline, with whatever traps are set; otherwise to the library, as with
 * RR_CHECK_INLINE. */
#ifndef RR_TESTS_INLINE_CALLS_H
#define RR_TESTS_INLINE_CALLS_H

#include <refruntime_inline.h>

#if !RR_HAS_INLINE
#error "the inline calls are not compiled: this would test the library twice"
#endif

/* May this thread change the heap now? */
static inline int keeps_heap(rr_heap *heap) {
    return rr_mem_free(heap, NULL) == RR_OK;
}

static inline int keeps_object(const void *object) {
    return object == NULL || (rr_is_object(object) && keeps_heap(rr_heap_of(object)));
}

/* The heap of the slot's object, when the slot is among its first words; else NULL. */
static inline rr_heap *heap_of_slot(void **slot) {
    for (int back = 0; back < 4; back++) {
        if (rr_is_object(slot - back))
            return rr_heap_of(slot - back);
    }
    return NULL;
}

static inline int keeps_slot(void **slot, void *value) {
    if (slot == NULL || (uintptr_t)slot % sizeof *slot != 0 || !keeps_object(value) || !keeps_object(*slot))
        return 0;
    rr_heap *heap = heap_of_slot(slot);
    return value == NULL || ((heap == NULL || heap == rr_heap_of(value)) &&
                             (*slot == NULL || rr_heap_of(*slot) == rr_heap_of(value)));
}

static inline rr_status tested_incref(void *object) {
    return keeps_object(object) ? rr_incref(object) : (rr_incref)(object);
}

static inline rr_status tested_decref(void *object) {
    return keeps_object(object) ? rr_decref(object) : (rr_decref)(object);
}

static inline void *tested_newref(void *object) {
    return keeps_object(object) ? rr_newref(object) : (rr_newref)(object);
}

static inline int64_t tested_getrefcount(const void *object) {
    return rr_is_object(object) ? rr_getrefcount(object) : (rr_getrefcount)(object);
}

static inline int32_t tested_is_unique(const void *object) {
    return rr_is_object(object) ? rr_is_unique(object) : (rr_is_unique)(object);
}

static inline rr_status tested_store(void **slot, void *value) {
    return keeps_slot(slot, value) ? rr_store(slot, value) : (rr_store)(slot, value);
}

static inline rr_status tested_take(void **slot, void *value) {
    return keeps_slot(slot, value) ? rr_take(slot, value) : (rr_take)(slot, value);
}

static inline void *tested_alloc(rr_heap *heap, rr_type type) {
    return keeps_heap(heap) ? rr_alloc(heap, type) : (rr_alloc)(heap, type);
}

#undef rr_incref
#undef rr_decref
#undef rr_newref
#undef rr_getrefcount
#undef rr_is_unique
#undef rr_store
#undef rr_take
#undef rr_alloc
#define rr_incref(...) tested_incref(__VA_ARGS__)
#define rr_decref(...) tested_decref(__VA_ARGS__)
#define rr_newref(...) tested_newref(__VA_ARGS__)
#define rr_getrefcount(...) tested_getrefcount(__VA_ARGS__)
#define rr_is_unique(...) tested_is_unique(__VA_ARGS__)
#define rr_store(...) tested_store(__VA_ARGS__)
#define rr_take(...) tested_take(__VA_ARGS__)
#define rr_alloc(...) tested_alloc(__VA_ARGS__)

#endif
