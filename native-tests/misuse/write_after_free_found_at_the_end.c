/* expect: rr_heap_free: object 0x | was written to after it was freed, at offset 39 | "person" | make_person | release_person */
#include "scene.h"

int main(void)
{
    set_scene(NULL);
    person *ada = make_person();
    release_person(ada);
    ada->name[23] = 'x';
    return rr_heap_free(heap) == RR_OK ? 0 : 1;
}
