/* Spawns start_plain, an empty C program, and start_rr, the same with a heap and its first object, in turn. Both lie beside
 * this program. */
#define _GNU_SOURCE /* environ */
#include "start.h"

#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const bench_row start_row = {.name = "start", .per = "process"};
const char start_what[] = "a C program from its start to its end: \"rr\" makes a heap and one object, \"glibc\" does nothing";

/* Nanoseconds from the spawn to the end; 0 if it did not end well. */
static double spawn_once(char *path) {
    char *arguments[] = {path, NULL};
    pid_t process;
    int status;
    uint64_t start = now_ns();
    if (posix_spawn(&process, path, NULL, NULL, arguments, environ) != 0 || waitpid(process, &status, 0) != process || status != 0)
        return 0;
    return (double)(now_ns() - start);
}

bool start_measure(int times) {
    static const struct {
        const char *program, *contender;
    } sides[] = {{"start_plain", "glibc"}, {"start_rr", "rr"}};
    char own[4096], path[4200];
    ssize_t length = readlink("/proc/self/exe", own, sizeof own - 1);
    CHECK(length > 0);
    own[length] = '\0';
    *strrchr(own, '/') = '\0';
    int row = results_row_named(start_row.name);
    for (int i = 0; i < times; i++) {
        for (int side = 0; side < 2; side++) {
            snprintf(path, sizeof path, "%s/%s", own, sides[side].program);
            double time = spawn_once(path);
            if (time <= 0) {
                fprintf(stderr, "%s does not run\n", path);
                return false;
            }
            results_add(row, contender_named(sides[side].contender), time);
        }
    }
    return true;
}
