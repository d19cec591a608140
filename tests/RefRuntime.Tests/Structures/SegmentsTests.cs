// Segments and what is larger than a page: spans, huge blocks, giving back, the limit.

using System;
using System.Collections.Generic;
using NUnit.Framework;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Structures;

public sealed unsafe class SegmentsTests
{
    [Test]
    public void The_heap_fits_its_place_in_the_head()
    {
        Assert.That(sizeof(HeapState), Is.EqualTo(HeapState.Size));
        Assert.That(sizeof(Page), Is.EqualTo(Segment.PageEntrySize));
        Assert.That(sizeof(Segment), Is.EqualTo(Segment.PageTableOffset));
        Assert.That(Segment.HeapOffset % 16, Is.Zero);
        Assert.That(Segment.HeadPages, Is.LessThan(Config.PagesPerSegment / 2));
    }

    [Test]
    public void Large_objects_of_every_number_of_pages_are_whole_and_zero()
    {
        using var heap = new TestHeap();
        var random = new Random(2);
        var live = new List<(nint Address, int Bytes)>();
        for (int i = 0; i < 400; i++)
        {
            int pages = 1 + random.Next(Config.PagesPerSegment + 4);
            int bytes = (pages * Config.PageSize) - random.Next(64);
            nint payload = (nint)heap.AllocItems(TypeId.Bytes, (ulong)bytes);
            var content = new Span<byte>((void*)payload, bytes);
            Assert.That(content.ContainsAnyExcept((byte)0), Is.False, $"{pages} pages");
            content.Fill((byte)(1 + (i % 255)));
            live.Add((payload, bytes));
            while (live.Count > 8)
            {
                int victim = random.Next(live.Count);
                var left = new ReadOnlySpan<byte>((void*)live[victim].Address, live[victim].Bytes);
                Assert.That(left.ContainsAnyExcept(left[0]), Is.False, "a large object has lost its content");
                CountOperations.Decref((void*)live[victim].Address);
                live.RemoveAt(victim);
            }
        }

        heap.Verify();
        live.ForEach(entry => CountOperations.Decref((void*)entry.Address));
        AssertGivenBack(heap);
    }

    [Test]
    public void A_huge_block_that_goes_takes_along_all_that_was_counted_for_it()
    {
        using var heap = new TestHeap();
        ulong committed = heap.Stats.CommittedBytes;
        for (ulong size = Config.SegmentSize; size < 3 * Config.SegmentSize; size += Config.SegmentSize / 2)
        {
            void* huge = heap.AllocItems(TypeId.Bytes, size);
            Assert.That(heap.Stats.CommittedBytes, Is.GreaterThanOrEqualTo(committed + size));
            CountOperations.Decref(huge);
            Assert.That(heap.Stats.CommittedBytes, Is.EqualTo(committed), $"{size} bytes");
        }
    }

    [Test]
    public void At_the_limit_no_segment_goes_that_a_walker_may_stand_in()
    {
        using var heap = new TestHeap(maxBytes: 4 * Config.SegmentSize);
        void*[] spans = new void*[10];
        for (int i = 0; i < spans.Length; i++)
        {
            spans[i] = heap.AllocItems(TypeId.Bytes, Config.SegmentSize / 4);
        }

        void* last = spans[^1];
        Assert.That(Segments.IsPrimary(heap.State, Segment.Of(last)), Is.False);
        heap.State->PinPages++;
        foreach (void* span in spans)
        {
            CountOperations.Decref(span);
        }

        Assert.That((ulong)ObjectOperations.AllocItems(heap.Handle, TypeId.Bytes, (nuint)(4 * Config.SegmentSize)), Is.Zero);
        Assert.That(SegmentMap.Contains(last), Is.True);
        heap.State->PinPages--;
        Assert.That((ulong)ObjectOperations.AllocItems(heap.Handle, TypeId.Bytes, (nuint)(4 * Config.SegmentSize)), Is.Zero);
        Assert.That(SegmentMap.Contains(last), Is.False, "nobody has made room");
    }

    [Test]
    public void A_huge_candidate_that_goes_while_pages_are_pinned_leaves_no_bit_behind()
    {
        using var heap = new TestHeap();
        heap.State->PinPages++;
        void* huge = heap.AllocItems(TypeId.Tuple, Config.SegmentSize / 8);
        CountOperations.Incref(huge);
        CountOperations.Decref(huge);
        Assert.That(heap.State->Candidates, Is.EqualTo(1));
        CountOperations.Decref(huge);
        Assert.That(SegmentMap.Contains(huge), Is.True);
        heap.State->PinPages--;
        void* next = heap.Alloc(TestTypes.Pair);
        Assert.That((ulong)Segment.PageOf(next), Is.EqualTo((ulong)Segment.PageOf(huge)), "the place is used again");
        heap.Verify();
        CountOperations.Decref(next);
    }

    [Test]
    public void A_trim_gives_everything_back_but_the_first_head()
    {
        using var heap = new TestHeap();
        var payloads = new List<nint>();
        for (int i = 0; i < 4000; i++)
        {
            payloads.Add((nint)heap.AllocItems(TypeId.Bytes, (ulong)(i % (2 * Config.PageSize))));
        }

        Assert.That(heap.Stats.ReservedBytes, Is.GreaterThan((ulong)Config.SegmentSize));
        payloads.ForEach(payload => CountOperations.Decref((void*)payload));
        AssertGivenBack(heap);
    }

    [Test]
    public void Memory_that_went_back_reads_as_zero_when_it_is_used_again()
    {
        using var heap = new TestHeap();
        for (int round = 0; round < 3; round++)
        {
            var payloads = new List<nint>();
            for (int i = 1; i < 60; i++)
            {
                int bytes = Config.PageSize * (1 + (i % 5));
                nint payload = (nint)heap.AllocItems(TypeId.Bytes, (ulong)bytes);
                var content = new Span<byte>((void*)payload, bytes);
                Assert.That(content.ContainsAnyExcept((byte)0), Is.False);
                content.Fill(0xFF);
                payloads.Add(payload);
            }

            // Every other one, so that what goes back lies between what stays.
            for (int i = 0; i < payloads.Count; i += 2)
            {
                CountOperations.Decref((void*)payloads[i]);
            }

            HeapOperations.Trim(heap.Handle);
            for (int i = 1; i < payloads.Count; i += 2)
            {
                var content = new ReadOnlySpan<byte>((void*)payloads[i], Config.PageSize);
                Assert.That(content.ContainsAnyExcept((byte)0xFF), Is.False, "a live object was wiped when its neighbours went back");
                CountOperations.Decref((void*)payloads[i]);
            }
        }
    }

    [Test]
    public void The_limit_holds_and_a_refusal_changes_nothing()
    {
        const ulong Limit = 12 * Config.SegmentSize / 8;
        using var heap = new TestHeap(maxBytes: Limit);
        var payloads = new List<nint>();
        for (int round = 0; round < 3; round++)
        {
            for (int i = 0; ; i++)
            {
                ulong before = heap.LiveObjects;
                void* payload = ObjectOperations.AllocItems(heap.Handle, TypeId.Bytes, (nuint)(i * 97 % (3 * Config.PageSize)));
                if (payload == null)
                {
                    Assert.That(LibraryOperations.LastStatus(), Is.EqualTo(Status.NoMemory));
                    Assert.That(heap.LiveObjects, Is.EqualTo(before));
                    break;
                }

                payloads.Add((nint)payload);
            }

            heap.Verify();
            Assert.That(heap.Stats.PeakBytes, Is.LessThanOrEqualTo(Limit));
            Assert.That(heap.Stats.LiveBytes, Is.GreaterThan(Limit / 4));
            payloads.ForEach(payload => CountOperations.Decref((void*)payload));
            payloads.Clear();
        }
    }

    [Test]
    public void A_block_beyond_the_limit_is_refused_at_once()
    {
        using var heap = new TestHeap(maxBytes: 2 * Config.SegmentSize);
        Assert.That((ulong)ObjectOperations.AllocItems(heap.Handle, TypeId.Bytes, 3 * Config.SegmentSize), Is.Zero);
        Assert.That(LibraryOperations.LastStatus(), Is.EqualTo(Status.NoMemory));
        Assert.That((ulong)RawOperations.Alloc(heap.Handle, 3 * Config.SegmentSize), Is.Zero);
        Assert.That(heap.Stats.RawBytes, Is.Zero);
    }

    private static void AssertGivenBack(TestHeap heap)
    {
        Assert.That(HeapOperations.Trim(heap.Handle), Is.EqualTo(Status.Ok));
        Assert.That(heap.LiveObjects, Is.Zero);

        // A page whose free blocks wait in a bin stays; nothing else does.
        for (Segment* segment = heap.State->Segments; segment != null; segment = segment->Next)
        {
            int inUse = 0;
            for (int i = Segment.HeadPages; i < Config.PagesPerSegment; i++)
            {
                Page* page = Segment.PageTable(segment) + i;
                inUse += page->Kind != PageKind.Free ? 1 : 0;
                Assert.That(page->Kind == PageKind.Free || Blocks.IsInBin(heap.State, page), Is.True);
            }

            Assert.That(inUse != 0 || Segments.IsPrimary(heap.State, segment), Is.True);

            // A page smaller than the system's may have to stay for its neighbour's sake.
            Assert.That(Config.PageSize < (int)Config.OsPageSize || (segment->DirtyPages & segment->FreePages) == 0, Is.True);
        }

        heap.Verify();
    }
}
