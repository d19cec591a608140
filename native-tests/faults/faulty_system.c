/* A system that refuses: see faulty_system.h. What is not refused goes to the kernel, or to the C library under another name. */
#define _GNU_SOURCE
#include "faulty_system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static _Thread_local struct {
    unsigned kinds; /* 0: not armed */
    bool alone;
    uint64_t countdown, requests, refused;
} faults;

static _Atomic int64_t mapped;

void faults_arm(unsigned kinds, uint64_t nth, bool alone) {
    faults.alone = alone;
    faults.countdown = nth;
    faults.requests = faults.refused = 0;
    faults.kinds = kinds;
}

void faults_disarm(void) {
    faults.kinds = 0;
}

uint64_t faults_requests(void) {
    return faults.requests;
}

uint64_t faults_refused(void) {
    return faults.refused;
}

int64_t mapped_bytes(void) {
    return mapped;
}

/* Must this request fail? Then errno says why. */
static bool refuses(unsigned kind, int error) {
    if ((faults.kinds & kind) == 0)
        return false;
    uint64_t number = ++faults.requests;
    if (faults.alone ? number != faults.countdown : number < faults.countdown)
        return false;
    faults.refused++;
    errno = error;
    return true;
}

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

static int64_t in_pages(size_t bytes) {
    return (int64_t)((bytes + 4095) & ~(size_t)4095);
}

void *mmap(void *address, size_t length, int protection, int flags, int descriptor, off_t offset) {
    if (refuses(FAULT_MEMORY, ENOMEM))
        return MAP_FAILED;
    void *memory = (void *)syscall(SYS_mmap, address, length, protection, flags, descriptor, offset);
    if (memory != MAP_FAILED)
        mapped += in_pages(length);
    return memory;
}

void *mmap64(void *address, size_t length, int protection, int flags, int descriptor, off64_t offset) {
    return mmap(address, length, protection, flags, descriptor, offset);
}

int munmap(void *address, size_t length) {
    int result = (int)syscall(SYS_munmap, address, length);
    if (result == 0)
        mapped -= in_pages(length);
    return result;
}

void *mremap(void *address, size_t old_length, size_t new_length, int flags, ...) {
    if (refuses(FAULT_MEMORY, ENOMEM))
        return MAP_FAILED;
    void *memory = (void *)syscall(SYS_mremap, address, old_length, new_length, flags, NULL);
    if (memory != MAP_FAILED)
        mapped += in_pages(new_length) - in_pages(old_length);
    return memory;
}

int madvise(void *address, size_t length, int advice) {
    return refuses(FAULT_GIVING_BACK, EINVAL) ? -1 : (int)syscall(SYS_madvise, address, length, advice);
}

/* Names of the C library's own allocator that are not replaced. */
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *memory, size_t bytes);

void *malloc(size_t bytes) {
    return refuses(FAULT_MEMORY, ENOMEM) ? NULL : __libc_malloc(bytes);
}

void *calloc(size_t count, size_t bytes) {
    return refuses(FAULT_MEMORY, ENOMEM) ? NULL : __libc_calloc(count, bytes);
}

void *realloc(void *memory, size_t bytes) {
    return refuses(FAULT_MEMORY, ENOMEM) ? NULL : __libc_realloc(memory, bytes);
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

int open(const char *path, int flags, ...) {
    va_list arguments;
    va_start(arguments, flags);
    int mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, int) : 0;
    va_end(arguments);
    return refuses(FAULT_FILES, EIO) ? -1 : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

ssize_t write(int descriptor, const void *bytes, size_t count) {
    return refuses(FAULT_FILES, ENOSPC) ? -1 : syscall(SYS_write, descriptor, bytes, count);
}

int fsync(int descriptor) {
    return refuses(FAULT_FILES, EIO) ? -1 : (int)syscall(SYS_fsync, descriptor);
}

/* The descriptor is closed in any case, as Linux does it. */
int close(int descriptor) {
    bool is_refused = refuses(FAULT_FILES, EIO);
    int result = (int)syscall(SYS_close, descriptor);
    if (is_refused)
        errno = EIO;
    return is_refused ? -1 : result;
}

int rename(const char *from, const char *to) {
    return refuses(FAULT_FILES, EIO) ? -1 : (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int fcntl(int descriptor, int command, ...) {
    va_list arguments;
    va_start(arguments, command);
    long argument = va_arg(arguments, long);
    va_end(arguments);
    return refuses(FAULT_FILES, EIO) ? -1 : (int)syscall(SYS_fcntl, descriptor, command, argument);
}
