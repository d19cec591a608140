/* expect: rr_decref: object 0x | was written to after it was freed, at offset 0 | "person" | make_person | release_person | churn */
#include "scene.h"

/* Fills the quarantine until the first has to leave it. */
APART void churn(void)
{
    for (int i = 0; i < 300 * 1000; i++)
        rr_decref(rr_alloc(heap, person_type));
    STAY();
}

int main(void)
{
    set_scene(NULL);
    person *ada = make_person();
    release_person(ada);
    ada->friend = NULL;
    churn();
    return 0;
}
