/* expect: rr_store: value 0x | belongs to another heap than the slot | "person" | make_stranger | mix */
#include "scene.h"

APART person *make_stranger(rr_heap *other)
{
    person *made = rr_alloc(other, person_type);
    STAY();
    return made;
}

APART void mix(person *who, person *stranger)
{
    rr_store(&who->friend, stranger);
    STAY();
}

int main(void)
{
    set_scene(NULL);
    mix(make_person(), make_stranger(make_heap()));
    return 0;
}
