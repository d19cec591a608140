/* mimalloc, with counts by hand. The library is loaded at run time: linked, it would replace malloc in the whole program,
 * and the contender that is named glibc with it. */
#include "bench.h"

#include <dlfcn.h>
#include <stdio.h>

static void *(*mi_malloc)(size_t size);
static void (*mi_free)(void *memory);

static inline void *hand_alloc(size_t size) {
    return mi_malloc(size);
}

static inline void hand_free(void *memory) {
    mi_free(memory);
}

#include "hand_counted.h"

static bool begin(char *why, size_t why_size) {
    static const char *const names[] = {"libmimalloc.so", "libmimalloc.so.2", "libmimalloc.so.2.0"};
    void *library = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && library == NULL; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        snprintf(why, why_size, "libmimalloc.so is not installed (Debian: libmimalloc-dev)");
        return false;
    }
    *(void **)(&mi_malloc) = dlsym(library, "mi_malloc");
    *(void **)(&mi_free) = dlsym(library, "mi_free");
    if (mi_malloc == NULL || mi_free == NULL) {
        snprintf(why, why_size, "libmimalloc.so has no mi_malloc or mi_free");
        return false;
    }
    return true;
}

static void end(void) {
    CHECK(counted_live == 0);
}

const bench_contender contender_mimalloc = {
    .name = "mimalloc", .what = "mi_malloc and mi_free, counts by hand", .begin = begin, .end = end, HAND_COUNTED};
