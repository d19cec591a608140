// The log of possible cycle roots: one bit for each block in the page's bitmap. No buffer, no cap, no duplicates.
//
// An object is logged iff its header says so (IsLogged below) and its bit is set. HeapState.Candidates counts these. An object that the
// library frees takes its bit along; one that dies inline leaves it behind, which saves a third of its death. So a bit alone means
// nothing: whoever reads the bitmaps looks at the headers. Such a bit goes when somebody comes by: a collection, the next object in
// its place that is logged, or the end of the page.
//
// Who is logged: an object whose count dropped, but not to zero, since that may have been the last way into a cycle
// (Bacon and Rajan, "Concurrent Cycle Collection in Reference Counted Systems", 2001: possible roots). The header's Quiet
// flag is set meanwhile, so that later decrements have nothing to do.
//
// While objects die, the same bits hold what does not fit the death queue; those blocks have the Spilled flag and are not logged.

using System.Runtime.CompilerServices;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Objects;

namespace RefRuntime.Counting;

internal static unsafe class CandidateLog
{
    /// <summary>Logs an object whose Quiet flag is clear.</summary>
    public static void Add(HeapState* heap, void* payload)
    {
        Header.Word(payload) |= HeaderFlags.Quiet;
        SetBit(payload);
        heap->Candidates++;
        if (heap->Candidates >= heap->CandidateTrap)
        {
            // Once; the poll that follows decides when the next trap is due.
            heap->CandidateTrap = ulong.MaxValue;
            Blocks.TrapBins(heap);
        }
    }

    /// <summary>Takes an object out of the log, if it is there; its header no longer says so then.</summary>
    public static void Remove(HeapState* heap, void* payload)
    {
        Page* page = Segment.PageOf(payload);
        ref ulong word = ref Header.Word(payload);
        if (IsLogged(word) && page->CandidateCount != 0 && ClearBit(page, payload))
        {
            word &= ~HeaderFlags.Quiet;
            heap->Candidates--;
        }
    }

    /// <summary>An object with this header ends in the library, which takes its bit along.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Forget(HeapState* heap, Page* page, void* payload, ulong word)
    {
        if ((word & (HeaderFlags.Quiet | HeaderFlags.Skipped)) == HeaderFlags.Quiet && page->CandidateCount != 0
            && (Config.LeavesBits ? Blocks.HasBit(page, payload) : ClearBit(page, payload)) && IsLogged(word))
        {
            heap->Candidates--;
        }
    }

    /// <summary>Is an object with this header logged, if its bit is set? Not what is free, nor what collections pass by or has no slots.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsLogged(ulong word) =>
        (word & (HeaderFlags.Quiet | HeaderFlags.Skipped)) == HeaderFlags.Quiet && TypeRegistry.Get(Header.TypeOf(word))->IsContainer;

    /// <summary>Is the object logged?</summary>
    public static bool Contains(void* payload) => IsLogged(Header.Word(payload)) && Blocks.HasBit(Segment.PageOf(payload), payload);

    /// <summary>Sets the object's bit, unless another one that was here before has left it.</summary>
    public static void SetBit(void* payload)
    {
        Page* page = Segment.PageOf(payload);
        uint index = Blocks.IndexOf(page, payload);
        ref ulong word = ref Segment.Bitmap(page)[index >> 6];
        ulong bit = 1ul << (int)(index & 63);
        if ((word & bit) != 0)
        {
            return;
        }

        word |= bit;
        if (page->CandidateCount++ == 0)
        {
            Segment.Of(page)->CandidatePages |= 1ul << Segment.IndexOf(page);
        }
    }

    /// <summary>True if the bit was set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool ClearBit(Page* page, void* payload)
    {
        uint index = Blocks.IndexOf(page, payload);
        ref ulong word = ref Segment.BitmapAt(payload)[index >> 6];
        ulong bit = 1ul << (int)(index & 63);
        if ((word & bit) == 0)
        {
            return false;
        }

        word &= ~bit;
        if (--page->CandidateCount == 0)
        {
            Segment.Of(page)->CandidatePages &= ~(1ul << Segment.IndexOf(page));
        }

        return true;
    }
}
