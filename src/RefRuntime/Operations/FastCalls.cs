// What the library's own C (native/fast_calls.c) has to know of the C#, so that it can do the usual case of the most frequent
// exports. Before it is told, each of those calls is made in C#.
//
// It tests pointers as Access and ObjectLookup do: a change in one of the three is a change in all. Offsets that inline
// callers know too are in InlineLayout, whose fingerprint is compared; the others are taken from the structures, here.

using System.Runtime.CompilerServices;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Operations;

internal static unsafe class FastCalls
{
    /// <summary>To be called when segment map and type table are there. False if the C was compiled with another InlineLayout: it stays out then.</summary>
    public static bool TryEnable()
    {
        // For their shape alone.
        Unsafe.SkipInit(out Page page);
        Unsafe.SkipInit(out HeapState heap);
        return HostCalls.SetLayout(
            InlineLayout.Fingerprint, SegmentMap.Words, SegmentMap.AddressLimit, InlineTypes.Table,
            Segment.HeapOffset, (uint)((byte*)&page.Limit - (byte*)&page), (uint)((byte*)&heap.Owner - (byte*)&heap));
    }
}
