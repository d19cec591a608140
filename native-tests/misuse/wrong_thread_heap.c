/* expect: rr_list_new: heap 0x | is a heap that another thread owns | make_list */
#include "scene.h"

#include <pthread.h>

APART void *make_list(void *unused)
{
    void *list = rr_list_new(heap);
    STAY();
    return unused == NULL ? list : unused;
}

int main(void)
{
    pthread_t thread;
    set_scene(NULL);
    if (pthread_create(&thread, NULL, make_list, NULL) != 0)
        return 2;
    pthread_join(thread, NULL);
    return 0;
}
