/*
 * backtrace.c: where the host's code was when it called the library, and what the places are called.
 *
 * Capturing walks the frames by their unwind tables, which the compiled C# has like everybody else: through glibc's
 * backtrace(), which loads libgcc_s.so.1 at its first use. rrhost_backtrace_start() makes that first use, where a host has
 * asked for diagnostics; a process that does not ask never loads it. From then on capturing allocates nothing and takes no
 * lock of the host's (libgcc 12 with glibc 2.35; older pairs take the loader's).
 *
 * Naming asks the loader for module and exported function, and for the static functions that it can't know reads the
 * module's own symbol table from its file. No child process, no debug information: a place is a module, an offset in it that
 * addr2line understands, and a function where there are symbols.
 *
 * Invariants
 *   - Frames of this library are left out at the top, so that the first frame is the caller's. Deeper down, where a callback
 *     of the host called in again, a run of them is shown by its outermost one, which is the exported function.
 *   - An address is a return address: the call stands before it, perhaps as the last instruction of its function. So names
 *     are looked up for the byte before.
 *   - A file is believed only as far as it reaches: offsets are checked against its size before they are followed.
 *
 * Checked by tests/RefRuntime.Tests/Structures/BacktraceTests.cs and native-tests/misuse.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "uncancelled.h"

#if defined(__GLIBC__)
#include <execinfo.h>
#define HAS_BACKTRACE 1
#else
#define HAS_BACKTRACE 0
#endif

#define EXPORT __attribute__((visibility("default"))) /* of librrhost.so; librefruntime.so has a version script */
#define MAX_RAW_FRAMES 96

/* What is known of a place. Shared with Os/Backtrace.cs. */
struct rrhost_symbol {
    const char *module;       /* as the loader calls it, for as long as it is loaded; "" = not known */
    uint64_t module_offset;   /* of the call, as addr2line wants it */
    uint64_t function_offset; /* of the call in its function */
    char function[232];       /* "" = not known; cut if it is longer */
};

int32_t rrhost_backtrace_start(void);
int32_t rrhost_backtrace(void **frames, int32_t capacity);
void rrhost_symbolize(const void *address, struct rrhost_symbol *symbol);

/* ---- Capturing --------------------------------------------------------------------------------------------------- */

extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

/* Where this library ends; 0 as long as rrhost_backtrace_start() was not called. */
static uintptr_t own_end;

static uintptr_t find_own_end(void)
{
    const char *base = (const char *)&__ehdr_start;
    const ElfW(Phdr) *header = (const ElfW(Phdr) *)(const void *)(base + __ehdr_start.e_phoff);
    uintptr_t end = 0;
    for (int i = 0; i < __ehdr_start.e_phnum; i++)
        if (header[i].p_type == PT_LOAD && header[i].p_vaddr + header[i].p_memsz > end)
            end = header[i].p_vaddr + header[i].p_memsz;
    return (uintptr_t)base + end;
}

static int is_own(const void *address)
{
    return (uintptr_t)address - (uintptr_t)&__ehdr_start < own_end - (uintptr_t)&__ehdr_start;
}

/* Loads what capturing needs; may allocate by malloc. To be called before the first rrhost_backtrace, by any thread. 0 where
 * the system has no unwinder: traces are empty there. */
EXPORT int32_t rrhost_backtrace_start(void)
{
#if HAS_BACKTRACE
    void *frames[4];
    int32_t is_there = backtrace(frames, 4) > 0;
    __atomic_store_n(&own_end, find_own_end(), __ATOMIC_RELEASE);
    return is_there;
#else
    return 0;
#endif
}

/* The return addresses of the host's frames, from the caller of the library outwards, as many as fit. */
EXPORT int32_t rrhost_backtrace(void **frames, int32_t capacity)
{
#if HAS_BACKTRACE
    void *raw[MAX_RAW_FRAMES];
    int count, first = 0;
    int32_t kept = 0;
    if (__atomic_load_n(&own_end, __ATOMIC_ACQUIRE) == 0)
        return 0;
    /* A call from outside passes some ten frames of this library. */
    count = backtrace(raw, capacity > MAX_RAW_FRAMES - 16 ? MAX_RAW_FRAMES : capacity + 16);
    /* AddressSanitizer stands between with a backtrace() of its own. */
    while (first < count && !is_own(raw[first]))
        first++;
    while (first < count && is_own(raw[first]))
        first++;
    for (int i = first; i < count && kept < capacity; i++)
        if (!is_own(raw[i]) || (i + 1 < count && !is_own(raw[i + 1])))
            frames[kept++] = raw[i];
    return kept;
#else
    (void)frames;
    (void)capacity;
    return 0;
#endif
}

/* ---- Naming ------------------------------------------------------------------------------------------------------ */

static void copy_name(struct rrhost_symbol *symbol, const char *name, size_t most)
{
    size_t length = strnlen(name, most);
    if (length >= sizeof symbol->function)
        length = sizeof symbol->function - 1;
    memcpy(symbol->function, name, length);
    symbol->function[length] = 0;
}

/* Is [offset, offset + bytes) within the file? */
static int is_within(uint64_t offset, uint64_t bytes, uint64_t size)
{
    return offset <= size && bytes <= size - offset;
}

/* The function of a mapped ELF file in which the module's offset lies, from its full symbol table if it has one. */
static void find_in_table(const char *file, uint64_t size, uint64_t offset, struct rrhost_symbol *symbol)
{
    const ElfW(Ehdr) *head = (const ElfW(Ehdr) *)(const void *)file;
    if (size < sizeof *head || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 || head->e_ident[EI_CLASS] != ELFCLASS64 ||
        head->e_shentsize != sizeof(ElfW(Shdr)) || head->e_shoff % 8 != 0 ||
        !is_within(head->e_shoff, (uint64_t)head->e_shnum * sizeof(ElfW(Shdr)), size))
        return;
    const ElfW(Shdr) *sections = (const ElfW(Shdr) *)(const void *)(file + head->e_shoff);
    for (int i = 0; i < head->e_shnum; i++) {
        const ElfW(Shdr) *table = sections + i;
        if (table->sh_type != SHT_SYMTAB || table->sh_link >= head->e_shnum || table->sh_offset % 8 != 0 ||
            !is_within(table->sh_offset, table->sh_size, size))
            continue;
        const ElfW(Shdr) *names = sections + table->sh_link;
        if (!is_within(names->sh_offset, names->sh_size, size))
            continue;
        const ElfW(Sym) *entries = (const ElfW(Sym) *)(const void *)(file + table->sh_offset);
        for (uint64_t e = 0; e < table->sh_size / sizeof *entries; e++) {
            const ElfW(Sym) *entry = entries + e;
            if (ELF64_ST_TYPE(entry->st_info) == STT_FUNC && offset - entry->st_value < entry->st_size && entry->st_name < names->sh_size) {
                copy_name(symbol, file + names->sh_offset + entry->st_name, names->sh_size - entry->st_name);
                symbol->function_offset = offset - entry->st_value;
                return;
            }
        }
    }
}

static void find_in_file(const char *path, uint64_t offset, struct rrhost_symbol *symbol)
{
    struct stat status;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0) {
        void *memory = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, file, 0);
        if (memory != MAP_FAILED) {
            find_in_table(memory, (uint64_t)status.st_size, offset, symbol);
            munmap(memory, (size_t)status.st_size);
        }
    }
    close(file);
}

/* Names the call that returns to the address. What is not known stays empty. Reads the module's file where the loader
 * knows no function there, so it takes microseconds to milliseconds; it allocates nothing. */
EXPORT void rrhost_symbolize(const void *address, struct rrhost_symbol *symbol)
{
    Dl_info info;
    struct link_map *module = NULL;
    const ElfW(Sym) *entry = NULL;
    const char *call = (const char *)address - 1;
    memset(symbol, 0, sizeof *symbol);
    symbol->module = "";
    if (dladdr1(call, &info, (void **)&module, RTLD_DL_LINKMAP) == 0 || module == NULL) {
        symbol->module_offset = (uintptr_t)call;
        return;
    }
    symbol->module = info.dli_fname != NULL ? info.dli_fname : "";
    symbol->module_offset = (uintptr_t)call - module->l_addr;
    /* The nearest exported function before an address need not be the one it lies in. */
    if (dladdr1(call, &info, (void **)&entry, RTLD_DL_SYMENT) != 0 && info.dli_sname != NULL && entry != NULL &&
        (uintptr_t)call - (uintptr_t)info.dli_saddr < entry->st_size) {
        copy_name(symbol, info.dli_sname, sizeof symbol->function);
        symbol->function_offset = (uintptr_t)call - (uintptr_t)info.dli_saddr;
        return;
    }
    /* The loader calls the program "", and dladdr by the name it was started with, perhaps relative to where it was then. */
    int state = cancellation_off();
    find_in_file(module->l_name[0] == 0 ? "/proc/self/exe" : module->l_name, symbol->module_offset, symbol);
    cancellation_back(state);
}
