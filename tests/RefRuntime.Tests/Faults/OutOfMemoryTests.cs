// Each request to the system fails in turn, and every one after it; then the heap's limit does the refusing. After each
// failure the heap verifies, nothing has leaked, and the same scenario passes.

using System;
using NUnit.Framework;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Operations;
using RefRuntime.Os;

namespace RefRuntime.Tests.Faults;

public sealed unsafe class OutOfMemoryTests
{
    private const int MaxSweep = 5000;

    [TearDown]
    public void Disarm()
    {
        FaultInjection.Disarm();
        Hooks.Clear();
    }

    [TestCaseSource(typeof(Scenarios), nameof(Scenarios.All))]
    public void A_request_that_fails_loses_nothing(object scenario)
    {
        var run = (Action<Attempt>)scenario;

        // Types and code that a first run makes are not what is swept.
        SweepOnce(run, long.MaxValue, out _);
        bool hasPassed = false;
        for (long n = 1; !hasPassed; n++)
        {
            Assert.That(n, Is.LessThan(MaxSweep), "the sweep does not come to an end");
            hasPassed = SweepOnce(run, n, out long requests);
            Assert.That(hasPassed || requests >= n, Is.True, "a scenario fails though no request was refused");
            hasPassed &= requests < n;
        }
    }

    [TestCaseSource(typeof(Scenarios), nameof(Scenarios.All))]
    public void A_limit_that_is_reached_loses_nothing(object scenario)
    {
        var run = (Action<Attempt>)scenario;
        bool hasPassed = false;
        for (ulong pages = 0; !hasPassed; pages += 1 + (pages / 8))
        {
            using var heap = new TestHeap(HeapFlags.ManualGc, Config.SegmentSize + (pages << Config.PageShift));
            hasPassed = Attempt.Run(heap.Handle, run);
            AssertEmpty(heap);
        }
    }

    [Test]
    public void A_heap_that_can_not_be_made_is_refused()
    {
        bool hasPassed = false;
        for (long n = 1; !hasPassed; n++)
        {
            FaultInjection.Arm(n);
            HeapHandle* heap = HeapOperations.New(null);
            FaultInjection.Disarm();
            hasPassed = heap != null;
            Assert.That(hasPassed || LibraryOperations.LastStatus() == Status.NoMemory, Is.True);
            if (hasPassed)
            {
                Assert.That(n, Is.GreaterThan(1));
                Assert.That(HeapOperations.Free(heap), Is.EqualTo(Status.Ok));
            }
        }
    }

    [Test]
    public void A_type_that_can_not_be_made_is_refused_and_the_next_gets_its_number()
    {
        // As many as fill a chunk of names and one of descriptors.
        TypeId last = TestTypes.Define(default);
        for (int i = 0; i < 3000; i++)
        {
            FaultInjection.Arm(1 + (i % 4));
            bool isMade = TryDefine(out TypeId type);
            FaultInjection.Disarm();
            if (!isMade)
            {
                Assert.That(LibraryOperations.LastStatus(), Is.EqualTo(Status.NoMemory));
                Assert.That(TryDefine(out type), Is.True);
            }

            Assert.That(type, Is.EqualTo(last + 1));
            last = type;
        }
    }

    [Test]
    public void At_the_limit_garbage_is_collected_before_an_allocation_fails()
    {
        using var heap = new TestHeap(HeapFlags.None, 3 * Config.SegmentSize / 2);
        CollectOperations.SetThreshold(heap.Handle, 0);
        for (int i = 0; i < 3 * Config.SegmentSize / 64; i++)
        {
            void** loop = (void**)ObjectOperations.Alloc(heap.Handle, TestTypes.Pair);
            Assert.That((ulong)loop, Is.Not.Zero, NativeText.LastError());
            *loop = loop;
        }

        CollectOperations.Collect(heap.Handle);
        Assert.That(heap.LiveObjects, Is.Zero);
    }

    [Test]
    public void A_manual_heap_does_not_collect_even_at_the_limit()
    {
        using var heap = new TestHeap(HeapFlags.ManualGc, 3 * Config.SegmentSize / 2);
        void** loop;
        do
        {
            loop = (void**)ObjectOperations.Alloc(heap.Handle, TestTypes.Pair);
            if (loop != null)
            {
                *loop = loop;
            }
        }
        while (loop != null);

        Assert.That(LibraryOperations.LastStatus(), Is.EqualTo(Status.NoMemory));
        Assert.That(heap.Stats.Collections, Is.Zero);
    }

    private static bool TryDefine(out TypeId type)
    {
        uint* offsets = stackalloc uint[2] { 0, 8 };
        byte* name = stackalloc byte[64];
        new Span<byte>(name, 63).Fill((byte)'n');
        name[63] = 0;
        var info = new TypeInfo { StructSize = (uint)sizeof(TypeInfo), Name = name, Size = 16, RefOffsets = offsets, RefCount = 2 };
        type = TypeOperations.New(&info);
        return type != TypeId.None;
    }

    private static bool SweepOnce(Action<Attempt> run, long n, out long requests)
    {
        using var heap = new TestHeap();
        FaultInjection.Arm(n);
        bool hasPassed = Attempt.Run(heap.Handle, run);
        requests = FaultInjection.Requests;
        FaultInjection.Disarm();
        AssertEmpty(heap);
        Assert.That(Attempt.Run(heap.Handle, run), Is.True, "after a failure the same does not work");
        AssertEmpty(heap);
        return hasPassed;
    }

    /// <summary>All garbage can be found now, and nothing else is left.</summary>
    private static void AssertEmpty(TestHeap heap)
    {
        heap.Verify();
        Hooks.Finalize = null;
        Assert.That(CollectOperations.Collect(heap.Handle), Is.GreaterThanOrEqualTo(0));
        Assert.That(heap.LiveObjects, Is.Zero);
        Assert.That(heap.Stats.RawBytes, Is.Zero);
        Assert.That(heap.Stats.WeakrefsLive, Is.Zero);
        heap.Verify();
    }
}
