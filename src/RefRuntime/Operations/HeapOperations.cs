// Heaps: made, freed, owned, measured.

using System.Runtime.CompilerServices;
using System.Threading;
using RefRuntime.Abi;
using RefRuntime.Checking;
using RefRuntime.Core;
using RefRuntime.Cycles;
using RefRuntime.Heap;
using RefRuntime.Inspection;
using RefRuntime.Lifetime;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Operations;

internal static unsafe class HeapOperations
{
    private const HeapFlags KnownFlags = HeapFlags.Serialized | HeapFlags.ManualGc | HeapFlags.Checked
        | HeapFlags.ReportLeaks | HeapFlags.Bounded | HeapFlags.Synchronized;

    /// <summary>The default heap's address; an integer because it is exchanged atomically.</summary>
    private static nint s_default;

    /// <summary>The default heap, or null as long as nobody has asked for it.</summary>
    public static HeapState* DefaultIfMade => (HeapState*)s_default;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static HeapHandle* New(HeapOptions* options)
    {
        HeapFlags flags = HeapFlags.None;
        ulong maxBytes = 0;
        if (options != null)
        {
            if (options->StructSize < sizeof(HeapOptions))
            {
                LastError.Bound(Status.Argument, "rr_heap_new", "options->struct_size", options->StructSize, "is less than", (ulong)sizeof(HeapOptions));
                return null;
            }

            flags = options->Flags;
            maxBytes = options->MaxBytes;
        }

        if ((flags & ~KnownFlags) != 0)
        {
            LastError.Number(Status.Argument, "rr_heap_new", "options->flags", (uint)flags, "has bits that mean nothing");
            return null;
        }

        HeapState* heap = TryCreate(flags, maxBytes);
        if (heap == null)
        {
            LastError.Number(Status.NoMemory, "rr_heap_new", "options->max_bytes", maxBytes, "aside, the system has no memory for a heap");
        }

        return (HeapHandle*)heap;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static HeapHandle* Default()
    {
        HeapState* heap = (HeapState*)Volatile.Read(ref s_default);
        if (heap != null)
        {
            return (HeapHandle*)heap;
        }

        heap = TryCreate(HeapFlags.Serialized, 0);
        if (heap == null)
        {
            LastError.Number(Status.NoMemory, "rr_heap_default", "reserving", Config.SegmentSize, "bytes failed: the system has no memory for the default heap");
            return null;
        }

        nint winner = Interlocked.CompareExchange(ref s_default, (nint)heap, 0);
        if (winner != 0)
        {
            Dispose(heap);
            heap = (HeapState*)winner;
        }

        return (HeapHandle*)heap;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Free(HeapHandle* handle)
    {
        HeapState* heap = Access.EnterHeap("rr_heap_free", handle);
        if (heap == null)
        {
            return LastError.Status;
        }

        if (heap == (HeapState*)s_default)
        {
            Access.Exit(heap);
            return LastError.Pointer(Status.Argument, "rr_heap_free", "heap", heap, "is the default heap, which stays");
        }

        // Another thread's callback counts too: under a GIL it may be this heap's.
        if (HostThread.CallbackDepth != 0 || heap->CallbackDepth != 0)
        {
            Access.Exit(heap);
            return LastError.Pointer(Status.Busy, "rr_heap_free", "heap", heap, "can't be freed from inside a callback");
        }

        Collector.FinishRound(heap, GcReason.Requested);
        if (heap->IsChecked != 0)
        {
            // What is wrong is reported; the heap ends all the same.
            GraphVerify.Check(heap);
        }

        if ((heap->Flags & HeapFlags.ReportLeaks) != 0)
        {
            LeakOperations.ReportAtEnd(heap);
        }

        Teardown.Run(heap);
        Access.Exit(heap);
        Dispose(heap);
        return Status.Ok;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static HeapHandle* Of(void* payload)
    {
        if (!ObjectLookup.IsObject(payload))
        {
            Access.NotObject("rr_heap_of", "object", payload);
            return null;
        }

        return (HeapHandle*)ObjectLookup.HeapOf(payload);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Trim(HeapHandle* handle)
    {
        HeapState* heap = Access.EnterHeap("rr_heap_trim", handle);
        if (heap == null)
        {
            return LastError.Status;
        }

        if (heap->PinPages == 0)
        {
            Quarantine.TryFlush(heap);
            Blocks.EmptyBins(heap);
            Blocks.RetireEmptyPages(heap);
            Segments.Trim(heap);
        }

        if (heap->Collecting == 0 && heap->CallbackDepth == 0)
        {
            Collector.FreeWorkSpace(heap);
        }

        Access.Exit(heap);
        return Status.Ok;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Verify(HeapHandle* handle)
    {
        HeapState* heap = Access.EnterHeap("rr_heap_verify", handle);
        if (heap == null)
        {
            return LastError.Status;
        }

        Status status = HeapVerify.Check(heap);
        if (status == Status.Ok)
        {
            status = GraphVerify.Check(heap);
        }

        Access.Exit(heap);
        return status;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Stats(HeapHandle* handle, Stats* result)
    {
        HeapState* heap = Access.EnterHeap("rr_heap_stats", handle);
        if (heap == null)
        {
            return LastError.Status;
        }

        Status status = Status.Ok;
        if (result == null)
        {
            status = LastError.Pointer(Status.Argument, "rr_heap_stats", "out", result, "is NULL");
        }
        else if (result->StructSize < sizeof(Stats))
        {
            status = LastError.Bound(Status.Argument, "rr_heap_stats", "out->struct_size", result->StructSize, "is less than", (ulong)sizeof(Stats));
        }
        else
        {
            uint size = result->StructSize;
            *result = HeapStatistics.Read(heap);
            result->StructSize = size;
        }

        Access.Exit(heap);
        return status;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Attach(HeapHandle* handle)
    {
        HeapState* heap = Access.Resolve("rr_heap_attach", handle);
        if (heap == null)
        {
            return LastError.Status;
        }

        if (HeapAccess.IsInTraverse(heap) || heap->CallbackDepth != 0)
        {
            return LastError.Pointer(Status.Busy, "rr_heap_attach", "heap", heap, "can't change its owner while a callback runs");
        }

        if (heap->TrueOwner != null && !HeapAccess.IsLost(heap))
        {
            HeapAccess.SetOwner(heap, HostThread.Token);
        }

        return Status.Ok;
    }

    private static HeapState* TryCreate(HeapFlags flags, ulong maxBytes)
    {
        if (!Startup.TryInitialize())
        {
            return null;
        }

        Segment* segment = Segments.TryCreate(Config.SegmentSize, isLarge: false);
        if (segment == null)
        {
            return null;
        }

        HeapState* heap = (HeapState*)((byte*)segment + Segment.HeapOffset);
        heap->Flags = flags;
        heap->MaxBytes = maxBytes;
        heap->IsSynchronized = (flags & HeapFlags.Synchronized) != 0 ? 1 : 0;
        heap->IsGuarded = heap->IsSynchronized;
        if ((flags & HeapFlags.Checked) != 0 || CheckedHeaps.IsForced)
        {
            heap->Flags |= HeapFlags.Checked;
            CheckedHeaps.Enable(heap);
        }

        if (heap->IsSynchronized != 0)
        {
            Os.Mutex.Initialize(&heap->Lock);
            SynchronizedHeaps.Add(heap);
        }

        bool isOwned = (flags & (HeapFlags.Serialized | HeapFlags.Synchronized)) == 0;
        HeapAccess.SetOwner(heap, isOwned ? HostThread.Token : null);
        heap->Threshold = Config.DefaultThreshold;
        heap->PauseGoal = (flags & HeapFlags.Bounded) != 0 ? Config.BoundedPauseGoal : Config.DefaultPauseGoal;
        Triggers.SetTrap(heap);
        Segments.Attach(heap, segment);
        Segments.NotePeak(heap);
        return heap;
    }

    /// <summary>Gives the heap's memory back.</summary>
    private static void Dispose(HeapState* heap)
    {
        if (heap->IsSynchronized != 0)
        {
            SynchronizedHeaps.Remove(heap);
            Os.Mutex.Destroy(&heap->Lock);
        }

        Collector.FreeWorkSpace(heap);
        CheckedHeaps.Dispose(heap);
        AllocationProfile.Free(heap);
        Segment* primary = Segment.Of(heap);
        for (Segment* segment = heap->Segments; segment != null;)
        {
            Segment* next = segment->Next;
            if (segment != primary)
            {
                Segments.Release(heap, segment);
            }

            segment = next;
        }

        Segments.Release(heap, primary);
    }
}
