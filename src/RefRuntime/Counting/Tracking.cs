// Which objects collections pass by: the two header flags that say so, Quiet and Skipped, follow from the type, the
// object's own flags and its weak references. This is the one place that derives them.

using RefRuntime.Heap;
using RefRuntime.Objects;

namespace RefRuntime.Counting;

internal static unsafe class Tracking
{
    /// <summary>Sets Quiet, Skipped and PlainLeaf to what follows from everything else. Takes the object out of the log if it can be no candidate.</summary>
    public static void Refresh(HeapState* heap, void* payload)
    {
        if (Header.Count(payload) == 0)
        {
            // It waits for its death, perhaps in the bitmap that otherwise is the log.
            return;
        }

        ref ulong word = ref Header.Word(payload);
        TypeDescriptor* type = TypeRegistry.Get(Header.TypeOf(word));
        bool isPlain = (type->NewHeader & HeaderFlags.PlainLeaf) != 0 && (word & HeaderFlags.HasWeak) == 0;
        bool isLogged = CandidateLog.Contains(payload);
        bool isOut = type->IsAcyclic
            || (word & (HeaderFlags.Frozen | HeaderFlags.Untracked)) != 0
            || Header.IsImmortal(Header.Count(payload));
        if (isLogged && isOut)
        {
            CandidateLog.Remove(heap, payload);
            isLogged = false;
        }

        word &= ~(HeaderFlags.Quiet | HeaderFlags.Skipped | HeaderFlags.PlainLeaf);
        word |= isPlain ? HeaderFlags.PlainLeaf : 0;
        word |= isPlain || isOut ? HeaderFlags.Skipped : 0;
        word |= !type->IsContainer || isOut || isLogged ? HeaderFlags.Quiet : 0;
    }

    /// <summary>Is the object one that a collection looks at as a possible member of a cycle?</summary>
    public static bool IsTracked(void* payload)
    {
        ulong word = Header.Word(payload);
        TypeDescriptor* type = TypeRegistry.Get(Header.TypeOf(word));
        return type->IsContainer && (word & HeaderFlags.Skipped) == 0;
    }
}
