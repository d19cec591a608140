/* expect: rr_decref: object 0x | does not lead to the beginning of one, but to offset 16 of one | "person" | make_person | release_name */
#include "scene.h"

APART void release_name(char *name)
{
    rr_decref(name);
    STAY();
}

int main(void)
{
    set_scene(NULL);
    release_name(make_person()->name);
    return 0;
}
