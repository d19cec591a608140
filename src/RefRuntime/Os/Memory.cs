// Memory from the system. The contract holds for every system; below it is Linux.
//
//   Reserve   address space, aligned as asked, readable as zeros once committed; null on failure
//   Commit    the range may be used; false on failure, then nothing changed. Fresh or decommitted memory reads as zero
//   Decommit  the content is gone and the memory is the system's again; the range stays reserved. False when the system
//             refuses (the host has locked its memory): the content is what it was
//   Release   the reservation is gone
//   Populate  the range will be written soon: a hint, so that it need not be faulted in page by page
//   PreferLargePages  the range will be used whole and for long: a hint, so that the processor needs fewer address translations
//   RefuseLargePages  the range has holes now: a hint, so that the system does not fill them again to make large pages
//   Grow      a reservation gets larger, keeping its content, and may move; null on failure, then nothing changed
//
// Linux commits on first touch, so that Commit only asks the fault injector there: what counts is that callers ask.

using System.Runtime.InteropServices;
using RefRuntime.Core;

namespace RefRuntime.Os;

internal static unsafe class Memory
{
    private const int ProtReadWrite = 3;
    private const int MapPrivateAnonymous = 0x02 | 0x20;
    private const int MadviseDontNeed = 4;
    private const int MadviseHugePage = 14; // where the system has none, or the administrator wants none, it is refused or has no effect
    private const int MadviseNoHugePage = 15;
    private const int MadvisePopulateWrite = 23; // Linux 5.14; older ones answer EINVAL, and nothing is lost
    private const int MremapMayMove = 1;

    public static byte* Reserve(ulong bytes, ulong alignment)
    {
        if (!FaultInjection.Allow())
        {
            return null;
        }

        byte* memory = Map(bytes);
        if (memory == null || Bits.IsAligned((ulong)memory, alignment))
        {
            return memory;
        }

        // Not aligned by luck: map so much that an aligned range lies inside, and give the rest back.
        Unmap(memory, bytes);
        memory = Map(bytes + alignment);
        if (memory == null)
        {
            return null;
        }

        byte* aligned = (byte*)Bits.AlignUp((ulong)memory, alignment);
        if (aligned != memory)
        {
            Unmap(memory, (ulong)(aligned - memory));
        }

        // What is mapped ends with a page of the system's, and only whole pages go back: 4 KiB, or up to 64 KiB on arm64.
        ulong pageSize = (ulong)getpagesize();
        byte* end = (byte*)Bits.AlignUp((ulong)(aligned + bytes), pageSize);
        byte* mapped = (byte*)Bits.AlignUp((ulong)(memory + bytes + alignment), pageSize);
        if (end != mapped)
        {
            Unmap(end, (ulong)(mapped - end));
        }

        return aligned;
    }

    public static bool Commit(byte* memory, ulong bytes) => FaultInjection.Allow();

    public static bool Decommit(byte* memory, ulong bytes) => madvise(memory, (nuint)bytes, MadviseDontNeed) == 0;

    public static void Populate(byte* memory, ulong bytes) => madvise(memory, (nuint)bytes, MadvisePopulateWrite);

    public static void PreferLargePages(byte* memory, ulong bytes) => madvise(memory, (nuint)bytes, MadviseHugePage);

    public static void RefuseLargePages(byte* memory, ulong bytes) => madvise(memory, (nuint)bytes, MadviseNoHugePage);

    public static void Release(byte* memory, ulong bytes) => Unmap(memory, bytes);

    public static byte* Grow(byte* memory, ulong oldBytes, ulong newBytes)
    {
        if (!FaultInjection.Allow())
        {
            return null;
        }

        byte* moved = mremap(memory, (nuint)oldBytes, (nuint)newBytes, MremapMayMove);
        return moved == (byte*)-1 ? null : moved;
    }

    private static byte* Map(ulong bytes)
    {
        byte* memory = mmap(null, (nuint)bytes, ProtReadWrite, MapPrivateAnonymous, -1, 0);
        return memory == (byte*)-1 ? null : memory;
    }

    private static void Unmap(byte* memory, ulong bytes) => munmap(memory, (nuint)bytes);

    [DllImport("libc")]
    private static extern int getpagesize();

    [DllImport("libc")]
    private static extern byte* mmap(byte* address, nuint length, int protection, int flags, int descriptor, nint offset);

    [DllImport("libc")]
    private static extern int munmap(byte* address, nuint length);

    [DllImport("libc")]
    private static extern int madvise(byte* address, nuint length, int advice);

    [DllImport("libc")]
    private static extern byte* mremap(byte* address, nuint oldLength, nuint newLength, int flags);
}
