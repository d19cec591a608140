// The log of possible cycle roots: one bit for each block in the page's bitmap. No buffer, no cap, no duplicates; an object
// that is freed takes its bit along.
//
// Who is logged: an object whose count dropped, but not to zero, since that may have been the last way into a cycle
// (Bacon and Rajan, "Concurrent Cycle Collection in Reference Counted Systems", 2001: possible roots). The header's Quiet
// flag is set meanwhile, so that later decrements have nothing to do.
//
// While objects die, the same bits hold what does not fit the death queue; those blocks have the Spilled flag and are not
// counted in HeapState.Candidates.

using System.Runtime.CompilerServices;
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

    /// <summary>Takes an object out of the log, if it is there; the header's flag is left as it is.</summary>
    public static void Remove(HeapState* heap, void* payload)
    {
        Page* page = Segment.PageOf(payload);
        if (page->CandidateCount != 0 && ClearBit(page, payload))
        {
            heap->Candidates--;
        }
    }

    public static bool Contains(void* payload)
    {
        Page* page = Segment.PageOf(payload);
        uint index = Blocks.IndexOf(page, payload);
        return (Segment.Bitmap(page)[index >> 6] & (1ul << (int)(index & 63))) != 0;
    }

    public static void SetBit(void* payload)
    {
        Page* page = Segment.PageOf(payload);
        uint index = Blocks.IndexOf(page, payload);
        Segment.Bitmap(page)[index >> 6] |= 1ul << (int)(index & 63);
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
