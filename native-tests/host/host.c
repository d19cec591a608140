#define _GNU_SOURCE
#include "host.h"

#include <dirent.h>
#include <dlfcn.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

const char *host_library_path;

void host_fail(const char *file, int line, const char *condition, const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "%s:%d: %s does not hold: ", file, line, condition);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    _Exit(1);
}

static void find(void *handle, const char *name, void *function)
{
    void *address = dlsym(handle, name);
    CHECK(address != NULL, "%s", dlerror());
    memcpy(function, &address, sizeof address);
}

library host_loaded(void *handle)
{
    library rr = { .handle = handle };
    CHECK(handle != NULL, "%s", dlerror());
#define X(name) find(handle, "rr_" #name, &rr.name);
    HOST_FUNCTIONS(X)
#undef X
    return rr;
}

library host_load_as(const char *path, int mode)
{
    return host_loaded(dlopen(path, mode));
}

library host_load(void)
{
    return host_load_as(host_library_path, RTLD_NOW | RTLD_LOCAL);
}

void host_work(const library *rr)
{
    rr_heap *heap = rr->heap_new(NULL);
    CHECK(heap != NULL, "rr_heap_new: %s", rr->last_error());

    void *tuple = rr->alloc_items(heap, RR_TYPE_TUPLE, 3);
    CHECK(tuple != NULL, "rr_alloc_items: %s", rr->last_error());
    CHECK(rr->getrefcount(tuple) == 1, "it is %lld", (long long)rr->getrefcount(tuple));

    void *list = rr->list_new(heap);
    CHECK(list != NULL, "rr_list_new: %s", rr->last_error());
    CHECK(rr->list_append(list, list) == RR_OK, "rr_list_append: %s", rr->last_error());
    CHECK(rr->list_append(list, tuple) == RR_OK, "rr_list_append: %s", rr->last_error());
    CHECK(rr->decref(list) == RR_OK, "rr_decref: %s", rr->last_error());
    int64_t collected = rr->collect(heap);
    CHECK(collected == 1, "the list that holds itself is dead, but rr_collect says %lld", (long long)collected);

    CHECK(rr->decref(&heap) == RR_E_NOT_OBJECT, "a pointer into the stack is no object: %s", rr->last_error());
    CHECK(rr->last_error()[0] != '\0', "a refused call leaves a message");

    CHECK(rr->decref(tuple) == RR_OK, "rr_decref: %s", rr->last_error());
    CHECK(rr->heap_verify(heap) == RR_OK, "rr_heap_verify: %s", rr->last_error());
    CHECK(rr->heap_free(heap) == RR_OK, "rr_heap_free: %s", rr->last_error());
}

void host_skip(const char *why)
{
    printf("SKIPPED: %s\n", why);
    fflush(stdout);
    _Exit(77);
}

static char directory[64];
static pid_t directory_owner;

static void remove_directory(void)
{
    DIR *entries = directory_owner == getpid() ? opendir(directory) : NULL;
    if (entries == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
        unlinkat(dirfd(entries), entry->d_name, 0);
    closedir(entries);
    rmdir(directory);
}

const char *host_directory(void)
{
    if (directory[0] == '\0') {
        strcpy(directory, "host-XXXXXX");
        CHECK(mkdtemp(directory) != NULL, "the working directory can't be written");
        directory_owner = getpid();
        atexit(remove_directory);
    }
    return directory;
}

void host_expect_success_of(pid_t child)
{
    int status;
    CHECK(child > 0, "fork failed");
    CHECK(waitpid(child, &status, 0) == child, "no child to wait for");
    if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
        _Exit(77);
    CHECK(WIFEXITED(status), "the child was ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
    CHECK(WEXITSTATUS(status) == 0, "the child failed");
}

void host_in_child(void (*run)(void))
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        alarm(60);
        run();
        exit(EXIT_SUCCESS);
    }
    host_expect_success_of(child);
}

void host_on_thread(size_t stack_bytes, void *(*run)(void *), void *argument)
{
    pthread_t thread;
    pthread_attr_t attributes;
    CHECK(pthread_attr_init(&attributes) == 0, "no attributes");
    if (stack_bytes != 0)
        CHECK(pthread_attr_setstacksize(&attributes, stack_bytes) == 0, "no stack of %zu bytes", stack_bytes);
    CHECK(pthread_create(&thread, &attributes, run, argument) == 0 && pthread_join(thread, NULL) == 0, "no thread");
    pthread_attr_destroy(&attributes);
}

unsigned host_thread_count(void)
{
    unsigned count = 0;
    DIR *tasks = opendir("/proc/self/task");
    CHECK(tasks != NULL, "/proc is not mounted");
    for (struct dirent *entry; (entry = readdir(tasks)) != NULL;)
        count += entry->d_name[0] != '.';
    closedir(tasks);
    return count;
}

uint64_t host_address_space_bytes(void)
{
    unsigned long long os_pages;
    FILE *statm = fopen("/proc/self/statm", "r");
    CHECK(statm != NULL && fscanf(statm, "%llu", &os_pages) == 1, "/proc/self/statm can't be read");
    fclose(statm);
    return os_pages * 4096u;
}

int host_main(int argc, char **argv, const host_case *cases, size_t count)
{
    if (argc == 3) {
        host_library_path = argv[1];
        for (size_t i = 0; i < count; i++) {
            if (strcmp(cases[i].name, argv[2]) == 0) {
                cases[i].run();
                return EXIT_SUCCESS;
            }
        }
    }

    fprintf(stderr, "usage: %s LIBRARY CASE\ncases:", argv[0]);
    for (size_t i = 0; i < count; i++)
        fprintf(stderr, " %s", cases[i].name);
    fputc('\n', stderr);
    return 2;
}
