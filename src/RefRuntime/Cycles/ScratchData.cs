// A word for each block of the pages that somebody looks at: verification, retaining paths. Side data of their own, since they
// may look between two slices of a collection. They run in one go.
//
// Invariant: outside such a look no page has scratch data and HeapState.ScratchPages is null.

using RefRuntime.Heap;

namespace RefRuntime.Cycles;

internal static unsafe class ScratchData
{
    /// <summary>The word of the object's block, making the page's words if need be. Null when the system has no memory.</summary>
    public static uint* TryGet(HeapState* heap, Page* page, void* payload)
    {
        if (page->Scratch == null && !TryTouch(heap, page))
        {
            return null;
        }

        return page->Scratch + Blocks.IndexOf(page, payload);
    }

    /// <summary>The word of the object's block in a page that has words.</summary>
    public static uint* Get(void* payload)
    {
        Page* page = Segment.PageOf(payload);
        return page->Scratch + Blocks.IndexOf(page, payload);
    }

    /// <summary>Ends the look.</summary>
    public static void Reset(HeapState* heap)
    {
        for (Page* page = heap->ScratchPages; page != null;)
        {
            Page* next = page->NextScratch;
            page->Scratch = null;
            page->NextScratch = null;
            page = next;
        }

        heap->ScratchPages = null;
        while (SideMemory.ReleaseOne(ref heap->ScratchSide))
        {
        }
    }

    private static bool TryTouch(HeapState* heap, Page* page)
    {
        page->Scratch = SideMemory.TryTake(ref heap->ScratchSide, page);
        if (page->Scratch == null)
        {
            return false;
        }

        page->NextScratch = heap->ScratchPages;
        heap->ScratchPages = page;
        return true;
    }
}
