/*
 * thread.c: what the library keeps per thread.
 *
 * It is C because what is kept here must be found at the same address for as long as the thread lives, and goes with
 * the thread: managed memory gives no such promise.
 *
 * Invariants
 *   - A token is never NULL, differs between any two threads of a process, also when one has ended before the other
 *     began, and is the same in the child after fork: the counter and the thread's own value are copied with the rest.
 *   - The buffer of a thread stays where it is until the thread ends, and is not used after that.
 *
 * The thread-local part is 24 bytes on purpose (thread_end.c has 4 more). Together with the runtime's own it fits the room that glibc keeps for
 * libraries loaded by dlopen, so that a TLS descriptor (-mtls-dialect=gnu2) resolves to an offset from the thread
 * register. The initial-exec model would save another 0.5 ns per call, but a process in which that room is used up
 * could not load the library at all; the address of the thread control block would cost least, but the next thread
 * gets the same one. With the buffer itself in thread-local storage the room would not suffice.
 *
 * The functions are called with SuppressGCTransition: they neither block nor call back.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>

#include "layout.h"

#define ERROR_BUFFER_SIZE 1024
#define COLD __attribute__((noinline, cold))
#define EXPORT __attribute__((visibility("default"))) /* of librrhost.so; librefruntime.so has a version script */

void *rrhost_thread_token(void);
int32_t *rrhost_callback_state(void);
char *rrhost_error_buffer(void);
char *rrhost_error_buffer_to_write(void);
int rrhost_at_fork(void (*prepare)(void), void (*parent)(void), void (*child)(void));
int rrhost_at_exit(void (*function)(void));

_Thread_local uintptr_t rrhost_token; /* 0: this thread has none yet; fast_calls.c reads it too */
static _Thread_local int32_t callback_state[2];
static _Thread_local char *error_buffer;

static _Atomic uintptr_t last_token;

static COLD void *new_token(void)
{
    rrhost_token = atomic_fetch_add_explicit(&last_token, 1, memory_order_relaxed) + 1;
    return (void *)rrhost_token;
}

/* The identity of the calling thread. Not an address: compare it, don't follow it. */
EXPORT void *rrhost_thread_token(void)
{
    uintptr_t value = rrhost_token;
    return value != 0 ? (void *)value : new_token();
}

/* Two numbers of the calling thread's, 0 at first: how many callbacks of the host it is inside of, and of what kind the innermost is. */
EXPORT int32_t *rrhost_callback_state(void)
{
    return callback_state;
}

static pthread_key_t buffer_key;
static pthread_once_t buffer_key_once = PTHREAD_ONCE_INIT;
static int buffer_key_error;

/* Other destructors of the thread may call the library after this one: they get a new buffer. */
static void free_buffer(void *buffer)
{
    error_buffer = NULL;
    free(buffer);
}

static void create_buffer_key(void)
{
    buffer_key_error = pthread_key_create(&buffer_key, free_buffer);
}

/*
 * Without memory all threads share one buffer: a message may then be garbled by another thread's, but there is one,
 * and it ends with a zero. Nothing ever writes the last byte. A thread keeps to it until its next error, which looks for
 * memory again: what it reads when there is memory again is the error that it had.
 */
static char shared_buffer[ERROR_BUFFER_SIZE + 1];

/* What a thread reads that had no error yet: to ask for the last error needs no memory. Nothing ever writes it. */
static char no_error[ERROR_BUFFER_SIZE];

static COLD char *new_error_buffer(void)
{
    char *buffer;

    error_buffer = shared_buffer;
    pthread_once(&buffer_key_once, create_buffer_key);
    if (buffer_key_error != 0)
        return shared_buffer;
    buffer = calloc(1, ERROR_BUFFER_SIZE);
    if (buffer == NULL)
        return shared_buffer;
    if (pthread_setspecific(buffer_key, buffer) != 0) {
        free(buffer);
        return shared_buffer;
    }
    error_buffer = buffer;
    return buffer;
}

/* The calling thread's buffer of ERROR_BUFFER_SIZE bytes, to read its last error. Never NULL; zeroed before the first. */
EXPORT char *rrhost_error_buffer(void)
{
    return error_buffer != NULL ? error_buffer : no_error;
}

/* The same buffer, for an error that begins. It is given back when the thread ends. */
EXPORT char *rrhost_error_buffer_to_write(void)
{
    return error_buffer != NULL && error_buffer != shared_buffer ? error_buffer : new_error_buffer();
}

/* pthread_atfork, which is no symbol of libc.so: every program links its own. */
EXPORT int rrhost_at_fork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
    return pthread_atfork(prepare, parent, child);
}

/* atexit, which is none either. */
EXPORT int rrhost_at_exit(void (*function)(void))
{
    return atexit(function);
}
