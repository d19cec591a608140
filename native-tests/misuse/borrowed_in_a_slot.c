/* expect: rr_collect: object 0x | is in more slots than it has references: 2 slots, 1 references | held by a "person" | in its slot at offset 0 | make_person */
#include "scene.h"

/* Forgets that a slot takes a reference of its own. */
APART void befriend(person *who, person *what)
{
    who->other = what;
}

int main(void)
{
    set_scene(NULL);
    person *ada = make_person(), *bob = make_person();
    befriend(ada, bob);
    rr_store(&ada->friend, bob);
    release_person(bob); /* his own; one reference is left, for two slots */
    return rr_collect(heap) < 0 ? 1 : 0;
}
