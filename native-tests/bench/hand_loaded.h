/* Counts by hand over an allocator that is loaded at run time: linked, it would replace malloc in the whole program, and the
 * contender that is named glibc with it. Include this after defining LIBRARY_NAMES (strings, the first one found is taken),
 * LIBRARY_PACKAGE (of Debian), and MALLOC_NAMES and FREE_NAMES (functions, the first one found is taken: some builds put a
 * prefix before them).
 */
#include <dlfcn.h>
#include <stdio.h>

static void *(*loaded_malloc)(size_t size);
static void (*loaded_free)(void *memory);

static inline void *hand_alloc(size_t size) {
    return loaded_malloc(size);
}

static inline void hand_free(void *memory) {
    loaded_free(memory);
}

#include "hand_counted.h"

/* dlsym looks at the library itself before those that it depends on. */
static void *first_function(void *library, const char *const *names) {
    void *function = NULL;
    for (; *names != NULL && function == NULL; names++)
        function = dlsym(library, *names);
    return function;
}

static bool begin(char *why, size_t why_size, bool automatic) {
    static const char *const names[] = {LIBRARY_NAMES}, *const mallocs[] = {MALLOC_NAMES, NULL},
                             *const frees[] = {FREE_NAMES, NULL};
    (void)automatic;
    void *library = NULL;
    for (size_t i = 0; i < sizeof names / sizeof names[0] && library == NULL; i++)
        library = dlopen(names[i], RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        snprintf(why, why_size, "is it installed (Debian: " LIBRARY_PACKAGE ")? %s", dlerror());
        return false;
    }
    *(void **)(&loaded_malloc) = first_function(library, mallocs);
    *(void **)(&loaded_free) = first_function(library, frees);
    if (loaded_malloc == NULL || loaded_free == NULL) {
        snprintf(why, why_size, "%s has no %s or %s", names[0], mallocs[0], frees[0]);
        return false;
    }
    return true;
}
