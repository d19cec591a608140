/* expect: rr_heap_verify: object 0x | was written to after it was freed, at offset 16 | "person" | make_person | release_person */
#include "scene.h"

int main(void)
{
    set_scene(NULL);
    person *ada = make_person();
    release_person(ada);
    memcpy(ada->name, "Ada", 3);
    return rr_heap_verify(heap) == RR_OK ? 0 : 1;
}
