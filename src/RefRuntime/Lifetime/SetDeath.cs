// The death of a set: objects that only hold each other. The order is that of Death, each step for all members before the
// next: weak references cleared -> callbacks -> destroy -> children released -> memory returned. (Finalizers ran before:
// the collector runs them, since it must look again at who is still dead.)
//
// A set is an array of members whose flags say InSet: counts between members no longer matter, and releases of a member,
// by a destroy callback that releases its children itself, are ignored.

using RefRuntime.Abi;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Weak;

namespace RefRuntime.Lifetime;

internal static unsafe class SetDeath
{
    /// <summary>Lets the members die. Returns how many of them count as collected: containers that are not acyclic.</summary>
    public static ulong Run(HeapState* heap, void** members, ulong count)
    {
        ulong collected = 0;
        for (ulong i = 0; i < count; i++)
        {
            Header.Count(members[i]) = 0;
            Header.Word(members[i]) |= HeaderFlags.Dying | HeaderFlags.InSet;
            TypeDescriptor* type = ObjectLookup.TypeOf(members[i]);
            collected += type->IsContainer && !type->IsAcyclic ? 1ul : 0;
        }

        ulong queueBase = heap->QueueTop;
        ClearWeakReferences(heap, members, count);
        ulong reportedBase = heap->Reported.Count;
        Destroy(heap, members, count);

        ChildRelease release = new() { Heap = heap };
        release.Reported(reportedBase);
        for (ulong i = count; i-- > 0;)
        {
            release.Slots(members[i], ObjectLookup.TypeOf(members[i]));
        }

        for (ulong i = 0; i < count; i++)
        {
            if (ObjectLookup.TypeOf(members[i])->Id == TypeId.List && ((ListPayload*)members[i])->Items != null)
            {
                RawMemory.Free(heap, ((ListPayload*)members[i])->Items);
            }

            ObjectMemory.Free(heap, members[i]);
        }

        if (release.Next != null)
        {
            Death.Begin(heap, release.Next);
        }

        Death.Drain(heap, queueBase);
        return collected;
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

    /// <summary>All are traversed before the first is destroyed: what one's traverse reads may be another's to free.</summary>
    private static void Destroy(HeapState* heap, void** members, ulong count)
    {
        for (ulong i = 0; i < count; i++)
        {
            Reporting.Collect(heap, members[i], ObjectLookup.TypeOf(members[i]));
        }

        for (ulong i = 0; i < count; i++)
        {
            TypeDescriptor* type = ObjectLookup.TypeOf(members[i]);
            if (type->Destroy != null)
            {
                ForeignCode.Destroy(heap, type, members[i]);
            }
        }
    }
}
