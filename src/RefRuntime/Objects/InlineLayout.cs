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
    public const uint Revision = 1;

    /// <summary>Bit of the header: a decrement that leaves a positive count has nothing else to do.</summary>
    public const ulong HeaderQuiet = HeaderFlags.Quiet;

    /// <summary>The last reference goes and the block with it iff header and this mask give the value that follows.</summary>
    public const ulong ReleaseMask = uint.MaxValue | HeaderFlags.PlainLeaf | HeaderFlags.Frozen | HeaderFlags.Held;

    /// <summary>Count 1, a plain leaf, and nobody else who has to hear of it.</summary>
    public const ulong ReleaseValue = 1 | HeaderFlags.PlainLeaf;

    /// <summary>An object with slots dies with its last reference and has nothing to do but to release them iff header and this mask give the value that follows.</summary>
    public const ulong NodeMask = uint.MaxValue | (0xFFFul << 52);

    /// <summary>Count 1 and no flag: it is not in the log, and all its duties are those of its type.</summary>
    public const ulong NodeValue = 1;

    /// <summary>The type of an object is in the bits of its header above these ...</summary>
    public const uint TypeShift = Header.TypeShift;

    /// <summary>... and within this mask.</summary>
    public const uint TypeMask = Header.TypeMask;

    /// <summary>Bits of an address within its segment.</summary>
    public const ulong SegmentMask = Config.SegmentMask;

    /// <summary>log2 of the bytes of a page.</summary>
    public const uint PageShift = Config.PageShift;

    /// <summary>Offset of the page table in a segment.</summary>
    public const uint PageTable = Segment.PageTableOffset;

    /// <summary>log2 of the bytes of an entry in the page table.</summary>
    public const uint PageEntryShift = 7;

    /// <summary>Offset in the entry: a word that tells what the page is.</summary>
    public const uint PageState = 20;

    /// <summary>A freed block may be pushed iff the state and this mask give the value that follows.</summary>
    public const uint PageStateMask = 0xFF0000FF;

    /// <summary>Small blocks, in the available list.</summary>
    public const uint PageStateValue = ((uint)PageKind.Small) | (1u << 24);

    /// <summary>Offset in the entry: payload of the first free block, or NULL.</summary>
    public const uint PageFree = 32;

    /// <summary>Offset in the entry: 16 bits, how many free blocks there are.</summary>
    public const uint PageFreeCount = 40;

    /// <summary>Offset in the entry: 16 bits; as many free blocks make the page an empty one.</summary>
    public const uint PageCarved = 42;

    /// <summary>Offset in a heap: the address of its bins, as inline callers see them.</summary>
    public const uint HeapBins = 0;

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
    private const ulong Mixed1 = unchecked((((((((Start ^ Revision) * Prime) ^ HeaderQuiet) * Prime) ^ ReleaseMask) * Prime) ^ ReleaseValue) * Prime);

    [CIgnore]
    private const ulong Mixed2 = unchecked((((((((Mixed1 ^ NodeMask) * Prime) ^ NodeValue) * Prime) ^ TypeShift) * Prime) ^ TypeMask) * Prime);

    [CIgnore]
    private const ulong Mixed3 = unchecked((((((((Mixed2 ^ SegmentMask) * Prime) ^ PageShift) * Prime) ^ PageTable) * Prime) ^ PageEntryShift) * Prime);

    [CIgnore]
    private const ulong Mixed4 = unchecked((((((((Mixed3 ^ PageState) * Prime) ^ PageStateMask) * Prime) ^ PageStateValue) * Prime) ^ PageFree) * Prime);

    [CIgnore]
    private const ulong Mixed5 = unchecked((((((((Mixed4 ^ PageFreeCount) * Prime) ^ PageCarved) * Prime) ^ HeapBins) * Prime) ^ Types) * Prime);
}
