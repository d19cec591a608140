/* expect: rr_decref: object 0x | was freed, and is still referred to | held by a "person" | in its slot at offset 0 | make_person | release_person | release_holder */
#include "scene.h"

APART void release_holder(person *who)
{
    rr_decref(who);
    STAY();
}

int main(void)
{
    set_scene(NULL);
    person *ada = make_person(), *bob = make_person();
    ada->friend = bob;
    release_person(bob);
    release_holder(ada);
    return 0;
}
