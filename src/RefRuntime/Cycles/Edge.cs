// From a reference in some slot to the side word of what it refers to. Slots may have been written plainly: whatever is no
// place of an object of this heap is no edge.

using System.Runtime.CompilerServices;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Objects;

namespace RefRuntime.Cycles;

internal static unsafe class Edge
{
    /// <summary>
    /// The page and block index of the child. True does not say that the block is in use: reading its header is left to
    /// whoever visits it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryLocate(HeapState* heap, void* child, out Page* page, out uint index)
    {
        page = Segment.PageOf(child);
        if (!IsInHeap(heap, child))
        {
            index = 0;
            return false;
        }

        return Blocks.TryIndexOf(page, child, out index);
    }

    /// <summary>Does the pointer at least lead to where an object of the heap could be?</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsInHeap(HeapState* heap, void* child) =>
        ((ulong)child & (Config.Alignment - 1)) == 0 && SegmentMap.Contains(child) && Segment.Of(child)->Heap == heap;

    /// <summary>Is the pointer, which an earlier slice has left, still an object of this heap in a page that the collection has touched?</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool IsTouchedObject(HeapState* heap, void* payload) =>
        ObjectLookup.IsObject(payload) && Segment.Of(payload)->Heap == heap && Segment.PageOf(payload)->Side != null;
}
