/*
 * Runs programs from files, without libFuzzer: replay [-v] [-c] FILE-OR-DIRECTORY... As it was when found, under gcc, Valgrind, a debugger.
 * -v tells each call. -c, with the library for fuzzing, writes which blocks ran: a line with a number for each, as in coverage.map.
 */
#include "fuzz.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

__attribute__((weak)) extern int32_t rr_coverage_counters(unsigned char **first);

static unsigned programs;
static unsigned char *counters, *seen;
static int32_t blocks;

static void note_coverage(void)
{
    for (int32_t i = 0; i < blocks; i++)
        seen[i] |= counters[i] != 0;
    if (blocks != 0)
        memset(counters, 0, (size_t)blocks);
}

static void replay_file(const char *path)
{
    static uint8_t bytes[1 << 20];
    FILE *file = fopen(path, "rb");
    require(file != NULL, "%s can't be opened", path);
    size_t count = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    if (is_verbose)
        fprintf(stderr, "%s\n", path);
    fuzz_run(bytes, count);
    programs++;
    note_coverage();
}

static void replay(const char *path)
{
    struct stat about;
    struct dirent **entries;
    require(stat(path, &about) == 0, "there is no %s", path);
    if (!S_ISDIR(about.st_mode)) {
        replay_file(path);
        return;
    }
    int count = scandir(path, &entries, NULL, alphasort);
    require(count >= 0, "%s can't be read", path);
    for (int i = 0; i < count; i++) {
        char inside[4096];
        if (entries[i]->d_name[0] != '.') {
            snprintf(inside, sizeof inside, "%s/%s", path, entries[i]->d_name);
            replay(inside);
        }
        free(entries[i]);
    }
    free(entries);
}

int main(int count, char **arguments)
{
    int prints_coverage = 0;
    fuzz_start();
    for (int i = 1; i < count; i++) {
        if (strcmp(arguments[i], "-v") == 0)
            is_verbose = 1;
        else if (strcmp(arguments[i], "-c") == 0)
            prints_coverage = 1;
    }
    if (rr_coverage_counters != NULL) {
        blocks = rr_coverage_counters(&counters);
        seen = calloc((size_t)blocks, 1);
    }
    for (int i = 1; i < count; i++)
        if (arguments[i][0] != '-')
            replay(arguments[i]);
    for (int32_t i = 0; prints_coverage && i < blocks; i++)
        if (seen[i])
            printf("%d\n", i);
    int32_t run = 0;
    for (int32_t i = 0; i < blocks; i++)
        run += seen[i];
    fprintf(stderr, "%u programs", programs);
    fprintf(stderr, blocks != 0 ? ", %d of %d blocks of the library ran\n" : "\n", run, blocks);
    return programs == 0;
}
