/* The calls that refruntime_inline.h has inline, as a table: compiled once without FUZZ_INLINE, once with it. */
#ifdef FUZZ_INLINE
#include <refruntime_inline.h>
#define TABLE calls_inline
#else
#define TABLE calls_extern
#endif
#include "fuzz.h"

static rr_status call_incref(void *object)
{
    return rr_incref(object);
}

static rr_status call_decref(void *object)
{
    return rr_decref(object);
}

static void *call_newref(void *object)
{
    return rr_newref(object);
}

static int64_t call_getrefcount(const void *object)
{
    return rr_getrefcount(object);
}

static int32_t call_is_unique(const void *object)
{
    return rr_is_unique(object);
}

static rr_status call_store(void **slot, void *value)
{
    return rr_store(slot, value);
}

static rr_status call_take(void **slot, void *value)
{
    return rr_take(slot, value);
}

static void *call_alloc(rr_heap *heap, rr_type type)
{
    return rr_alloc(heap, type);
}

const calls TABLE = {call_incref, call_decref, call_newref, call_getrefcount, call_is_unique, call_store, call_take, call_alloc};
