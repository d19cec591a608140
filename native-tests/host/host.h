/* What the guest-manners tests share.
 *
 * Each case is a process of its own, as what is looked at belongs to the process: signal handlers, threads, address
 * space. The process is a host that knows nothing of .NET; it loads the library with dlopen in the middle of its life.
 * A program has several cases and runs the one that its second argument names; the first is the library's path.
 */
#ifndef RR_TESTS_HOST_H
#define RR_TESTS_HOST_H

#include <stddef.h>
#include <stdint.h>

#include <refruntime.h>

/* Ends the process with status 1 and says what was expected. */
#define CHECK(condition, ...) \
    do { \
        if (!(condition)) \
            host_fail(__FILE__, __LINE__, #condition, __VA_ARGS__); \
    } while (0)

_Noreturn void host_fail(const char *file, int line, const char *condition, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The functions that the cases call, as dlsym finds them. */
#define HOST_FUNCTIONS(X) \
    X(abi_version) X(last_error) X(last_status) X(heap_new) X(heap_free) X(heap_stats) X(heap_verify) X(heap_of) \
    X(alloc) X(alloc_items) X(incref) X(decref) X(getrefcount) X(store) X(collect) X(list_new) X(list_append) X(list_count)

typedef struct library {
#define X(name) __typeof__(&rr_##name) name;
    HOST_FUNCTIONS(X)
#undef X
    void *handle;
} library;

/* dlopen with RTLD_NOW | RTLD_LOCAL, and every function above. */
library host_load(void);

/* The path that host_load uses. */
extern const char *host_library_path;

/* Something of everything: a heap, a live tuple, a dead cycle that is collected, a refused call; leaves nothing. */
void host_work(const library *rr);

/* Numbers from /proc/self. */
unsigned host_thread_count(void);
uint64_t host_address_space_bytes(void);

typedef struct host_case {
    const char *name;
    void (*run)(void);
} host_case;

/* To be called by main: runs the case named by argv[2]. */
int host_main(int argc, char **argv, const host_case *cases, size_t count);

#endif
