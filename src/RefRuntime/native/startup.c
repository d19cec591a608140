/*
 * startup.c: the .NET runtime starts inside the host's first call, and must not be a matter of the host's there.
 *
 * Invariants
 *   - The runtime reads no variable of the environment. A host may have DOTNET_... settings for .NET programs that it
 *     starts, or is one itself: a limit on the managed heap that is meant for those (DOTNET_GCHeapHardLimit and others)
 *     would keep this runtime from starting, and the process would end. The library's own variables are read by
 *     secure_getenv(): Os/Environment.cs.
 *   - A thread that makes the first call can't be cancelled in the middle of it. Half a runtime is never finished, and every
 *     other thread would wait for it for ever.
 *
 * The linker's --wrap option brings here what the runtime's static libraries call; see signals.c.
 *
 * Checked by native-tests/host.
 */
#define _GNU_SOURCE
#include <stddef.h>

#include "uncancelled.h"

typedef int (*initialize_runtime)(void);

void __real_RhSetRuntimeInitializationCallback(initialize_runtime initialize);

char *__wrap_getenv(const char *name);
void __wrap_RhSetRuntimeInitializationCallback(initialize_runtime initialize);

char *__wrap_getenv(const char *name)
{
    (void)name;
    return NULL;
}

static initialize_runtime initialize_whole;

static int initialize_uncancelled(void)
{
    int state = cancellation_off();
    int result = initialize_whole();
    cancellation_back(state);
    return result;
}

/* Called by a static constructor, with what the first call has to run. */
void __wrap_RhSetRuntimeInitializationCallback(initialize_runtime initialize)
{
    initialize_whole = initialize;
    __real_RhSetRuntimeInitializationCallback(initialize_uncancelled);
}
