// Segments from the system and back, and pages from segments. Who decides when memory goes back: see PageDecay.

using System.Numerics;
using System.Runtime.InteropServices;
using RefRuntime.Core;
using RefRuntime.Os;

namespace RefRuntime.Heap;

internal static unsafe class Segments
{
    /// <summary>
    /// A new segment of <paramref name="bytes"/> reserved bytes with all pages behind the head free, in no heap yet, at will in large pages
    /// of the system's. Null when the system has no memory.
    /// </summary>
    public static Segment* TryCreate(ulong bytes, bool isLarge)
    {
        Segment* segment = (Segment*)Memory.Reserve(bytes, Config.SegmentSize);
        if (segment == null)
        {
            return null;
        }

        if (!SegmentMap.Covers(segment) || !Memory.Commit((byte*)segment, Segment.HeadBytes))
        {
            Memory.Release((byte*)segment, bytes);
            return null;
        }

        if (isLarge)
        {
            // Before the first byte is written: a large page can only be had for memory that nobody has touched.
            Memory.PreferLargePages((byte*)segment, bytes);
        }

        segment->Bytes = bytes;
        segment->FreePages = ~Bits.Run(0, Segment.HeadPages);
        segment->DirtyPages = Bits.Run(0, Segment.HeadPages);
        Page* table = Segment.PageTable(segment);
        for (int i = 0; i < Segment.HeadPages; i++)
        {
            table[i].Kind = PageKind.Head;
        }

        return segment;
    }

    /// <summary>Puts the segment into the heap, where every lookup finds it.</summary>
    public static void Attach(HeapState* heap, Segment* segment)
    {
        segment->Heap = heap;
        segment->Next = heap->Segments;
        if (heap->Segments != null)
        {
            heap->Segments->Previous = segment;
        }

        heap->Segments = segment;
        heap->ReservedBytes += segment->Bytes;
        SegmentMap.Add(segment);
    }

    /// <summary>Takes the segment, all of whose pages are free, out of the heap and gives it back.</summary>
    public static void Release(HeapState* heap, Segment* segment)
    {
        SegmentMap.Remove(segment);
        if (segment->Previous != null)
        {
            segment->Previous->Next = segment->Next;
        }
        else
        {
            heap->Segments = segment->Next;
        }

        if (segment->Next != null)
        {
            segment->Next->Previous = segment->Previous;
        }

        if (heap->Hint == segment)
        {
            heap->Hint = null;
        }

        Census.Forget(heap, segment);

        heap->FreeDirtyPages -= (ulong)BitOperations.PopCount(segment->DirtyPages & segment->FreePages);
        heap->ReservedBytes -= segment->Bytes;
        Memory.Release((byte*)segment, segment->Bytes);
    }

    /// <summary>True if the heap itself lies in this segment, which therefore lives as long as the heap.</summary>
    public static bool IsPrimary(HeapState* heap, Segment* segment) => Segment.Of(heap) == segment;

    /// <summary>Would <paramref name="bytes"/> more stay within the heap's limit? What counts is what the system has given.</summary>
    public static bool IsWithinLimit(HeapState* heap, ulong bytes) =>
        heap->MaxBytes == 0 || HeapState.CommittedBytes(heap) + heap->ExternalBytes + bytes <= heap->MaxBytes;

    /// <summary>The same, after giving back what is free if need be.</summary>
    public static bool TryMakeRoom(HeapState* heap, ulong bytes)
    {
        if (!IsWithinLimit(heap, bytes) && heap->PinPages == 0)
        {
            Blocks.EmptyBins(heap);
            Blocks.RetireEmptyPages(heap);
            Trim(heap);
        }

        heap->IsAtLimit = IsWithinLimit(heap, bytes) ? 0 : 1;
        return heap->IsAtLimit == 0;
    }

    /// <summary>
    /// Takes <paramref name="count"/> consecutive free pages. Null when the limit or the system has no more: nothing changed
    /// then. <paramref name="isZero"/> tells whether they are known to read as zeros.
    /// </summary>
    public static Page* TryTakePages(HeapState* heap, int count, out bool isZero)
    {
        isZero = false;
        Segment* segment = FindRun(heap, count, out int first);
        if (!IsWithinLimit(heap, BytesToCommit(segment, first, count)))
        {
            // Making room may take away the very pages that were found.
            TryMakeRoom(heap, BytesToCommit(segment, first, count));
            segment = FindRun(heap, count, out first);
            if (!IsWithinLimit(heap, BytesToCommit(segment, first, count)))
            {
                heap->IsAtLimit = 1;
                return null;
            }
        }

        heap->IsAtLimit = 0;

        bool isNew = segment == null;
        if (isNew)
        {
            segment = TryCreate(Config.SegmentSize, isLarge: heap->ReservedBytes >= Config.LargePagesFrom);
            if (segment == null)
            {
                return null;
            }

            first = Segment.HeadPages;
        }

        ulong run = Bits.Run(first, count);
        if ((segment->DirtyPages & run) != run && !Memory.Commit(Segment.Memory(segment, first), (ulong)count << Config.PageShift))
        {
            if (isNew)
            {
                Memory.Release((byte*)segment, segment->Bytes);
            }

            return null;
        }

        if (isNew)
        {
            Attach(heap, segment);
        }

        heap->Hint = segment;
        isZero = (segment->DirtyPages & run) == 0;
        if (isZero && count == 1 && HeapState.UsedBytes(heap) >= Config.PopulateFrom)
        {
            Memory.Populate(Segment.Memory(segment, first), Config.PageSize);
        }

        heap->FreeDirtyPages -= (ulong)BitOperations.PopCount(segment->DirtyPages & run);
        segment->FreePages &= ~run;
        segment->DirtyPages |= run;
        heap->UsedPages += (ulong)count;
        NotePeak(heap);
        PageDecay.Poll(heap);
        return Segment.PageTable(segment) + first;
    }

    /// <summary>Gives pages back to their segment.</summary>
    public static void ReturnPages(HeapState* heap, Page* page, int count)
    {
        Segment* segment = Segment.Of(page);
        int first = Segment.IndexOf(page);
        TouchedPages.Forget(heap, page);
        CheckRecords.Free(page);
        if (page->CandidateCount != 0)
        {
            // Bits that objects left behind which died inline: the next ones on the page are others.
            NativeMemory.Clear(Segment.Bitmap(page), Segment.BitmapWords * 8);
        }

        if (heap->IsChecked != 0)
        {
            MemoryTools.Show(Segment.Memory(segment, first), (ulong)count << Config.PageShift);
        }

        for (int i = 0; i < count; i++)
        {
            page[i] = default;
        }

        ulong run = Bits.Run(first, count);
        segment->FreePages |= run;
        segment->YoungPages &= ~run;
        segment->RootPages &= ~run;
        segment->CandidatePages &= ~run;
        segment->SpilledPages &= ~run;
        heap->FreeDirtyPages += (ulong)count;
        heap->UsedPages -= (ulong)count;

        PageDecay.Poll(heap);
    }

    /// <summary>Gives all free pages and wholly free segments back to the system.</summary>
    public static void Trim(HeapState* heap)
    {
        for (Segment* segment = heap->Segments; segment != null;)
        {
            Segment* next = segment->Next;
            Trim(heap, segment);
            segment = next;
        }
    }

    /// <summary>Gives the free pages of one segment back to the system: of one that is wholly free, if there is one. Returns how many the system took.</summary>
    public static ulong TrimOne(HeapState* heap)
    {
        ulong before = heap->FreeDirtyPages;
        Segment* chosen = null;
        for (Segment* segment = heap->Segments; segment != null; segment = segment->Next)
        {
            if (IsEmpty(heap, segment))
            {
                chosen = segment;
                break;
            }

            chosen = chosen == null && (segment->FreePages & segment->DirtyPages) != 0 ? segment : chosen;
        }

        if (chosen != null)
        {
            Trim(heap, chosen);
        }

        return before - heap->FreeDirtyPages;
    }

    public static void NotePeak(HeapState* heap)
    {
        ulong committed = HeapState.CommittedBytes(heap);
        if (committed > heap->PeakBytes)
        {
            heap->PeakBytes = committed;
        }
    }

    /// <summary>What the pages would add to the committed bytes: dirty ones are counted already, a new segment has a head.</summary>
    private static ulong BytesToCommit(Segment* segment, int first, int count)
    {
        int pages = segment == null
            ? count + Segment.HeadPages
            : count - BitOperations.PopCount(segment->DirtyPages & Bits.Run(first, count));
        return (ulong)pages << Config.PageShift;
    }

    /// <summary>True if all pages are free and the heap can do without the segment.</summary>
    private static bool IsEmpty(HeapState* heap, Segment* segment) =>
        segment->FreePages == ~Bits.Run(0, Segment.HeadPages) && !IsPrimary(heap, segment);

    private static void Trim(HeapState* heap, Segment* segment)
    {
        if (IsEmpty(heap, segment))
        {
            Release(heap, segment);
        }
        else
        {
            DecommitFreePages(heap, segment);
        }
    }

    private static void DecommitFreePages(HeapState* heap, Segment* segment)
    {
        ulong dirty = segment->FreePages & segment->DirtyPages;
        while (dirty != 0)
        {
            int first = BitOperations.TrailingZeroCount(dirty);
            int length = BitOperations.TrailingZeroCount(~(dirty >> first));
            ulong run = Bits.Run(first, length);
            dirty &= ~run;
            run = TryDecommit(segment, first, length);
            segment->DirtyPages &= ~run;
            heap->FreeDirtyPages -= (ulong)BitOperations.PopCount(run);
            if (run != 0 && segment->HasHoles == 0)
            {
                // Linux puts large pages together in the background, and memory into the holes between the small ones: within the hour all that
                // was given back would be there again, and no statistics of ours would know.
                segment->HasHoles = 1;
                Memory.RefuseLargePages((byte*)segment, Config.SegmentSize);
            }
        }
    }

    /// <summary>Decommits a run of pages as far as it covers whole pages of the system's. Returns the bits of those that read as zeros now.</summary>
    private static ulong TryDecommit(Segment* segment, int first, int length)
    {
        int step = Config.PageSize >= (int)Config.OsPageSize ? 1 : (int)Config.OsPageSize / Config.PageSize;
        int begin = (first + step - 1) / step * step;
        int end = (first + length) / step * step;
        return begin < end && Memory.Decommit(Segment.Memory(segment, begin), (ulong)(end - begin) << Config.PageShift)
            ? Bits.Run(begin, end - begin)
            : 0;
    }

    /// <summary>A segment with a run of free pages: of such that have their memory, if possible.</summary>
    private static Segment* FindRun(HeapState* heap, int count, out int first)
    {
        first = -1;
        Segment* segment = heap->FreeDirtyPages >= (ulong)count ? FindRun(heap, count, isDirty: true, ref first) : null;
        return segment != null ? segment : FindRun(heap, count, isDirty: false, ref first);
    }

    private static Segment* FindRun(HeapState* heap, int count, bool isDirty, ref int first)
    {
        if (heap->Hint != null && HasRun(heap->Hint, count, isDirty, ref first))
        {
            return heap->Hint;
        }

        for (Segment* segment = heap->Segments; segment != null; segment = segment->Next)
        {
            if (HasRun(segment, count, isDirty, ref first))
            {
                return segment;
            }
        }

        return null;
    }

    private static bool HasRun(Segment* segment, int count, bool isDirty, ref int first)
    {
        first = Bits.FindRun(isDirty ? segment->FreePages & segment->DirtyPages : segment->FreePages, count);
        return first >= 0;
    }
}
