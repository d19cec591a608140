// Releasing what a dead object refers to. The references are walked from the last to the first: the first that dies is
// the last put on the queue, so that children die in the order of their slots, each with all below it, as if recursively.
//
// The first slot's child is kept in hand instead of on the queue: a chain of any length never touches it.

using System.Runtime.CompilerServices;
using RefRuntime.Counting;
using RefRuntime.Heap;
using RefRuntime.Objects;

namespace RefRuntime.Lifetime;

internal unsafe struct ChildRelease
{
    public HeapState* Heap;

    /// <summary>The child that dies next, or null.</summary>
    public void* Next;

    /// <summary>Releases what lies in slots; what traverse reports has been collected before (Reported).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Slots(void* payload, TypeDescriptor* type)
    {
        Shape shape = type->Shape;
        if ((shape & ~(Shape.Offsets | Shape.Items)) != 0)
        {
            OtherSlots(payload, type);
        }

        if ((shape & Shape.Items) != 0)
        {
            Range((void**)((byte*)payload + type->Size), ObjectSize.ItemCount(payload));
        }

        if ((shape & Shape.Offsets) != 0)
        {
            uint* offsets = type->Offsets;
            for (uint i = type->OffsetCount; i-- > 0;)
            {
                Release(*(void**)((byte*)payload + offsets[i]));
            }
        }
    }

    /// <summary>Releases the reported references from <paramref name="first"/> on.</summary>
    public void Reported(ulong first)
    {
        while (Heap->Reported.Count > first)
        {
            Release(Heap->Reported.Items[--Heap->Reported.Count]);
        }
    }

    /// <summary>One reference less to the child.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Release(void* child)
    {
        // Slots may have been written plainly: what is no object of this heap is passed over, it was never counted.
        if (child == null || !ObjectLookup.IsObject(child) || Segment.Of(child)->Heap != Heap)
        {
            return;
        }

        // A member of the dying set goes with the set.
        ulong word = Header.Word(child);
        if ((word & HeaderFlags.InSet) != 0)
        {
            return;
        }

        if (!Counts.Decrement(Heap, child))
        {
            return;
        }

        // A sweep must not lose pages under its feet; it drains the queue when it is over.
        if ((word & HeaderFlags.PlainLeaf) != 0 && (Heap->Sweeping == 0 || Segment.PageOf(child)->Kind == PageKind.Small))
        {
            ObjectMemory.Free(Heap, child);
            return;
        }

        if (Next != null)
        {
            DeathQueue.Push(Heap, Next);
        }

        Next = child;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void OtherSlots(void* payload, TypeDescriptor* type)
    {
        Shape shape = type->Shape;
        if ((shape & Shape.List) != 0)
        {
            ListPayload* list = (ListPayload*)payload;
            Range(list->Items, list->Count);
        }

        if ((shape & Shape.ItemValues) != 0)
        {
            byte* items = (byte*)payload + type->Size;
            for (ulong i = ObjectSize.ItemCount(payload); i-- > 0;)
            {
                Release(type->ReferenceIn(items + (i * type->ItemSize)));
            }
        }

        if ((shape & Shape.OffsetValues) != 0)
        {
            for (uint i = type->OffsetCount; i-- > 0;)
            {
                Release(type->ReferenceIn((byte*)payload + type->Offsets[i]));
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Range(void** slots, ulong count)
    {
        for (ulong i = count; i-- > 0;)
        {
            Release(slots[i]);
        }
    }
}
