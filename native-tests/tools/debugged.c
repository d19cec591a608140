/* A program for debuggers to stop in: what it has at that moment is known. See run_gdb.sh. */
#include "calls.h"

person *ada, *bob, *freed;
char *huge;
void *list, *weak, *raw;
rr_heap *heap;

void stop_here(void);

/* Where the debugger stops. */
__attribute__((noinline)) void stop_here(void) {
    __asm__ volatile("" ::: "memory");
}

int main(void) {
    rr_type type = person_type();
    heap = rr_heap_new(NULL);
    require(heap != NULL, "rr_heap_new");
    ada = person_new(heap, type, 36);
    bob = person_new(heap, type, 40);
    freed = person_new(heap, type, 1);
    rr_decref(freed);
    rr_store((void **)&ada->friend, bob);
    list = rr_list_new(heap);
    require(rr_list_append(list, bob) == RR_OK && rr_list_append(list, ada) == RR_OK, "rr_list_append");
    weak = rr_weakref_new(bob, NULL, NULL);
    huge = rr_alloc_items(heap, RR_TYPE_BYTES, 20u << 20);
    raw = rr_mem_alloc(heap, 100);
    require(weak != NULL && huge != NULL && raw != NULL, "rr_weakref_new");
    stop_here();
    return rr_heap_free(heap) == RR_OK ? 0 : 1;
}
