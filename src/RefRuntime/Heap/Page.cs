// The entry of a page in its segment's table. Words and invariants: Layout.cs.

using System.Runtime.InteropServices;
using RefRuntime.Core;

namespace RefRuntime.Heap;

/// <summary>What a segment's head knows of one page.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal unsafe struct Page
{
    // The first cache line: all that lookups, frees, the log and collections read.

    /// <summary>The first block (its header).</summary>
    public byte* Start;

    /// <summary>Bytes from Start in which objects can begin: 0 unless the page holds objects, 1 for a large block.</summary>
    public uint Limit;

    /// <summary>ceil(2^32 / BlockSize): block index = offset * Reciprocal >> 32, exact for offsets below 2^16. 1 for a large block, whose only offset is 0.</summary>
    public uint Reciprocal;

    /// <summary>Bytes of a block. 0 for a large one, see <see cref="LargeBytes"/>.</summary>
    public uint BlockSize;

    public PageKind Kind;
    public Domain Domain;
    public byte SizeClass;

    /// <summary>1 while the page is in the available list of its class.</summary>
    public byte IsAvailable;

    /// <summary>Blocks in the local free list.</summary>
    public readonly ushort FreeCount => (ushort)((IsAvailable != 0 ? Carved : WakeCount) - Countdown);

    /// <summary>As many free blocks make a full page available again, unless memory is scarce. Fewer are not worth the way: one that is
    /// taken for a single block is full again with it.</summary>
    public readonly ushort UsualWakeCount => (ushort)(Capacity < 2 * Config.WakeFraction ? 1 : Capacity / Config.WakeFraction);

    /// <summary>The collector's: a word for each block while a traversal has touched the page, else null.</summary>
    public uint* Side;

    /// <summary>Payload of the first block of the local free list: the blocks that were freed since the list was last taken.</summary>
    public void* Free;

    /// <summary>Frees until the page has to be looked at: when it reaches 0, all its blocks are free, or WakeCount of a page that was full.</summary>
    public ushort Countdown;

    /// <summary>Blocks [0, Carved) have been put into service; the rest of the page was never touched.</summary>
    public ushort Carved;

    public ushort Capacity;

    /// <summary>Bits set in the page's candidate bitmap.</summary>
    public ushort CandidateCount;

    /// <summary>Neighbours in the available list.</summary>
    public Page* Next;
    public Page* Previous;

    // The second cache line.

    /// <summary>Bytes of a large block, its header included.</summary>
    public ulong LargeBytes;

    /// <summary>Neighbours in the list of pages that the running traversal has touched, see TouchedPages.</summary>
    public Page* NextTouched;
    public Page* PreviousTouched;

    /// <summary>What Side and NextTouched are for the collector, for those who look at the heap: they may do so between two slices. Or the ranks of ObjectNumbers.</summary>
    public uint* Scratch;
    public Page* NextScratch;

    /// <summary>Blocks that the running collection has found dead.</summary>
    public uint DeadBlocks;

    /// <summary>Pages of the span.</summary>
    public ushort SpanPages;

    /// <summary>As many free blocks make the page, which is full, available again.</summary>
    public ushort WakeCount;

    /// <summary>1 when the running collection looks at every object of the page in address order.</summary>
    public byte IsSwept;

    /// <summary>In a checked heap: what is known of each block, see CheckRecords.</summary>
    public CheckRecord* Records;
}
