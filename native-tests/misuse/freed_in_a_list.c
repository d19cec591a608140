/* expect: rr_heap_verify: object 0x | was freed, and is still referred to | held by a "list" | as its item 1 | make_person | release_person */
#include "scene.h"

int main(void)
{
    set_scene(NULL);
    person *ada = make_person(), *bob = make_person();
    void *list = rr_list_new(heap);
    rr_list_append(list, ada);
    rr_list_append(list, bob);
    release_person(bob);
    release_person(bob); /* the list's reference */
    return rr_heap_verify(heap) == RR_OK ? 0 : 1;
}
