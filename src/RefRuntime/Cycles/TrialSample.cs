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
        Arrivals arrivals = default;
        for (Segment* segment = heap->Segments; segment != null; segment = segment->Next)
        {
            for (ulong pages = segment->CandidatePages; pages != 0; pages &= pages - 1)
            {
                Page* page = Segment.PageTable(segment) + BitOperations.TrailingZeroCount(pages);
                Prefetch.Line(page);
                Prefetch.Line(Segment.Bitmap(page));
            }

            for (ulong pages = segment->CandidatePages; pages != 0; pages &= pages - 1)
            {
                Page* page = Segment.PageTable(segment) + BitOperations.TrailingZeroCount(pages);
                long count = page->CandidateCount;
                due += count * wanted;
                long taken = count <= few ? (2 * due >= count * all ? count : 0) : due < all ? 0 : due / all;
                if (taken != 0)
                {
                    due -= TakeFrom(page, ref table, ref arrivals, (uint)Math.Min(taken, count), wanted) * all;
                }
            }
        }

        arrivals.Drain(ref table);
        heap->Candidates -= table.Count;
        return table.Count;
    }

    /// <summary>
    /// Takes so many bits of the page's bitmap, unless the table has <paramref name="most"/> objects before: candidates, or what objects
    /// left behind that died inline. Returns how many bits it took.
    /// </summary>
    private static uint TakeFrom(Page* page, ref TrialTable table, ref Arrivals arrivals, uint wanted, uint most)
    {
        ulong* bitmap = Segment.Bitmap(page);
        uint taken = 0;
        for (uint w = 0; taken < wanted && taken < page->CandidateCount && table.Count + arrivals.Count < most; w++)
        {
            for (; bitmap[w] != 0 && taken < wanted && table.Count + arrivals.Count < most; bitmap[w] &= bitmap[w] - 1, taken++)
            {
                arrivals.Add(PayloadOf(page, w, bitmap[w]), ref table);
            }
        }

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

    /// <summary>What has been taken out of the log and is not in the table yet: the headers, which lie far apart, come from memory together.</summary>
    private struct Arrivals
    {
        private fixed ulong _payloads[(int)Prefetch.Distance];
        private uint _next;

        /// <summary>How many may still go into the table.</summary>
        public uint Count { get; private set; }

        /// <summary>Takes one, and puts the oldest into the table if there are many.</summary>
        public void Add(void* payload, ref TrialTable table)
        {
            Prefetch.Header(payload);
            if (Count == Prefetch.Distance)
            {
                Admit((void*)_payloads[_next], ref table);
            }
            else
            {
                Count++;
            }

            _payloads[_next] = (ulong)payload;
            _next = (_next + 1) % Prefetch.Distance;
        }

        /// <summary>Puts all into the table.</summary>
        public void Drain(ref TrialTable table)
        {
            for (uint i = Count; i != 0; i--)
            {
                Admit((void*)_payloads[(_next - i) % Prefetch.Distance], ref table);
            }

            Count = 0;
        }

        private static void Admit(void* payload, ref TrialTable table)
        {
            if (CandidateLog.IsLogged(Header.Word(payload)))
            {
                table.Insert(payload);
            }
        }
    }
}
