// How many objects live, and in how many bytes of blocks: derived from pages, bins and quarantine, since the
// allocator's fast paths count nothing.

using System.Numerics;

namespace RefRuntime.Heap;

internal unsafe struct LiveBlocks
{
    /// <summary>Objects that live, and bytes of their blocks.</summary>
    public ulong Objects;
    public ulong Bytes;

    /// <summary>Blocks that lie in bins of objects.</summary>
    public ulong InBins;

    /// <summary>Costs a look at each page of the heap and at each block in a bin.</summary>
    public static LiveBlocks Count(HeapState* heap)
    {
        LiveBlocks live = default;
        for (Segment* segment = heap->Segments; segment != null; segment = segment->Next)
        {
            live.Add(segment);
        }

        for (int i = 0; i < SizeClass.Count; i++)
        {
            ulong waiting = Blocks.CountBinned(heap, i);
            live.InBins += waiting;
            live.Bytes -= waiting * SizeClass.BlockSize(i);
        }

        live.Objects -= live.InBins + heap->QuarantineObjects;
        live.Bytes -= heap->QuarantineBytes;
        return live;
    }

    /// <summary>Adds the segment's blocks that are not free, those in bins and in quarantine among them.</summary>
    public void Add(Segment* segment)
    {
        Page* table = Segment.PageTable(segment);
        for (ulong used = ~segment->FreePages; used != 0; used &= used - 1)
        {
            Page* page = table + BitOperations.TrailingZeroCount(used);
            if (page->Domain == Domain.Objects && page->Limit != 0)
            {
                ulong blocks = page->Kind == PageKind.Small ? (ulong)(page->Carved - page->FreeCount) : 1;
                Objects += blocks;
                Bytes += blocks * Blocks.BytesOf(page);
            }
        }
    }
}
