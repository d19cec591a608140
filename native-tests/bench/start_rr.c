/* The shortest program with RefRuntime: a heap, one object, and the end of both. */
#include <refruntime.h>
#include <stddef.h>

int main(void) {
    rr_heap *heap = rr_heap_new(NULL);
    void *object = rr_alloc_items(heap, RR_TYPE_BYTES, 32);
    return heap != NULL && object != NULL && rr_decref(object) == RR_OK && rr_heap_free(heap) == RR_OK ? 0 : 1;
}
