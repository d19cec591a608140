/* A heap and a directory of its own for each test that writes files. */
#ifndef RR_TESTS_DIRECTORY_H
#define RR_TESTS_DIRECTORY_H

#include "support.h"

/* The directory, and a file in it that a test may write. */
extern char directory[200], path[256];

int with_directory(void **state);

/* The directory must be empty but for the file: nothing is left of what was given up. */
int without_directory(void **state);

#define WITH_DIRECTORY(test) cmocka_unit_test_setup_teardown(test, with_directory, without_directory)

#endif
