// What a collection has looked at is logged no more: survivors may be logged again.

using System.Numerics;
using System.Runtime.InteropServices;
using RefRuntime.Counting;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Cycles;

internal static unsafe class LogReset
{
    /// <summary>After a complete collection in one go: empties the log and the set of young pages. The dead are left as they are.</summary>
    public static void Run(HeapState* heap)
    {
        for (Segment* segment = heap->Segments; segment != null; segment = segment->Next)
        {
            for (ulong pages = segment->CandidatePages; pages != 0; pages &= pages - 1)
            {
                Page(heap, Segment.PageTable(segment) + BitOperations.TrailingZeroCount(pages), spareDead: true);
            }
        }

        heap->Candidates = 0;
        ForgetYoung(heap);
    }

    /// <summary>No page is young any more: whatever was allocated so far has been looked at, or needs no look.</summary>
    public static void ForgetYoung(HeapState* heap)
    {
        for (Segment* segment = heap->Segments; segment != null; segment = segment->Next)
        {
            segment->YoungPages = 0;
        }

        // What lies in the bins is handed out unseen: hide it, so that its page becomes young again when it is used.
        heap->HasYoung = 0;
        Blocks.TrapBins(heap);
    }

    /// <summary>A slice of a round, before any edge is tallied: takes the chosen pages out of the log. True when all are; false = budget spent.</summary>
    public static bool TryRunSlice(HeapState* heap, ref Budget budget)
    {
        for (Segment* segment = heap->Segments; segment != null; segment = segment->Next)
        {
            while (segment->LoggedPages != 0)
            {
                Page(heap, Segment.PageTable(segment) + BitOperations.TrailingZeroCount(segment->LoggedPages), spareDead: false);
                segment->LoggedPages &= segment->LoggedPages - 1;
                if (budget.IsSpentNow())
                {
                    return false;
                }
            }
        }

        return true;
    }

    /// <summary>
    /// Leaves the log to the next complete collection: its objects are logged no more, and their pages are young. A few nanoseconds
    /// for each: of a log that is longer than what comes together between two trials, as many as that, and what the budget reaches to.
    /// </summary>
    public static void Postpone(HeapState* heap, ref Budget budget)
    {
        const ulong Usual = 2 * Triggers.MaxThresholdStep;
        ulong excess = heap->Candidates > Usual ? heap->Candidates - Usual : 0;
        for (Segment* segment = heap->Segments; segment != null && heap->Candidates != 0; segment = segment->Next)
        {
            for (ulong pages = segment->CandidatePages; pages != 0; pages &= pages - 1)
            {
                Page* page = Segment.PageTable(segment) + BitOperations.TrailingZeroCount(pages);
                if (Page(heap, page, spareDead: false))
                {
                    Blocks.MarkYoung(heap, page);
                }

                if (heap->Candidates < excess && budget.IsSpentNow())
                {
                    return;
                }
            }
        }
    }

    /// <summary>
    /// Takes all objects of the page out of the log, at will without a look at those that side data calls dead; these the caller
    /// takes from the heap's number. True if there were others.
    /// </summary>
    private static bool Page(HeapState* heap, Page* page, bool spareDead)
    {
        if (page->CandidateCount == 0)
        {
            return false;
        }

        page->CandidateCount = 0;
        Segment.Of(page)->CandidatePages &= ~(1ul << Segment.IndexOf(page));
        ulong* bitmap = Segment.Bitmap(page);
        uint words = (Blocks.CarvedOf(page) + 63) / 64;
        if (spareDead && page->DeadBlocks + page->FreeCount == Blocks.CarvedOf(page))
        {
            // No survivor whose header would have to know.
            NativeMemory.Clear(bitmap, words * 8);
            return false;
        }

        ulong before = heap->Candidates;
        for (uint w = 0; w < words; w++)
        {
            for (ulong bits = bitmap[w]; bits != 0; bits &= bits - 1)
            {
                uint index = (w * 64) + (uint)BitOperations.TrailingZeroCount(bits);
                ref ulong word = ref Header.Word(Blocks.PayloadAt(page, index));
                if ((!spareDead || !SideWord.IsDead(page->Side[index])) && CandidateLog.IsLogged(word))
                {
                    word &= ~HeaderFlags.Quiet;
                    heap->Candidates--;
                }
            }

            bitmap[w] = 0;
        }

        return heap->Candidates != before;
    }
}
