/* expect: rr_heap_verify: object 0x | was written to behind its end, at offset 101 | make_bytes */
#include "scene.h"

APART char *make_bytes(size_t count)
{
    char *bytes = rr_alloc_items(heap, RR_TYPE_BYTES, count);
    if (bytes == NULL)
        exit(2);
    return bytes;
}

int main(void)
{
    set_scene(NULL);
    char *bytes = make_bytes(100);
    bytes[101] = 1;
    return rr_heap_verify(heap) == RR_OK ? 0 : 1;
}
