/*
 * output_file.c: files that are whole or not there.
 *
 * A regular file is written beside its place under a name of its own and gets its name when it is whole, so that nobody
 * takes half of it for all. What is no regular file (a terminal, a pipe, /dev/full) is written as it is: to rename
 * something over a device would replace the device. A link is followed: what it points to is replaced. Not so where the
 * program writes itself: its standard output or standard error, or a descriptor by its name in /proc, is written at its end.
 *
 * No descriptor of a file is one of the standard streams', also where the program has closed these: what other threads write to
 * standard error would land in the file.
 *
 * It is C because errno must be read before anything else runs on the thread. Nothing here allocates. A thread that is cancelled is
 * so after the call.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "uncancelled.h"

#define EXPORT __attribute__((visibility("default"))) /* of librrhost.so; librefruntime.so has a version script */
#define ATTEMPTS 100
#define PROC_MAGIC 0x9fa0
#define SUFFIX_BYTES 48 /* of a temporary name, at most */

/* Names of PATH_MAX bytes each; Os/OutputFile.cs knows the layout. No temporary name: the file is written in its place. */
struct rrhost_output_names {
    char target[4096];
    char temporary[4096];
};
_Static_assert(PATH_MAX <= 4096, "names fit");

int rrhost_output_open(const char *path, struct rrhost_output_names *names);
int rrhost_output_write(int descriptor, const char *bytes, size_t count);
int rrhost_output_close(int descriptor, const struct rrhost_output_names *names, int is_whole);
void rrhost_error_text(int error, char *buffer, size_t capacity);

/* A standard stream that writes this file, or -1. Its offset is shared: what either writes stands behind the other's. */
static int stream_of(const struct stat *file)
{
    for (int stream = STDOUT_FILENO; stream <= STDERR_FILENO; stream++) {
        struct stat status;
        int flags = fcntl(stream, F_GETFL);

        if (flags >= 0 && (flags & O_ACCMODE) != O_RDONLY && fstat(stream, &status) == 0 && status.st_dev == file->st_dev
            && status.st_ino == file->st_ino)
            return stream;
    }
    return -1;
}

/* Is this link the name of a descriptor? */
static int is_in_proc(const char *link)
{
    struct statfs status;
    int descriptor = open(link, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    int is_proc = descriptor >= 0 && fstatfs(descriptor, &status) == 0 && status.f_type == PROC_MAGIC;

    if (descriptor >= 0)
        close(descriptor);
    return is_proc;
}

/* Where a name that leads nowhere yet leads: through the links in its last component too. EXDEV: to a descriptor. */
static int resolve(const char *path, char *target)
{
    char link[PATH_MAX];
    size_t length = strlen(path);

    if (length >= PATH_MAX)
        return ENAMETOOLONG;
    memcpy(target, path, length + 1);
    for (int depth = 0; depth < 40; depth++) {
        ssize_t count = readlink(target, link, sizeof link - 1);
        char *slash = strrchr(target, '/');
        size_t directory = count > 0 && link[0] != '/' && slash != NULL ? (size_t)(slash + 1 - target) : 0;

        if (count < 0)
            return errno == EINVAL || errno == ENOENT ? 0 : errno;
        if (is_in_proc(target))
            return EXDEV;
        if (directory + (size_t)count >= PATH_MAX)
            return ENAMETOOLONG;
        memcpy(target + directory, link, (size_t)count);
        target[directory + (size_t)count] = '\0';
    }
    return ELOOP;
}

/* open(), but a descriptor beyond those of the standard streams; or an errno, negative. */
static int open_beyond(const char *path, int flags)
{
    int descriptor = open(path, flags | O_CLOEXEC | O_NOCTTY, 0666), error = errno;

    if (descriptor > STDERR_FILENO)
        return descriptor;
    if (descriptor >= 0) {
        int low = descriptor;
        descriptor = fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        error = errno;
        close(low);
        if (descriptor < 0 && (flags & O_EXCL) != 0)
            unlink(path); /* made here */
    }
    return descriptor >= 0 ? descriptor : -error;
}

static int open_output(const char *path, struct rrhost_output_names *names)
{
    static _Atomic unsigned serial;
    struct stat status;
    int error;

    names->temporary[0] = '\0';
    names->target[0] = '\0';
    if (path[0] == '\0')
        return -ENOENT;
    if (stat(path, &status) == 0) {
        int stream = S_ISREG(status.st_mode) ? stream_of(&status) : -1;
        int descriptor;

        if (stream >= 0 || !S_ISREG(status.st_mode)) {
            if (stream < 0)
                return open_beyond(path, O_WRONLY);
            descriptor = fcntl(stream, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
            return descriptor >= 0 ? descriptor : -errno;
        }
    }
    error = resolve(path, names->target);
    if (error == EXDEV)
        return open_beyond(path, O_WRONLY | O_APPEND);
    if (error != 0)
        return -error;
    if (access(names->target, F_OK) == 0 && access(names->target, W_OK) != 0)
        return -errno; /* a file that its owner has protected is not replaced */

    /* The longest name that is allowed has no room for the suffix. */
    const char *slash = strrchr(names->target, '/');
    size_t directory = slash != NULL ? (size_t)(slash + 1 - names->target) : 0;
    int kept = (int)(directory + strnlen(names->target + directory, NAME_MAX - SUFFIX_BYTES));
    for (int i = 0; i < ATTEMPTS; i++) {
        unsigned number = atomic_fetch_add_explicit(&serial, 1, memory_order_relaxed);
        int length = snprintf(names->temporary, sizeof names->temporary, "%.*s.%ld-%u.part", kept, names->target, (long)getpid(), number);
        int descriptor;

        if (length < 0 || (size_t)length >= sizeof names->temporary)
            return -ENAMETOOLONG;
        descriptor = open_beyond(names->temporary, O_WRONLY | O_CREAT | O_EXCL);
        if (descriptor >= 0) {
            if (stat(names->target, &status) == 0)
                (void)fchmod(descriptor, status.st_mode & 07777); /* who may read it stays as it was */
            return descriptor;
        }
        if (descriptor != -EEXIST)
            return descriptor;
    }
    return -EEXIST;
}

/* A descriptor, or an errno, negative. */
EXPORT int rrhost_output_open(const char *path, struct rrhost_output_names *names)
{
    int state = cancellation_off();
    int descriptor = open_output(path, names);

    cancellation_back(state);
    return descriptor;
}

static int write_output(int descriptor, const char *bytes, size_t count)
{
    while (count != 0) {
        ssize_t written = write(descriptor, bytes, count);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return errno;
        bytes += written;
        count -= (size_t)written;
    }
    return 0;
}

/* 0 or an errno. */
EXPORT int rrhost_output_write(int descriptor, const char *bytes, size_t count)
{
    int state = cancellation_off();
    int error = write_output(descriptor, bytes, count);

    cancellation_back(state);
    return error;
}

static int close_output(int descriptor, const struct rrhost_output_names *names, int is_whole)
{
    int error = 0;

    /* Some systems find out only here that there is no room. */
    if (is_whole && names->temporary[0] != '\0' && fsync(descriptor) != 0 && errno != EINVAL && errno != ENOSYS)
        error = errno;
    if (close(descriptor) != 0 && errno != EINTR && error == 0)
        error = errno;
    if (names->temporary[0] == '\0')
        return error;
    if (is_whole && error == 0 && rename(names->temporary, names->target) != 0)
        error = errno;
    if (!is_whole || error != 0)
        unlink(names->temporary);
    return error;
}

/* Gives a whole file its name, and removes one that is not. 0 or an errno. */
EXPORT int rrhost_output_close(int descriptor, const struct rrhost_output_names *names, int is_whole)
{
    int state = cancellation_off();
    int error = close_output(descriptor, names, is_whole);

    cancellation_back(state);
    return error;
}

/* The C# looks for the end of the text by vectors, and so behind it: nothing there is unwritten. */
EXPORT void rrhost_error_text(int error, char *buffer, size_t capacity)
{
    memset(buffer, 0, capacity);
    const char *text = strerror_r(error, buffer, capacity);

    if (text != buffer)
        snprintf(buffer, capacity, "%s", text);
}
