// The death of a set: objects that only hold each other. The order is that of Death, each step for all members before the
// next: weak references cleared -> callbacks -> destroy -> children released -> memory returned. (Finalizers ran before:
// the collector runs them, since it must look again at who is still dead.)
//
// A set is an array of members whose flags say InSet: counts between members no longer matter, and releases of a member,
// by a destroy callback that releases its children itself, are ignored.
//
// From Begin on nobody can get a reference to a member, so that the rest may be spread over many slices: members that still
// wait look dead to weak references. No memory is returned before the last member has released its children: what a member refers
// to stays what it was.

using RefRuntime.Abi;
using RefRuntime.Counting;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;
using RefRuntime.Weak;

namespace RefRuntime.Lifetime;

internal static unsafe class SetDeath
{
    // DyingSet.Stage, in this order.
    private const int Over = 0;
    private const int Traversing = 1;
    private const int Destroying = 2;
    private const int ReleasingReported = 3;
    private const int Releasing = 4;
    private const int Freeing = 5;

    /// <summary>Lets the members die in one go. Returns how many of them count as collected: containers that are not acyclic.</summary>
    public static ulong Run(HeapState* heap, void** members, ulong count)
    {
        DyingSet set = default;
        Budget unlimited = Budget.Unlimited;
        Begin(heap, ref set, members, count);
        TryContinue(heap, ref set, ref unlimited);
        return set.Collected;
    }

    /// <summary>The members, in an array that stays until the set is over, are past saving. Runs weak callbacks.</summary>
    public static void Begin(HeapState* heap, ref DyingSet set, void** members, ulong count)
    {
        set = new DyingSet { Members = members, Count = count, ReportedBase = heap->Reported.Count };
        bool hasWeak = false;
        for (ulong i = 0; i < count; i++)
        {
            CandidateLog.Remove(heap, members[i]);
            Header.Count(members[i]) = 0;
            ref ulong word = ref Header.Word(members[i]);
            word |= HeaderFlags.Dying | HeaderFlags.InSet;
            TypeDescriptor* type = ObjectLookup.TypeOf(members[i]);
            hasWeak |= (word & HeaderFlags.HasWeak) != 0 || type->Id == TypeId.WeakRef;
            if (type->Destroy != null || (type->Shape & Shape.Traverse) != 0)
            {
                set.HasCallbacks = 1;
            }
        }

        set.Stage = set.HasCallbacks != 0 ? Traversing : Releasing;
        if (hasWeak)
        {
            ulong queueBase = heap->QueueTop;
            ClearWeakReferences(heap, members, count);
            Death.Drain(heap, queueBase);
        }
    }

    /// <summary>Is no member left that would have to be freed?</summary>
    public static bool IsOver(in DyingSet set) => set.Stage == Over;

    /// <summary>Goes on as far as the budget reaches. True when the last member is freed.</summary>
    public static bool TryContinue(HeapState* heap, ref DyingSet set, ref Budget budget)
    {
        ulong queueBase = heap->QueueTop;
        ChildRelease release = new() { Heap = heap };
        bool isSpent = false;
        while (set.Stage != Over && !isSpent)
        {
            if (IsStageDone(heap, ref set))
            {
                set.Stage = set.Stage == Freeing ? Over : set.Stage + 1;
                set.Position = 0;
            }
            else
            {
                Step(heap, ref set, ref release);
                isSpent = budget.IsSpent();
            }
        }

        // Who died of it dies now, when no member is in hand.
        if (release.Next != null)
        {
            Death.Begin(heap, release.Next);
        }

        Death.Drain(heap, queueBase);
        return set.Stage == Over;
    }

    private static bool IsStageDone(HeapState* heap, ref DyingSet set) =>
        set.Stage == ReleasingReported ? heap->Reported.Count <= set.ReportedBase : set.Position == set.Count;

    /// <summary>One member further in the stage.</summary>
    private static void Step(HeapState* heap, ref DyingSet set, ref ChildRelease release)
    {
        if (set.Stage == ReleasingReported)
        {
            release.Reported(heap->Reported.Count - 1);
            return;
        }

        // Children are released from the last to the first, see ChildRelease.
        ulong index = set.Stage == Releasing ? set.Count - 1 - set.Position : set.Position;
        set.Position++;
        void* member = set.Members[index];
        TypeDescriptor* type = ObjectLookup.TypeOf(member);
        switch (set.Stage)
        {
            case Traversing:
                // All before the first is destroyed: what one's traverse reads may be another's to free.
                Reporting.Collect(heap, member, type);
                break;
            case Destroying:
                if (type->Destroy != null)
                {
                    ForeignCode.Destroy(heap, type, member);
                }

                break;
            case Releasing:
                release.Slots(member, type);
                break;
            default:
                Free(heap, ref set, member, type);
                break;
        }
    }

    private static void Free(HeapState* heap, ref DyingSet set, void* member, TypeDescriptor* type)
    {
        set.Collected += type->IsContainer && !type->IsAcyclic ? 1ul : 0;
        if (type->Id == TypeId.List && ((ListPayload*)member)->Items != null)
        {
            RawMemory.Free(heap, ((ListPayload*)member)->Items);
        }

        ObjectMemory.Free(heap, member);
    }

    private static void ClearWeakReferences(HeapState* heap, void** members, ulong count)
    {
        // Members that are weak references go first: their own callbacks are dropped.
        for (ulong i = 0; i < count; i++)
        {
            if (ObjectLookup.TypeOf(members[i])->Id == TypeId.WeakRef)
            {
                WeakChain.Detach(heap, (WeakRefPayload*)members[i]);
            }
        }

        WeakRefPayload* pending = null;
        WeakRefPayload** tail = &pending;
        for (ulong i = 0; i < count; i++)
        {
            if ((Header.Word(members[i]) & HeaderFlags.HasWeak) != 0)
            {
                tail = WeakChain.Clear(heap, members[i], tail);
            }
        }

        Death.RunWeakCallbacks(heap, pending);
    }
}
