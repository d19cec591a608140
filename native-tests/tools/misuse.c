/* One mistake, which the argument names, of those that a memory checker finds by itself at the line where it is made. The line is
 * marked with the mistake's name. With "none", the same ways are gone without a mistake. */
#include "calls.h"

static rr_heap *heap;
static rr_type type;

/* Where objects come from and go: their frames have to be in the reports. */
__attribute__((noinline)) static person *make_somebody(void) {
    return person_new(heap, type, 7);
}

__attribute__((noinline)) static void release_somebody(person *one) {
    rr_decref(one);
}

static int64_t volatile seen;

static void reads_freed_object(int is_mistake) {
    person *one = make_somebody();
    if (!is_mistake)
        seen = one->age;
    release_somebody(one);
    if (is_mistake)
        seen = one->age; /* HERE: reads_freed_object */
}

static void writes_freed_object(int is_mistake) {
    person *one = make_somebody();
    if (!is_mistake)
        one->age = seen;
    release_somebody(one);
    if (is_mistake)
        one->age = seen; /* HERE: writes_freed_object */
}

static void writes_past_end(int is_mistake) {
    volatile char *bytes = rr_alloc_items(heap, RR_TYPE_BYTES, 13);
    require(bytes != NULL, "rr_alloc_items");
    bytes[12] = 1;
    if (is_mistake)
        bytes[13] = 1; /* HERE: writes_past_end */
    rr_decref((void *)(uintptr_t)bytes);
}

static void reads_freed_raw_memory(int is_mistake) {
    volatile int64_t *words = rr_mem_alloc(heap, 200);
    require(words != NULL, "rr_mem_alloc");
    words[3] = 5;
    rr_mem_free(heap, (void *)(uintptr_t)words);
    if (is_mistake)
        seen = words[3]; /* HERE: reads_freed_raw_memory */
}

static void writes_past_raw_memory(int is_mistake) {
    volatile char *bytes = rr_mem_alloc(heap, 32);
    require(bytes != NULL, "rr_mem_alloc");
    bytes[31] = 1;
    if (is_mistake)
        bytes[32] = 1; /* HERE: writes_past_raw_memory */
    rr_mem_free(heap, (void *)(uintptr_t)bytes);
}

/* The header is read in the program itself by an inline call, by the library otherwise. */
static void retains_freed_object(int is_mistake) {
    person *one = make_somebody();
    release_somebody(one);
    if (is_mistake)
        rr_incref(one); /* HERE: retains_freed_object */
}

static void decides_by_unwritten_memory(int is_mistake) {
    volatile int64_t *words = rr_mem_alloc(heap, 64);
    require(words != NULL, "rr_mem_alloc");
    words[is_mistake ? 1 : 2] = 0;
    if (words[2] == 17) /* HERE: decides_by_unwritten_memory */
        puts("seventeen");
    rr_mem_free(heap, (void *)(uintptr_t)words);
}

/* Three ways to grow: the block moves to one with room for more, grows into that, and moves to where it fits. */
static void decides_by_what_a_block_has_grown_by(int is_mistake) {
    static const size_t sizes[] = {201000, 202000, 400000};
    size_t size = 200000;
    char *bytes = rr_mem_alloc(heap, size);
    require(bytes != NULL, "rr_mem_alloc");
    memset(bytes, 1, size);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        bytes = rr_mem_realloc(heap, bytes, sizes[i]);
        require(bytes != NULL, "rr_mem_realloc");
        if (!is_mistake)
            memset(bytes + size, 1, sizes[i] - size);
        volatile char *last = bytes + sizes[i] - 1;
        size = sizes[i];
        if (*last == 17) /* HERE: decides_by_what_a_block_has_grown_by */
            puts("seventeen");
    }
    rr_mem_free(heap, bytes);
}

/* The heap stays, and nobody knows the object. */
static void loses_object(int is_mistake) {
    person *one = make_somebody();
    if (!is_mistake)
        release_somebody(one);
}

int main(int argc, char **argv) {
    static const struct {
        const char *name;
        void (*run)(int is_mistake);
    } mistakes[] = {
        {"reads_freed_object", reads_freed_object},
        {"writes_freed_object", writes_freed_object},
        {"writes_past_end", writes_past_end},
        {"reads_freed_raw_memory", reads_freed_raw_memory},
        {"writes_past_raw_memory", writes_past_raw_memory},
        {"retains_freed_object", retains_freed_object},
        {"decides_by_unwritten_memory", decides_by_unwritten_memory},
        {"decides_by_what_a_block_has_grown_by", decides_by_what_a_block_has_grown_by},
        {"loses_object", loses_object},
    };
    const char *mistake = argc > 1 ? argv[1] : "none";
    type = person_type();
    heap = rr_heap_new(NULL);
    require(heap != NULL, "rr_heap_new");
    int is_known = strcmp(mistake, "none") == 0;
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        int is_mistake = strcmp(mistake, mistakes[i].name) == 0;
        mistakes[i].run(is_mistake);
        is_known |= is_mistake;
    }
    if (!is_known)
        return fprintf(stderr, "there is no mistake called %s\n", mistake), 4;
    puts("through");
    return strcmp(mistake, "loses_object") == 0 || rr_heap_free(heap) == RR_OK ? 0 : 1;
}
