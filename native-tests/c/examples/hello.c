/* Two objects that hold each other: counting alone never frees them, rr_collect does. */
#include <refruntime.h>
#include <stddef.h>
#include <stdio.h>

typedef struct person { void *friend; const char *name; } person;

static void goodbye(void *object, void *user) {
    (void)user;
    printf("goodbye, %s\n", ((person *)object)->name);
}

int main(void) {
    static const uint32_t references[] = {offsetof(person, friend)};
    rr_type_info info = {.struct_size = sizeof info, .name = "person", .size = sizeof(person),
                         .ref_offsets = references, .ref_count = 1, .destroy = goodbye};
    rr_heap *heap = rr_heap_new(NULL);
    rr_type type = rr_type_new(&info);
    person *ada = rr_alloc(heap, type), *bob = rr_alloc(heap, type);
    if (ada == NULL || bob == NULL)
        return fprintf(stderr, "%s\n", rr_last_error()), 1;
    ada->name = "Ada", bob->name = "Bob";
    rr_store(&ada->friend, bob); /* ada holds bob: his count is 2 */
    rr_store(&bob->friend, ada);
    printf("references to Bob: %lld\n", (long long)rr_getrefcount(bob));
    rr_decref(ada);
    rr_decref(bob); /* nobody outside holds them, but they hold each other */
    printf("collected: %lld\n", (long long)rr_collect(heap));
    return rr_heap_free(heap) == RR_OK ? 0 : 1;
}
