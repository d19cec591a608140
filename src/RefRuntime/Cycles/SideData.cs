// A word for each block of the pages that a collection touches, zero at first, in memory apart from the objects: a
// collection can be dropped at any point, counts stay exact meanwhile, and after fork it does not unshare object pages.
//
// Invariant: a page has side data iff it is in the list of touched pages; outside a collection that list is empty.

using RefRuntime.Heap;
using RefRuntime.Os;

namespace RefRuntime.Cycles;

internal static unsafe class SideData
{
    /// <summary>The word of the object's block in a page that the collection has touched.</summary>
    public static uint* Get(void* payload)
    {
        Page* page = Segment.PageOf(payload);
        return page->Side + Blocks.IndexOf(page, payload);
    }

    /// <summary>Makes the page's words. False when the system has no memory.</summary>
    public static bool TryTouch(HeapState* heap, Page* page)
    {
        uint* words = SideMemory.TryTake(ref heap->Side, page);
        if (words == null)
        {
            return false;
        }

        page->Side = words;
        page->IsSwept = (byte)((Segment.Of(page)->RootPages >> Segment.IndexOf(page)) & 1);
        TouchedPages.Add(heap, page);
        return true;
    }

    /// <summary>Ends the collection: every page is untouched again.</summary>
    public static void Reset(HeapState* heap)
    {
        Budget unlimited = Budget.Unlimited;
        TryReset(heap, ref unlimited);
    }

    /// <summary>The same, as far as the budget reaches. True when it is done.</summary>
    public static bool TryReset(HeapState* heap, ref Budget budget)
    {
        while (heap->Touched != null)
        {
            TouchedPages.TakeFirst(heap);
            if (budget.IsSpent())
            {
                return false;
            }
        }

        while (SideMemory.ReleaseOne(ref heap->Side))
        {
            if (budget.IsSpentNow())
            {
                return false;
            }
        }

        return true;
    }
}
