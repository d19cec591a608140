// Small blocks: bins, pages of one size class, their free lists.
//
// Allocation pops from the bin of the class. An empty bin is the slow path: it takes over the local free list of the
// first available page, or carves the next blocks of a page that has untouched ones, or takes a new page. Freed blocks go
// to their page's own list, never to the bin, so that a page notices when it is empty and full pages stay out of the way.
//
// A page is carved a little at a time: memory is touched as it is used. When all blocks of a page come back before the next
// of them is asked for, they are too few to be worth the way here, and some more are carved.

using System.Runtime.CompilerServices;
using RefRuntime.Core;

namespace RefRuntime.Heap;

internal static unsafe class Blocks
{
    /// <summary>A block of the class: its payload, whose first word is not cleared; the header is zero. Null = the bin is empty.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void* TryPop(HeapState* heap, int bin)
    {
        void** head = (void**)heap->Bins + bin;
        void* payload = *head;
        if (payload != null)
        {
            *head = *(void**)payload;
        }

        return payload;
    }

    /// <summary>Fills the bin and pops from it; null when neither limit nor system allow more, and then nothing has changed.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void* PopSlow(HeapState* heap, Domain domain, int sizeClass)
    {
        int bin = BinIndex(domain, sizeClass);
        if (domain == Domain.Objects && heap->Stash[sizeClass] != 0)
        {
            // The blocks were there, only hidden. Whoever gets one makes the page young again.
            heap->Bins[bin] = heap->Stash[sizeClass];
            heap->Stash[sizeClass] = 0;
            MarkYoung(heap, (Page*)heap->BinPages[bin]);
        }
        else
        {
            Page* page = (Page*)heap->Available[bin];
            if (page == null)
            {
                page = TryNewPage(heap, domain, sizeClass);
                if (page == null && (page = WakeAny(heap, bin)) == null)
                {
                    return null;
                }
            }

            Refill(heap, page, bin);
        }

        return heap->Sampler != null && domain == Domain.Objects ? Sampling.Pop(heap, sizeClass) : TryPop(heap, bin);
    }

    /// <summary>Frees a block of any kind, whose header the caller has cleared.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Push(HeapState* heap, Page* page, void* payload)
    {
        *(void**)payload = page->Free;
        page->Free = payload;
        if (--page->Countdown == 0)
        {
            PushSlow(heap, page);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int BinIndex(Domain domain, int sizeClass) => ((int)domain * Config.MaxClasses) + sizeClass;

    /// <summary>Empties the object bins, so that the next allocation of each class comes by the slow path. Nothing is lost: see PopSlow.</summary>
    public static void TrapBins(HeapState* heap)
    {
        int classes = SizeClass.Count;
        for (int i = 0; i < classes; i++)
        {
            if (heap->Bins[i] != 0)
            {
                heap->Stash[i] = heap->Stash[i] == 0 && heap->Sampler == null ? heap->Bins[i] : JoinStash(heap, i);
                heap->Bins[i] = 0;
            }
        }
    }

    /// <summary>The blocks of the bin before those that wait in the stash, as they do where a profile samples.</summary>
    private static ulong JoinStash(HeapState* heap, int sizeClass)
    {
        ulong blocks = 1;
        void* last = (void*)heap->Bins[sizeClass];
        for (; *(void**)last != null; last = *(void**)last)
        {
            blocks++;
        }

        *(void**)last = (void*)heap->Stash[sizeClass];
        Sampling.GiveBack(heap, sizeClass, blocks);
        return heap->Bins[sizeClass];
    }

    /// <summary>The index of the payload's block in its page.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint IndexOf(Page* page, void* payload) =>
        (uint)(((ulong)(uint)((byte*)payload - Config.HeaderSize - page->Start) * page->Reciprocal) >> 32);

    /// <summary>
    /// Does an object's block begin at this address, which lies in a segment? If so, which? The fraction of the product tells
    /// whether the offset is a multiple: offset = k * size + r gives k * e + r * Reciprocal with e &lt; size, which is below
    /// Reciprocal iff r = 0, since offsets are below 2^16 and sizes below 2^15 (Lemire, Kaser and Kurz, "Faster remainder by
    /// direct computation", 2019).
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryIndexOf(Page* page, void* payload, out uint index)
    {
        // An address below Start wraps to an offset beyond any limit.
        ulong offset = (ulong)((byte*)payload - Config.HeaderSize - page->Start);
        ulong product = offset * page->Reciprocal;
        index = (uint)(product >> 32);
        return offset < page->Limit && (uint)product < page->Reciprocal;
    }

    /// <summary>Is the bit of the payload's block set in its page's bitmap of candidates?</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasBit(Page* page, void* payload)
    {
        uint index = IndexOf(page, payload);
        return (Segment.BitmapAt(payload)[index >> 6] & (1ul << (int)(index & 63))) != 0;
    }

    /// <summary>The payload of block <paramref name="index"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void* PayloadAt(Page* page, uint index) => page->Start + (index * page->BlockSize) + Config.HeaderSize;

    /// <summary>Bytes of the block, its header included.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong BytesOf(Page* page) => page->BlockSize != 0 ? page->BlockSize : page->LargeBytes;

    /// <summary>Blocks that the page can have.</summary>
    public static uint CapacityOf(Page* page) => page->Kind == PageKind.Small ? page->Capacity : 1u;

    /// <summary>Blocks of the page that were ever put into service.</summary>
    public static uint CarvedOf(Page* page) => page->Kind == PageKind.Small ? page->Carved : 1u;

    private static Page* TryNewPage(HeapState* heap, Domain domain, int sizeClass)
    {
        Page* page = Segments.TryTakePages(heap, 1, out _);
        if (page == null)
        {
            return null;
        }

        Segment* segment = Segment.Of(page);
        uint blockSize = SizeClass.BlockSize(sizeClass);
        page->Kind = PageKind.Small;
        page->Domain = domain;
        page->SizeClass = (byte)sizeClass;
        page->BlockSize = blockSize;
        page->Reciprocal = (uint)(((1ul << 32) + blockSize - 1) / blockSize);
        page->Start = Segment.Memory(segment, Segment.IndexOf(page)) + (Config.Alignment - Config.HeaderSize);
        page->Capacity = (ushort)((Config.PageSize - (Config.Alignment - Config.HeaderSize)) / blockSize);
        Link(heap, page);
        return page;
    }

    /// <summary>Moves blocks of the page into the empty bin.</summary>
    private static void Refill(HeapState* heap, Page* page, int bin)
    {
        bool isShort = page->Countdown == 0 && page->Carved * page->BlockSize < Config.BriefBytes;
        if (page->FreeCount == 0 || (isShort && page->Carved < page->Capacity))
        {
            Carve(page);
        }

        heap->Bins[bin] = (ulong)page->Free;
        heap->BinPages[bin] = (ulong)page;
        heap->BytesSinceCollection += (ulong)page->FreeCount * page->BlockSize;
        heap->BytesSinceRound += (ulong)page->FreeCount * page->BlockSize;
        if (page->Domain == Domain.Objects)
        {
            heap->ObjectsBinned += page->FreeCount;
            MarkYoung(heap, page);
        }

        page->Free = null;
        page->Countdown = page->Carved;
        if (page->Carved == page->Capacity)
        {
            Unlink(heap, page);

            // At the limit each free block is wanted at once.
            page->WakeCount = heap->IsAtLimit != 0 ? (ushort)1 : page->UsualWakeCount;
            page->Countdown = page->WakeCount;
        }
    }

    /// <summary>Puts the next blocks of the page into service, in address order, before those that are free.</summary>
    private static void Carve(Page* page)
    {
        uint count = Config.CarveBytes / page->BlockSize;
        uint left = (uint)page->Capacity - page->Carved;
        count = count == 0 ? 1 : count;
        count = count > left ? left : count;

        byte* first = page->Start + (page->Carved * page->BlockSize);
        byte* header = first;
        for (uint i = 0; i < count; i++)
        {
            byte* next = header + page->BlockSize;
            *(ulong*)header = 0;
            *(void**)(header + Config.HeaderSize) = i + 1 == count ? page->Free : next + Config.HeaderSize;
            header = next;
        }

        page->Free = first + Config.HeaderSize;
        page->Carved += (ushort)count;
        if (page->Domain == Domain.Objects)
        {
            page->Limit = page->Carved * page->BlockSize;
        }
    }

    /// <summary>After a free: a full page becomes available again; an empty one retires, unless it is the last of its class. A large block goes.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void PushSlow(HeapState* heap, Page* page)
    {
        if (page->Kind == PageKind.Large)
        {
            LargeBlocks.Free(heap, page);
            return;
        }

        if (page->IsAvailable == 0)
        {
            Wake(heap, page);
        }

        bool isOnly = page->Next == null && page->Previous == null;
        if (page->Countdown == 0 && !isOnly)
        {
            if (heap->Sweeping != 0)
            {
                heap->RetireDeferred = 1;
                return;
            }

            Retire(heap, page);
        }
    }

    /// <summary>Gives back a page all of whose blocks are dead or free, none of them in a bin, whatever is written in them.</summary>
    public static void Retire(HeapState* heap, Page* page)
    {
        if (page->IsAvailable != 0)
        {
            Unlink(heap, page);
        }

        Segments.ReturnPages(heap, page, 1);
    }

    /// <summary>Do free blocks of the page lie in a bin or stash?</summary>
    public static bool IsInBin(HeapState* heap, Page* page)
    {
        int bin = BinIndex(page->Domain, page->SizeClass);
        ulong stash = page->Domain == Domain.Objects ? heap->Stash[page->SizeClass] : 0;
        return (Page*)heap->BinPages[bin] == page && (heap->Bins[bin] | stash) != 0;
    }

    /// <summary>Free blocks that lie in the bin and its stash.</summary>
    public static ulong CountBinned(HeapState* heap, int bin)
    {
        ulong count = 0;
        for (void* block = (void*)heap->Bins[bin]; block != null; block = *(void**)block)
        {
            count++;
        }

        for (void* block = bin < Config.MaxClasses ? (void*)heap->Stash[bin] : null; block != null; block = *(void**)block)
        {
            count++;
        }

        return count;
    }

    /// <summary>Puts the blocks that lie in bins and stashes back into their pages, so that every empty page can be seen to be empty.</summary>
    public static void EmptyBins(HeapState* heap)
    {
        for (int bin = 0; bin < 2 * Config.MaxClasses; bin++)
        {
            Page* page = (Page*)heap->BinPages[bin];
            ulong blocks = Return(heap, page, (void*)heap->Bins[bin]);
            heap->Bins[bin] = 0;
            if (bin < Config.MaxClasses)
            {
                Sampling.GiveBack(heap, bin, blocks);
                Return(heap, page, (void*)heap->Stash[bin]);
                heap->Stash[bin] = 0;
            }
        }
    }

    /// <summary>Returns pages that hysteresis kept although they are empty.</summary>
    public static void RetireEmptyPages(HeapState* heap)
    {
        for (int bin = 0; bin < 2 * Config.MaxClasses; bin++)
        {
            for (Page* page = (Page*)heap->Available[bin]; page != null;)
            {
                Page* next = page->Next;
                if (page->Countdown == 0)
                {
                    Retire(heap, page);
                }

                page = next;
            }
        }
    }

    /// <summary>From now on objects may be born in the page: the next complete collection looks at it.</summary>
    public static void MarkYoung(HeapState* heap, Page* page)
    {
        Segment.Of(page)->YoungPages |= 1ul << Segment.IndexOf(page);
        heap->HasYoung = 1;
    }

    private static ulong Return(HeapState* heap, Page* page, void* list)
    {
        ulong blocks = 0;
        for (; list != null; blocks++)
        {
            void* next = *(void**)list;
            *(void**)list = page->Free;
            page->Free = list;
            heap->ObjectsBinned -= page->Domain == Domain.Objects ? 1ul : 0;
            if (page->IsAvailable == 0)
            {
                Wake(heap, page);
            }

            page->Countdown--;
            list = next;
        }

        return blocks;
    }

    /// <summary>A page that was full gives blocks again.</summary>
    private static void Wake(HeapState* heap, Page* page)
    {
        ushort free = page->FreeCount;
        Link(heap, page);
        page->Countdown = (ushort)(page->Carved - free);
    }

    /// <summary>Where there is no memory for another page: one of the bin's that has some free block, however few.</summary>
    private static Page* WakeAny(HeapState* heap, int bin)
    {
        for (Segment* segment = heap->Segments; segment != null; segment = segment->Next)
        {
            Page* table = Segment.PageTable(segment);
            for (int i = Segment.HeadPages; i < Config.PagesPerSegment; i++)
            {
                Page* page = table + i;
                if (page->Kind == PageKind.Small && page->Free != null && BinIndex(page->Domain, page->SizeClass) == bin)
                {
                    Wake(heap, page);
                    return page;
                }
            }
        }

        return null;
    }

    private static void Link(HeapState* heap, Page* page)
    {
        ref ulong head = ref heap->Available[BinIndex(page->Domain, page->SizeClass)];
        page->Next = (Page*)head;
        page->Previous = null;
        if (page->Next != null)
        {
            page->Next->Previous = page;
        }

        head = (ulong)page;
        page->IsAvailable = 1;
    }

    private static void Unlink(HeapState* heap, Page* page)
    {
        if (page->Previous != null)
        {
            page->Previous->Next = page->Next;
        }
        else
        {
            heap->Available[BinIndex(page->Domain, page->SizeClass)] = (ulong)page->Next;
        }

        if (page->Next != null)
        {
            page->Next->Previous = page->Previous;
        }

        page->Next = null;
        page->Previous = null;
        page->IsAvailable = 0;
    }
}
