// After start-up no operation allocates on the managed heap: then the .NET collector never runs in a host's process.

using System;
using System.Runtime.CompilerServices;
using NUnit.Framework;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Diagnostics;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Guards;

public sealed unsafe class NoManagedAllocationTests
{
    [TestCase(HeapFlags.None)]
    [TestCase(HeapFlags.Synchronized)]
    public void Nothing_managed_is_allocated(HeapFlags flags)
    {
        Hooks.Clear();
        for (int i = 0; i < 3; i++)
        {
            Mix(flags);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 20; i++)
        {
            Mix(flags);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    /// <summary>Every operation at least once, errors too. Returns nothing to look at: other tests see to that.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Mix(HeapFlags flags)
    {
        var options = new HeapOptions { StructSize = (uint)sizeof(HeapOptions), Flags = flags, MaxBytes = 16 * Config.SegmentSize };
        HeapHandle* heap = HeapOperations.New(&options);
        CollectOperations.SetCallback(heap, &Hooks.OnCollectionQuietly, null);
        CollectOperations.SetThreshold(heap, 8);
        MixObjects(heap);
        MixLists(heap);
        MixCycles(heap);
        MixSlices(heap);
        MixErrors(heap);
        MixDiagnostics(heap);
        HeapOperations.Verify(heap);
        HeapOperations.Trim(heap);
        HeapOperations.Attach(heap);
        HeapOperations.Free(heap);
    }

    private static void MixObjects(HeapHandle* heap)
    {
        for (int i = 0; i < 200; i++)
        {
            void* bytes = ObjectOperations.AllocItems(heap, TypeId.Bytes, (nuint)(i * 50));
            void* weak = WeakRefOperations.New(bytes, &Hooks.OnWeak, null);
            CountOperations.Decref(WeakRefOperations.Get(weak));
            WeakRefOperations.Count(bytes);
            CountOperations.Incref(bytes);
            CountOperations.Decref(CountOperations.NewRef(bytes));
            CountOperations.TryIncref(bytes);
            CountOperations.IsUnique(bytes);
            CountOperations.GetRefCount(bytes);
            ObjectOperations.Size(bytes);
            ObjectOperations.ItemCount(bytes);
            TypeOperations.Name(TypeOperations.Of(bytes));
            HeapOperations.Of(bytes);
            for (int k = 0; k < 3; k++)
            {
                CountOperations.Decref(bytes);
            }

            CountOperations.Decref(weak);
        }

        void* huge = ObjectOperations.AllocItems(heap, TypeId.Bytes, 2 * Config.SegmentSize);
        CountOperations.Decref(huge);
        void* memory = RawOperations.Realloc(heap, RawOperations.Alloc(heap, 10), 5000);
        RawOperations.Free(heap, memory);
        CollectOperations.ReportExternal(heap, 1000);
        CollectOperations.ReportExternal(heap, -1000);
    }

    private static void MixLists(HeapHandle* heap)
    {
        void* list = ListOperations.New(heap);
        void* item = ObjectOperations.Alloc(heap, TestTypes.Pair);
        for (int i = 0; i < 100; i++)
        {
            ListOperations.Append(list, item);
            ListOperations.Insert(list, 0, item);
            ListOperations.Set(list, (nuint)i, list);
            ListOperations.Remove(list, (nuint)i);
        }

        ListOperations.Get(list, 0);
        ListOperations.Count(list);
        ListOperations.Clear(list);
        CountOperations.Decref(item);
        CountOperations.Decref(list);
    }

    private static void MixCycles(HeapHandle* heap)
    {
        void** results = stackalloc void*[8];
        for (int i = 0; i < 300; i++)
        {
            void** first = (void**)ObjectOperations.Alloc(heap, i % 2 == 0 ? TestTypes.Finalized : TestTypes.Pair);
            void** second = (void**)ObjectOperations.Alloc(heap, i % 3 == 0 ? TestTypes.Releasing : TestTypes.Destroyed);
            CountOperations.Store(first, second);
            CountOperations.Store(first + 1, first);
            CountOperations.Take(first, second);
            InspectOperations.GetPath(second, results, 8);
            InspectOperations.GetReferrers(second, results, 8);
            InspectOperations.GetReferents(first, results, 8);
            TrackOperations.Untrack(first);
            TrackOperations.Track(first);
            TrackOperations.Candidate(first);
            TrackOperations.IsTracked(first);
            TrackOperations.IsFinalized(first);
            CountOperations.Decref(first);
        }

        InspectOperations.GetObjects(heap, TypeId.None, results, 8);
        TrackOperations.Freeze(heap);
        TrackOperations.FreezeCount(heap);
        TrackOperations.Unfreeze(heap);
        CollectOperations.Disable(heap);
        CollectOperations.Enable(heap);
        CollectOperations.IsEnabled(heap);
        CollectOperations.Pending(heap);
        CollectOperations.GetCandidates(heap);
        CollectOperations.CollectStep(heap, 1000);
        CollectOperations.Collect(heap);
        var stats = new Stats { StructSize = (uint)sizeof(Stats) };
        HeapOperations.Stats(heap, &stats);
        CountOperations.MakeImmortal(ObjectOperations.Alloc(heap, TestTypes.Finalized));
    }

    private static void MixSlices(HeapHandle* heap)
    {
        for (int kind = 0; kind < 3; kind++)
        {
            void** first = (void**)ObjectOperations.Alloc(heap, TestTypes.Pair);
            void** last = first;
            for (int i = 0; i < 9000; i++)
            {
                void** next = (void**)ObjectOperations.Alloc(heap, i % 1000 != 0 ? TestTypes.Pair : kind == 1 ? TestTypes.Finalized : TestTypes.Releasing);
                CountOperations.Take(last, next);
                last = next;
            }

            CountOperations.Store(last, first);
            CountOperations.Decref(first);
            for (int i = 0; CollectOperations.Pending(heap) == 1 && (kind != 2 || i < 50); i++)
            {
                CollectOperations.CollectStep(heap, 0);
            }

            // A round that is under way is dropped, or finished.
            HeapOperations.Trim(heap);
            CollectOperations.SetPauseGoal(heap, 1);
            CollectOperations.GetPauseGoal(heap);
        }
    }

    private static void MixDiagnostics(HeapHandle* heap)
    {
        fixed (byte* good = "/dev/null\0"u8, full = "/dev/full\0"u8, missing = "/nowhere/heap\0"u8, json = "/nowhere/heap.json\0"u8)
        {
            HeapFileOperations.Snapshot(heap, good);
            HeapFileOperations.Snapshot(heap, full);
            HeapFileOperations.Snapshot(heap, missing);
            HeapFileOperations.Snapshot(heap, null);
            HeapFileOperations.Dot(heap, good, 50);
            void* list = ListOperations.New(heap);
            HeapFileOperations.ObjectDot(list, good, 10);
            HeapFileOperations.ObjectDot(list, full, 10);
            CountOperations.Decref(list);
            LeakOperations.Report(heap, good);
            LeakOperations.Report(heap, full);
            LeakOperations.Report(heap, missing);
            LeakOperations.Report(heap, json);
            MixTimeline(heap, good, full, missing);
            MixProfile(heap, good, full, missing);
        }
    }

    private static void MixTimeline(HeapHandle* heap, byte* good, byte* full, byte* missing)
    {
        TraceOperations.Start(good);
        TraceOperations.Start(good);
        MixCycles(heap);
        MixSlices(heap);
        TraceOperations.Stop();
        TraceOperations.Stop();
        TraceOperations.Start(full);
        MixCycles(heap);
        TraceOperations.Stop();
        TraceOperations.Start(missing);
        TraceOperations.Start(null);
    }

    private static void MixProfile(HeapHandle* heap, byte* good, byte* full, byte* missing)
    {
        ProfileOperations.Write(heap, good);
        ProfileOperations.Start(heap, 100);
        ProfileOperations.Start(heap, 100);
        MixObjects(heap);
        MixCycles(heap);
        ProfileOperations.Write(heap, good);
        ProfileOperations.Write(heap, full);
        ProfileOperations.Write(heap, missing);
        ProfileOperations.Stop(heap);
        ProfileOperations.Stop(heap);
        ProfileOperations.Write(heap, null);
    }

    private static void MixErrors(HeapHandle* heap)
    {
        void* wild = (void*)0x1234_5678;
        CountOperations.Incref(wild);
        CountOperations.Decref(wild);
        void* slot = null;
        CountOperations.Store(&slot, wild);
        CountOperations.Take(&slot, wild);
        CountOperations.Store((void**)3, null);
        WeakRefOperations.New(wild, null, null);
        ListOperations.Append(wild, wild);
        ObjectOperations.Alloc(heap, (TypeId)999_999);
        ObjectOperations.Alloc(heap, TypeId.WeakRef);
        ObjectOperations.AllocItems(heap, TypeId.Bytes, nuint.MaxValue);
        ObjectOperations.AllocItems(heap, TypeId.Bytes, 100 * Config.SegmentSize);
        RawOperations.Free(heap, wild);
        HeapOperations.Free((HeapHandle*)wild);
        TypeOperations.New(null);
        LibraryOperations.StatusString((Status)77);
        LibraryOperations.LastError();
        LibraryOperations.LastStatus();
    }
}
