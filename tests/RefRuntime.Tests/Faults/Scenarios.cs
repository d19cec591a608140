// What the sweeps run: together they need memory in every way that the library does.

using System;
using System.Collections.Generic;
using NUnit.Framework;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Diagnostics;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Faults;

internal static unsafe class Scenarios
{
    public static IEnumerable<TestCaseData> All()
    {
        yield return Named("small objects of many classes", SmallObjects);
        yield return Named("spans", Spans);
        yield return Named("huge objects", HugeObjects);
        yield return Named("a list that grows", GrowingList);
        yield return Named("many weak references", WeakReferences);
        yield return Named("raw memory", Raw);
        yield return Named("a collection without callbacks", PlainCollection);
        yield return Named("a collection with finalizers", FinalizingCollection);
        yield return Named("steps", Steps);
        yield return Named("steps with finalizers", FinalizingSteps);
        yield return Named("traverse and its buffer", Traversing);
        yield return Named("a path and a verification", Looking);
        yield return Named("a snapshot and pictures", Snapshot);
        yield return Named("a leak report", LeakReport);
        yield return Named("a profile", Profile);
        yield return Named("a trace", Trace);
    }

    private static TestCaseData Named(string name, Action<Attempt> scenario) => new TestCaseData(scenario).SetArgDisplayNames(name);

    private static void SmallObjects(Attempt attempt)
    {
        for (uint i = 0; i < 300; i++)
        {
            attempt.AllocItems(TypeId.Bytes, i * 5 % (uint)(Config.MaxSmallBlock - 32));
            attempt.Alloc(TestTypes.Pair);
        }
    }

    private static void Spans(Attempt attempt)
    {
        for (uint i = 1; i < 40; i++)
        {
            attempt.AllocItems(i % 2 == 0 ? TypeId.Bytes : TypeId.Tuple, i * Config.PageSize / 8);
        }
    }

    private static void HugeObjects(Attempt attempt)
    {
        for (uint i = 1; i < 4; i++)
        {
            attempt.AllocItems(TypeId.Bytes, i * Config.SegmentSize);
        }
    }

    private static void GrowingList(Attempt attempt)
    {
        void* list = attempt.Own(ListOperations.New(attempt.Heap));
        void* item = attempt.Alloc(TestTypes.Pair);
        for (int i = 0; i < Config.SegmentSize / 64; i++)
        {
            long before = ListOperations.Count(list);
            Status status = i % 2 == 0 ? ListOperations.Append(list, item) : ListOperations.Insert(list, 0, item);
            Assert.That(ListOperations.Count(list), Is.EqualTo(status == Status.Ok ? before + 1 : before));
            Assert.That(CountOperations.GetRefCount(item), Is.EqualTo(ListOperations.Count(list) + 1));
            Attempt.Check(status);
        }
    }

    private static void WeakReferences(Attempt attempt)
    {
        for (int i = 0; i < 1000; i++)
        {
            void* target = attempt.Alloc(TestTypes.Leaf);
            attempt.Own(WeakRefOperations.New(target, i % 2 == 0 ? &Hooks.OnWeak : null, null));
            Assert.That(WeakRefOperations.Count(target), Is.EqualTo(1));
        }
    }

    private static void Raw(Attempt attempt)
    {
        for (uint i = 1; i < 30; i++)
        {
            byte* memory = (byte*)attempt.AllocRaw(i);
            *memory = (byte)i;
            memory = (byte*)attempt.Resize(memory, i * Config.PageSize / 4);
            Assert.That(*memory, Is.EqualTo((byte)i));
            attempt.AllocRaw(2 * Config.SegmentSize);
        }
    }

    private static void PlainCollection(Attempt attempt)
    {
        NewRings(attempt, TestTypes.Pair, 3000);
        Attempt.Check(HeapOperations.Trim(attempt.Heap));
        Assert.That(Attempt.Check(CollectOperations.Collect(attempt.Heap)), Is.EqualTo(3000));
    }

    private static void FinalizingCollection(Attempt attempt)
    {
        HeapHandle* heap = attempt.Heap;
        Hooks.Finalize = payload =>
        {
            void* spawn = ObjectOperations.AllocItems(heap, TypeId.Bytes, Config.MaxSmallBlock);
            if (spawn != null)
            {
                CountOperations.Take((void**)payload + 1, spawn);
            }
        };
        NewRings(attempt, TestTypes.Finalized, 60);
        Attempt.Check(HeapOperations.Trim(heap));
        Attempt.Check(CollectOperations.Collect(heap));
    }

    private static void Steps(Attempt attempt)
    {
        // A large ring beside small ones: both ways to commit.
        NewRings(attempt, TestTypes.Pair, 600);
        NewRing(attempt, TestTypes.Pair, 9000);
        Assert.That(StepToTheEnd(attempt), Is.EqualTo(9600));
    }

    private static void FinalizingSteps(Attempt attempt)
    {
        Hooks.Finalize = payload => { };
        NewRing(attempt, TestTypes.Finalized, 9000);
        Assert.That(StepToTheEnd(attempt), Is.EqualTo(9000));
    }

    /// <summary>Steps of the smallest budget. One that has no memory is an end too, and leaves a sound heap.</summary>
    private static long StepToTheEnd(Attempt attempt)
    {
        Attempt.Check(HeapOperations.Trim(attempt.Heap));
        long collected = 0;
        while (CollectOperations.Pending(attempt.Heap) == 1)
        {
            collected += Attempt.Check(CollectOperations.CollectStep(attempt.Heap, 0));
        }

        return collected;
    }

    private static void Traversing(Attempt attempt)
    {
        void** previous = null;
        for (int i = 0; i < 200; i++)
        {
            void** node = (void**)attempt.Alloc(s_traversed.Value);
            node[0] = previous == null ? null : CountOperations.NewRef(previous);
            previous = node;
        }
    }

    private static void Looking(Attempt attempt)
    {
        void** previous = (void**)attempt.Alloc(TestTypes.Pair);
        for (int i = 0; i < 5000; i++)
        {
            void* node = ObjectOperations.Alloc(attempt.Heap, TestTypes.Pair);
            if (node == null)
            {
                Attempt.DemandNoMemory();
            }

            CountOperations.Take(previous, node);
            previous = (void**)node;
        }

        Attempt.Check(HeapOperations.Trim(attempt.Heap));
        Assert.That(Attempt.Check(InspectOperations.GetPath(previous, null, 0)), Is.EqualTo(5001));
        Attempt.Check(HeapOperations.Verify(attempt.Heap));
    }

    private static void Snapshot(Attempt attempt)
    {
        void* list = attempt.Own(ListOperations.New(attempt.Heap));
        Attempt.Check(ListOperations.Append(list, attempt.Alloc(TestTypes.Pair)));
        fixed (byte* path = "/dev/null\0"u8)
        {
            Attempt.Check(HeapFileOperations.Snapshot(attempt.Heap, path));
            Attempt.Check(HeapFileOperations.Dot(attempt.Heap, path, 100));
            Attempt.Check(HeapFileOperations.ObjectDot(list, path, 100));
        }
    }

    private static void LeakReport(Attempt attempt)
    {
        void* list = attempt.Own(ListOperations.New(attempt.Heap));
        Attempt.Check(ListOperations.Append(list, attempt.Alloc(TestTypes.Pair)));
        fixed (byte* path = "/dev/null\0"u8)
        {
            Attempt.Check(LeakOperations.Report(attempt.Heap, path));
        }
    }

    /// <summary>A sample that there is no memory for is lost; nothing else is.</summary>
    private static void Profile(Attempt attempt)
    {
        // An attempt that failed has left its profile going.
        _ = ProfileOperations.Stop(attempt.Heap);
        Attempt.Check(ProfileOperations.Start(attempt.Heap, 1));
        for (int i = 0; i < 600; i++)
        {
            attempt.Alloc(TestTypes.Pair);
        }

        fixed (byte* path = "/dev/null\0"u8)
        {
            Attempt.Check(ProfileOperations.Write(attempt.Heap, path));
        }

        Attempt.Check(ProfileOperations.Stop(attempt.Heap));
    }

    private static void Trace(Attempt attempt)
    {
        NewRings(attempt, TestTypes.Pair, 30);
        fixed (byte* path = "/dev/null\0"u8)
        {
            Attempt.Check(TraceOperations.Start(path));
        }

        long collected = CollectOperations.Collect(attempt.Heap);
        Attempt.Check(TraceOperations.Stop());
        Attempt.Check(collected < 0 ? (Status)collected : Status.Ok);
    }

    private static readonly Lazy<TypeId> s_traversed = new(() => TestTypes.Define(new TypeInfo { Traverse = &Hooks.OnTraverse }, slots: 0));

    /// <summary>Garbage: rings of three.</summary>
    private static void NewRings(Attempt attempt, TypeId type, int objects)
    {
        for (int i = 0; i < objects / 3; i++)
        {
            void** first = (void**)ObjectOperations.Alloc(attempt.Heap, type);
            void** second = (void**)ObjectOperations.Alloc(attempt.Heap, type);
            void** third = (void**)ObjectOperations.Alloc(attempt.Heap, type);
            if (first != null && second != null && third != null)
            {
                CountOperations.Take(first, second);
                CountOperations.Take(second, third);
                CountOperations.Take(third, first);
                continue;
            }

            CountOperations.Decref(first);
            CountOperations.Decref(second);
            CountOperations.Decref(third);
            Attempt.DemandNoMemory();
        }
    }

    private static void NewRing(Attempt attempt, TypeId type, int objects)
    {
        void** first = (void**)ObjectOperations.Alloc(attempt.Heap, type);
        void** last = first;
        for (int i = 1; i < objects && last != null; i++)
        {
            void** next = (void**)ObjectOperations.Alloc(attempt.Heap, type);
            if (next != null)
            {
                CountOperations.Take(last, next);
            }

            last = next;
        }

        if (last != null)
        {
            CountOperations.Store(last, first);
        }

        CountOperations.Decref(first);
        if (last == null)
        {
            Attempt.DemandNoMemory();
        }
    }
}
