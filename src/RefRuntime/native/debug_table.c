/*
 * debug_table.c: what a debugger has to know to find its way through a heap, also in a core file, where nothing can be called.
 *
 * A list of names and numbers in a section of its own, ".refruntime", which is found by the section's name also when the
 * library has no symbols, as CPython's .PyRuntime is. Start-up fills it from the C# structures (Operations/DebugTable.cs), so
 * that no offset is written down twice; bindings/gdb/refruntime_gdb.py reads it. Names are the contract: a reader that misses
 * one says which.
 *
 * Invariant: count entries are complete. It is written after them.
 */
#include <stdint.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default"))) /* of librrhost.so; librefruntime.so has a version script */
#define MAX_ENTRIES 127

struct rrhost_debug_entry {
    char name[32]; /* ends with a zero */
    uint64_t value;
};

struct rrhost_debug_table {
    char magic[24];
    uint64_t version; /* of this format */
    uint64_t count;
    struct rrhost_debug_entry entries[MAX_ENTRIES];
};

__attribute__((section(".refruntime"), used)) static struct rrhost_debug_table table = {.magic = "RefRuntime debug table", .version = 1};

EXPORT int32_t rrhost_debug_add(const char *name, uint64_t value);

/* Adds an entry; 0 if the name is too long or the table full. Called by one thread at a time. */
EXPORT int32_t rrhost_debug_add(const char *name, uint64_t value)
{
    struct rrhost_debug_entry *entry = table.entries + table.count;
    if (table.count == MAX_ENTRIES || strlen(name) >= sizeof entry->name)
        return 0;
    strcpy(entry->name, name);
    entry->value = value;
    __atomic_store_n(&table.count, table.count + 1, __ATOMIC_RELEASE);
    return 1;
}
