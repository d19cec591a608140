/* expect: rr_decref: object 0x | was freed before | "person" | make_person | release_person | release_again */
#include "scene.h"

APART void release_again(person *who)
{
    rr_decref(who);
    STAY();
}

int main(void)
{
    set_scene(NULL);
    person *ada = make_person();
    release_person(ada);
    release_again(ada);
    return 0;
}
