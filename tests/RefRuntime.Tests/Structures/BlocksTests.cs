// Small blocks: bins, carving, pages that fill up, empty and retire; the trap and its stash.

using System.Collections.Generic;
using NUnit.Framework;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Structures;

public sealed unsafe class BlocksTests
{
    [Test]
    public void Blocks_are_distinct_aligned_and_do_not_overlap()
    {
        using var heap = new TestHeap();
        var ends = new SortedDictionary<nint, nint>();
        for (uint i = 0; i < 3000; i++)
        {
            uint items = i * 7 % 300;
            nint payload = (nint)heap.AllocItems(TypeId.Bytes, items);
            Assert.That((ulong)payload % Config.Alignment, Is.Zero);
            ends.Add(payload - Config.HeaderSize, payload + (nint)items);
        }

        nint previousEnd = 0;
        foreach ((nint start, nint end) in ends)
        {
            Assert.That(start, Is.GreaterThanOrEqualTo(previousEnd));
            previousEnd = end;
        }
    }

    [Test]
    public void A_page_is_carved_a_little_at_a_time()
    {
        using var heap = new TestHeap();
        Page* page = Segment.PageOf(heap.Alloc(TestTypes.Leaf));
        uint step = uint.Max(1, Config.CarveBytes / page->BlockSize);
        Assert.That(page->Carved, Is.EqualTo(step));
        for (uint i = 1; i <= step; i++)
        {
            heap.Alloc(TestTypes.Leaf);
        }

        Assert.That(page->Carved, Is.EqualTo(uint.Min(page->Capacity, 2 * step)));
    }

    [Test]
    public void Freed_blocks_go_to_their_page_and_not_to_the_bin()
    {
        using var heap = new TestHeap();
        void* payload = heap.Alloc(TestTypes.Leaf);
        heap.Alloc(TestTypes.Leaf);
        Page* page = Segment.PageOf(payload);
        CountOperations.Decref(payload);
        Assert.That(page->FreeCount, Is.EqualTo(1));
        Assert.That((ulong)page->Free, Is.EqualTo((ulong)payload));
        Assert.That(*((ulong*)payload - 1), Is.Zero);
    }

    [Test]
    public void A_full_page_gives_blocks_again_after_some_are_freed()
    {
        using var heap = new TestHeap();
        void* first = heap.Alloc(TestTypes.Leaf);
        Page* page = Segment.PageOf(first);
        var others = new List<nint>();
        for (int i = 1; i < page->Capacity; i++)
        {
            others.Add((nint)heap.Alloc(TestTypes.Leaf));
        }

        Assert.That(page->IsAvailable, Is.Zero);
        void* other = heap.Alloc(TestTypes.Leaf);
        Assert.That((ulong)Segment.PageOf(other), Is.Not.EqualTo((ulong)page));
        heap.Verify();
        for (int i = 1; i < page->WakeCount; i++)
        {
            CountOperations.Decref((void*)others[i]);
            Assert.That(page->IsAvailable, Is.Zero);
            Assert.That(page->FreeCount, Is.EqualTo(i));
            heap.Verify();
        }

        CountOperations.Decref(first);
        Assert.That(page->IsAvailable, Is.EqualTo(1));
        Assert.That(page->FreeCount, Is.EqualTo(page->WakeCount));
        heap.Verify();
    }

    [Test]
    public void The_last_free_block_is_found_when_there_is_no_memory_for_another_page()
    {
        using var heap = new TestHeap(maxBytes: 2 * Config.SegmentSize);
        var payloads = new List<nint>();
        for (void* payload; (payload = ObjectOperations.Alloc(heap.Handle, TestTypes.Leaf)) != null;)
        {
            payloads.Add((nint)payload);
        }

        for (int i = 0; i < 10; i++)
        {
            CountOperations.Decref((void*)payloads[i * 7]);
            Assert.That((ulong)ObjectOperations.Alloc(heap.Handle, TestTypes.Leaf), Is.EqualTo((ulong)payloads[i * 7]));
            Assert.That((ulong)ObjectOperations.Alloc(heap.Handle, TestTypes.Leaf), Is.Zero);
            heap.Verify();
        }
    }

    [Test]
    public void Empty_pages_retire_but_for_the_last_of_their_class()
    {
        using var heap = new TestHeap();
        var payloads = new List<nint>();
        uint capacity = Segment.PageOf(heap.Alloc(TestTypes.Leaf))->Capacity;
        for (uint i = 0; i < 10 * capacity; i++)
        {
            payloads.Add((nint)heap.Alloc(TestTypes.Leaf));
        }

        Assert.That(heap.State->UsedPages, Is.EqualTo(11));
        payloads.ForEach(payload => CountOperations.Decref((void*)payload));
        Assert.That(heap.State->UsedPages, Is.LessThanOrEqualTo(3));
        heap.Verify();
        HeapOperations.Trim(heap.Handle);
        Assert.That(heap.State->UsedPages, Is.LessThanOrEqualTo(2));
        Assert.That(heap.LiveObjects, Is.EqualTo(1));
    }

    [Test]
    public void Trapped_bins_hide_their_blocks_and_give_them_back_in_order()
    {
        using var heap = new TestHeap();
        void* first = heap.Alloc(TypeId.List);
        int bin = Segment.PageOf(first)->SizeClass;
        ulong waiting = heap.State->Bins[bin];
        Assert.That(waiting, Is.Not.Zero);
        Blocks.TrapBins(heap.State);
        Assert.That(heap.State->Bins[bin], Is.Zero);
        Assert.That(heap.State->Stash[bin], Is.EqualTo(waiting));
        heap.Verify();

        Segment.Of(first)->YoungPages = 0;
        heap.State->HasYoung = 0;
        Assert.That((ulong)heap.Alloc(TypeId.List), Is.EqualTo(waiting));
        Assert.That(heap.State->Stash[bin], Is.Zero);
        Assert.That(heap.State->HasYoung, Is.EqualTo(1));
        Assert.That(Segment.Of(first)->YoungPages & (1ul << Segment.IndexOf(Segment.PageOf(first))), Is.Not.Zero);
    }

    [Test]
    public void The_index_of_a_block_is_exact_for_every_class()
    {
        for (int sizeClass = 0; sizeClass < SizeClass.Count; sizeClass++)
        {
            uint size = SizeClass.BlockSize(sizeClass);
            var page = new Page
            {
                Start = (byte*)8,
                BlockSize = size,
                Reciprocal = (uint)(((1ul << 32) + size - 1) / size),
                Capacity = (ushort)((Config.PageSize - 8) / size),
            };
            for (uint i = 0; i < page.Capacity; i++)
            {
                Assert.That(Blocks.IndexOf(&page, Blocks.PayloadAt(&page, i)), Is.EqualTo(i), $"class {sizeClass}");
            }
        }
    }
}
