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
#include <sys/types.h>

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
    X(abi_version) X(last_error) X(last_status) X(set_error_handler) \
    X(heap_new) X(heap_free) X(heap_attach) X(heap_stats) X(heap_verify) X(heap_trim) X(heap_of) \
    X(type_new) X(type_of) X(alloc) X(alloc_items) X(size) X(item_count) X(is_object) \
    X(incref) X(decref) X(newref) X(getrefcount) X(is_unique) X(try_incref) X(store) X(take) X(make_immortal) X(is_immortal) \
    X(collect) X(collect_step) X(gc_pending) X(gc_set_callback) X(gc_freeze) X(gc_unfreeze) \
    X(weakref_new) X(weakref_get) X(weakref_count) X(list_new) X(list_append) X(list_get) X(list_count) \
    X(mem_alloc) X(mem_free) X(get_referents) X(get_referrers) X(get_objects) X(get_path) \
    X(heap_print_stats) X(leak_report) X(heap_snapshot) X(heap_dot) X(debug_print) \
    X(profile_start) X(profile_stop) X(profile_write) X(trace_start) X(trace_stop)

typedef struct library {
#define X(name) __typeof__(&rr_##name) name;
    HOST_FUNCTIONS(X)
#undef X
    void *handle;
} library;

/* dlopen with RTLD_NOW | RTLD_LOCAL, and every function above. */
library host_load(void);

/* Another library file, or otherwise opened. */
library host_load_as(const char *path, int mode);
library host_loaded(void *handle);

/* The path that host_load uses. */
extern const char *host_library_path;

/* Something of everything: a heap, a live tuple, a dead cycle that is collected, a refused call; leaves nothing. */
void host_work(const library *rr);

/* Ends the process with the status that CTest takes for a skipped test. */
_Noreturn void host_skip(const char *why);

/* A directory of the case's own, below the working directory. It is removed, with the files in it, when the process exits. */
const char *host_directory(void);

/* Waits for a forked child, which must exit with success. */
void host_expect_success_of(pid_t child);

/* Runs the function in a forked child, which must end within a minute. */
void host_in_child(void (*run)(void));

/* Runs the function on another thread with such a stack (0: the usual one) and waits for it. */
void host_on_thread(size_t stack_bytes, void *(*run)(void *), void *argument);

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
