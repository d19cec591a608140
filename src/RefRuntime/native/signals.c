/*
 * signals.c: keeps the start-up of the .NET runtime away from the host's signals.
 *
 * The runtime believes that it owns the process: it ignores SIGPIPE, puts handlers on SIGSEGV and SIGFPE, and starts a
 * thread on which any signal of the host may land. A library may do none of this. The linker's --wrap option sends each
 * call that the runtime's static libraries make to sigaction, signal and pthread_create to the functions below; calls
 * of the host are not touched.
 *
 * Invariants
 *   - Of all signals only RUNTIME_SIGNAL gets a handler. The runtime needs it to stop its threads; it passes on what
 *     it did not send itself.
 *   - A fault in the host, or in this library, goes where the host wants it. So no code here may count on
 *     NullReferenceException: pointers are checked before they are followed.
 *   - A thread of the runtime takes no signal that is sent to the process. Otherwise the host's handler would run on
 *     a thread the host knows nothing of, with whatever stack that one has.
 *
 * Checked by native-tests/host.
 */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stddef.h>

/* INJECT_ACTIVATION_SIGNAL in the runtime's sources: the first real-time signal that glibc leaves to programs. */
#define RUNTIME_SIGNAL SIGRTMIN

typedef void (*signal_handler)(int);

int __real_sigaction(int number, const struct sigaction *action, struct sigaction *old_action);
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);

int __wrap_sigaction(int number, const struct sigaction *action, struct sigaction *old_action);
signal_handler __wrap_signal(int number, signal_handler handler);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument);

/* Answers what is installed and says that all went well, as the runtime aborts when a handler can't be set. */
int __wrap_sigaction(int number, const struct sigaction *action, struct sigaction *old_action)
{
    return __real_sigaction(number, number == RUNTIME_SIGNAL ? action : NULL, old_action);
}

signal_handler __wrap_signal(int number, signal_handler handler)
{
    struct sigaction installed;
    (void)handler;
    return __real_sigaction(number, NULL, &installed) == 0 ? installed.sa_handler : SIG_ERR;
}

/*
 * A thread inherits its creator's mask, so the creator blocks everything for a moment. Faults stay open: blocked, they
 * would kill the process without asking the host's handler.
 */
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument)
{
    static const int faults[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT };
    sigset_t blocked, old_mask;
    int result;

    sigfillset(&blocked);
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        sigdelset(&blocked, faults[i]);
    sigdelset(&blocked, RUNTIME_SIGNAL);
    pthread_sigmask(SIG_SETMASK, &blocked, &old_mask);
    result = __real_pthread_create(thread, attributes, start, argument);
    pthread_sigmask(SIG_SETMASK, &old_mask, NULL);
    return result;
}
