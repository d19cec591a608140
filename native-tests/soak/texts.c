/* Texts, sizes and types for all parts. */
#include "soak.h"

#include <math.h>

enum { LEAST = 16, BLOB_ODDS = 10000 };

static double chance_normal(void) {
    double u = (double)((chance() >> 11) + 1) * 0x1p-53, v = (double)(chance() >> 11) * 0x1p-53;
    return sqrt(-2 * log(u)) * cos(6.283185307179586 * v);
}

size_t chance_size(double median) {
    if (one_in(BLOB_ODDS))
        return (size_t)(32768 * exp((double)(chance() >> 11) * 0x1p-53 * log(96)));
    double size = median * exp(1.25 * chance_normal());
    return size > 1 << 20 ? 1 << 20 : (size_t)size;
}

void fill(uint64_t *words, size_t count, uint64_t key) {
    for (size_t i = 0; i < count; i++)
        words[i] = key + i * 0x9e3779b97f4a7c15u;
}

bool is_filled(const uint64_t *words, size_t count, uint64_t key) {
    uint64_t wrong = 0;
    for (size_t i = 0; i < count; i++)
        wrong |= words[i] ^ (key + i * 0x9e3779b97f4a7c15u);
    return wrong == 0;
}

/* The key, how many words follow, those words, and some bytes that belong to none. */
void *text_new(uint64_t key) {
    static const double medians[MOODS] = {28, 56, 110};
    size_t bytes = chance_size(medians[soak.mood]) + LEAST;
    uint64_t *text = MADE(rr_alloc_items(soak.heap, RR_TYPE_BYTES, bytes));
    text[0] = key;
    text[1] = (bytes - LEAST) / 8;
    fill(text + 2, text[1], key);
    for (size_t i = LEAST + text[1] * 8; i < bytes; i++)
        ((unsigned char *)text)[i] = (unsigned char)key;
    return text;
}

uint64_t text_key(const void *text) {
    return *(const uint64_t *)text;
}

void text_check(const void *text) {
    const uint64_t *words = text;
    size_t bytes = rr_size(text);
    EXPECT(rr_type_of(text) == RR_TYPE_BYTES && words[1] == (bytes - LEAST) / 8);
    EXPECT(is_filled(words + 2, words[1], words[0]));
    for (size_t i = LEAST + words[1] * 8; i < bytes; i++)
        EXPECT(((const unsigned char *)text)[i] == (unsigned char)words[0]);
    soak.checked++;
}

rr_type plain_type(const char *name, size_t size, const uint32_t *slots, uint32_t count, rr_finalize_fn finalize,
                   rr_destroy_fn destroy) {
    rr_type_info info = {.struct_size = sizeof info, .name = name, .size = (uint32_t)size, .ref_offsets = slots,
                         .ref_count = count, .finalize = finalize, .destroy = destroy};
    rr_type type = rr_type_new(&info);
    EXPECT(type != RR_TYPE_NONE);
    return type;
}
