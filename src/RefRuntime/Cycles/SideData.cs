// A word for each block of the pages that a traversal touches, zero at first, in memory apart from the objects: a
// traversal can be dropped at any point, counts stay exact meanwhile, and after fork it does not unshare object pages.
//
// Memory comes from chunks; one is kept between traversals, cleared as far as it was used.
//
// Invariant: outside a traversal no page has side data and Touched is null.

using System.Runtime.InteropServices;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Os;

namespace RefRuntime.Cycles;

internal static unsafe class SideData
{
    /// <summary>At the start of each chunk: the chunk before it.</summary>
    private const int ChunkHeader = 64;

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
            page->Side = null;
            page->NextTouched = null;
            page = next;
        }

        heap->Touched = null;
        ulong used = heap->SideUsed;
        while (heap->SideChunk != null && *(byte**)heap->SideChunk != null)
        {
            byte* previous = *(byte**)heap->SideChunk;
            Memory.Release(heap->SideChunk, Config.SideChunkBytes);
            heap->SideChunk = previous;
            used = Config.SideChunkBytes;
        }

        if (heap->SideChunk != null)
        {
            NativeMemory.Clear(heap->SideChunk + ChunkHeader, (nuint)(used - ChunkHeader));
            heap->SideUsed = ChunkHeader;
        }
    }

    /// <summary>Gives everything back, outside a traversal.</summary>
    public static void Free(HeapState* heap)
    {
        if (heap->SideChunk != null)
        {
            Memory.Release(heap->SideChunk, Config.SideChunkBytes);
            heap->SideChunk = null;
            heap->SideUsed = 0;
        }
    }

    private static bool TryTouch(HeapState* heap, Page* page)
    {
        ulong bytes = Bits.AlignUp((ulong)Blocks.CarvedOf(page) * sizeof(uint), 64);
        if (heap->SideChunk == null || heap->SideUsed + bytes > Config.SideChunkBytes)
        {
            byte* chunk = Memory.Reserve(Config.SideChunkBytes, Config.OsPageSize);
            if (chunk == null)
            {
                return false;
            }

            *(byte**)chunk = heap->SideChunk;
            heap->SideChunk = chunk;
            heap->SideUsed = ChunkHeader;
        }

        page->Side = (uint*)(heap->SideChunk + heap->SideUsed);
        heap->SideUsed += bytes;
        page->NextTouched = heap->Touched;
        heap->Touched = page;
        return true;
    }
}
