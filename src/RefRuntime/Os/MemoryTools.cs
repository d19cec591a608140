// AddressSanitizer or Valgrind's memcheck, if the host runs under one: they are told which memory is whose. See
// native/memory_tools.c, which does it and says how.
//
// Only checked heaps call this, and in a process that such a tool watches all heaps are checked: so nobody else pays. Without a
// tool each of these calls is one test.

using System.Runtime.InteropServices;
using RefRuntime.Core;

namespace RefRuntime.Os;

internal static unsafe class MemoryTools
{
    // No initialiser, as in SegmentMap.
    private static bool s_isActive;

    /// <summary>Does a tool watch this process? To be asked once, at start-up.</summary>
    public static bool Detect() => s_isActive = rrhost_tools_detect() != 0;

    public static void BeginHeap(void* heap)
    {
        if (s_isActive)
        {
            rrhost_tools_begin_heap(heap);
        }
    }

    /// <summary>Before the memory of the heap goes, all of which has been shown.</summary>
    public static void EndHeap(void* heap)
    {
        if (s_isActive)
        {
            rrhost_tools_end_heap(heap);
        }
    }

    /// <summary>The host may not touch this memory; the library has to show it before it looks there.</summary>
    public static void Hide(void* memory, ulong bytes)
    {
        if (s_isActive)
        {
            rrhost_tools_hide(memory, (nuint)bytes);
        }
    }

    public static void Show(void* memory, ulong bytes)
    {
        if (s_isActive)
        {
            rrhost_tools_show(memory, (nuint)bytes);
        }
    }

    /// <summary>So much more of a block, which ends here so far, is the host's. Its content counts as unwritten.</summary>
    public static void Grown(void* memory, ulong bytes)
    {
        if (s_isActive)
        {
            rrhost_tools_grown(memory, (nuint)bytes);
        }
    }

    /// <summary>A block, visible so far, goes to the host, who has so many bytes of it.</summary>
    public static void Born(void* heap, void* payload, ulong bytes, bool isDefined)
    {
        if (s_isActive)
        {
            rrhost_tools_born(heap, payload, (nuint)bytes, isDefined ? 1 : 0);
        }
    }

    /// <summary>The host has no block any more whose memory from the payload on is so long. It is hidden.</summary>
    public static void Died(void* heap, void* payload, ulong bytes)
    {
        if (s_isActive)
        {
            rrhost_tools_died(heap, payload, (nuint)bytes);
        }
    }

    /// <summary>A dead block is about to be used again.</summary>
    public static void Reuse(void* payload, ulong bytes) => Show((byte*)payload - Config.HeaderSize, Config.HeaderSize + bytes);

    [DllImport("rrhost")]
    private static extern int rrhost_tools_detect();

    [DllImport("rrhost")]
    private static extern void rrhost_tools_begin_heap(void* heap);

    [DllImport("rrhost")]
    private static extern void rrhost_tools_end_heap(void* heap);

    [DllImport("rrhost")]
    private static extern void rrhost_tools_hide(void* memory, nuint bytes);

    [DllImport("rrhost")]
    private static extern void rrhost_tools_show(void* memory, nuint bytes);

    [DllImport("rrhost")]
    private static extern void rrhost_tools_grown(void* memory, nuint bytes);

    [DllImport("rrhost")]
    private static extern void rrhost_tools_born(void* heap, void* payload, nuint bytes, int isDefined);

    [DllImport("rrhost")]
    private static extern void rrhost_tools_died(void* heap, void* payload, nuint bytes);
}
