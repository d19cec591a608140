/* A sound program that uses every kind of memory, again and again, so that blocks and pages come back: no tool may complain. */
#include "calls.h"

enum { ROUNDS = 3, PEOPLE = 3000 };

static void on_destroy(void *object, void *user) {
    *(int64_t *)user += ((person *)object)->age;
}

/* People in rings of three; each but the last knows one of another ring. */
static void rings(rr_heap *heap, rr_type type) {
    person *people[PEOPLE];
    for (int i = 0; i < PEOPLE; i++)
        people[i] = person_new(heap, type, 1);
    for (int i = 0; i < PEOPLE; i++) {
        rr_store((void **)&people[i]->friend, people[i / 3 * 3 + (i + 1) % 3]);
        if (i + 3 < PEOPLE)
            rr_store((void **)&people[i]->boss, people[i + 3]);
    }
    for (int i = 0; i < PEOPLE; i++)
        rr_decref(people[i]);
    require(rr_collect(heap) == PEOPLE, "rr_collect");
}

/* Objects of all sizes, small, large and huge, written to their last byte. */
static void sizes(rr_heap *heap) {
    for (uint64_t size = 1; size < 12u << 20; size += size / 3 + 1) {
        char *bytes = rr_alloc_items(heap, RR_TYPE_BYTES, size);
        require(bytes != NULL, "rr_alloc_items");
        for (uint64_t i = 0; i < size; i += size / 50 + 1)
            require(bytes[i] == 0, "fresh memory is zero");
        memset(bytes, 0x5A, size);
        rr_decref(bytes);
    }
}

static void raw_memory(rr_heap *heap) {
    char *memory = NULL;
    for (size_t size = 1; size < 3u << 20; size += size / 2 + 1) {
        memory = rr_mem_realloc(heap, memory, size);
        require(memory != NULL, "rr_mem_realloc");
        memset(memory, 0x5A, size);
    }
    memory = rr_mem_realloc(heap, memory, 3u << 20);
    require(memory != NULL, "rr_mem_realloc");
    memset(memory, 0x5A, 3u << 20);
    for (size_t size = 3u << 20; size > 10; size /= 2) {
        memory = rr_mem_realloc(heap, memory, size);
        require(memory != NULL && memory[size - 1] == 0x5A, "rr_mem_realloc");
    }
    rr_mem_free(heap, memory);
}

static void lists_and_weak_references(rr_heap *heap, rr_type type) {
    void *list = rr_list_new(heap);
    for (int i = 0; i < 1000; i++) {
        person *one = person_new(heap, type, 1);
        require(rr_list_append(list, one) == RR_OK, "rr_list_append");
        void *weak = rr_weakref_new(one, NULL, NULL);
        rr_decref(one);
        require(weak != NULL && rr_list_append(list, weak) == RR_OK, "rr_weakref_new");
        rr_decref(weak);
    }
    rr_decref(list);
}

int main(void) {
    int64_t destroyed = 0;
    static const uint32_t references[] = {offsetof(person, friend)};
    rr_type_info info = {.struct_size = sizeof info, .name = "mourned", .size = sizeof(person), .ref_offsets = references, .ref_count = 1,
                         .destroy = on_destroy, .user = &destroyed};
    rr_type type = person_type(), mourned = rr_type_new(&info);
    for (int round = 0; round < ROUNDS; round++) {
        rr_heap *heap = rr_heap_new(NULL);
        require(heap != NULL, "rr_heap_new");
        for (int i = 0; i < 2; i++) {
            rings(heap, type);
            sizes(heap);
            raw_memory(heap);
            lists_and_weak_references(heap, type);
            require(rr_heap_trim(heap) == RR_OK, "rr_heap_trim");
        }
        person *left = person_new(heap, mourned, 7), *other = person_new(heap, mourned, 8);
        rr_store((void **)&left->friend, other);
        rr_decref(other);
        require(rr_heap_verify(heap) == RR_OK, "rr_heap_verify");
        require(rr_heap_free(heap) == RR_OK, "rr_heap_free"); /* with two objects in it, which are destroyed */
    }
    require(destroyed == ROUNDS * 15, "destroy");
    puts("clean");
    return 0;
}
