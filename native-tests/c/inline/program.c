/* A program that includes the inline header as its only one, in C and in C++. It ends with 0, or the line that failed. */
#include <refruntime_inline.h>
#include <stdio.h>

#define REQUIRE(condition) \
    do { \
        if (!(condition)) { \
            printf("line %d does not hold; last error: %s\n", __LINE__, rr_last_error()); \
            return 1; \
        } \
    } while (0)

typedef struct pair {
    void *left, *right;
} pair;

int main(void)
{
    static const uint32_t offsets[] = {offsetof(pair, left), offsetof(pair, right)};
    rr_status (*incref)(void *) = &rr_incref; /* the library's */
    static rr_type_info info; /* all zero */
    rr_heap *heap = rr_heap_new(NULL);
    rr_type pair_type, leaf_type;
    pair *first;
    void *leaf;

#ifdef RR_CHECK_INLINE
    REQUIRE(!RR_HAS_INLINE);
    REQUIRE(rr_incref(&info) == RR_E_NOT_OBJECT); /* asked, not trusted */
#endif
    info.struct_size = (uint32_t)sizeof info;
    info.name = "pair";
    info.size = (uint32_t)sizeof(pair);
    info.ref_offsets = offsets;
    info.ref_count = 2;
    REQUIRE(heap != NULL && (pair_type = rr_type_new(&info)) != RR_TYPE_NONE);
    info.name = "leaf";
    info.ref_count = 0;
    REQUIRE((leaf_type = rr_type_new(&info)) != RR_TYPE_NONE);

    for (int i = 0; i < 10000; i++) {
        first = (pair *)rr_alloc(heap, pair_type);
        leaf = rr_alloc(heap, leaf_type);
        REQUIRE(first != NULL && leaf != NULL && first->left == NULL && first->right == NULL);
        REQUIRE(rr_store(&first->left, leaf) == RR_OK && rr_getrefcount(leaf) == 2 && !rr_is_unique(leaf));
        REQUIRE(incref(leaf) == RR_OK && (rr_incref)(leaf) == RR_OK && rr_newref(leaf) == leaf);
        REQUIRE(rr_getrefcount(leaf) == 5 && (rr_getrefcount)(leaf) == 5);
        REQUIRE(rr_decref(leaf) == RR_OK && (rr_decref)(leaf) == RR_OK && rr_decref(leaf) == RR_OK);
        REQUIRE(rr_take(&first->right, leaf) == RR_OK && rr_getrefcount(leaf) == 2);
        REQUIRE(rr_store(&first->left, NULL) == RR_OK && first->left == NULL && rr_is_unique(leaf));
        REQUIRE(rr_decref(first) == RR_OK && rr_decref(NULL) == RR_OK);
    }
    REQUIRE(rr_get_objects(heap, RR_TYPE_NONE, NULL, 0) == 0);
    REQUIRE(rr_heap_verify(heap) == RR_OK && rr_heap_free(heap) == RR_OK);
    return 0;
}
