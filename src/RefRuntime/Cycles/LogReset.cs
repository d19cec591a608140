// After a collection has looked at everything in the log, the log is empty: survivors may be logged again.

using System.Numerics;
using System.Runtime.InteropServices;
using RefRuntime.Heap;
using RefRuntime.Objects;

namespace RefRuntime.Cycles;

internal static unsafe class LogReset
{
    /// <summary>Empties the log, and after a complete collection the set of young pages. The dead are left as they are.</summary>
    public static void Run(HeapState* heap, bool isComplete)
    {
        for (Segment* segment = heap->Segments; segment != null; segment = segment->Next)
        {
            for (ulong pages = segment->CandidatePages; pages != 0; pages &= pages - 1)
            {
                Page* page = Segment.PageTable(segment) + BitOperations.TrailingZeroCount(pages);
                heap->Candidates -= page->CandidateCount;
                page->CandidateCount = 0;
                Clear(page);
            }

            segment->CandidatePages = 0;
            segment->YoungPages = isComplete ? 0 : segment->YoungPages;
        }

        if (isComplete)
        {
            // What lies in the bins is handed out unseen: hide it, so that its page becomes young again when it is used.
            heap->HasYoung = 0;
            Blocks.TrapBins(heap);
        }
    }

    private static void Clear(Page* page)
    {
        ulong* bitmap = Segment.Bitmap(page);
        uint words = (Blocks.CarvedOf(page) + 63) / 64;
        if (page->DeadBlocks + page->FreeCount == Blocks.CarvedOf(page))
        {
            // No survivor whose header would have to know.
            NativeMemory.Clear(bitmap, words * 8);
            return;
        }

        for (uint w = 0; w < words; w++)
        {
            for (ulong bits = bitmap[w]; bits != 0; bits &= bits - 1)
            {
                uint index = (w * 64) + (uint)BitOperations.TrailingZeroCount(bits);
                if (!SideWord.IsDead(page->Side[index]))
                {
                    Header.Word(Blocks.PayloadAt(page, index)) &= ~HeaderFlags.Quiet;
                }
            }

            bitmap[w] = 0;
        }
    }
}
