// Counts up and down. Nothing here destroys: a decrement says that it reached zero, and the caller hands the object to
// Lifetime. See Header for the ranges of the count.

using System.Runtime.CompilerServices;
using RefRuntime.Checking;
using RefRuntime.Heap;
using RefRuntime.Objects;

namespace RefRuntime.Counting;

internal static unsafe class Counts
{
    /// <summary>One more reference to a live object.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Increment(HeapState* heap, void* payload)
    {
        ref int count = ref Header.Count(payload);
        if (count > 0)
        {
            // int.MaxValue + 1 is int.MinValue: immortal, as Header explains.
            count = unchecked(count + 1);
            if (count < 0)
            {
                MakeImmortal(heap, payload);
            }
        }
        else
        {
            IncrementTrapped(heap, payload);
        }
    }

    /// <summary>One reference less. True if it was the last: the count is 0 then, and the caller must let the object die.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Decrement(HeapState* heap, void* payload)
    {
        ref int count = ref Header.Count(payload);
        if (count > 1)
        {
            count--;
            if ((Header.Word(payload) & HeaderFlags.Quiet) == 0)
            {
                CandidateLog.Add(heap, payload);
            }

            return false;
        }

        if (count == 1)
        {
            count = 0;
            return true;
        }

        return DecrementTrapped(heap, payload);
    }

    public static long References(void* payload) => Header.References(Header.Count(payload));

    /// <summary>Without the runtime's own: while finalizers of a dead set run, it holds each member once.</summary>
    public static long ReferencesOfOthers(void* payload) => References(payload) - ((Header.Word(payload) & HeaderFlags.Held) != 0 ? 1 : 0);

    /// <summary>Sets the count of an object that is not immortal.</summary>
    public static void Set(HeapState* heap, void* payload, long references) =>
        Header.Count(payload) = Header.Encode(references, heap->IsGuarded != 0);

    /// <summary>Counting stops for this object, and collections pass by.</summary>
    public static void MakeImmortal(HeapState* heap, void* payload)
    {
        CandidateLog.Remove(heap, payload);
        Header.Count(payload) = Header.ImmortalCount;
        Header.Word(payload) |= HeaderFlags.Quiet | HeaderFlags.Skipped;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void IncrementTrapped(HeapState* heap, void* payload)
    {
        ref int count = ref Header.Count(payload);
        if (count == 0 || Header.IsImmortal(count))
        {
            return;
        }

        long references = Header.References(count) + 1;
        count = Header.Encode(references, isGuarded: true);
        if (Header.IsImmortal(count))
        {
            MakeImmortal(heap, payload);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool DecrementTrapped(HeapState* heap, void* payload)
    {
        ref int count = ref Header.Count(payload);
        if (count == 0 || Header.IsImmortal(count))
        {
            return false;
        }

        if (heap->IsChecked != 0)
        {
            ObjectHistory.NoteRelease(heap, payload);
        }

        count++;
        if (count == 0)
        {
            return true;
        }

        if ((Header.Word(payload) & HeaderFlags.Quiet) == 0)
        {
            CandidateLog.Add(heap, payload);
        }

        return false;
    }
}
