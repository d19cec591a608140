/* Stretches of code in which pthread_cancel() has to wait: those that call what POSIX makes a cancellation point (open, write,
 * close, ...). The thread would leave the library in the middle there, with locks and half of a file. */
#ifndef RRHOST_UNCANCELLED_H
#define RRHOST_UNCANCELLED_H

#include <pthread.h>

/* Answers what cancellation_back() wants. */
static inline int cancellation_off(void)
{
    int state = PTHREAD_CANCEL_ENABLE;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    return state;
}

static inline void cancellation_back(int state)
{
    (void)pthread_setcancelstate(state, NULL);
}

#endif
