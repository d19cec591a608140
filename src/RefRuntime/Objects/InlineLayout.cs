// What code outside the library knows of the inside, so that it can count, allocate and free without a call: the inline
// header (include/refruntime_inline.h), and compilers through rr_layout(). AbiGen writes these constants to
// include/refruntime_layout.h.
//
// Nothing here is ABI. Whoever was compiled with other values has another Fingerprint, and rr_layout_check refuses it. So
// every constant enters the fingerprint, in order; a test recomputes it, and compares the offsets with the structures.
//
// What makes it safe to know so little: the trap rule. A count <= 0, an empty bin, a header without Quiet, a page that does
// not give: each sends the caller to the extern function, and the library brings each about when it has to be asked.

using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Heap;

namespace RefRuntime.Objects;

/// <summary>The layout that the inline functions are compiled with.</summary>
[CPrefix("RR_LAYOUT_")]
internal static class InlineLayout
{
    /// <summary>Counts up when a name below changes its meaning and keeps its value.</summary>
    public const uint Revision = 2;

    /// <summary>Bit of the header: a decrement that leaves a positive count has nothing else to do. Without it the object has to be logged.</summary>
    public const ulong HeaderQuiet = HeaderFlags.Quiet;

    /// <summary>The bits of the header from this one on are the type; those below are count and flags.</summary>
    public const uint TypeShift = Header.TypeShift;

    /// <summary>Count and flags of an object with whose last reference only the block goes. (One with slots that dies by releasing them has the header that it was born with, or that and Quiet.)</summary>
    public const ulong LeafValue = 1 | HeaderFlags.PlainLeaf | HeaderFlags.Quiet | HeaderFlags.Skipped;

    /// <summary>Bits of an address within its segment.</summary>
    public const ulong SegmentMask = Config.SegmentMask;

    /// <summary>Offset in a segment: its heap.</summary>
    public const uint SegmentHeap = 0;

    /// <summary>Offset in a segment: the bitmaps of candidates, one for each page.</summary>
    public const uint SegmentBitmaps = Segment.BitmapOffset;

    /// <summary>log2 of the bytes of a bitmap.</summary>
    public const uint BitmapShift = Config.PageShift - 7;

    /// <summary>Offset in a segment: the page table.</summary>
    public const uint SegmentPages = Segment.PageTableOffset;

    /// <summary>log2 of the bytes of an entry in the page table.</summary>
    public const uint PageEntryShift = 7;

    /// <summary>log2 of the bytes of a page.</summary>
    public const uint PageShift = Config.PageShift;

    /// <summary>Offset in a page's entry: where its first block begins.</summary>
    public const uint PageStart = 0;

    /// <summary>Offset in a page's entry: 32 bits; a block's bit in the bitmap is (its offset from the start * this) >> 32.</summary>
    public const uint PageReciprocal = 12;

    /// <summary>Offset in a page's entry: payload of the first free block, or NULL.</summary>
    public const uint PageFree = 32;

    /// <summary>Offset in a page's entry: 16 bits that each freed block counts down; the library has to see it reach 0.</summary>
    public const uint PageCountdown = 40;

    /// <summary>Offset in a page's entry: 16 bits, how many bits are set in its bitmap; the library has to see the first come.</summary>
    public const uint PageCandidates = 46;

    /// <summary>Offset in a heap: the address of its bins, as inline callers see them.</summary>
    public const uint HeapBins = 0;

    /// <summary>Offset in a heap: 64 bits, how many candidates it has.</summary>
    public const uint HeapCandidates = 8;

    /// <summary>Offset in a heap: 64 bits; the library has to see the candidates become as many.</summary>
    public const uint HeapTrap = 16;

    /// <summary>How many types, the first ones, have an entry in the table that rr_layout() gives.</summary>
    public const uint Types = 1u << 16;

    /// <summary>Stands for all of the above: what rr_layout_check() compares.</summary>
    public const ulong Fingerprint = Mixed5;

    // FNV-1a, a whole constant at a time, in the order above.
    [CIgnore]
    private const ulong Start = 0xCBF29CE484222325;

    [CIgnore]
    private const ulong Prime = 0x100000001B3;

    [CIgnore]
    private const ulong Mixed1 = unchecked((((((((Start ^ Revision) * Prime) ^ HeaderQuiet) * Prime) ^ TypeShift) * Prime) ^ LeafValue) * Prime);

    [CIgnore]
    private const ulong Mixed2 = unchecked((((((((Mixed1 ^ SegmentMask) * Prime) ^ SegmentHeap) * Prime) ^ SegmentBitmaps) * Prime) ^ BitmapShift) * Prime);

    [CIgnore]
    private const ulong Mixed3 = unchecked((((((((Mixed2 ^ SegmentPages) * Prime) ^ PageEntryShift) * Prime) ^ PageShift) * Prime) ^ PageStart) * Prime);

    [CIgnore]
    private const ulong Mixed4 = unchecked((((((((Mixed3 ^ PageReciprocal) * Prime) ^ PageFree) * Prime) ^ PageCountdown) * Prime) ^ PageCandidates) * Prime);

    [CIgnore]
    private const ulong Mixed5 = unchecked((((((((Mixed4 ^ HeapBins) * Prime) ^ HeapCandidates) * Prime) ^ HeapTrap) * Prime) ^ Types) * Prime);
}
