// What rr_layout() tells: the layout that inline calls touch, for those who generate code themselves.

using System.Runtime.InteropServices;

namespace RefRuntime.Abi;

/// <summary>What inline calls need to know of a type. All 0: such calls can do nothing with it.</summary>
[CName("rr_layout_type")]
[Section(Section.Layout)]
[StructLayout(LayoutKind.Sequential, Size = 40)]
public struct LayoutType
{
    /// <summary>The header of a new object.</summary>
    public ulong Header;

    /// <summary>An object with this header, or this and header_quiet, dies with its last reference by releasing its slots.
    /// 0, or another number that is no header: none does.</summary>
    public ulong Release;

    /// <summary>Bytes of the payload to clear: a word, and any number of 16 bytes; 0 with no bin.</summary>
    public uint ClearBytes;

    /// <summary>Offset of the bin, from the heap's bins. There is none at offset 0: it never has a block.</summary>
    public uint BinOffset;

    /// <summary>Offset of the first slot.</summary>
    public uint FirstSlot;

    /// <summary>Offset of what is behind the last slot. If all words from the first to here are 0, no slot holds anything.</summary>
    public uint SlotsEnd;

    /// <summary>Bit i: the word i words behind the first slot is a slot.</summary>
    public uint Slots;

    /// <summary>0.</summary>
    public uint Reserved;
}

/// <summary>The layout that inline calls touch; filled in by rr_layout(). It holds while the library is loaded.</summary>
[CName("rr_layout_info")]
[Sized]
[Section(Section.Layout)]
[StructLayout(LayoutKind.Sequential, Size = 112)]
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

    /// <summary>Bit of the header: a decrement that leaves a positive count has nothing else to do. Without it the object has
    /// to be logged.</summary>
    public ulong HeaderQuiet;

    /// <summary>The last reference goes, and only the block with it, iff the bits of the header below type_shift are these. An
    /// object with slots: see rr_layout_type.release.</summary>
    public ulong LeafValue;

    /// <summary>Segment = address &amp; ~segment_mask.</summary>
    public ulong SegmentMask;

    /// <summary>rr_type = header >> type_shift.</summary>
    public uint TypeShift;

    /// <summary>Offset in a segment: its heap.</summary>
    public uint SegmentHeap;

    /// <summary>Offset in a segment: the bitmaps of candidates, one for each page.</summary>
    public uint SegmentBitmaps;

    /// <summary>log2 of the bytes of a bitmap.</summary>
    public uint BitmapShift;

    /// <summary>Offset in a segment: the page table.</summary>
    public uint SegmentPages;

    /// <summary>log2 of the bytes of an entry in the page table.</summary>
    public uint PageEntryShift;

    /// <summary>Index of an address's page = (address &amp; segment_mask) >> page_shift.</summary>
    public uint PageShift;

    /// <summary>Offset in a page's entry: where its first block begins.</summary>
    public uint PageStart;

    /// <summary>Offset in a page's entry: 32 bits; a block's bit in the bitmap is (its offset from the start * this) >> 32.</summary>
    public uint PageReciprocal;

    /// <summary>Offset in a page's entry: payload of the first free block, or NULL.</summary>
    public uint PageFree;

    /// <summary>Offset in a page's entry: 16 bits that each freed block counts down; the library has to see it reach 0.</summary>
    public uint PageCountdown;

    /// <summary>Offset in a page's entry: 16 bits, how many candidates it has; the library has to see the first come and the
    /// last go.</summary>
    public uint PageCandidates;

    /// <summary>Offset in an rr_heap: the address of its bins.</summary>
    public uint HeapBins;

    /// <summary>Offset in an rr_heap: 64 bits, how many candidates it has.</summary>
    public uint HeapCandidates;

    /// <summary>Offset in an rr_heap: 64 bits; the library has to see the candidates become as many.</summary>
    public uint HeapTrap;

    /// <summary>Counts up when something here changes its meaning and keeps its value.</summary>
    public uint Revision;
}
