// The pages that a collection has touched, as a list. A page may be retired at any moment between two slices of a
// collection, so it can leave the list from the middle, and the collection's place in the list moves on when its page goes.

namespace RefRuntime.Heap;

internal static unsafe class TouchedPages
{
    /// <summary>Puts the page, which has side data now, in front of the list.</summary>
    public static void Add(HeapState* heap, Page* page)
    {
        page->PreviousTouched = null;
        page->NextTouched = heap->Touched;
        if (heap->Touched != null)
        {
            heap->Touched->PreviousTouched = page;
        }

        heap->Touched = page;
    }

    /// <summary>Takes the first page off the list, which is not empty. Its side data is no longer its own.</summary>
    public static Page* TakeFirst(HeapState* heap)
    {
        Page* page = heap->Touched;
        Remove(heap, page);
        return page;
    }

    /// <summary>Takes the page off the list if it is there.</summary>
    public static void Forget(HeapState* heap, Page* page)
    {
        if (page->Side != null)
        {
            Remove(heap, page);
        }
    }

    private static void Remove(HeapState* heap, Page* page)
    {
        if (heap->RoundPage == page)
        {
            heap->RoundPage = page->NextTouched;
        }

        if (page->PreviousTouched != null)
        {
            page->PreviousTouched->NextTouched = page->NextTouched;
        }
        else
        {
            heap->Touched = page->NextTouched;
        }

        if (page->NextTouched != null)
        {
            page->NextTouched->PreviousTouched = page->PreviousTouched;
        }

        page->Side = null;
        page->NextTouched = null;
        page->PreviousTouched = null;
        page->DeadBlocks = 0;
        page->IsSwept = 0;
    }
}
