/* RefRuntime through the inline calls: what a C program gets by including the other header, and nothing else is different. */
#include <refruntime_inline.h>

#define CONTENDER contender_rr_inline
#define CONTENDER_NAME "rr inline"
#define CONTENDER_WHAT "RefRuntime, inline calls, a heap that the thread owns"
#include "contender_rr.c"
