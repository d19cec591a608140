/* Two threads write one field of an object: "race" as they come, "lock" in a callback that a synchronized heap lets run on one thread at a
 * time. ThreadSanitizer sees the field, and the heap's lock, which is the system's; the library's own accesses it does not see. */
#include <pthread.h>
#include <refruntime.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int64_t *field;
static rr_heap *heap;
static rr_type type;

static void write_field(void) {
    for (int i = 0; i < 1000; i++)
        *field += 1;
}

static void in_callback(void *object, void *user) {
    (void)object;
    (void)user;
    write_field();
}

static void *race(void *unused) {
    write_field();
    return unused;
}

static void *under_lock(void *unused) {
    for (int i = 0; i < 20; i++)
        rr_decref(rr_alloc(heap, type));
    return unused;
}

int main(int argc, char **argv) {
    rr_heap_options options = {.struct_size = sizeof options, .flags = RR_HEAP_SYNCHRONIZED};
    rr_type_info info = {.struct_size = sizeof info, .name = "writes", .size = 16, .finalize = in_callback};
    int is_race = argc > 1 && strcmp(argv[1], "race") == 0;
    pthread_t threads[2];
    heap = rr_heap_new(&options);
    type = rr_type_new(&info);
    field = rr_alloc_items(heap, RR_TYPE_BYTES, sizeof *field);
    for (int i = 0; i < 2; i++)
        if (pthread_create(&threads[i], NULL, is_race ? race : under_lock, NULL) != 0)
            return EXIT_FAILURE;
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    printf("%lld\n", (long long)*field);
    return rr_decref(field) == RR_OK && rr_heap_free(heap) == RR_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}
