/* expect: rr_collect: value 0x | is in a slot, and is no object | held by a "person" | in its slot at offset 0 | make_person */
#include "scene.h"

int main(void)
{
    set_scene(NULL);
    person *ada = make_person(), *bob = make_person();
    ada->friend = bob->name;
    return rr_collect(heap) < 0 ? 1 : 0;
}
