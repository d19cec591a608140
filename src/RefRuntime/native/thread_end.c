/*
 * thread_end.c: lets the host call the library in destructors of thread-specific data.
 *
 * When a thread ends, the runtime's own such destructor takes the thread off its list, and a call from then on aborts the
 * process. In which order destructors run is up to the system; but they run in rounds, PTHREAD_DESTRUCTOR_ITERATIONS of them,
 * as long as one of them sets its value again. So the runtime's destructor is put off by two rounds, and what other destructors
 * call in these finds the thread as it was.
 *
 * Why not to the last round: a thread may call for the first time in a destructor, in the first round or in the second, after
 * the runtime's turn. There have to be turns enough after that.
 *
 * Invariant: the runtime's destructor runs for each thread that it knows. If it did not, its list would lead into the memory
 * of a thread that is gone.
 *
 * The linker's --wrap option brings here what the runtime's static libraries call; see signals.c.
 *
 * Checked by native-tests/host/threads.c.
 */
#define _GNU_SOURCE
#include <limits.h>
#include <pthread.h>
#include <stddef.h>

#define ROUNDS_TO_WAIT 2
_Static_assert(ROUNDS_TO_WAIT + 2 <= PTHREAD_DESTRUCTOR_ITERATIONS, "the runtime's destructor has a turn, also when the first call comes late");

typedef void (*destructor)(void *);

int __real_pthread_key_create(pthread_key_t *key, destructor destroy);
int __wrap_pthread_key_create(pthread_key_t *key, destructor destroy);

static pthread_key_t runtime_key;
static destructor end_of_thread; /* the runtime's; NULL: it has no key yet */
static _Thread_local int rounds_waited;

static void put_off(void *thread)
{
    if (rounds_waited < ROUNDS_TO_WAIT && pthread_setspecific(runtime_key, thread) == 0)
        rounds_waited++;
    else
        end_of_thread(thread);
}

/* The first key is the runtime's, which makes it before any C# runs. Others are the library's own. */
int __wrap_pthread_key_create(pthread_key_t *key, destructor destroy)
{
    int error;
    if (end_of_thread != NULL || destroy == NULL)
        return __real_pthread_key_create(key, destroy);
    end_of_thread = destroy;
    error = __real_pthread_key_create(&runtime_key, put_off);
    *key = runtime_key;
    return error;
}
