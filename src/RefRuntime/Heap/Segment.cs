// The head of a segment, and the way from an address to the tables behind it. Words and invariants: Layout.cs.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Core;

namespace RefRuntime.Heap;

/// <summary>The head of a segment. The page table and the bitmaps follow it.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
internal unsafe struct Segment
{
    public const int PageTableOffset = 128;
    public const int PageEntrySize = 128;

    /// <summary>64-bit words of one page's candidate bitmap: a bit for each 16 bytes.</summary>
    public const int BitmapWords = (Config.PageSize / Config.Alignment / 64) + (Config.PageSize / Config.Alignment % 64 != 0 ? 1 : 0);
    public const int BitmapOffset = PageTableOffset + (PageEntrySize * Config.PagesPerSegment);
    public const int HeapOffset = BitmapOffset + (BitmapWords * 8 * Config.PagesPerSegment);
    public const int HeadBytes = HeapOffset + HeapState.Size;
    public const int HeadPages = (HeadBytes + Config.PageSize - 1) / Config.PageSize;

    public HeapState* Heap;
    public Segment* Next;
    public Segment* Previous;

    /// <summary>Bytes reserved: SegmentSize, or more for a huge block.</summary>
    public ulong Bytes;

    /// <summary>Bit i: page i is free.</summary>
    public ulong FreePages;

    /// <summary>Bit i: page i may hold something else than zeros.</summary>
    public ulong DirtyPages;

    /// <summary>Bit i: page i has candidates.</summary>
    public ulong CandidatePages;

    /// <summary>Bit i: objects in page i wait for death in its candidate bitmap.</summary>
    public ulong SpilledPages;

    /// <summary>Bit i: objects may have been allocated in page i since the last complete collection.</summary>
    public ulong YoungPages;

    /// <summary>Bit i: the collection that runs in slices has yet to sweep page i.</summary>
    public ulong RootPages;

    /// <summary>Bit i: it has yet to take the objects of page i out of the log.</summary>
    public ulong LoggedPages;

    /// <summary>1 once pages were given back: the segment has asked for small pages since.</summary>
    public int HasHoles;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Segment* Of(void* address) => (Segment*)((ulong)address & ~Config.SegmentMask);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Page* PageTable(Segment* segment) => (Page*)((byte*)segment + PageTableOffset);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Page* PageOf(void* address)
    {
        ulong offset = (ulong)address & Config.SegmentMask;
        return (Page*)((byte*)Of(address) + PageTableOffset + ((offset >> Config.PageShift) * PageEntrySize));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int IndexOf(Page* page) => (int)((uint)(((ulong)page & Config.SegmentMask) - PageTableOffset) / PageEntrySize);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong* Bitmap(Page* page) =>
        (ulong*)((byte*)Of(page) + BitmapOffset) + (IndexOf(page) * BitmapWords);

    /// <summary>The candidate bitmap of the page in which the address lies.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong* BitmapAt(void* address) =>
        (ulong*)((byte*)Of(address) + BitmapOffset) + ((((ulong)address & Config.SegmentMask) >> Config.PageShift) * BitmapWords);

    /// <summary>Address of page <paramref name="index"/>'s memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte* Memory(Segment* segment, int index) => (byte*)segment + ((long)index << Config.PageShift);
}
