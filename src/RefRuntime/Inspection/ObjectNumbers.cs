// Numbers for the live objects of a heap, 0, 1, 2, ... in the order of HeapWalk, so that who looks at a graph can keep what it knows
// in plain arrays: four bytes for an edge count, a bit for a mark. From object to number and back, for a quarter of a byte per block.
//
// What lives is a bit for each block of a page, 64 of them in a rank together with the number of the first: the number of a block
// is that, and the bits before its own (Jacobson, "Space-efficient static trees and graphs", 1989, with one level instead of two).
// While the numbers exist, the pages' Scratch points to their ranks, so there is nothing to look up on the way.
//
// Who is numbered: whoever has a count. Past its destroy callback, traverse could not be called any more; so what is dying is
// left out, and a reference to it leads nowhere.
//
// Invariants
//   the numbers of a page are consecutive, those of pages follow the order of the directory
//   between TryBuild and Free pages don't change hands: nothing is freed or allocated, the looks all run in one go

using System.Numerics;
using System.Runtime.CompilerServices;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Os;

namespace RefRuntime.Inspection;

internal unsafe struct ObjectNumbers
{
    private const int RankShift = 6;
    private const uint RankMask = (1u << RankShift) - 1;

    private HeapState* _heap;
    private byte* _memory;
    private ulong _bytes;
    private PageEntry* _pages;
    private ulong _pageCount;

    /// <summary>Objects that have a number.</summary>
    public uint Count { get; private set; }

    /// <summary>Numbers the objects; ends with <see cref="Free"/> in either case. False when the system has no memory, or there are more than 2^32 - 1.</summary>
    public static bool TryBuild(HeapState* heap, out ObjectNumbers numbers)
    {
        numbers = default;
        numbers._heap = heap;
        PageCounter room = default;
        Pages(heap, ref room);
        numbers._bytes = (room.Pages * (ulong)sizeof(PageEntry)) + (room.Ranks * (ulong)sizeof(Rank));
        if (numbers._bytes == 0)
        {
            return true;
        }

        numbers._memory = Memory.Reserve(numbers._bytes, 16);
        if (numbers._memory == null)
        {
            return false;
        }

        numbers._pages = (PageEntry*)numbers._memory;
        PageNumberer numberer = new() { Entry = numbers._pages, Rank = (Rank*)(numbers._pages + room.Pages) };
        Pages(heap, ref numberer);
        numbers._pageCount = (ulong)(numberer.Entry - numbers._pages);
        numbers.Count = (uint)numberer.Count;
        return numberer.Count <= uint.MaxValue;
    }

    public void Free()
    {
        for (ulong i = 0; i < _pageCount; i++)
        {
            _pages[i].Page->Scratch = null;
        }

        if (_memory != null)
        {
            Memory.Release(_memory, _bytes);
        }

        this = default;
    }

    /// <summary>The number of what may be anything: false unless it is an object of this heap that has one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool TryGet(void* pointer, out uint number)
    {
        number = 0;
        if (((ulong)pointer & (Config.Alignment - 1)) != 0 || !SegmentMap.Contains(pointer) || Segment.Of(pointer)->Heap != _heap)
        {
            return false;
        }

        Page* page = Segment.PageOf(pointer);
        if (!Blocks.TryIndexOf(page, pointer, out uint index) || page->Scratch == null)
        {
            return false;
        }

        Rank* rank = (Rank*)page->Scratch + (index >> RankShift);
        number = rank->NumberOf(index);
        return (rank->Live & (1ul << (int)(index & RankMask))) != 0;
    }

    /// <summary>The number of an object that has one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Of(void* payload)
    {
        Page* page = Segment.PageOf(payload);
        uint index = Blocks.IndexOf(page, payload);
        return ((Rank*)page->Scratch)[index >> RankShift].NumberOf(index);
    }

    /// <summary>The object with this number, which is below <see cref="Count"/>.</summary>
    public readonly void* ObjectAt(uint number)
    {
        ulong low = 0;
        for (ulong high = _pageCount; high - low > 1;)
        {
            ulong middle = (low + high) / 2;
            (low, high) = _pages[middle].First <= number ? (middle, high) : (low, middle);
        }

        Page* page = _pages[low].Page;
        Rank* ranks = (Rank*)page->Scratch;
        uint first = 0;
        for (uint end = RanksOf(page); end - first > 1;)
        {
            uint middle = (first + end) / 2;
            (first, end) = ranks[middle].First <= number ? (middle, end) : (first, middle);
        }

        ulong live = ranks[first].Live;
        for (uint skipped = number - ranks[first].First; skipped != 0; skipped--)
        {
            live &= live - 1;
        }

        return Blocks.PayloadAt(page, (first << RankShift) + (uint)BitOperations.TrailingZeroCount(live));
    }

    private static uint RanksOf(Page* page) => (Blocks.CapacityOf(page) + RankMask) >> RankShift;

    /// <summary>The pages that hold objects, in the order of HeapWalk.</summary>
    private static void Pages<T>(HeapState* heap, ref T visitor)
        where T : struct, IPageVisitor
    {
        for (Segment* segment = heap->Segments; segment != null; segment = segment->Next)
        {
            Page* table = Segment.PageTable(segment);
            for (ulong used = ~segment->FreePages; used != 0; used &= used - 1)
            {
                Page* page = table + BitOperations.TrailingZeroCount(used);
                if (page->Limit != 0)
                {
                    visitor.Visit(page);
                }
            }
        }
    }

    private interface IPageVisitor
    {
        void Visit(Page* page);
    }

    private struct PageCounter : IPageVisitor
    {
        public ulong Pages;
        public ulong Ranks;

        public void Visit(Page* page)
        {
            Pages++;
            Ranks += RanksOf(page);
        }
    }

    private struct PageNumberer : IPageVisitor
    {
        public PageEntry* Entry;
        public Rank* Rank;
        public ulong Count;

        public void Visit(Page* page)
        {
            Entry->Page = page;
            Entry->First = (uint)Count;
            Entry++;
            page->Scratch = (uint*)Rank;
            uint carved = Blocks.CarvedOf(page);
            byte* header = page->Start;
            for (uint index = 0, ranks = RanksOf(page); ranks != 0; ranks--, Rank++)
            {
                Rank->First = (uint)Count;
                ulong live = 0;
                for (uint end = index + RankMask + 1 < carved ? index + RankMask + 1 : carved; index < end; index++, header += page->BlockSize)
                {
                    live |= *(int*)header != 0 ? 1ul << (int)(index & RankMask) : 0;
                }

                Rank->Live = live;
                Count += (uint)BitOperations.PopCount(live);
            }
        }
    }

    private struct PageEntry
    {
        public Page* Page;

        /// <summary>The number of its first object.</summary>
        public uint First;
    }

    /// <summary>64 blocks of a page.</summary>
    private struct Rank
    {
        /// <summary>Bit i: the i-th of them has a number.</summary>
        public ulong Live;

        /// <summary>The number of the first that has one.</summary>
        public uint First;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public readonly uint NumberOf(uint index) =>
            First + (uint)BitOperations.PopCount(Live & ((1ul << (int)(index & RankMask)) - 1));
    }
}
