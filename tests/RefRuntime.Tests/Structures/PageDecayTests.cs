// Free pages keep their memory for a while, and lose it then, a segment at a time. Time passes by moving what the heap has
// noted of it. (The tiny configuration keeps nothing any longer; there the model's programs run this code.)

#if !RR_TINY

using System.Collections.Generic;
using NUnit.Framework;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Structures;

public sealed unsafe class PageDecayTests
{
    /// <summary>More than a heap keeps in any case, by far.</summary>
    private const int Pages = 16 * (Config.KeepFreePages + Config.PagesPerSegment);

    [Test]
    public void What_was_freed_keeps_its_memory_for_a_while()
    {
        using var heap = new TestHeap();
        ulong committed = Breathe(heap);
        for (int i = 0; i < 5; i++)
        {
            Assert.That(Breathe(heap), Is.EqualTo(committed), "memory went back while it was needed time and again");
            Assert.That(heap.Stats.CommittedBytes, Is.EqualTo(committed));
        }
    }

    [Test]
    public void What_is_not_needed_for_a_while_goes_back_a_segment_at_a_time()
    {
        using var heap = new TestHeap();
        ulong committed = Breathe(heap);
        while (heap.State->ExcessSeen != 0)
        {
            ulong before = heap.Stats.CommittedBytes;
            Age(heap, Config.KeepNanoseconds);
            UseAPage(heap);

            // The page comes and goes: that is looked at twice.
            Assert.That(before - heap.Stats.CommittedBytes, Is.GreaterThan(0).And.LessThanOrEqualTo(2 * (ulong)Config.SegmentSize));
        }

        Assert.That(heap.Stats.CommittedBytes, Is.LessThan(committed / 8));
        heap.Verify();
    }

    /// <summary>All that was free when the time was over went back, though the program had just used it.</summary>
    [Test]
    public void What_was_needed_meanwhile_stays()
    {
        using var heap = new TestHeap();
        Breathe(heap);
        Age(heap, Config.KeepNanoseconds);
        UseAPage(heap); // from now on all that is free is watched
        ulong committed = Breathe(heap, Pages * 3 / 4);
        Age(heap, Config.KeepNanoseconds);
        for (int i = 0; i < Pages / Config.PagesPerSegment; i++)
        {
            UseAPage(heap);
        }

        const int Used = Pages * 3 / 4;
        ulong unused = (ulong)(Pages - Used - Config.KeepFreePages - (Used / 16)) * Config.PageSize;
        ulong gone = committed - heap.Stats.CommittedBytes;
        Assert.That(gone, Is.GreaterThanOrEqualTo(unused / 2).And.LessThanOrEqualTo((unused / 2) + (ulong)Config.SegmentSize));
    }

    [Test]
    public void Time_in_which_nobody_uses_the_heap_does_not_count()
    {
        using var heap = new TestHeap();
        ulong committed = Breathe(heap);
        Pause(heap);
        UseAPage(heap);
        Assert.That(heap.Stats.CommittedBytes, Is.EqualTo(committed), "memory went back at the very moment in which the heap was used again");
        Age(heap, Config.KeepNanoseconds);
        UseAPage(heap);
        Assert.That(heap.Stats.CommittedBytes, Is.LessThan(committed));
    }

    /// <summary>Each pause of over a second started the second anew: a program that is asked something every few seconds kept for good what
    /// its busiest hour had needed.</summary>
    [Test]
    public void Memory_of_a_heap_that_is_used_now_and_then_goes_back_too()
    {
        using var heap = new TestHeap();
        ulong committed = Breathe(heap);
        for (int i = 0; i < 4; i++)
        {
            Pause(heap);
            UseAPage(heap);
            Age(heap, Config.KeepNanoseconds / 4);
        }

        UseAPage(heap);
        Assert.That(heap.Stats.CommittedBytes, Is.LessThan(committed));
    }

    [Test]
    public void Pages_that_have_their_memory_are_taken_before_those_that_have_not()
    {
        using var heap = new TestHeap();
        void* kept = heap.AllocItems(TypeId.Bytes, Config.PageSize);
        void* freed = heap.AllocItems(TypeId.Bytes, Config.PageSize);
        void* last = heap.AllocItems(TypeId.Bytes, Config.PageSize);
        CountOperations.Decref(kept);
        HeapOperations.Trim(heap.Handle);
        ulong committed = heap.Stats.CommittedBytes;
        CountOperations.Decref(last);
        Assert.That((ulong)heap.AllocItems(TypeId.Bytes, Config.PageSize), Is.EqualTo((ulong)last));
        Assert.That(heap.Stats.CommittedBytes, Is.EqualTo(committed));
        CountOperations.Decref(freed);
    }

    /// <summary>Builds and drops many large objects. Returns how much memory the heap has afterwards.</summary>
    private static ulong Breathe(TestHeap heap, int pages = Pages)
    {
        var payloads = new List<nint>();
        for (int i = 0; i < pages; i++)
        {
            payloads.Add((nint)heap.AllocItems(TypeId.Bytes, Config.PageSize / 2));
        }

        payloads.ForEach(payload => CountOperations.Decref((void*)payload));
        return heap.Stats.CommittedBytes;
    }

    private static void Age(TestHeap heap, ulong nanoseconds) => heap.State->ExcessNanoseconds += nanoseconds;

    private static void Pause(TestHeap heap) => heap.State->ExcessSeen -= 2 * Config.KeepNanoseconds;

    private static void UseAPage(TestHeap heap) => CountOperations.Decref(heap.AllocItems(TypeId.Bytes, Config.PageSize));
}

#endif
