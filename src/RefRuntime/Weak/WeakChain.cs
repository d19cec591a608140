// The weak references of one object, a chain from the newest to the oldest.

using RefRuntime.Counting;
using RefRuntime.Heap;
using RefRuntime.Objects;

namespace RefRuntime.Weak;

internal static unsafe class WeakChain
{
    /// <summary>Puts a weak reference in front of the object's chain. Needs WeakTable.TryReserve before.</summary>
    public static void Attach(HeapState* heap, WeakRefPayload* weak, void* target)
    {
        WeakRefPayload* newest = WeakTable.Find(heap, target);
        weak->Target = target;
        weak->Next = newest;
        weak->Previous = null;
        if (newest != null)
        {
            newest->Previous = weak;
        }

        WeakTable.Set(heap, target, weak);
        heap->WeakReferencesLive++;
        if (newest == null)
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
        while (weak != null && (weak->Callback != null || Header.Count(weak) == 0))
        {
            weak = weak->Next;
        }

        return weak;
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
