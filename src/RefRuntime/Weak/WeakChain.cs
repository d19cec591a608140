// The weak references of one object, a chain: those without callback, then those with one from the newest to the oldest.
//
// Of those without callback one at most is not dying: the one that is shared. At the front it is found at once, however many others
// there are.

using RefRuntime.Counting;
using RefRuntime.Heap;
using RefRuntime.Objects;

namespace RefRuntime.Weak;

internal static unsafe class WeakChain
{
    /// <summary>Puts a weak reference into the object's chain. Needs WeakTable.TryReserve before.</summary>
    public static void Attach(HeapState* heap, WeakRefPayload* weak, void* target)
    {
        WeakRefPayload* next = WeakTable.Find(heap, target);
        WeakRefPayload* previous = null;
        bool isFirst = next == null;
        while (weak->Callback != null && next != null && next->Callback == null)
        {
            previous = next;
            next = next->Next;
        }

        weak->Target = target;
        weak->Next = next;
        weak->Previous = previous;
        if (next != null)
        {
            next->Previous = weak;
        }

        if (previous != null)
        {
            previous->Next = weak;
        }
        else
        {
            WeakTable.Set(heap, target, weak);
        }

        heap->WeakReferencesLive++;
        if (isFirst)
        {
            Header.Word(target) |= HeaderFlags.HasWeak;
            Tracking.Refresh(heap, target);
        }
    }

    /// <summary>Takes a dying weak reference out of its chain, if it is in one.</summary>
    public static void Detach(HeapState* heap, WeakRefPayload* weak)
    {
        void* target = weak->Target;
        if (target == null)
        {
            return;
        }

        weak->Target = null;
        heap->WeakReferencesLive--;
        if (weak->Next != null)
        {
            weak->Next->Previous = weak->Previous;
        }

        if (weak->Previous != null)
        {
            weak->Previous->Next = weak->Next;
        }
        else if (weak->Next != null)
        {
            WeakTable.Set(heap, target, weak->Next);
        }
        else
        {
            WeakTable.Remove(heap, target);
            Header.Word(target) &= ~HeaderFlags.HasWeak;
            Tracking.Refresh(heap, target);
        }
    }

    /// <summary>
    /// The object dies: its weak references go dead. Those with a callback are held and appended to
    /// <paramref name="tail"/>, newest first; the new tail is returned.
    /// </summary>
    public static WeakRefPayload** Clear(HeapState* heap, void* target, WeakRefPayload** tail)
    {
        WeakRefPayload* weak = WeakTable.Find(heap, target);
        WeakTable.Remove(heap, target);
        Header.Word(target) &= ~HeaderFlags.HasWeak;
        while (weak != null)
        {
            WeakRefPayload* next = weak->Next;
            weak->Target = null;
            weak->Next = null;
            weak->Previous = null;
            heap->WeakReferencesLive--;

            // Count 0: it waits for its own death, so its callback is dropped.
            if (weak->Callback != null && Header.Count(weak) != 0)
            {
                Counts.Increment(heap, weak);
                *tail = weak;
                tail = &weak->Next;
            }

            weak = next;
        }

        return tail;
    }

    /// <summary>The weak reference without callback that is shared by all who ask for one, or null.</summary>
    public static WeakRefPayload* FindShared(HeapState* heap, void* target)
    {
        if ((Header.Word(target) & HeaderFlags.HasWeak) == 0)
        {
            return null;
        }

        WeakRefPayload* weak = WeakTable.Find(heap, target);
        while (weak != null && weak->Callback == null && Header.Count(weak) == 0)
        {
            weak = weak->Next;
        }

        return weak != null && weak->Callback == null ? weak : null;
    }

    public static long Count(HeapState* heap, void* target)
    {
        long count = 0;
        if ((Header.Word(target) & HeaderFlags.HasWeak) != 0)
        {
            for (WeakRefPayload* weak = WeakTable.Find(heap, target); weak != null; weak = weak->Next)
            {
                count++;
            }
        }

        return count;
    }
}
