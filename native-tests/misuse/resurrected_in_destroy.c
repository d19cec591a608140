/* expect: rr_incref: object 0x | is being destroyed | "person" | make_person | bury | release_person */
#include "scene.h"

static void bury(void *object, void *user)
{
    (void)user;
    rr_incref(object);
    STAY();
}

int main(void)
{
    set_scene(bury);
    release_person(make_person());
    return 0;
}
