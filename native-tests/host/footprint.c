/* What the library takes from its host: threads, address space, descriptors, output, names. */
#define _GNU_SOURCE
#include "host.h"

#include <dirent.h>
#include <dlfcn.h>
#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MEBIBYTE (UINT64_C(1) << 20)

static void one_more_thread_at_most(void)
{
    unsigned before = host_thread_count();
    library rr = host_load();
    CHECK(host_thread_count() <= before + 1, "%u threads after loading, %u before", host_thread_count(), before);
    rr.abi_version();
    CHECK(host_thread_count() <= before + 1, "%u threads after the first call, %u before", host_thread_count(), before);
    for (int i = 0; i < 100; i++)
        host_work(&rr);
    CHECK(host_thread_count() <= before + 1, "%u threads after work, %u before", host_thread_count(), before);
}

static void address_space_stays_under_512_mebibytes(void)
{
    uint64_t before = host_address_space_bytes();
    library rr = host_load();
    host_work(&rr);
    uint64_t grown = host_address_space_bytes() - before;
    printf("address space grew by %llu KiB\n", (unsigned long long)(grown / 1024));
    CHECK(grown < 512 * MEBIBYTE, "it grew by %llu MiB", (unsigned long long)(grown / MEBIBYTE));
}

/* As `ulimit -v 500000` in the shell that starts the host. */
static void starts_under_an_address_space_limit(void)
{
    struct rlimit limit = { 500000u * 1024u, 500000u * 1024u };
    CHECK(setrlimit(RLIMIT_AS, &limit) == 0, "the limit can't be set");
    library rr = host_load();
    for (int i = 0; i < 10; i++)
        host_work(&rr);
}

static unsigned open_descriptors(void)
{
    unsigned count = 0;
    DIR *descriptors = opendir("/proc/self/fd");
    CHECK(descriptors != NULL, "/proc is not mounted");
    while (readdir(descriptors) != NULL)
        count++;
    closedir(descriptors);
    return count;
}

static void no_descriptor_stays_open(void)
{
    unsigned before = open_descriptors();
    library rr = host_load();
    host_work(&rr);
    CHECK(open_descriptors() == before, "%u descriptors are open, %u were", open_descriptors(), before);
}

/* A child whose output goes to a pipe loads the library, works, is refused something, and ends normally. */
static void nothing_is_printed(void)
{
    int ends[2], status;
    char text[512];
    CHECK(pipe(ends) == 0, "no pipe");
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        library rr = host_load();
        host_work(&rr);
        exit(EXIT_SUCCESS);
    }
    close(ends[1]);
    ssize_t length = read(ends[0], text, sizeof text - 1);
    text[length > 0 ? length : 0] = '\0';
    CHECK(waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0, "the child failed: %s", text);
    CHECK(length == 0, "the library printed: %s", text);
}

static void process_settings_stay(void)
{
    char directory[4096], directory_now[4096];
    struct rlimit limits[RLIM_NLIMITS], limit;
    CHECK(getcwd(directory, sizeof directory) != NULL, "no working directory");
    setlocale(LC_ALL, "C");
    mode_t mask = umask(027);
    umask(027);
    for (int resource = 0; resource < (int)RLIM_NLIMITS; resource++)
        getrlimit((__rlimit_resource_t)resource, &limits[resource]);
    setenv("RR_TESTS_HOST", "kept", 1);

    library rr = host_load();
    host_work(&rr);

    CHECK(getcwd(directory_now, sizeof directory_now) != NULL && strcmp(directory, directory_now) == 0, "the working directory changed");
    CHECK(strcmp(setlocale(LC_ALL, NULL), "C") == 0, "the locale changed to %s", setlocale(LC_ALL, NULL));
    CHECK(umask(mask) == 027, "the file mode mask changed");
    for (int resource = 0; resource < (int)RLIM_NLIMITS; resource++) {
        getrlimit((__rlimit_resource_t)resource, &limit);
        CHECK(limit.rlim_cur == limits[resource].rlim_cur && limit.rlim_max == limits[resource].rlim_max, "limit %d changed", resource);
    }
    CHECK(strcmp(getenv("RR_TESTS_HOST"), "kept") == 0, "the environment changed");
}

static void symbols_stay_local(void)
{
    library rr = host_load();
    host_work(&rr);
    CHECK(dlsym(RTLD_DEFAULT, "rr_abi_version") == NULL, "a library loaded with RTLD_LOCAL gives its symbols to all");
    CHECK(dlsym(rr.handle, "DotNetRuntimeDebugHeader") == NULL, "the runtime's debug header is exported");
}

static void *refused_call(void *argument)
{
    const library *rr = argument;
    static int no_object;
    CHECK(rr->last_error()[0] == '\0' && rr->last_status() == RR_OK, "a new thread has somebody's error: %s", rr->last_error());
    CHECK(rr->decref(&no_object) == RR_E_NOT_OBJECT && rr->last_status() == RR_E_NOT_OBJECT, "%s", rr->last_error());
    return NULL;
}

static uint64_t resident_bytes(void)
{
    unsigned long long size, resident;
    FILE *statm = fopen("/proc/self/statm", "r");
    CHECK(statm != NULL && fscanf(statm, "%llu %llu", &size, &resident) == 2, "/proc/self/statm can't be read");
    fclose(statm);
    return resident * 4096u;
}

/* Per-thread state (its error buffer, what the runtime knows of it) goes with the thread. */
static void threads_that_end_leave_nothing(void)
{
    enum { WARM_UP = 500, COUNT = 4000 };
    library rr = host_load();
    host_work(&rr);
    unsigned threads = host_thread_count();
    uint64_t before = 0;
    for (int i = 0; i < WARM_UP + COUNT; i++) {
        pthread_t thread;
        if (i == WARM_UP)
            before = resident_bytes();
        CHECK(pthread_create(&thread, NULL, refused_call, &rr) == 0 && pthread_join(thread, NULL) == 0, "thread %d can't be made", i);
    }
    uint64_t after = resident_bytes();
    CHECK(host_thread_count() == threads, "%u threads, %u before", host_thread_count(), threads);
    CHECK(after < before + MEBIBYTE, "%llu bytes per thread stayed", (unsigned long long)((after - before) / COUNT));
}

int main(int argc, char **argv)
{
    static const host_case cases[] = {
        { "one_more_thread_at_most", one_more_thread_at_most },
        { "address_space_stays_under_512_mebibytes", address_space_stays_under_512_mebibytes },
        { "starts_under_an_address_space_limit", starts_under_an_address_space_limit },
        { "no_descriptor_stays_open", no_descriptor_stays_open },
        { "nothing_is_printed", nothing_is_printed },
        { "process_settings_stay", process_settings_stay },
        { "symbols_stay_local", symbols_stay_local },
        { "threads_that_end_leave_nothing", threads_that_end_leave_nothing },
    };
    return host_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
