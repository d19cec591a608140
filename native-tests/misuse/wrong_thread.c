/* expect: rr_incref: object 0x | belongs to a heap that another thread owns | "person" | make_person | visit */
#include "scene.h"

#include <pthread.h>

static void *visit(void *object)
{
    rr_incref(object);
    STAY();
    return NULL;
}

int main(void)
{
    pthread_t thread;
    set_scene(NULL);
    if (pthread_create(&thread, NULL, visit, make_person()) != 0)
        return 2;
    pthread_join(thread, NULL);
    return 0;
}
