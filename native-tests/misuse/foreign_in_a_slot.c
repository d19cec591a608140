/* expect: rr_collect: value 0x | is in a slot of another heap's object | held by a "person" | in its slot at offset 8 | make_stranger | make_person */
#include "scene.h"

APART person *make_stranger(rr_heap *other)
{
    person *made = rr_alloc(other, person_type);
    STAY();
    return made;
}

int main(void)
{
    set_scene(NULL);
    person *ada = make_person();
    ada->other = make_stranger(make_heap()); /* plainly: rr_store would have refused it */
    return rr_collect(heap) < 0 ? 1 : 0;
}
