// What lies at an address, whatever it is: for debuggers and for people with a pointer that they know nothing of.
//
// Any value may be asked about. Only memory of this library is read, and of that only what the tables say is there.

using System.Numerics;
using RefRuntime.Core;
using RefRuntime.Heap;

namespace RefRuntime.Diagnostics;

internal enum MemoryPlace
{
    /// <summary>No memory of a heap.</summary>
    Outside,

    /// <summary>The head of a segment: tables.</summary>
    Tables,

    /// <summary>The beginning of a heap.</summary>
    Heap,

    /// <summary>A page in no use, or a part of one that no block lies in.</summary>
    Unused,

    /// <summary>A block whose header says that it is in use.</summary>
    LiveBlock,

    /// <summary>A block that was freed, or not yet handed out.</summary>
    FreeBlock,
}

internal unsafe struct Whereabouts
{
    public MemoryPlace Place { get; private set; }

    /// <summary>Null outside.</summary>
    public HeapState* Heap { get; private set; }

    /// <summary>The page and the payload of the block, where there is one.</summary>
    public Page* Page { get; private set; }
    public void* Payload { get; private set; }

    /// <summary>Of the address, from the payload: negative in the header.</summary>
    public long Offset { get; private set; }

    public static Whereabouts Of(void* address)
    {
        Whereabouts result = default;
        Segment* segment = SegmentAt(address);
        if (segment == null)
        {
            return result;
        }

        result.Heap = segment->Heap;
        ulong offset = (ulong)address - (ulong)segment;
        if (offset < Segment.HeadPages * (ulong)Config.PageSize)
        {
            result.Place = address == result.Heap ? MemoryPlace.Heap : MemoryPlace.Tables;
            return result;
        }

        // Beyond the first SegmentSize bytes there is only the one huge block.
        ulong index = offset >> Config.PageShift;
        Page* page = Segment.PageTable(segment) + (index < Config.PagesPerSegment && segment->Bytes == Config.SegmentSize ? index : Segment.HeadPages);
        while (page->Kind == PageKind.Tail)
        {
            page--;
        }

        result.Place = MemoryPlace.Unused;
        if (page->Kind is PageKind.Small or PageKind.Large)
        {
            result.FindBlock(page, (byte*)address);
        }

        return result;
    }

    private void FindBlock(Page* page, byte* address)
    {
        if (address < page->Start)
        {
            return;
        }

        ulong offset = (ulong)(address - page->Start);
        ulong index = page->Kind == PageKind.Small ? offset / page->BlockSize : 0;
        if (index >= Blocks.CarvedOf(page) || (page->Kind == PageKind.Large && offset >= page->LargeBytes))
        {
            return;
        }

        Page = page;
        Payload = page->Start + (index * page->BlockSize) + Config.HeaderSize;
        Offset = address - (byte*)Payload;
        Place = ((ulong*)Payload)[-1] != 0 ? MemoryPlace.LiveBlock : MemoryPlace.FreeBlock;
    }

    /// <summary>The segment whose memory reaches to the address. The map knows only the beginnings of huge ones: the next one below is the only one that can.</summary>
    private static Segment* SegmentAt(void* address)
    {
        ulong value = (ulong)address;
        if (value >= SegmentMap.AddressLimit)
        {
            return null;
        }

        ulong index = value >> Config.SegmentShift;
        ulong word = SegmentMap.Words[index >> 6] & (ulong.MaxValue >> (int)(63 - (index & 63)));
        for (ulong i = index >> 6; ; word = SegmentMap.Words[--i])
        {
            if (word != 0)
            {
                ulong found = (i << 6) + 63 - (ulong)BitOperations.LeadingZeroCount(word);
                Segment* segment = (Segment*)(found << Config.SegmentShift);
                return value - (ulong)segment < segment->Bytes ? segment : null;
            }

            if (i == 0)
            {
                return null;
            }
        }
    }
}
