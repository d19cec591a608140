// Checks the invariants of Layout.cs, in their order. The first that is broken becomes the last error, by its name.

using System.Numerics;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Os;

namespace RefRuntime.Heap;

internal static unsafe class HeapVerify
{
    public static Status Check(HeapState* heap)
    {
        ulong usedPages = 0;
        ulong candidates = 0;
        ulong rawBytes = 0;
        for (Segment* segment = heap->Segments; segment != null; segment = segment->Next)
        {
            Status status = CheckSegment(heap, segment, ref usedPages, ref candidates, ref rawBytes);
            if (status != Status.Ok)
            {
                return status;
            }
        }

        if (usedPages != heap->UsedPages)
        {
            return LastError.Bound(Status.Corrupt, Function, "H1: pages in use", usedPages, "differ from the heap's number,", heap->UsedPages);
        }

        if (heap->CallbackDepth == 0 && candidates < heap->Candidates)
        {
            return LastError.Bound(Status.Corrupt, Function, "C1: candidate bits", candidates, "are fewer than the heap's candidates,", heap->Candidates);
        }

        return rawBytes == heap->RawBytes
            ? Status.Ok
            : LastError.Bound(Status.Corrupt, Function, "H1: raw bytes", rawBytes, "differ from the heap's number,", heap->RawBytes);
    }

    private const string Function = "rr_heap_verify";

    private static Status CheckSegment(HeapState* heap, Segment* segment, ref ulong usedPages, ref ulong candidates, ref ulong rawBytes)
    {
        if (segment->Heap != heap || !SegmentMap.Contains(segment))
        {
            return Broken("S1: segment", segment, "is not known as the heap's");
        }

        Page* table = Segment.PageTable(segment);
        for (int i = 0; i < Config.PagesPerSegment; i++)
        {
            Page* page = table + i;
            bool isFree = (segment->FreePages & (1ul << i)) != 0;
            bool isHugeTail = segment->Bytes != Config.SegmentSize && page->Kind == PageKind.Free;
            bool isHuge = page->Kind == PageKind.Large && page->SpanPages == 0;
            if (isHuge)
            {
                rawBytes += page->Domain == Domain.Raw ? page->LargeBytes : 0;
                candidates += page->CandidateCount;
                return Status.Ok;
            }

            if (isFree != (page->Kind == PageKind.Free) && !isHugeTail)
            {
                return Broken("S2: page", Segment.Memory(segment, i), "is free by kind or by bit, not by both");
            }

            if (isFree || page->Kind == PageKind.Head)
            {
                continue;
            }

            if ((segment->DirtyPages & (1ul << i)) == 0)
            {
                return Broken("S2: page", Segment.Memory(segment, i), "is in use but not dirty");
            }

            usedPages++;
            candidates += page->CandidateCount;
            Status status = page->Kind == PageKind.Small ? CheckSmall(heap, page, ref rawBytes) : Status.Ok;
            status = status == Status.Ok ? CheckCandidates(segment, page) : status;
            if (status != Status.Ok)
            {
                return status;
            }

            rawBytes += page->Kind == PageKind.Large && page->Domain == Domain.Raw ? page->LargeBytes : 0;
        }

        return Status.Ok;
    }

    private static Status CheckSmall(HeapState* heap, Page* page, ref ulong rawBytes)
    {
        bool isSized = page->BlockSize == SizeClass.BlockSize(page->SizeClass);
        uint limit = page->Domain == Domain.Objects ? page->Carved * page->BlockSize : 0;
        if (!isSized || page->Carved > page->Capacity || page->Limit != limit)
        {
            return Broken("P1: page", page->Start, "has numbers that do not fit together");
        }

        if (!TryCount(page, page->Free, out uint free) || (page->IsAvailable != 0 && free != page->FreeCount))
        {
            return Broken("P2: page", page->Start, "has a broken free list");
        }

        bool isFull = page->Carved == page->Capacity && free < page->WakeCount && page->Countdown == page->WakeCount - free;
        bool canGive = free > 0 || page->Carved < page->Capacity;
        if (page->IsAvailable != 0 ? !canGive : !isFull)
        {
            return Broken("P3: page", page->Start, "is available, or has blocks, but not both, or miscounts those that are freed");
        }

        int bin = Blocks.BinIndex(page->Domain, page->SizeClass);
        uint inBin = 0;
        if ((Page*)heap->BinPages[bin] == page)
        {
            ulong stash = page->Domain == Domain.Objects ? heap->Stash[page->SizeClass] : 0;
            if (!TryCount(page, (void*)heap->Bins[bin], out inBin) || !TryCount(page, (void*)stash, out uint inStash))
            {
                return Broken("B1: bin of page", page->Start, "has blocks that are not free blocks of that page");
            }

            inBin += inStash;
        }

        uint live = 0;
        uint quarantined = 0;
        for (uint i = 0; i < page->Carved; i++)
        {
            bool hasHeader = ((ulong*)Blocks.PayloadAt(page, i))[-1] != 0;
            CheckRecord* record = CheckRecords.At(page, i);
            live += hasHeader ? 1u : 0;
            quarantined += !hasHeader && record != null && record->State == CheckState.Quarantined ? 1u : 0;
        }

        rawBytes += page->Domain == Domain.Raw ? (ulong)live * page->BlockSize : 0;
        return free + inBin + quarantined + live == page->Carved
            ? Status.Ok
            : Broken("P4: page", page->Start, "has blocks that are neither free nor live, or both");
    }

    private static Status CheckCandidates(Segment* segment, Page* page)
    {
        ulong* bitmap = Segment.Bitmap(page);
        uint bits = 0;
        for (uint w = 0; w < Segment.BitmapWords; w++)
        {
            for (ulong word = bitmap[w]; word != 0; word &= word - 1)
            {
                uint index = (w * 64) + (uint)BitOperations.TrailingZeroCount(word);
                if (page->Domain != Domain.Objects || index >= Blocks.CarvedOf(page))
                {
                    return Broken("C1: page", page->Start, "has a candidate bit on a block that never was an object");
                }

                bits++;
            }
        }

        bool hasBit = (segment->CandidatePages & (1ul << Segment.IndexOf(page))) != 0;
        return bits == page->CandidateCount && hasBit == (bits != 0)
            ? Status.Ok
            : Broken("C1: page", page->Start, "miscounts its candidates");
    }

    /// <summary>Length of a free list; false if it leaves the page, reaches a live block or has a loop.</summary>
    private static bool TryCount(Page* page, void* list, out uint count)
    {
        count = 0;
        for (; list != null; list = *(void**)list)
        {
            long offset = (byte*)list - Config.HeaderSize - page->Start;
            bool isBlock = offset >= 0 && offset < page->Carved * (long)page->BlockSize && offset % page->BlockSize == 0;
            if (!isBlock || ((ulong*)list)[-1] != 0 || ++count > page->Carved)
            {
                return false;
            }
        }

        return true;
    }

    private static Status Broken(string invariant, void* address, string problem) =>
        LastError.Pointer(Status.Corrupt, Function, invariant, address, problem);
}
