/* expect: rr_collect: object 0x | was freed, and is still referred to | held by a "person" | in its slot at offset 8 | make_person | release_person */
#include "scene.h"

int main(void)
{
    set_scene(NULL);
    person *ada = make_person(), *bob = make_person();
    ada->other = bob; /* moves the reference there */
    release_person(bob); /* and gives it back all the same */
    return rr_collect(heap) < 0 ? 1 : 0;
}
