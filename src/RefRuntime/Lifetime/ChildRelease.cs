// Releasing what a dead object refers to. The references are walked from the last to the first: the first that dies is
// the last put on the queue, so that children die in the order of their slots, each with all below it, as if recursively.
//
// The first slot's child is kept in hand instead of on the queue: a chain of any length never touches it. Who is in hand is
// passed along by value, so that it stays in a register.

using System.Runtime.CompilerServices;
using RefRuntime.Checking;
using RefRuntime.Core;
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
    public void Slots(void* payload, TypeDescriptor* type) => Next = Slots(Heap, payload, type, Next);

    /// <summary>One reference less to the child.</summary>
    public void Release(void* child) => Next = Release(Heap, Heap, child, Next);

    /// <summary>Releases the reported references from <paramref name="first"/> on.</summary>
    public void Reported(ulong first)
    {
        while (Heap->Reported.Count > first)
        {
            Release(Heap->Reported.Items[--Heap->Reported.Count]);
        }
    }

    /// <summary>Releases what lies in slots. Takes and answers who dies next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void* Slots(HeapState* heap, void* payload, TypeDescriptor* type, void* next)
    {
        Shape shape = type->Shape;
        if ((shape & ~Shape.Offsets) != 0)
        {
            next = OtherSlots(heap, payload, type, next);
        }

        if ((shape & Shape.Offsets) != 0)
        {
            uint* offsets = type->Offsets;
            for (uint i = type->OffsetCount; i-- > 0;)
            {
                next = Release(heap, payload, *(void**)((byte*)payload + offsets[i]), next);
            }
        }

        return next;
    }

    /// <summary>One reference less to the child of <paramref name="parent"/>, which lies in some segment of the heap's. Takes and answers who dies next.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void* Release(HeapState* heap, void* parent, void* child, void* next)
    {
        // Slots may have been written plainly: what is no object of this heap is passed over, it was never counted.
        bool isNear = ((ulong)parent ^ (ulong)child) <= Config.SegmentMask;
        if (child == null || !(isNear || IsInHeap(heap, child)))
        {
            return next;
        }

        Page* page = Segment.PageOf(child);
        if (!Blocks.TryIndexOf(page, child, out _))
        {
            return next;
        }

        ulong word = Header.Word(child);
        const ulong Deciding = HeaderFlags.Quiet | HeaderFlags.InSet;
        if ((int)word > 1 && (word & Deciding) == HeaderFlags.Quiet)
        {
            Header.Word(child) = word - 1;
            return next;
        }

        if ((word & Header.StateMask) == InlineLayout.LeafValue && page->Kind == PageKind.Small)
        {
            Header.Word(child) = 0;
            Blocks.Push(heap, page, child);
            return next;
        }

        if ((int)word != 1 || (word & HeaderFlags.InSet) != 0)
        {
            return ReleaseSlow(heap, parent, child, next);
        }

        Header.Word(child) = word - 1;
        if (next != null)
        {
            DeathQueue.Push(heap, next);
        }

        return child;
    }

    private static bool IsInHeap(HeapState* heap, void* child) => SegmentMap.Contains(child) && Segment.Of(child)->Heap == heap;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void* ReleaseSlow(HeapState* heap, void* parent, void* child, void* next)
    {
        if (heap->IsChecked != 0)
        {
            CheckReference(heap, parent, child);
        }

        // A free block is none of ours, and a member of the dying set goes with the set.
        ulong word = Header.Word(child);
        if (word == 0 || (word & HeaderFlags.InSet) != 0 || !Counts.Decrement(heap, child))
        {
            return next;
        }

        if (next != null)
        {
            DeathQueue.Push(heap, next);
        }

        return child;
    }

    /// <summary>Whoever stands in a slot and has ended, or has no reference left, was never counted for it.</summary>
    private static void CheckReference(HeapState* heap, void* parent, void* child)
    {
        ulong word = Header.Word(child);
        bool isUncounted = word == 0 ? ObjectHistory.IsFreed(child) : (int)word == 0 && (word & HeaderFlags.InSet) == 0;
        if (isUncounted)
        {
            Misuse.Slot(heap, parent, child);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void* OtherSlots(HeapState* heap, void* payload, TypeDescriptor* type, void* next)
    {
        Shape shape = type->Shape;
        if ((shape & Shape.List) != 0)
        {
            ListPayload* list = (ListPayload*)payload;
            next = Range(heap, payload, list->Items, list->Count, next);
        }

        if ((shape & Shape.ItemValues) != 0)
        {
            byte* items = (byte*)payload + type->Size;
            for (ulong i = ObjectSize.ItemCount(payload); i-- > 0;)
            {
                next = Release(heap, payload, type->ReferenceIn(items + (i * type->ItemSize)), next);
            }
        }

        if ((shape & Shape.OffsetValues) != 0)
        {
            for (uint i = type->OffsetCount; i-- > 0;)
            {
                next = Release(heap, payload, type->ReferenceIn((byte*)payload + type->Offsets[i]), next);
            }
        }

        return (shape & Shape.Items) != 0
            ? Range(heap, payload, (void**)((byte*)payload + type->Size), ObjectSize.ItemCount(payload), next)
            : next;
    }

    private static void* Range(HeapState* heap, void* payload, void** slots, ulong count, void* next)
    {
        for (ulong i = count; i-- > 0;)
        {
            next = Release(heap, payload, slots[i], next);
        }

        return next;
    }
}
