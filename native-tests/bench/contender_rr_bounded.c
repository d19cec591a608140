/* RefRuntime through the inline calls, with automatic collections in bounded slices. */
#include <refruntime_inline.h>

#define CONTENDER contender_rr_bounded
#define CONTENDER_NAME "rr bounded"
#define CONTENDER_WHAT "the same with RR_HEAP_BOUNDED, where collections are automatic"
#define CONTENDER_HEAP_FLAGS RR_HEAP_BOUNDED
#define CONTENDER_AUTOMATIC_ONLY true
#include "contender_rr.c"
