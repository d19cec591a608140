/* expect: rr_decref: object 0x | was freed before | "person" | make_person | release_person */
/* environment: REFRUNTIME_CHECK=1 */
#include "scene.h"

int main(void)
{
    set_scene(NULL);
    heap = rr_heap_new(NULL); /* asks for nothing */
    person *ada = make_person();
    release_person(ada);
    release_person(ada);
    return 0;
}
