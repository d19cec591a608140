/* The well-known article on how Python manages memory, line by line, in C; bindings/python/examples/walkthrough.py tells it beside CPython.
 *
 * Counts are exact: Python's sys.getrefcount() answers one more, since its argument is a reference too while it counts. */
#include <inttypes.h>
#include <refruntime.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct number { int64_t value; } number;
typedef struct node { void *next; int64_t value; } node;

/* Every call can fail, and leaves a sentence that says why. */
static void check(bool succeeded) {
    if (!succeeded) {
        fprintf(stderr, "%s\n", rr_last_error());
        exit(1);
    }
}

static void *made(void *object) { check(object != NULL); return object; }
static int64_t counted(int64_t count) { check(count >= 0); return count; }
static void drop(void *object) { check(rr_decref(object) == RR_OK); }
static void say(const char *what, int64_t count) { printf("%s: %" PRId64 "\n", what, count); }

/* [1, 2, 3] */
static void *numbers(rr_heap *heap, rr_type type) {
    void *list = made(rr_list_new(heap));
    for (int64_t value = 1; value <= 3; value++) {
        number *item = made(rr_alloc(heap, type));
        item->value = value;
        check(rr_list_append(list, item) == RR_OK);
        drop(item); /* the list has a reference of its own */
    }
    return list;
}

int main(void) {
    static const uint32_t slots[] = {offsetof(node, next)};
    const rr_type_info number_info = {.struct_size = sizeof number_info, .name = "number", .size = sizeof(number)};
    const rr_type_info node_info = {.struct_size = sizeof node_info, .name = "node", .size = sizeof(node),
                                    .ref_offsets = slots, .ref_count = 1};
    const rr_heap_options options = {.struct_size = sizeof options, .flags = RR_HEAP_MANUAL_GC};
    rr_heap *heap = made(rr_heap_new(&options));
    const rr_type number_type = rr_type_new(&number_info), node_type = rr_type_new(&node_info);
    check(number_type != RR_TYPE_NONE && node_type != RR_TYPE_NONE);

    void *x = numbers(heap, number_type); /* objects never move: the address is the identity */
    printf("Memory address of x: %" PRIuPTR "\n", (uintptr_t)x);
    say("Reference count of x", counted(rr_getrefcount(x)));
    drop(x); /* the list and its numbers die here, so that the collector, which is there for cycles, finds nothing */
    printf("Garbage collector: collected %" PRId64 " objects\n", counted(rr_collect(heap)));

    void *a = numbers(heap, number_type);
    say("Initial ref count", counted(rr_getrefcount(a)));
    void *b = a; /* a second name, and so a second reference */
    check(rr_incref(b) == RR_OK);
    say("Ref count after b = a", counted(rr_getrefcount(a)));
    drop(b);
    say("Ref count after del b", counted(rr_getrefcount(a)));
    drop(a);

    node *self = made(rr_alloc(heap, node_type));
    check(rr_store(&self->next, self) == RR_OK); /* its own successor */
    say("Garbage collector before deleting node", counted(rr_collect(heap)));
    drop(self); /* its count is still 1, its own reference: only the collector sees that nobody else is left */
    say("Garbage collector after deleting node", counted(rr_collect(heap)));

    node *cycle = made(rr_alloc(heap, node_type));
    check(rr_store(&cycle->next, cycle) == RR_OK);
    drop(cycle);
    say("Garbage collector run", counted(rr_collect(heap)));

    void *list = made(rr_list_new(heap));
    check(rr_list_append(list, list) == RR_OK); /* a list that contains itself */
    say("Garbage collector run", counted(rr_collect(heap)));
    drop(list);
    say("Garbage collector run", counted(rr_collect(heap)));

    list = made(rr_list_new(heap));
    check(rr_list_append(list, list) == RR_OK);
    check(rr_list_clear(list) == RR_OK); /* opens the cycle: counting alone frees it */
    drop(list);
    say("Garbage collector run after clearing", counted(rr_collect(heap)));

    rr_stats stats = {.struct_size = sizeof stats};
    check(rr_heap_stats(heap, &stats) == RR_OK);
    say("Live objects", (int64_t)stats.live_objects);
    say("Objects allocated", (int64_t)stats.objects_allocated);
    say("Objects freed", (int64_t)stats.objects_freed);
    say("Objects collected", (int64_t)stats.objects_collected);
    say("Collections", (int64_t)stats.collections);
    check(rr_heap_free(heap) == RR_OK);
    return 0;
}
