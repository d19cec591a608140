/* Nim with its reference counts and cycle collector, ORC. */
#include "bench.h"
#include "contenders.h"

#include <stdio.h>

static bool begin(char *why, size_t why_size, bool automatic) {
    (void)automatic;
    snprintf(why, why_size, "built without the Nim compiler (Debian: nim)");
    return false;
}

const bench_contender contender_nim = {.name = "Nim ORC", .what = "ref objects of Nim", .begin = begin};
