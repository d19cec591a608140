// Visits every live object of a heap in address order, segment by segment. While a walk runs that lets foreign code in,
// the caller pins the pages (HeapState.PinPages), so that no segment vanishes under it.

using System.Numerics;
using RefRuntime.Core;

namespace RefRuntime.Heap;

internal interface IBlockVisitor
{
    /// <summary>Called for each live object. False ends the walk.</summary>
    unsafe bool Visit(Page* page, void* payload);
}

internal static unsafe class HeapWalk
{
    public static bool Objects<T>(HeapState* heap, ref T visitor)
        where T : struct, IBlockVisitor
    {
        for (Segment* segment = heap->Segments; segment != null; segment = segment->Next)
        {
            if (!Pages(segment, ~segment->FreePages, ref visitor))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Visits the objects in the pages of the segment whose bits are set.</summary>
    public static bool Pages<T>(Segment* segment, ulong pages, ref T visitor)
        where T : struct, IBlockVisitor
    {
        Page* table = Segment.PageTable(segment);
        for (; pages != 0; pages &= pages - 1)
        {
            Page* page = table + BitOperations.TrailingZeroCount(pages);

            // Limit is read anew each time: the page may fill up or retire while foreign code runs.
            for (uint index = 0, offset = 0; offset < page->Limit; index++, offset += page->BlockSize)
            {
                byte* header = page->Start + offset;
                if (*(ulong*)header != 0 && !visitor.Visit(page, header + Config.HeaderSize))
                {
                    return false;
                }

                if (page->BlockSize == 0)
                {
                    break;
                }
            }
        }

        return true;
    }
}
