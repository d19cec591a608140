// A word for each block of the pages that a traversal touches, zero at first, in memory apart from the objects: a
// traversal can be dropped at any point, counts stay exact meanwhile, and after fork it does not unshare object pages.
//
// Memory comes from chunks, each twice as large as the one before; the first and smallest is kept between traversals, cleared
// as far as it was used.
//
// Invariant: outside a traversal no page has side data and Touched is null.

using System.Runtime.InteropServices;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Os;

namespace RefRuntime.Cycles;

internal static unsafe class SideData
{
    /// <summary>At the start of each chunk: the chunk before it, and its bytes.</summary>
    private const ulong ChunkHeader = 64;

    /// <summary>The word of the object's block, making the page's words if need be. Null when the system has no memory.</summary>
    public static uint* TryGet(HeapState* heap, Page* page, void* payload)
    {
        if (page->Side == null && !TryTouch(heap, page))
        {
            return null;
        }

        return page->Side + Blocks.IndexOf(page, payload);
    }

    /// <summary>The word of the object's block in a page that the traversal has touched.</summary>
    public static uint* Get(void* payload)
    {
        Page* page = Segment.PageOf(payload);
        return page->Side + Blocks.IndexOf(page, payload);
    }

    /// <summary>Ends the traversal: every page is untouched again.</summary>
    public static void Reset(HeapState* heap)
    {
        for (Page* page = heap->Touched; page != null;)
        {
            Page* next = page->NextTouched;
            Untouch(page);
            page = next;
        }

        heap->Touched = null;
        ulong used = heap->SideUsed;
        while (heap->SideChunk != null && Previous(heap->SideChunk) != null)
        {
            byte* previous = Previous(heap->SideChunk);
            Memory.Release(heap->SideChunk, Bytes(heap->SideChunk));
            heap->SideChunk = previous;
            used = Bytes(previous);
        }

        if (heap->SideChunk != null)
        {
            NativeMemory.Clear(heap->SideChunk + ChunkHeader, (nuint)(used - ChunkHeader));
            heap->SideUsed = ChunkHeader;
        }
    }

    /// <summary>Makes the page, which the caller has taken off HeapState.Touched, untouched again.</summary>
    public static void Untouch(Page* page)
    {
        page->Side = null;
        page->NextTouched = null;
        page->DeadBlocks = 0;
        page->IsSwept = 0;
    }

    /// <summary>Gives everything back, outside a traversal.</summary>
    public static void Free(HeapState* heap)
    {
        if (heap->SideChunk != null)
        {
            Memory.Release(heap->SideChunk, Bytes(heap->SideChunk));
            heap->SideChunk = null;
            heap->SideUsed = 0;
        }
    }

    /// <summary>Makes the page's words. False when the system has no memory.</summary>
    public static bool TryTouch(HeapState* heap, Page* page)
    {
        ulong bytes = Bits.AlignUp((ulong)Blocks.CarvedOf(page) * sizeof(uint), 64);
        if ((heap->SideChunk == null || heap->SideUsed + bytes > Bytes(heap->SideChunk)) && !TryAddChunk(heap))
        {
            return false;
        }

        page->Side = (uint*)(heap->SideChunk + heap->SideUsed);
        heap->SideUsed += bytes;
        page->NextTouched = heap->Touched;
        heap->Touched = page;
        return true;
    }

    private static bool TryAddChunk(HeapState* heap)
    {
        ulong bytes = heap->SideChunk == null ? Config.MinSideChunkBytes : 2 * Bytes(heap->SideChunk);
        bytes = bytes > Config.MaxSideChunkBytes ? Config.MaxSideChunkBytes : bytes;
        byte* chunk = Memory.Reserve(bytes, Config.OsPageSize);
        if (chunk == null)
        {
            return false;
        }

        Memory.Populate(chunk, bytes);
        Previous(chunk) = heap->SideChunk;
        Bytes(chunk) = bytes;
        heap->SideChunk = chunk;
        heap->SideUsed = ChunkHeader;
        return true;
    }

    private static ref byte* Previous(byte* chunk) => ref *(byte**)chunk;

    private static ref ulong Bytes(byte* chunk) => ref ((ulong*)chunk)[1];
}
