/*
 * memory_tools.c: tells the host's memory checker what the library's blocks are, if the process runs under one.
 *
 * AddressSanitizer: a process built with it has the sanitizer's interface, which is found when the library is loaded, as two
 * weak symbols. What is hidden is poisoned: code that the host compiled with the sanitizer stops at the access. The library's own
 * code is not, and may read all memory; but what it leaves to libc (memset, memcpy) is checked, so it shows memory before it
 * gives it to those.
 *
 * Memcheck (Valgrind): client requests, a sequence of instructions that does nothing on a processor and that Valgrind sees. It
 * is written down in Valgrind's manual and valgrind.h, and here once more, so that nobody needs that header; on x86-64 alone.
 * Memcheck sees the library's own accesses too: headers stay visible, and memory is shown before the library looks at it. Live
 * blocks are those of a memory pool, one for each heap, so that memcheck knows where each was allocated and freed.
 * Other tools of Valgrind's don't answer, and nothing is changed for them: a profiler has to see the usual paths.
 *
 * Without either, rrhost_tools_detect() answers 0, and nothing else here is called.
 *
 * Checked by native-tests/tools.
 */
#include <stddef.h>
#include <stdint.h>

#define EXPORT __attribute__((visibility("default"))) /* of librrhost.so; librefruntime.so has a version script */
#define HEADER_BYTES 8

extern __attribute__((weak)) void __asan_poison_memory_region(void const volatile *address, size_t bytes);
extern __attribute__((weak)) void __asan_unpoison_memory_region(void const volatile *address, size_t bytes);

enum { ADDRESS_SANITIZER = 1, MEMCHECK = 2 };

int32_t rrhost_tools_detect(void);
void rrhost_tools_begin_heap(void *heap);
void rrhost_tools_end_heap(void *heap);
void rrhost_tools_hide(void *memory, size_t bytes);
void rrhost_tools_show(void *memory, size_t bytes);
void rrhost_tools_grown(void *memory, size_t bytes);
void rrhost_tools_born(void *heap, void *payload, size_t bytes, int32_t is_defined);
void rrhost_tools_died(void *heap, void *payload, size_t bytes);

static int32_t tools;

/* ---- Valgrind's client requests ---------------------------------------------------------------------------------- */

enum {
    CREATE_MEMPOOL = 0x1303,
    DESTROY_MEMPOOL = 0x1304,
    MEMPOOL_ALLOC = 0x1305,
    MEMPOOL_FREE = 0x1306,
    MEMCHECK_BASE = 'M' << 24 | 'C' << 16,
    MAKE_MEM_NOACCESS = MEMCHECK_BASE,
    MAKE_MEM_UNDEFINED = MEMCHECK_BASE + 1,
    MAKE_MEM_DEFINED = MEMCHECK_BASE + 2,
    CHECK_MEM_IS_ADDRESSABLE = MEMCHECK_BASE + 4,
};

/* The tool's answer, or `unasked` where there is none that understands. */
static uint64_t request(uint64_t unasked, uint64_t code, uint64_t first, uint64_t second, uint64_t third)
{
#if defined(__x86_64__)
    volatile uint64_t arguments[6] = {code, first, second, third, 0, 0};
    uint64_t answer = unasked;
    /* Turns a register by 128 bits in all, and exchanges another with itself. */
    __asm__ volatile("rolq $3, %%rdi\n\trolq $13, %%rdi\n\trolq $61, %%rdi\n\trolq $51, %%rdi\n\txchgq %%rbx, %%rbx"
                     : "+d"(answer)
                     : "a"(&arguments[0])
                     : "cc", "memory");
    return answer;
#else
    (void)code;
    (void)first;
    (void)second;
    (void)third;
    return unasked;
#endif
}

static void tell(uint64_t code, const void *first, uint64_t second, uint64_t third)
{
    (void)request(0, code, (uintptr_t)first, second, third);
}

/* ---- What the C# calls ------------------------------------------------------------------------------------------- */

/* Which tool watches this process: 0 for none. */
EXPORT int32_t rrhost_tools_detect(void)
{
    char here = 0;
    tools = 0;
    if (&__asan_poison_memory_region != NULL && &__asan_unpoison_memory_region != NULL)
        tools |= ADDRESS_SANITIZER;
    /* Memcheck answers with the first address that is not addressable: 0. */
    if (request(1, CHECK_MEM_IS_ADDRESSABLE, (uintptr_t)&here, sizeof here, 0) == 0)
        tools |= MEMCHECK;
    return tools;
}

EXPORT void rrhost_tools_begin_heap(void *heap)
{
    if ((tools & MEMCHECK) != 0)
        tell(CREATE_MEMPOOL, heap, 0, 0);
}

/* All blocks that were born and have not died end here. */
EXPORT void rrhost_tools_end_heap(void *heap)
{
    if ((tools & MEMCHECK) != 0)
        tell(DESTROY_MEMPOOL, heap, 0, 0);
}

/* Nobody but the library has any business there. */
EXPORT void rrhost_tools_hide(void *memory, size_t bytes)
{
    if ((tools & ADDRESS_SANITIZER) != 0)
        __asan_poison_memory_region(memory, bytes);
    if ((tools & MEMCHECK) != 0)
        tell(MAKE_MEM_NOACCESS, memory, bytes, 0);
}

EXPORT void rrhost_tools_show(void *memory, size_t bytes)
{
    if ((tools & ADDRESS_SANITIZER) != 0)
        __asan_unpoison_memory_region(memory, bytes);
    if ((tools & MEMCHECK) != 0)
        tell(MAKE_MEM_DEFINED, memory, bytes, 0);
}

/* So much more of a block is the host's. Whatever is there counts as unwritten. */
EXPORT void rrhost_tools_grown(void *memory, size_t bytes)
{
    if ((tools & ADDRESS_SANITIZER) != 0)
        __asan_unpoison_memory_region(memory, bytes);
    if ((tools & MEMCHECK) != 0)
        tell(MAKE_MEM_UNDEFINED, memory, bytes, 0);
}

/* A block is in the host's hands from now on. Its content counts as written, or not. */
EXPORT void rrhost_tools_born(void *heap, void *payload, size_t bytes, int32_t is_defined)
{
    if ((tools & MEMCHECK) != 0) {
        tell(MEMPOOL_ALLOC, heap, (uintptr_t)payload, bytes);
        if (is_defined)
            tell(MAKE_MEM_DEFINED, payload, bytes, 0);
    }
}

/* A block, whose payload reaches to its end with so many bytes, is dead. Inline calls read headers, and the sanitizer shall stop
 * them at that of a dead object; under memcheck the library reads it itself. */
EXPORT void rrhost_tools_died(void *heap, void *payload, size_t bytes)
{
    if ((tools & ADDRESS_SANITIZER) != 0)
        __asan_poison_memory_region((char *)payload - HEADER_BYTES, HEADER_BYTES + bytes);
    if ((tools & MEMCHECK) != 0) {
        tell(MEMPOOL_FREE, heap, (uintptr_t)payload, 0);
        tell(MAKE_MEM_NOACCESS, payload, bytes, 0);
    }
}
