// Which candidates a trial looks at: a fair sample of the log, taken out of it page by page.
//
// The bitmaps also have bits that objects left behind which died inline (CandidateLog): these are taken along, and are nothing. The
// part of the bits that is taken is the part of the candidates that is wanted, so that what is nothing does not make samples small.

using System;
using System.Numerics;
using RefRuntime.Counting;
using RefRuntime.Heap;
using RefRuntime.Objects;

namespace RefRuntime.Cycles;

internal static unsafe class TrialSample
{
    /// <summary>A page has few candidates when a sample needs at least so many like it.</summary>
    private const uint PagesOfSample = 16;

    /// <summary>
    /// Moves up to so many candidates from the log into the table: a fair sample of the log. Of a page with many the same part as
    /// of all; of one with few all or none. Returns how many it took.
    /// </summary>
    public static uint Take(HeapState* heap, ref TrialTable table, uint wanted)
    {
        long all = (long)heap->Candidates;
        if (all == 0)
        {
            // What foreign code heard of the collection's beginning has let the last one die. Bits may be left.
            return 0;
        }

        long few = wanted / PagesOfSample;
        long due = few * all / 2; // what rounding may leave over, so that as many are taken as are wanted
        for (Segment* segment = heap->Segments; segment != null; segment = segment->Next)
        {
            for (ulong pages = segment->CandidatePages; pages != 0; pages &= pages - 1)
            {
                Prefetch.Line(Segment.PageTable(segment) + BitOperations.TrailingZeroCount(pages));
            }

            for (ulong pages = segment->CandidatePages; pages != 0; pages &= pages - 1)
            {
                Page* page = Segment.PageTable(segment) + BitOperations.TrailingZeroCount(pages);
                long count = page->CandidateCount;
                due += count * wanted;
                long taken = count <= few ? (2 * due >= count * all ? count : 0) : due < all ? 0 : due / all;
                if (taken != 0)
                {
                    due -= TakeFrom(heap, page, ref table, (uint)Math.Min(taken, count), wanted) * all;
                }
            }
        }

        return table.Count;
    }

    /// <summary>
    /// Takes so many bits of the page's bitmap, unless the table has <paramref name="most"/> objects before: candidates, or what objects
    /// left behind that died inline. Returns how many bits it took.
    /// </summary>
    private static uint TakeFrom(HeapState* heap, Page* page, ref TrialTable table, uint wanted, uint most)
    {
        ulong* bitmap = Segment.Bitmap(page);
        uint before = table.Count;
        uint taken = 0;
        for (uint w = 0; taken < wanted && taken < page->CandidateCount && table.Count < most; w++)
        {
            // The headers come from memory together.
            uint asked = taken;
            for (ulong bits = bitmap[w]; bits != 0 && asked < wanted; bits &= bits - 1, asked++)
            {
                Prefetch.Header(PayloadOf(page, w, bits));
            }

            for (; bitmap[w] != 0 && taken < wanted && table.Count < most; bitmap[w] &= bitmap[w] - 1, taken++)
            {
                void* payload = PayloadOf(page, w, bitmap[w]);
                if (CandidateLog.IsLogged(Header.Word(payload)))
                {
                    table.Insert(payload);
                }
            }
        }

        heap->Candidates -= table.Count - before;
        page->CandidateCount -= (ushort)taken;
        if (page->CandidateCount == 0)
        {
            Segment.Of(page)->CandidatePages &= ~(1ul << Segment.IndexOf(page));
        }

        return taken;
    }

    /// <summary>The payload that the first bit of a word stands for.</summary>
    private static void* PayloadOf(Page* page, uint word, ulong bits) =>
        Blocks.PayloadAt(page, (word * 64) + (uint)BitOperations.TrailingZeroCount(bits));
}
