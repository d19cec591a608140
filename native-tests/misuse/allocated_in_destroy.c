/* expect: rr_alloc: heap 0x | can't allocate while a destroy callback runs | bury | release_person */
#include "scene.h"

static void bury(void *object, void *user)
{
    (void)object;
    (void)user;
    rr_alloc(heap, person_type);
    STAY();
}

int main(void)
{
    set_scene(bury);
    release_person(make_person());
    return 0;
}
