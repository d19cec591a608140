/* expect: rr_decref_tagged: object 0x | has no open reference with the tag "cache" | open tag "index", 1 reference | make_person | enter_index | leave_cache */
#include "scene.h"

APART void enter_index(person *who)
{
    rr_incref_tagged(who, "index");
    STAY();
}

APART void leave_cache(person *who)
{
    rr_decref_tagged(who, "cache");
    STAY();
}

int main(void)
{
    set_scene(NULL);
    person *ada = make_person();
    enter_index(ada);
    leave_cache(ada);
    return 0;
}
