/* expect: rr_collect: object 0x | had its header overwritten | "person" | make_person */
#include "scene.h"

int main(void)
{
    set_scene(NULL);
    person *ada = make_person();
    volatile uint32_t *words = (volatile uint32_t *)(void *)ada;
    words[-1] = 77;
    return rr_collect(heap) < 0 ? 1 : 0;
}
