// What the blocks of each size take up: one walk over the pages, none over the objects.

using System.Numerics;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Heap;

namespace RefRuntime.Inspection;

internal static unsafe class ClassUsages
{
    /// <summary>One for each bin, objects first, and at the end one for large objects and one for large raw blocks.</summary>
    public const int Count = (2 * Config.MaxClasses) + 2;

    /// <summary>Fills in Count elements, many of which may have no page.</summary>
    public static void Read(HeapState* heap, ClassUsage* usages)
    {
        for (int i = 0; i < Count; i++)
        {
            usages[i] = default;
        }

        for (Segment* segment = heap->Segments; segment != null; segment = segment->Next)
        {
            Page* table = Segment.PageTable(segment);
            for (ulong used = ~segment->FreePages; used != 0; used &= used - 1)
            {
                Page* page = table + BitOperations.TrailingZeroCount(used);
                if (page->Kind == PageKind.Small)
                {
                    Add(ref usages[Blocks.BinIndex(page->Domain, page->SizeClass)], page);
                }
                else if (page->Kind == PageKind.Large)
                {
                    AddLarge(ref usages[(2 * Config.MaxClasses) + (int)page->Domain], segment, page);
                }
            }
        }

        for (void* waiting = heap->QuarantineFirst; waiting != null; waiting = CheckRecords.Of(waiting)->Next)
        {
            Forget(usages, Segment.PageOf(waiting));
        }

        for (int bin = 0; bin < 2 * Config.MaxClasses; bin++)
        {
            usages[bin].IsRaw = bin >= Config.MaxClasses ? 1u : 0;
            ulong waiting = Blocks.CountBinned(heap, bin);
            usages[bin].LiveBlocks -= waiting;
            usages[bin].FreeBlocks += waiting;
            usages[bin].LiveBytes = usages[bin].LiveBlocks * usages[bin].BlockBytes;
        }

        usages[Count - 1].IsRaw = 1;
    }

    private static void Add(ref ClassUsage usage, Page* page)
    {
        usage.BlockBytes = page->BlockSize;
        usage.PageBytes += Config.PageSize;
        usage.LiveBlocks += (ulong)(page->Carved - page->FreeCount);
        usage.FreeBlocks += page->FreeCount;
        usage.FreshBlocks += (ulong)(page->Capacity - page->Carved);
    }

    /// <summary>A block of the page is in quarantine: it is free, though not for use yet.</summary>
    private static void Forget(ClassUsage* usages, Page* page)
    {
        ref ClassUsage usage = ref usages[page->Kind == PageKind.Small
            ? Blocks.BinIndex(page->Domain, page->SizeClass)
            : (2 * Config.MaxClasses) + (int)page->Domain];
        usage.LiveBlocks--;
        if (page->Kind == PageKind.Small)
        {
            usage.FreeBlocks++;
        }
        else
        {
            usage.LiveBytes -= page->LargeBytes;
        }
    }

    /// <summary>A span is cut from a shared segment; a huge block has a segment to itself, whose head is a cost of the block.</summary>
    private static void AddLarge(ref ClassUsage usage, Segment* segment, Page* page)
    {
        usage.PageBytes += page->SpanPages == 0 ? segment->Bytes : (ulong)page->SpanPages << Config.PageShift;
        usage.LiveBlocks++;
        usage.LiveBytes += page->LargeBytes;
    }
}
