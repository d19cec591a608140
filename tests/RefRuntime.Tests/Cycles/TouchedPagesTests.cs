// The list of touched pages: pages leave from anywhere, and the collection's place in the list stays valid.

using NUnit.Framework;
using RefRuntime.Heap;

namespace RefRuntime.Tests.Cycles;

public sealed unsafe class TouchedPagesTests
{
    private const int Count = 4;

    [Test]
    public void The_newest_comes_first()
    {
        using TestHeap heap = new();
        Page* pages = stackalloc Page[Count];
        Touch(heap.State, pages);
        for (int i = Count - 1; i >= 0; i--)
        {
            Assert.That((ulong)TouchedPages.TakeFirst(heap.State), Is.EqualTo((ulong)(pages + i)));
            Assert.That((ulong)pages[i].Side, Is.Zero);
        }

        Assert.That((ulong)heap.State->Touched, Is.Zero);
    }

    /// <summary>Whichever page goes, with the collection at whichever place.</summary>
    [Test]
    public void A_page_leaves_from_anywhere([Range(0, Count - 1)] int leaving, [Range(0, Count - 1)] int place)
    {
        using TestHeap heap = new();
        Page* pages = stackalloc Page[Count];
        Touch(heap.State, pages);
        heap.State->RoundPage = pages + place;
        TouchedPages.Forget(heap.State, pages + leaving);

        Page* next = place != leaving ? pages + place : leaving == 0 ? null : pages + leaving - 1;
        Assert.That((ulong)heap.State->RoundPage, Is.EqualTo((ulong)next));
        Assert.That((ulong)pages[leaving].Side, Is.Zero);
        heap.State->RoundPage = null;
        Page* before = null;
        int left = 0;
        for (Page* page = heap.State->Touched; page != null; page = page->NextTouched, left++)
        {
            Assert.That((ulong)page, Is.Not.EqualTo((ulong)(pages + leaving)));
            Assert.That((ulong)page->PreviousTouched, Is.EqualTo((ulong)before));
            before = page;
        }

        Assert.That(left, Is.EqualTo(Count - 1));
        heap.State->Touched = null;
    }

    [Test]
    public void Forgetting_an_untouched_page_changes_nothing()
    {
        using TestHeap heap = new();
        Page* pages = stackalloc Page[Count];
        Page other = default;
        Touch(heap.State, pages);
        TouchedPages.Forget(heap.State, &other);
        Assert.That((ulong)heap.State->Touched, Is.EqualTo((ulong)(pages + Count - 1)));
        heap.State->Touched = null;
    }

    private static void Touch(HeapState* heap, Page* pages)
    {
        for (int i = 0; i < Count; i++)
        {
            pages[i] = new Page { Side = (uint*)pages };
            TouchedPages.Add(heap, pages + i);
        }
    }
}
