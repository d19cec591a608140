// The finalizers of a dead set.
//
// Finalizers are foreign code: they may cut the cycle, allocate, release, resurrect. So every member is held by one more
// count while they run, and no member dies before all have run. Then the set is verified again, it alone, less our hold. Who is
// held from outside now leaves, with all of the set that it reaches (PEP 442).

using RefRuntime.Counting;
using RefRuntime.Heap;
using RefRuntime.Lifetime;
using RefRuntime.Objects;

namespace RefRuntime.Cycles;

internal static unsafe class Finalization
{
    /// <summary>Has some member a finalizer that has not run?</summary>
    public static bool IsAnyDue(void** members, ulong count)
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

    /// <summary>Holds every member.</summary>
    public static void Hold(HeapState* heap, void** members, ulong count)
    {
        for (ulong i = 0; i < count; i++)
        {
            Counts.Increment(heap, members[i]);
            Header.Word(members[i]) |= HeaderFlags.Held;
        }
    }

    /// <summary>Runs the member's finalizer, if it is due.</summary>
    public static void Run(HeapState* heap, void* member)
    {
        if (IsDue(member))
        {
            Header.Word(member) |= HeaderFlags.Finalized;
            ForeignCode.Finalize(heap, ObjectLookup.TypeOf(member), member);
        }
    }

    /// <summary>Lets go of members that are not dead.</summary>
    public static void LetGo(HeapState* heap, void** members, ulong count)
    {
        for (ulong i = 0; i < count; i++)
        {
            // The log was emptied without a look at the dead: they may be logged again now.
            Header.Word(members[i]) &= ~HeaderFlags.Held;
            Tracking.Refresh(heap, members[i]);
            Death.Release(heap, members[i]);
        }
    }

    private static bool IsDue(void* payload) =>
        (Header.Word(payload) & HeaderFlags.Finalized) == 0 && ObjectLookup.TypeOf(payload)->Finalize != null;
}
