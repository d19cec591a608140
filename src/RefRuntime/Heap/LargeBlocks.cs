// Blocks that share a page with no other: spans of pages, and huge blocks with a segment of their own.
//
// Either way one Page entry describes the block, so that lookups need not know which it is.

using RefRuntime.Core;
using RefRuntime.Os;

namespace RefRuntime.Heap;

internal static unsafe class LargeBlocks
{
    private const ulong Padding = Config.Alignment - Config.HeaderSize;

    /// <summary>
    /// A block of at least <paramref name="bytes"/> bytes, header included: its payload, with a zero header. Null when
    /// neither limit nor system allow it: nothing changed then. <paramref name="isZero"/> tells whether the payload is zero.
    /// </summary>
    public static void* TryAllocate(HeapState* heap, Domain domain, ulong bytes, out bool isZero)
    {
        ulong pages = (bytes + Padding + Config.PageMask) >> Config.PageShift;
        Page* page = pages <= Config.MaxSpanPages && (int)pages <= Config.PagesPerSegment - Segment.HeadPages
            ? TrySpan(heap, (int)pages, out isZero)
            : TryHuge(heap, bytes, out isZero);
        if (page == null)
        {
            return null;
        }

        Segment* segment = Segment.Of(page);
        page->Kind = PageKind.Large;
        page->Domain = domain;
        page->LargeBytes = bytes;
        page->Start = Segment.Memory(segment, Segment.IndexOf(page)) + Padding;
        page->Limit = domain == Domain.Objects ? 1u : 0u;
        page->Reciprocal = 1;
        page->WakeCount = 1;
        page->Countdown = 1;
        *(ulong*)page->Start = 0;
        heap->BytesSinceCollection += bytes;
        heap->BytesSinceRound += bytes;
        if (domain == Domain.Objects)
        {
            heap->ObjectsBinned++;
            Blocks.MarkYoung(heap, page);
        }

        return page->Start + Config.HeaderSize;
    }

    /// <summary>Frees the block, whose header the caller has cleared.</summary>
    public static void Free(HeapState* heap, Page* page)
    {
        if (page->SpanPages != 0)
        {
            Segments.ReturnPages(heap, page, page->SpanPages);
            return;
        }

        Segment* segment = Segment.Of(page);
        TouchedPages.Forget(heap, page);
        CheckRecords.Free(page);
        heap->HugeBytes -= segment->Bytes;
        if (heap->PinPages != 0 && heap->Sweeping == 0)
        {
            // A walker stands in the list of segments: what is left is an ordinary segment, all of it free. (A sweep stands in
            // no list of segments, and has taken the page off its own.)
            ulong tail = segment->Bytes - Config.SegmentSize;
            if (tail != 0)
            {
                Memory.Release((byte*)segment + Config.SegmentSize, tail);
                heap->ReservedBytes -= tail;
                segment->Bytes = Config.SegmentSize;
            }

            // Its bit in the log may be left, see CandidateLog: the next object on the page is another one.
            *Segment.Bitmap(page) = 0;
            *page = default;
            segment->YoungPages = 0;
            segment->RootPages = 0;
            segment->CandidatePages = 0;
            segment->FreePages = ~Bits.Run(0, Segment.HeadPages);
            segment->DirtyPages = ulong.MaxValue;
            heap->FreeDirtyPages += Config.PagesPerSegment - Segment.HeadPages;
            return;
        }

        Segments.Release(heap, segment);
    }

    private static Page* TrySpan(HeapState* heap, int pages, out bool isZero)
    {
        Page* page = Segments.TryTakePages(heap, pages, out isZero);
        if (page == null)
        {
            return null;
        }

        page->SpanPages = (ushort)pages;
        for (int i = 1; i < pages; i++)
        {
            page[i].Kind = PageKind.Tail;
        }

        return page;
    }

    private static Page* TryHuge(HeapState* heap, ulong bytes, out bool isZero)
    {
        isZero = true;
        ulong head = (ulong)Segment.HeadPages << Config.PageShift;
        ulong total = Bits.AlignUp(head + Padding + bytes, Config.OsPageSize);
        if (!Segments.TryMakeRoom(heap, total < Config.SegmentSize ? Config.SegmentSize : total))
        {
            return null;
        }

        // SegmentMap knows whole segments: round up what is reserved, so that no other mapping shares the first one.
        Segment* segment = Segments.TryCreate(total < Config.SegmentSize ? Config.SegmentSize : total, isLarge: false);
        if (segment == null)
        {
            return null;
        }

        segment->FreePages = 0;
        segment->DirtyPages = ulong.MaxValue;
        Segments.Attach(heap, segment);
        heap->HugeBytes += segment->Bytes;
        Segments.NotePeak(heap);
        return Segment.PageTable(segment) + Segment.HeadPages;
    }
}
