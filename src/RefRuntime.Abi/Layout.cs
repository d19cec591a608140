// What rr_layout() tells: the layout that inline calls touch, for those who generate code themselves.

using System.Runtime.InteropServices;

namespace RefRuntime.Abi;

/// <summary>What inline calls need to know of a type. A header of 0 means: call rr_alloc().</summary>
[CName("rr_layout_type")]
[Section(Section.Layout)]
[StructLayout(LayoutKind.Sequential, Size = 24)]
public struct LayoutType
{
    /// <summary>The header of a new object.</summary>
    public ulong Header;

    /// <summary>Bytes of the payload to clear, a multiple of 8.</summary>
    public uint ClearBytes;

    /// <summary>Offset of the bin, from the heap's bins.</summary>
    public uint BinOffset;

    /// <summary>Bit i: word i of the payload is a slot. 0 means: no slots, or rr_decref() has to look at them.</summary>
    public uint Slots;

    /// <summary>0.</summary>
    public uint Reserved;
}

/// <summary>The layout that inline calls touch; filled in by rr_layout(). It holds while the library is loaded.</summary>
[CName("rr_layout_info")]
[Sized]
[Section(Section.Layout)]
[StructLayout(LayoutKind.Sequential, Size = 120)]
public unsafe struct LayoutInfo
{
    /// <summary>sizeof(rr_layout_info), set by the caller; nothing past it is written.</summary>
    public uint StructSize;

    /// <summary>Entries of types. A type past them is allocated by rr_alloc().</summary>
    public uint TypeCount;

    /// <summary>Stands for the whole layout, as in rr_layout_check().</summary>
    public ulong Fingerprint;

    /// <summary>One entry for each type, indexed by rr_type. Types that are made later fill in theirs.</summary>
    [Const]
    public LayoutType* Types;

    /// <summary>Bit of the header: a decrement that leaves a positive count has nothing else to do.</summary>
    public ulong HeaderQuiet;

    /// <summary>The last reference goes and the block with it iff header &amp; release_mask == release_value.</summary>
    public ulong ReleaseMask;

    /// <summary>See release_mask.</summary>
    public ulong ReleaseValue;

    /// <summary>The last reference to an object with slots goes, and no more is to be done than to release them, iff header
    /// &amp; node_mask == node_value and its type's slots are not 0.</summary>
    public ulong NodeMask;

    /// <summary>See node_mask.</summary>
    public ulong NodeValue;

    /// <summary>rr_type = (header >> type_shift) &amp; type_mask.</summary>
    public uint TypeShift;

    /// <summary>See type_shift.</summary>
    public uint TypeMask;

    /// <summary>Segment = address &amp; ~segment_mask.</summary>
    public ulong SegmentMask;

    /// <summary>Index of an address's page = (address &amp; segment_mask) >> page_shift.</summary>
    public uint PageShift;

    /// <summary>Offset in a segment: entry 0 of the page table.</summary>
    public uint PageTable;

    /// <summary>log2 of the bytes of an entry.</summary>
    public uint PageEntryShift;

    /// <summary>Offset in the entry: 32 bits; a block may be pushed iff state &amp; page_state_mask ==
    /// page_state_value.</summary>
    public uint PageState;

    /// <summary>See page_state.</summary>
    public uint PageStateMask;

    /// <summary>See page_state.</summary>
    public uint PageStateValue;

    /// <summary>Offset in the entry: payload of the first free block, or NULL.</summary>
    public uint PageFree;

    /// <summary>Offset in the entry: 16 bits, how many free blocks there are.</summary>
    public uint PageFreeCount;

    /// <summary>Offset in the entry: 16 bits; as many free blocks make the page an empty one.</summary>
    public uint PageCarved;

    /// <summary>Offset in an rr_heap: the address of its bins.</summary>
    public uint HeapBins;
}
