/* A system that refuses: mmap, malloc, open and their like, defined by the test program, so that the library's own calls come here.
 *
 * The library binds them through its dynamic symbol table, where a definition of the program's comes before the C library's.
 * Refused is only what the thread asks that has armed: neither the runtime's own thread nor the C library's inner calls are.
 */
#ifndef RR_FAULTY_SYSTEM_H
#define RR_FAULTY_SYSTEM_H

#include <stdbool.h>
#include <stdint.h>

/* What may be refused. */
enum {
    FAULT_MEMORY = 1,      /* mmap, mremap, malloc, calloc, realloc: ENOMEM */
    FAULT_FILES = 2,       /* open, write, fsync, close, rename, fcntl: EIO or ENOSPC */
    FAULT_GIVING_BACK = 4, /* madvise, as in a process that has locked its memory: EINVAL */
};

/* From now on counts this thread's requests of these kinds, and refuses the nth, from 1 on: it alone, or it and all after it.
 * UINT64_MAX refuses none. */
void faults_arm(unsigned kinds, uint64_t nth, bool alone);
void faults_disarm(void);

/* Since the last faults_arm. */
uint64_t faults_requests(void);
uint64_t faults_refused(void);

/* Bytes that the process has mapped through these functions and not given back. */
int64_t mapped_bytes(void);

#endif
