/* expect: rr_decref: object 0x | was written to behind its end, at offset 40 | "person" of 40 bytes | make_person */
#include "scene.h"

APART void rename_to(person *who, const char *name)
{
    strcpy(who->name, name);
}

int main(void)
{
    set_scene(NULL);
    person *ada = make_person();
    rename_to(ada, "Augusta Ada King-Noel, L"); /* 24 letters and a zero for 24 places */
    release_person(ada);
    return 0;
}
