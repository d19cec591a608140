/* The library loaded otherwise than usual: twice, from several paths, into a namespace of its own, before its host's symbols. */
#define _GNU_SOURCE
#include "host.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *path_of(const char *name)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", host_directory(), name);
    return path;
}

static library load_copy(const char *name)
{
    struct stat status;
    int from = open(host_library_path, O_RDONLY), to = open(path_of(name), O_WRONLY | O_CREAT | O_EXCL, 0700);
    CHECK(from >= 0 && to >= 0 && fstat(from, &status) == 0, "the library can't be copied");
    for (off_t left = status.st_size; left > 0;) {
        ssize_t copied = sendfile(to, from, NULL, (size_t)left);
        CHECK(copied > 0, "the library can't be copied");
        left -= copied;
    }
    close(from);
    close(to);
    return host_load_as(path_of(name), RTLD_NOW | RTLD_LOCAL);
}

/* Two runtimes, which know nothing of each other: neither takes the other's objects or heaps for its own. */
static void a_copy_is_a_library_of_its_own(void)
{
    unsigned threads = host_thread_count();
    library first = host_load(), second = load_copy("copy.so");
    CHECK(first.handle != second.handle && first.alloc != second.alloc, "the copy was not loaded");
    for (int i = 0; i < 20; i++) {
        host_work(&first);
        host_work(&second);
    }
    CHECK(host_thread_count() <= threads + 2, "%u threads, %u before", host_thread_count(), threads);

    rr_heap *heap = first.heap_new(NULL), *others = second.heap_new(NULL);
    void *list = first.list_new(heap), *item = second.list_new(others);
    CHECK(second.is_object(list) == 0 && first.is_object(item) == 0, "an object of the one is one of the other");
    CHECK(second.list_new(heap) == NULL && second.last_status() == RR_E_ARGUMENT, "the heap of the one is one of the other: %s", second.last_error());
    CHECK(first.list_append(list, item) == RR_E_NOT_OBJECT, "an object of the other got into a list: %s", first.last_error());
    CHECK(first.decref(item) == RR_E_NOT_OBJECT && second.getrefcount(item) == 1, "%s", first.last_error());
    CHECK(first.decref(list) == RR_OK && second.decref(item) == RR_OK, "%s", first.last_error());
    CHECK(first.heap_free(heap) == RR_OK && second.heap_free(others) == RR_OK, "%s", first.last_error());
}

static void two_copies_survive_a_fork(void)
{
    library first = host_load(), second = load_copy("copy.so");
    host_work(&first);
    host_work(&second);
    pid_t child = fork();
    host_work(&second);
    host_work(&first);
    if (child == 0)
        _exit(EXIT_SUCCESS);
    host_expect_success_of(child);
}

static void two_links_lead_to_one_library(void)
{
    char target[PATH_MAX];
    CHECK(realpath(host_library_path, target) != NULL, "%s is not there", host_library_path);
    CHECK(symlink(target, path_of("one.so")) == 0, "no link");
    library first = host_load_as(path_of("one.so"), RTLD_NOW | RTLD_LOCAL);
    CHECK(symlink(target, path_of("other.so")) == 0, "no link");
    library second = host_load_as(path_of("other.so"), RTLD_NOW | RTLD_LOCAL), third = host_load();
    CHECK(first.handle == second.handle && first.alloc == third.alloc, "the library was loaded twice");
    rr_heap *heap = first.heap_new(NULL);
    void *list = second.list_new(heap);
    CHECK(third.decref(list) == RR_OK, "%s", third.last_error());
    CHECK(first.heap_free(heap) == RR_OK, "%s", first.last_error());
}

static void deep_binding_works(void)
{
    library rr = host_load_as(host_library_path, RTLD_NOW | RTLD_LOCAL | RTLD_DEEPBIND);
    host_work(&rr);
}

static void lazy_and_global_binding_work(void)
{
    library rr = host_load_as(host_library_path, RTLD_LAZY | RTLD_GLOBAL);
    host_work(&rr);
    CHECK(dlsym(RTLD_DEFAULT, "rr_alloc") != NULL, "a library loaded with RTLD_GLOBAL keeps its symbols");
}

/* A libc of its own comes with it, whose malloc, locale and atexit are not the host's. */
static void a_namespace_of_its_own_works(void)
{
    library base = host_load();
    host_work(&base);
    for (int i = 0; i < 3; i++) {
        library rr = host_loaded(dlmopen(LM_ID_NEWLM, host_library_path, RTLD_NOW));
        CHECK(rr.alloc != base.alloc, "the namespace has the same library");
        host_work(&rr);
        host_work(&base);
    }
}

int main(int argc, char **argv)
{
    static const host_case cases[] = {
        { "a_copy_is_a_library_of_its_own", a_copy_is_a_library_of_its_own },
        { "two_copies_survive_a_fork", two_copies_survive_a_fork },
        { "two_links_lead_to_one_library", two_links_lead_to_one_library },
        { "deep_binding_works", deep_binding_works },
        { "lazy_and_global_binding_work", lazy_and_global_binding_work },
        { "a_namespace_of_its_own_works", a_namespace_of_its_own_works },
    };
    return host_main(argc, argv, cases, sizeof cases / sizeof *cases);
}
