/* The program that fuzzes: libFuzzer gives the bytes, and sees which blocks of the library's C# ran (Instrument). */
#include "fuzz.h"

#include <stdlib.h>

int LLVMFuzzerInitialize(int *count, char ***arguments);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

int32_t rr_coverage_counters(unsigned char **first);
void __sanitizer_cov_8bit_counters_init(unsigned char *first, unsigned char *end);
void __sanitizer_cov_pcs_init(const uintptr_t *first, const uintptr_t *end);

int LLVMFuzzerInitialize(int *count, char ***arguments)
{
    unsigned char *first;
    (void)count;
    (void)arguments;
    int32_t blocks = rr_coverage_counters(&first);
    require(blocks > 0, "this library has no counters");
    /* libFuzzer wants an address for each counter, and prints it when asked to: the number of the block, as in coverage.map. */
    uintptr_t *places = calloc((size_t)blocks, 2 * sizeof *places);
    for (int32_t i = 0; i < blocks; i++)
        places[2 * i] = (uintptr_t)i + 1;
    __sanitizer_cov_8bit_counters_init(first, first + blocks);
    __sanitizer_cov_pcs_init(places, places + 2 * blocks);
    fuzz_start();
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count)
{
    fuzz_run(bytes, count);
    return 0;
}
