/* expect: rr_store: value 0x | was freed before | "person" | make_person | release_person | remember */
#include "scene.h"

APART void remember(person *who, person *what)
{
    rr_store(&who->friend, what);
    STAY();
}

int main(void)
{
    set_scene(NULL);
    person *ada = make_person(), *bob = make_person();
    release_person(bob);
    remember(ada, bob);
    return 0;
}
