// Every live object has a number, in the order of the walk, there and back; nothing else has one.

using System.Collections.Generic;
using NUnit.Framework;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Inspection;
using RefRuntime.Objects;
using RefRuntime.Operations;
using RefRuntime.Os;

namespace RefRuntime.Tests.Structures;

public sealed unsafe class ObjectNumbersTests
{
    [Test]
    public void Objects_are_numbered_in_the_order_of_the_walk_there_and_back()
    {
        using var heap = new TestHeap();
        List<nint> owned = Scatter(heap);
        Walk walk = new() { Seen = [] };
        HeapWalk.Objects(heap.State, ref walk);
        Assert.That(walk.Seen, Has.Count.EqualTo(heap.LiveObjects));

        Assert.That(ObjectNumbers.TryBuild(heap.State, out ObjectNumbers numbers), Is.True);
        Assert.That(numbers.Count, Is.EqualTo(walk.Seen.Count));
        for (int i = 0; i < walk.Seen.Count; i++)
        {
            void* payload = (void*)walk.Seen[i];
            bool hasNumber = numbers.TryGet(payload, out uint number);
            if (!hasNumber || number != i || ObjectNumbers.Of(payload) != i || (nint)numbers.ObjectAt((uint)i) != walk.Seen[i])
            {
                Assert.Fail($"object {i}: number {number} (known: {hasNumber}), back: {(nint)numbers.ObjectAt((uint)i):x} for {walk.Seen[i]:x}");
            }
        }

        numbers.Free();
        Assert.That((ulong)Segment.PageOf((void*)owned[0])->Scratch, Is.Zero);
        Release(owned);
    }

    [Test]
    public void Of_all_addresses_only_those_of_objects_have_numbers()
    {
        using var heap = new TestHeap();
        using var other = new TestHeap();
        List<nint> owned = Scatter(heap);
        void* foreign = other.Alloc(TestTypes.Pair);
        void* raw = RawOperations.Alloc(heap.Handle, 64);
        Assert.That(ObjectNumbers.TryBuild(heap.State, out ObjectNumbers numbers), Is.True);
        uint found = 0;
        var segments = new HashSet<nint>();
        foreach (nint payload in owned)
        {
            segments.Add((nint)Segment.Of((void*)payload));
        }

        foreach (nint segment in segments)
        {
            for (nint address = segment; address < segment + Config.SegmentSize; address += 8)
            {
                found += numbers.TryGet((void*)address, out _) ? 1u : 0;
            }
        }

        Assert.That(found, Is.EqualTo(numbers.Count));
        Assert.That(numbers.TryGet(foreign, out _), Is.False);
        Assert.That(numbers.TryGet(raw, out _), Is.False);
        Assert.That(numbers.TryGet(null, out _), Is.False);
        Assert.That(numbers.TryGet((void*)0x1234_5670, out _), Is.False);
        numbers.Free();
        Release(owned);
        CountOperations.Decref(foreign);
        RawOperations.Free(heap.Handle, raw);
    }

    [Test]
    public void What_is_dying_has_no_number()
    {
        using var heap = new TestHeap();
        void* outside = heap.Alloc(TestTypes.Pair);
        void* dying = heap.Alloc(TestTypes.Destroyed);
        bool hasNumber = true;
        uint count = 0;
        Hooks.Destroy = payload =>
        {
            bool isBuilt = ObjectNumbers.TryBuild(heap.State, out ObjectNumbers numbers);
            count = numbers.Count;
            hasNumber = !isBuilt || numbers.TryGet((void*)payload, out _);
            numbers.Free();
        };
        CountOperations.Decref(dying);
        Assert.That(hasNumber, Is.False);
        Assert.That(count, Is.EqualTo(1));
        CountOperations.Decref(outside);
    }

    [Test]
    public void An_empty_heap_has_no_numbers_and_no_memory_is_no_numbers()
    {
        using var heap = new TestHeap();
        Assert.That(ObjectNumbers.TryBuild(heap.State, out ObjectNumbers numbers), Is.True);
        Assert.That(numbers.Count, Is.Zero);
        numbers.Free();

        void* payload = heap.Alloc(TestTypes.Pair);
        FaultInjection.Arm(1);
        bool isBuilt = ObjectNumbers.TryBuild(heap.State, out numbers);
        FaultInjection.Disarm();
        Assert.That(isBuilt, Is.False);
        numbers.Free();
        CountOperations.Decref(payload);
    }

    /// <summary>Blocks of many classes with holes between them, whole pages free, spans and a huge block.</summary>
    private static List<nint> Scatter(TestHeap heap)
    {
        var owned = new List<nint>();
        for (uint i = 0; i < 3000; i++)
        {
            void* payload = i % 4 == 0 ? heap.AllocItems(TypeId.Bytes, i % 97 * 16 % (Config.MaxSmallBlock - 32)) : heap.Alloc(TestTypes.Pair);
            if (i % 3 == 1 || i is > 1000 and < 2000)
            {
                CountOperations.Decref(payload);
            }
            else
            {
                owned.Add((nint)payload);
            }
        }

        owned.Add((nint)heap.AllocItems(TypeId.Tuple, Config.PageSize / 4));
        owned.Add((nint)heap.AllocItems(TypeId.Bytes, 2 * Config.SegmentSize));
        owned.Add((nint)heap.Alloc(TestTypes.Pair));
        return owned;
    }

    private static void Release(List<nint> owned)
    {
        foreach (nint payload in owned)
        {
            Assert.That(CountOperations.Decref((void*)payload), Is.EqualTo(Status.Ok));
        }
    }

    private struct Walk : IBlockVisitor
    {
        public List<nint> Seen;

        public readonly bool Visit(Page* page, void* payload)
        {
            if (Header.Count(payload) != 0)
            {
                Seen.Add((nint)payload);
            }

            return true;
        }
    }
}
