// malloc's job inside a heap: blocks of the raw domain. The header of a live raw block holds its size in bytes plus one, so
// that it is never zero and a double free is seen.

using System.Runtime.CompilerServices;
using RefRuntime.Core;
using RefRuntime.Os;

namespace RefRuntime.Heap;

internal static unsafe class RawMemory
{
    /// <summary>Null when neither limit nor system allow it. The content is undefined.</summary>
    public static void* TryAllocate(HeapState* heap, ulong bytes)
    {
        ulong block = bytes + Config.HeaderSize + heap->GuardBytes;
        void* payload;
        if (block <= Config.MaxSmallBlock)
        {
            int sizeClass = SizeClass.Of((uint)block);
            payload = Blocks.TryPop(heap, Blocks.BinIndex(Domain.Raw, sizeClass));
            if (payload == null)
            {
                payload = Blocks.PopSlow(heap, Domain.Raw, sizeClass);
            }
        }
        else
        {
            payload = LargeBlocks.TryAllocate(heap, Domain.Raw, block, out _);
        }

        if (payload == null)
        {
            return null;
        }

        ((ulong*)payload)[-1] = bytes + 1;
        heap->RawBytes += Blocks.BytesOf(Segment.PageOf(payload));
        if (heap->IsChecked != 0)
        {
            MemoryTools.Reuse(payload, BlockRoom(payload));
            MemoryTools.Born(heap, payload, bytes, isDefined: false);
            MemoryTools.Hide((byte*)payload + bytes, BlockRoom(payload) - bytes);
        }

        return payload;
    }

    public static void Free(HeapState* heap, void* payload)
    {
        Page* page = Segment.PageOf(payload);
        heap->RawBytes -= Blocks.BytesOf(page);
        ((ulong*)payload)[-1] = 0;
        if (heap->IsChecked != 0)
        {
            Hide(heap, page, payload);
        }

        Blocks.Push(heap, page, payload);
    }

    /// <summary>The size that was asked for.</summary>
    public static ulong SizeOf(void* payload) => ((ulong*)payload)[-1] - 1;

    /// <summary>Bytes that the block can hold without moving.</summary>
    public static ulong UsableSize(HeapState* heap, void* payload) => BlockRoom(payload) - heap->GuardBytes;

    public static void SetSize(HeapState* heap, void* payload, ulong bytes)
    {
        ulong before = SizeOf(payload);
        ((ulong*)payload)[-1] = bytes + 1;
        if (heap->IsChecked != 0)
        {
            // To the memory checker it is the same block, which ends elsewhere. What is unwritten in it stays so.
            if (bytes > before)
            {
                MemoryTools.Grown((byte*)payload + before, bytes - before);
            }

            MemoryTools.Hide((byte*)payload + bytes, BlockRoom(payload) - bytes);
        }
    }

    private static ulong BlockRoom(void* payload) => Blocks.BytesOf(Segment.PageOf(payload)) - Config.HeaderSize;

    /// <summary>Tells a memory checker that the block is dead. Raw memory has no quarantine, and the free list runs through the first word.
    /// A large block goes back to its segment, or that to the system, and has to be visible there.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Hide(HeapState* heap, Page* page, void* payload)
    {
        MemoryTools.Died(heap, payload, BlockRoom(payload));
        MemoryTools.Reuse(payload, page->Kind == PageKind.Large ? BlockRoom(payload) : (ulong)sizeof(void*));
    }

    /// <summary>Is the pointer a live raw block of this heap? Any pointer value may be asked about.</summary>
    public static bool IsLive(HeapState* heap, void* payload)
    {
        if (((ulong)payload & (Config.Alignment - 1)) != 0 || !SegmentMap.Contains(payload) || Segment.Of(payload)->Heap != heap)
        {
            return false;
        }

        Page* page = Segment.PageOf(payload);
        if (page->Domain != Domain.Raw || (page->Kind != PageKind.Small && page->Kind != PageKind.Large))
        {
            return false;
        }

        long offset = (byte*)payload - Config.HeaderSize - page->Start;
        if (page->Kind == PageKind.Large)
        {
            return offset == 0;
        }

        return offset >= 0 && offset < page->Carved * (long)page->BlockSize && offset % page->BlockSize == 0 && ((ulong*)payload)[-1] != 0;
    }
}
