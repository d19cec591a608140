// The finalizers of a dead set, and who is still dead after them.
//
// Finalizers are foreign code: they may cut the cycle, allocate, release, resurrect. So every member is held by one more
// count while they run, and no member dies before all have run. Then the set is verified again, it alone: counts less our
// hold against edges within the set. Who is held from outside now leaves, with all of the set that it reaches (PEP 442).

using RefRuntime.Counting;
using RefRuntime.Heap;
using RefRuntime.Lifetime;
using RefRuntime.Objects;

namespace RefRuntime.Cycles;

internal static unsafe class Finalization
{
    /// <summary>Runs the finalizers of HeapState.Visited that have not run. False if there were none: then nothing is held.</summary>
    public static bool Run(HeapState* heap)
    {
        void** members = heap->Visited.Items;
        ulong count = heap->Visited.Count;
        if (!IsAnyDue(members, count))
        {
            return false;
        }

        for (ulong i = 0; i < count; i++)
        {
            Counts.Increment(heap, members[i]);
            Header.Word(members[i]) |= HeaderFlags.Held;
        }

        for (ulong i = 0; i < count; i++)
        {
            if (IsDue(members[i]))
            {
                Header.Word(members[i]) |= HeaderFlags.Finalized;
                ForeignCode.Finalize(heap, ObjectLookup.TypeOf(members[i]), members[i]);
            }
        }

        return true;
    }

    /// <summary>
    /// Verifies HeapState.Visited again after finalizers: the resurrected leave it and are let go. Returns how many they are.
    /// Without memory to verify all are taken for resurrected: the dead among them are candidates of the next collection.
    /// </summary>
    public static ulong ReleaseResurrected(HeapState* heap)
    {
        void** members = heap->Visited.Items;
        ulong count = heap->Visited.Count;
        long dead = SetVerification.Run(heap, members, count);
        ulong kept = dead < 0 ? 0 : (ulong)dead;
        heap->Visited.Count = kept;
        for (ulong i = kept; i < count; i++)
        {
            // The log was emptied without a look at the dead: they may be logged again now.
            Header.Word(members[i]) &= ~HeaderFlags.Held;
            Tracking.Refresh(heap, members[i]);
            Death.Release(heap, members[i]);
        }

        return count - kept;
    }

    private static bool IsAnyDue(void** members, ulong count)
    {
        for (ulong i = 0; i < count; i++)
        {
            if (IsDue(members[i]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsDue(void* payload) =>
        (Header.Word(payload) & HeaderFlags.Finalized) == 0 && ObjectLookup.TypeOf(payload)->Finalize != null;
}
