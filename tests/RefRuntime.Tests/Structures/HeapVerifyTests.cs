// Each invariant of Layout.cs and of GraphVerify is broken by hand: verify names it; mended, it is content again.

using System;
using System.Collections.Generic;
using NUnit.Framework;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Structures;

public sealed unsafe class HeapVerifyTests
{
    /// <summary>What a case may break.</summary>
    private struct Scene
    {
        public HeapState* Heap;
        public Segment* Segment;

        /// <summary>A page with live and free blocks, also in the bin.</summary>
        public Page* Page;

        /// <summary>A live object with two references to Other.</summary>
        public void* Object;
        public void* Other;

        /// <summary>A free block of Page.</summary>
        public void* Free;

        /// <summary>A weak reference to Other.</summary>
        public WeakRefPayload* Weak;

        /// <summary>The segment of a huge object.</summary>
        public Segment* Huge;
    }

    private delegate void* Place(Scene scene);

    // A word and what to make of it.
    private static readonly (string Name, string Invariant, Place Where, Func<ulong, ulong> Break)[] s_cases =
    [
        ("a segment of another heap", "S1", scene => &scene.Huge->Heap, word => word + 64),
        ("a page that is free by its bit", "S2", scene => &scene.Segment->FreePages, word => word | (1ul << 63) | BitOf(word)),
        ("a page in use that is not dirty", "S2", scene => &scene.Segment->DirtyPages, _ => 0),
        ("a page that has carved more than it has room for", "P1", scene => &scene.Page->Countdown, word => word | 0xFFFF_0000),
        ("a page whose limit is not what it has carved", "P1", scene => &scene.Page->Limit, word => word - 16),
        ("a free list shorter than its count", "P2", scene => &scene.Page->Countdown, word => word - 1),
        ("a free list that leads out of the page", "P2", scene => &scene.Page->Free, word => word + Config.PageSize),
        ("a free list with a loop", "P2", scene => scene.Free, _ => ulong.MaxValue),
        ("a free list that reaches a live block", "P2", scene => &scene.Page->Free, _ => 0),
        ("a page that hides its blocks", "P3", scene => &scene.Page->IsAvailable, word => word & ~0xFFul),
        ("a live block without a header", "P4", scene => (ulong*)scene.Object - 1, _ => 0),
        ("a bin with a block of elsewhere", "B1", scene => scene.Heap->Bins + scene.Page->SizeClass, word => word + 8),
        ("a candidate bit on a block that is none", "C1", scene => Segment.Bitmap(scene.Page), word => word ^ 0xFFFF_FFFF_0000_0000),
        ("a number of candidates that is wrong for the page", "C1", scene => &scene.Page->CandidateCount, word => word + 1),
        ("a number of candidates that is wrong for the heap", "C1", scene => &scene.Heap->Candidates, word => word + 1),
        ("pages in use that nobody counted", "H1", scene => &scene.Heap->UsedPages, word => word + 1),
        ("raw bytes that nobody holds", "H1", scene => &scene.Heap->RawBytes, word => word + 16),
        ("an object of a type that does not exist", "O1", scene => (ulong*)scene.Object - 1, word => word | (0xFFFFFul << Header.TypeShift)),
        ("a reference to what is no object", "O2", scene => scene.Object, word => word + 16),
        ("a reference that nobody counted", "O3", scene => (ulong*)scene.Other - 1, word => word - 1),
        ("a weak reference whose target does not know", "W1", scene => (ulong*)scene.Other - 1, word => word & ~HeaderFlags.HasWeak),
    ];

    private static IEnumerable<TestCaseData> Cases()
    {
        for (int i = 0; i < s_cases.Length; i++)
        {
            yield return new TestCaseData(i).SetArgDisplayNames(s_cases[i].Name);
        }
    }

    [TestCaseSource(nameof(Cases))]
    public void A_broken_invariant_is_named(int index)
    {
        using var heap = new TestHeap();
        Scene scene = Build(heap);
        heap.Verify();
        (_, string invariant, Place where, Func<ulong, ulong> spoil) = s_cases[index];

        ulong* word = (ulong*)where(scene);
        ulong intact = *word;
        *word = spoil(intact) switch
        {
            // Cases that need an address of the scene.
            ulong.MaxValue => (ulong)scene.Free,
            0 when word == (ulong*)&scene.Page->Free => (ulong)scene.Object,
            ulong broken => broken,
        };
        Status status = HeapOperations.Verify(heap.Handle);
        string problem = NativeText.LastError();
        *word = intact;

        Assert.That(status, Is.EqualTo(Status.Corrupt));
        Assert.That(problem, Does.StartWith($"rr_heap_verify: {invariant}: "));
        heap.Verify();
    }

    private static Scene Build(TestHeap heap)
    {
        void* huge = heap.AllocItems(TypeId.Bytes, 2 * Config.SegmentSize);
        RawOperations.Alloc(heap.Handle, 100);
        void* first = heap.Alloc(TestTypes.Pair);
        Page* page = Segment.PageOf(first);
        uint step = uint.Max(1, Config.CarveBytes / page->BlockSize);
        void* other = heap.Alloc(TestTypes.Pair);
        for (uint i = 2; i < 2 * step; i++)
        {
            heap.Alloc(TestTypes.Pair);
        }

        void* free = heap.Alloc(TestTypes.Pair);
        void** target = (void**)first;
        Assert.That(CountOperations.Store(target, other), Is.EqualTo(Status.Ok));
        Assert.That(CountOperations.Store(target + 1, other), Is.EqualTo(Status.Ok));
        CountOperations.Decref(other);
        CountOperations.Decref(free);
        return new Scene
        {
            Heap = heap.State,
            Segment = Segment.Of(page),
            Page = page,
            Object = first,
            Other = other,
            Free = free,
            Weak = (WeakRefPayload*)WeakRefOperations.New(other, null, null),
            Huge = Segment.Of(huge),
        };
    }

    /// <summary>The bit of the first page behind the head.</summary>
    private static ulong BitOf(ulong _) => 1ul << Segment.HeadPages;
}
