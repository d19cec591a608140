/* expect-nothing */
#include "scene.h"

static void bury(void *object, void *user)
{
    (void)user;
    if (((person *)object)->friend != NULL && rr_is_object(((person *)object)->friend) == 0)
        exit(3);
}

/* All that the other programs do, done right, and ordinary errors, which nobody is told of. */
int main(void)
{
    set_scene(bury);
    for (int round = 0; round < 1000; round++) {
        person *ada = make_person(), *bob = make_person();
        strcpy(ada->name, "Augusta Ada King-Noel, ");
        rr_store(&ada->friend, bob);
        rr_store(&bob->friend, ada);
        rr_incref_tagged(bob, RR_HERE);
        const char *tag = RR_HERE;
        rr_incref_tagged(bob, tag);
        rr_decref_tagged(bob, tag);
        rr_decref(bob);
        void *list = rr_list_new(heap), *weak = rr_weakref_new(ada, NULL, NULL);
        rr_list_append(list, bob);
        if (rr_list_get(list, 7) != NULL || rr_alloc(heap, 0xFFFFF) != NULL || rr_is_object(heap) != 0 || rr_try_incref(NULL) != 0)
            return 4;
        rr_decref(list);
        release_person(ada);
        release_person(bob);
        if (rr_collect(heap) != 2 || rr_weakref_get(weak) != NULL)
            return 5;
        rr_decref(weak);
        if (rr_is_object(ada) != 0 || rr_heap_verify(heap) != RR_OK)
            return 6;
    }
    rr_stats stats = {.struct_size = sizeof stats};
    if (rr_heap_stats(heap, &stats) != RR_OK || stats.live_objects != 0 || stats.live_bytes != 0)
        return 7;
    return rr_heap_free(heap) == RR_OK ? 0 : 8;
}
