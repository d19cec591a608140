// Which objects collections look at.

using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Counting;
using RefRuntime.Cycles;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Operations;

internal static unsafe class TrackOperations
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Freeze(HeapHandle* handle)
    {
        HeapState* heap = Access.EnterHeap("rr_gc_freeze", handle);
        if (heap == null)
        {
            return LastError.Status;
        }

        Freezer.Freeze(heap);
        Access.Exit(heap);
        return Status.Ok;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Unfreeze(HeapHandle* handle)
    {
        HeapState* heap = Access.EnterHeap("rr_gc_unfreeze", handle);
        if (heap == null)
        {
            return LastError.Status;
        }

        Freezer.Unfreeze(heap);
        Access.Exit(heap);
        return Status.Ok;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long FreezeCount(HeapHandle* handle)
    {
        HeapState* heap = Access.EnterHeap("rr_gc_freeze_count", handle);
        if (heap == null)
        {
            return (long)LastError.Status;
        }

        long count = (long)heap->FrozenObjects;
        Access.Exit(heap);
        return count;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Candidate(void* payload)
    {
        Status status = EnterAlive("rr_gc_candidate", payload);
        if (status != Status.Ok)
        {
            return status;
        }

        HeapState* heap = ObjectLookup.HeapOf(payload);
        if ((Header.Word(payload) & HeaderFlags.Quiet) == 0)
        {
            CandidateLog.Add(heap, payload);
        }

        Access.Exit(heap);
        return Status.Ok;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Track(void* payload)
    {
        Status status = EnterAlive("rr_gc_track", payload);
        if (status != Status.Ok)
        {
            return status;
        }

        HeapState* heap = ObjectLookup.HeapOf(payload);
        if ((Header.Word(payload) & HeaderFlags.Untracked) != 0)
        {
            Header.Word(payload) &= ~HeaderFlags.Untracked;
            Tracking.Refresh(heap, payload);

            // It may have become part of a dead cycle while nobody looked.
            if ((Header.Word(payload) & HeaderFlags.Quiet) == 0)
            {
                CandidateLog.Add(heap, payload);
            }
        }

        Access.Exit(heap);
        return Status.Ok;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Untrack(void* payload)
    {
        Status status = EnterAlive("rr_gc_untrack", payload);
        if (status != Status.Ok)
        {
            return status;
        }

        HeapState* heap = ObjectLookup.HeapOf(payload);
        Header.Word(payload) |= HeaderFlags.Untracked;
        Tracking.Refresh(heap, payload);
        Access.Exit(heap);
        return Status.Ok;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int IsTracked(void* payload)
    {
        if (Access.EnterToRead("rr_gc_is_tracked", "object", payload) != Status.Ok)
        {
            return 0;
        }

        int isTracked = Tracking.IsTracked(payload) ? 1 : 0;
        Access.Exit(payload);
        return isTracked;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int IsFinalized(void* payload)
    {
        if (Access.EnterToRead("rr_is_finalized", "object", payload) != Status.Ok)
        {
            return 0;
        }

        int isFinalized = (Header.Word(payload) & HeaderFlags.Finalized) != 0 ? 1 : 0;
        Access.Exit(payload);
        return isFinalized;
    }

    private static Status EnterAlive(string function, void* payload)
    {
        Status status = Access.Enter(function, "object", payload);
        if (status == Status.Ok && Header.Count(payload) == 0)
        {
            Access.Exit(payload);
            status = Access.Dying(function, "object", payload);
        }

        return status;
    }
}
