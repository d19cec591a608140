#define _GNU_SOURCE /* mkdtemp */
#include "directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

char directory[200], path[256];

int with_directory(void **state) {
    const char *place = getenv("TMPDIR");
    snprintf(directory, sizeof directory, "%s/refruntime-XXXXXX", place != NULL ? place : "/tmp");
    if (mkdtemp(directory) == NULL)
        return -1;
    snprintf(path, sizeof path, "%s/heap.heapsnapshot", directory);
    return automatic_heap(state);
}

int without_directory(void **state) {
    unlink(path);
    return end_heap(state) != 0 || rmdir(directory) != 0 ? -1 : 0;
}
