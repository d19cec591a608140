/*
 * stack_bounds.c: where the calling thread's stack lies, also when there is no memory to ask for it.
 *
 * The runtime asks pthread_getattr_np in the first call of each thread. That needs memory (for a set of processors, and on the main
 * thread for a stream), and the runtime does not look whether it got an answer: without memory the thread's first call
 * into the library ended in a fault. The linker sends the runtime's calls here (--wrap, see RefRuntime.Native.targets).
 *
 * Without memory the answer is the mapping in which the stack lies, read from the kernel with what is on the stack.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <unistd.h>

#include "uncancelled.h"

int __real_pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes);
int __wrap_pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes);

struct range {
    uintptr_t low, high;
};

static unsigned digit(char c)
{
    return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
}

/* Lines of /proc/self/maps begin with "low-high ". Without that file (no /proc): as much below the address as the
 * least stack has, which is what pthread_attr_setstack() takes (16 KiB on x86-64, 128 KiB on arm64). */
static struct range mapping_of(uintptr_t address)
{
    enum { LOW, HIGH, REST } part = LOW;
    struct range range = {0, 0};
    char buffer[512];
    ssize_t count;
    int descriptor = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);

    while (descriptor >= 0 && (count = read(descriptor, buffer, sizeof buffer)) > 0) {
        for (ssize_t i = 0; i < count; i++) {
            char c = buffer[i];
            if (c == '\n') {
                part = LOW;
                range = (struct range){0, 0};
            } else if (part == LOW && c == '-') {
                part = HIGH;
            } else if (part == HIGH && c == ' ') {
                part = REST;
                if (range.low <= address && address < range.high) {
                    close(descriptor);
                    return range;
                }
            } else if (part == LOW) {
                range.low = range.low * 16 + digit(c);
            } else if (part == HIGH) {
                range.high = range.high * 16 + digit(c);
            }
        }
    }
    if (descriptor >= 0)
        close(descriptor);
    range.high = (address | 4095) + 1;
    range.low = range.high - (uintptr_t)PTHREAD_STACK_MIN;
    return range;
}

int __wrap_pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes)
{
    int error = __real_pthread_getattr_np(thread, attributes);
    struct range stack;
    int state;

    if (error == 0 || !pthread_equal(thread, pthread_self()))
        return error;
    state = cancellation_off();
    stack = mapping_of((uintptr_t)__builtin_frame_address(0));
    cancellation_back(state);
    error = pthread_attr_init(attributes);
    return error != 0 ? error : pthread_attr_setstack(attributes, (void *)stack.low, stack.high - stack.low);
}
