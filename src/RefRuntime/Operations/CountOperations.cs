// Counts, and the slots that hold counted references.

using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Checking;
using RefRuntime.Core;
using RefRuntime.Counting;
using RefRuntime.Heap;
using RefRuntime.Lifetime;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Operations;

internal static unsafe class CountOperations
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Incref(void* payload) => payload == null ? Status.Ok : Increment("rr_incref", payload);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void* NewRef(void* payload) =>
        payload != null && Increment("rr_newref", payload) == Status.Ok ? payload : null;

    /// <summary>Decides by one look at the header what needs no more than that; the rest goes to DecrefSlow, so that this frame stays small.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Decref(void* payload) => Decrement("rr_decref", payload);

    /// <summary>Decref for <paramref name="function"/>, which errors name.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Status Decrement(string function, void* payload)
    {
        // A guarded heap needs no test here: its counts are below 1.
        if (ObjectLookup.IsObject(payload) && HeapAccess.MayChange(ObjectLookup.HeapOf(payload)))
        {
            ulong word = Header.Word(payload);
            if ((int)word > 1 && (word & HeaderFlags.Quiet) != 0)
            {
                Header.Count(payload)--;
                return Status.Ok;
            }

            if ((int)word == 1 && (word & HeaderFlags.Held) == 0)
            {
                if ((word & Header.StateMask) == InlineLayout.LeafValue)
                {
                    Header.Word(payload) = 0;
                    Blocks.Push(ObjectLookup.HeapOf(payload), Segment.PageOf(payload), payload);
                    return Status.Ok;
                }

                Header.Count(payload) = 0;
                Death.Last(ObjectLookup.HeapOf(payload), payload);
                return Status.Ok;
            }
        }

        return payload == null ? Status.Ok : DecrefSlow(function, payload);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long GetRefCount(void* payload)
    {
        Status status = Access.EnterToRead("rr_getrefcount", "object", payload);
        if (status != Status.Ok)
        {
            return (long)status;
        }

        long references = Counts.References(payload);
        Access.Exit(payload);
        return references;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int IsUnique(void* payload)
    {
        if (Access.EnterToRead("rr_is_unique", "object", payload) != Status.Ok)
        {
            return 0;
        }

        int isUnique = Counts.References(payload) == 1 ? 1 : 0;
        Access.Exit(payload);
        return isUnique;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int TryIncref(void* payload)
    {
        // That the object is gone is an answer, not an error.
        if (!Access.TryEnter("rr_try_incref", payload, isRead: false))
        {
            return 0;
        }

        HeapState* heap = ObjectLookup.HeapOf(payload);
        bool isAlive = Header.Count(payload) != 0;
        if (isAlive)
        {
            Counts.Increment(heap, payload);
        }

        Access.Exit(heap);
        return isAlive ? 1 : 0;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Store(void** slot, void* value) => Write("rr_store", slot, value, isMove: false);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Take(void** slot, void* value) => Write("rr_take", slot, value, isMove: true);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status MakeImmortal(void* payload)
    {
        Status status = Access.Enter("rr_make_immortal", "object", payload);
        if (status != Status.Ok)
        {
            return status;
        }

        HeapState* heap = ObjectLookup.HeapOf(payload);
        if (Header.Count(payload) == 0)
        {
            status = Access.Dying("rr_make_immortal", "object", payload);
        }
        else
        {
            Counts.MakeImmortal(heap, payload);
        }

        Access.Exit(heap);
        return status;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int IsImmortal(void* payload)
    {
        if (Access.EnterToRead("rr_is_immortal", "object", payload) != Status.Ok)
        {
            return 0;
        }

        int isImmortal = Header.IsImmortal(Header.Count(payload)) ? 1 : 0;
        Access.Exit(payload);
        return isImmortal;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Status Increment(string function, void* payload)
    {
        Status status = Access.Enter(function, "object", payload);
        if (status != Status.Ok)
        {
            return status;
        }

        if (Header.Count(payload) == 0)
        {
            status = Access.Dying(function, "object", payload);
        }
        else
        {
            Counts.Increment(ObjectLookup.HeapOf(payload), payload);
        }

        Access.Exit(payload);
        return status;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Status DecrefSlow(string function, void* payload)
    {
        Status status = Access.Enter(function, "object", payload);
        if (status != Status.Ok)
        {
            return status;
        }

        HeapState* heap = ObjectLookup.HeapOf(payload);
        if (Header.Count(payload) > 1)
        {
            Counts.Decrement(heap, payload);
        }
        else
        {
            status = DecrefLast(function, heap, payload);
        }

        Access.Exit(heap);
        return status;
    }

    /// <summary>A decrement that may be the last, or one that should not be.</summary>
    private static Status DecrefLast(string function, HeapState* heap, void* payload)
    {
        Status status = CheckDecref(function, heap, payload, out bool isIgnored);
        if (status == Status.Ok && !isIgnored)
        {
            Death.Release(heap, payload);
        }

        return status;
    }

    /// <summary>May a reference be given back? <paramref name="isIgnored"/>: the count no longer matters.</summary>
    public static Status CheckDecref(string function, HeapState* heap, void* payload, out bool isIgnored)
    {
        ulong word = Header.Word(payload);
        isIgnored = false;
        if (Header.Count(payload) == 0)
        {
            // The members of a dying set release each other.
            isIgnored = (word & HeaderFlags.InSet) != 0;
            return isIgnored ? Status.Ok : Access.Dying(function, "object", payload);
        }

        if ((word & HeaderFlags.Held) != 0 && Counts.References(payload) == 1)
        {
            return Misuse.Pointer(heap, Status.Argument, function, "object", payload, "has no reference left to give back: the last one is the runtime's while finalizers run");
        }

        return Status.Ok;
    }

    /// <summary>All checks come first; then nothing can fail.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Status Write(string function, void** slot, void* value, bool isMove)
    {
        if (slot == null || !Bits.IsAligned((ulong)slot, 8))
        {
            return LastError.Pointer(Status.Argument, function, "slot", slot, "is no aligned address of a pointer");
        }

        HeapState* heap;
        void* clue = SegmentMap.Contains(slot) ? slot : *slot;
        if (value == null && SegmentMap.Contains(clue) && Segment.Of(clue)->Heap->IsSynchronized != 0)
        {
            // Another thread may be replacing what is there: whether it is an object can be asked only when the lock is ours.
            heap = Access.EnterHeap(function, (HeapHandle*)Segment.Of(clue)->Heap);
            if (heap == null)
            {
                return LastError.Status;
            }
        }
        else
        {
            void* witness = value != null ? value : *slot;
            if (witness == null)
            {
                return Status.Ok;
            }

            Status entered = Access.Enter(function, value != null ? "value" : "old value of slot", witness);
            if (entered != Status.Ok)
            {
                return entered;
            }

            heap = ObjectLookup.HeapOf(witness);
        }

        void* old = *slot;
        Status status = CheckWrite(function, heap, slot, value, old);
        if (status == Status.Ok)
        {
            if (value != null)
            {
                if (!isMove)
                {
                    Counts.Increment(heap, value);
                }
                else if ((Header.Word(value) & HeaderFlags.Quiet) == 0)
                {
                    CandidateLog.Add(heap, value);
                }
            }

            *slot = value;
            if (old != null)
            {
                Death.Release(heap, old);
            }
        }

        Access.Exit(heap);
        return status;
    }

    private static Status CheckWrite(string function, HeapState* heap, void** slot, void* value, void* old)
    {
        if (value != null && Header.Count(value) == 0)
        {
            return Access.Dying(function, "value", value);
        }

        if (SegmentMap.Contains(slot) && Segment.Of(slot)->Heap != heap)
        {
            return value != null
                ? Misuse.Pointer(heap, Status.Argument, function, "value", value, "belongs to another heap than the slot")
                : Misuse.Pointer(heap, Status.Argument, function, "old value of slot", old, "belongs to another heap than the slot");
        }

        if (old != null && (!ObjectLookup.IsObject(old) || ObjectLookup.HeapOf(old) != heap))
        {
            return ObjectLookup.IsObject(old)
                ? Misuse.Pointer(heap, Status.Argument, function, "old value of slot", old, value != null
                    ? "belongs to another heap than the new one"
                    : "belongs to another heap than the slot")
                : Access.NotObject(function, "old value of slot", old);
        }

        return Status.Ok;
    }
}
