// Collections on request, and the knobs of the automatic ones.

using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Cycles;
using RefRuntime.Heap;
using RefRuntime.Inspection;
using RefRuntime.Os;

namespace RefRuntime.Operations;

internal static unsafe class CollectOperations
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long Collect(HeapHandle* handle) => Run("rr_collect", handle, isStep: false, 0);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long CollectStep(HeapHandle* handle, ulong budgetNs) => Run("rr_collect_step", handle, isStep: true, budgetNs);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int Pending(HeapHandle* handle)
    {
        HeapState* heap = Access.EnterHeap("rr_gc_pending", handle);
        if (heap == null)
        {
            return 0;
        }

        int isPending = Collector.IsPending(heap) ? 1 : 0;
        Access.Exit(heap);
        return isPending;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Enable(HeapHandle* handle) => SetDisabled("rr_gc_enable", handle, 0);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Disable(HeapHandle* handle) => SetDisabled("rr_gc_disable", handle, 1);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int IsEnabled(HeapHandle* handle)
    {
        HeapState* heap = Access.EnterHeap("rr_gc_is_enabled", handle);
        if (heap == null)
        {
            return 0;
        }

        int isEnabled = Triggers.IsAutomatic(heap) ? 1 : 0;
        Access.Exit(heap);
        return isEnabled;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status SetThreshold(HeapHandle* handle, ulong candidates)
    {
        HeapState* heap = Access.EnterHeap("rr_gc_set_threshold", handle);
        if (heap == null)
        {
            return LastError.Status;
        }

        heap->Threshold = candidates;
        heap->RaisedThreshold = 0;
        Triggers.SetTrap(heap);
        Access.Exit(heap);
        return Status.Ok;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong GetThreshold(HeapHandle* handle)
    {
        HeapState* heap = Access.EnterHeap("rr_gc_get_threshold", handle);
        if (heap == null)
        {
            return 0;
        }

        ulong threshold = heap->Threshold;
        Access.Exit(heap);
        return threshold;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status SetPauseGoal(HeapHandle* handle, ulong nanoseconds)
    {
        HeapState* heap = Access.EnterHeap("rr_gc_set_pause_goal", handle);
        if (heap == null)
        {
            return LastError.Status;
        }

        heap->PauseGoal = nanoseconds;
        Access.Exit(heap);
        return Status.Ok;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong GetPauseGoal(HeapHandle* handle)
    {
        HeapState* heap = Access.EnterHeap("rr_gc_get_pause_goal", handle);
        if (heap == null)
        {
            return 0;
        }

        ulong nanoseconds = heap->PauseGoal;
        Access.Exit(heap);
        return nanoseconds;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong GetCandidates(HeapHandle* handle)
    {
        HeapState* heap = Access.EnterHeap("rr_gc_get_candidates", handle);
        if (heap == null)
        {
            return 0;
        }

        ulong candidates = heap->Candidates;
        Access.Exit(heap);
        return candidates;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status SetCallback(
        HeapHandle* handle, delegate* unmanaged[Cdecl]<HeapHandle*, GcEvent*, void*, void> callback, void* user)
    {
        HeapState* heap = Access.EnterHeap("rr_gc_set_callback", handle);
        if (heap == null)
        {
            return LastError.Status;
        }

        heap->GcCallback = callback;
        heap->GcUser = user;
        Access.Exit(heap);
        return Status.Ok;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status ReportExternal(HeapHandle* handle, long deltaBytes)
    {
        HeapState* heap = Access.EnterHeap("rr_report_external", handle);
        if (heap == null)
        {
            return LastError.Status;
        }

        Status status = Status.Ok;
        if (deltaBytes < 0)
        {
            ulong less = (ulong)-(deltaBytes + 1) + 1;
            heap->ExternalBytes = less < heap->ExternalBytes ? heap->ExternalBytes - less : 0;
        }
        else if (heap->ExternalBytes + (ulong)deltaBytes > long.MaxValue)
        {
            status = LastError.Signed(Status.Overflow, "rr_report_external", "delta_bytes", deltaBytes, "makes the sum too large");
        }
        else
        {
            heap->ExternalBytes += (ulong)deltaBytes;
            heap->BytesSinceCollection += (ulong)deltaBytes;
            heap->BytesSinceRound += (ulong)deltaBytes;
            if (Triggers.IsGrowthDue(heap))
            {
                Blocks.TrapBins(heap);
            }
        }

        Access.Exit(heap);
        return status;
    }

    private static Status SetDisabled(string function, HeapHandle* handle, int isDisabled)
    {
        HeapState* heap = Access.EnterHeap(function, handle);
        if (heap == null)
        {
            return LastError.Status;
        }

        heap->AutomaticDisabled = isDisabled;
        Triggers.SetTrap(heap);
        Access.Exit(heap);
        return Status.Ok;
    }

    private static long Run(string function, HeapHandle* handle, bool isStep, ulong budgetNs)
    {
        HeapState* heap = Access.EnterHeap(function, handle);
        if (heap == null)
        {
            return (long)LastError.Status;
        }

        // From inside a callback, of whichever heap, nothing is collected.
        long collected = 0;
        if (Triggers.MayCollect(heap))
        {
            if (!isStep && heap->IsChecked != 0)
            {
                // What is wrong is reported; the collection takes it for live, as ever.
                GraphVerify.Check(heap);
            }

            collected = isStep ? Collector.Step(heap, budgetNs) : Collector.Run(heap, GcReason.Requested);
            if (collected < 0)
            {
                LastError.Pointer(Status.NoMemory, function, "heap", heap, "needs memory for its collection that the system does not have");
            }
        }

        Access.Exit(heap);
        return collected;
    }
}
