// The memory of objects: a zeroed payload behind a fresh header, and back.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Checking;
using RefRuntime.Core;
using RefRuntime.Counting;
using RefRuntime.Heap;
using RefRuntime.Objects;

namespace RefRuntime.Lifetime;

internal static unsafe class ObjectMemory
{
    private const ulong InlineClearBytes = 64;

    /// <summary>An object without items from its class's open bin, or null when there is no block. Open bins are never those of a guarded heap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void* TryPop(HeapState* heap, TypeDescriptor* type)
    {
        void** bin = heap->InlineBins + HeapState.InlineBin(type->FixedClass);
        void* payload = *bin;
        if (payload != null)
        {
            *bin = *(void**)payload;
            if ((type->Flags & TypeFlags.Unzeroed) == 0)
            {
                Clear((ulong*)payload, type->Size);
            }

            Header.Word(payload) = type->NewHeader;
        }

        return payload;
    }

    /// <summary>An object with <paramref name="items"/> items, whose sizes add up. Null when there is no memory: nothing changed then.</summary>
    public static void* TryAllocate(HeapState* heap, TypeDescriptor* type, ulong payloadBytes, ulong items)
    {
        ulong block = ObjectSize.BlockBytes(type, payloadBytes + heap->GuardBytes);
        void* payload = block <= Config.MaxSmallBlock ? Blocks.TryPop(heap, SizeClass.Of((uint)block)) : null;
        if (payload == null)
        {
            return TryAllocateSlow(heap, type, payloadBytes, items, block);
        }

        Initialize(type, payload, payloadBytes, isZero: false);
        if (type->HasItems)
        {
            ObjectSize.ItemCount(payload) = items;
        }

        return heap->IsGuarded != 0 ? Guard(heap, type, payload, payloadBytes) : payload;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void* TryAllocateSlow(HeapState* heap, TypeDescriptor* type, ulong payloadBytes, ulong items, ulong block)
    {
        bool isZero = false;
        bool isSmall = block <= Config.MaxSmallBlock;
        void* payload = isSmall
            ? Blocks.PopSlow(heap, Domain.Objects, SizeClass.Of((uint)block))
            : LargeBlocks.TryAllocate(heap, Domain.Objects, block, out isZero);
        if (payload == null)
        {
            return null;
        }

        Initialize(type, payload, payloadBytes, isZero);
        if (type->HasItems)
        {
            ObjectSize.ItemCount(payload) = items;
        }

        bool isSample = isSmall ? Sampling.TakeDue(heap) : Sampling.IsSample(heap, block);
        payload = heap->IsGuarded != 0 ? Guard(heap, type, payload, payloadBytes) : payload;
        if (isSample && payload != null)
        {
            AllocationProfile.NoteBirth(heap, payload);
        }

        return payload;
    }

    /// <summary>Takes the block back. The object is past everything that dying means; its content is gone.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Free(HeapState* heap, void* payload)
    {
        Page* page = Segment.PageOf(payload);
        ref ulong word = ref Header.Word(payload);
        CandidateLog.Forget(heap, page, payload, word);
        if ((word & (HeaderFlags.Frozen | HeaderFlags.Watched)) != 0)
        {
            FreeMarked(heap, page, payload);
            return;
        }

        word = 0;
        Blocks.Push(heap, page, payload);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void FreeMarked(HeapState* heap, Page* page, void* payload)
    {
        ref ulong word = ref Header.Word(payload);
        if ((word & HeaderFlags.Frozen) != 0)
        {
            heap->FrozenObjects--;
        }

        if (heap->Profile != null && (word & HeaderFlags.Watched) != 0)
        {
            AllocationProfile.NoteDeath(heap, payload);
        }

        if (heap->IsChecked != 0)
        {
            Quarantine.Add(heap, payload);
            return;
        }

        word = 0;
        Blocks.Push(heap, page, payload);
    }

    /// <summary>Zeroes the payload, in whole words: a block ends on one. The call to memset costs more than a few stores.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Clear(ulong* payload, ulong bytes)
    {
        if (bytes > InlineClearBytes)
        {
            NativeMemory.Clear(payload, (nuint)bytes);
            return;
        }

        for (ulong i = 0; i < bytes; i += 8)
        {
            payload[i / 8] = 0;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Initialize(TypeDescriptor* type, void* payload, ulong payloadBytes, bool isZero)
    {
        if (!isZero && (type->Flags & TypeFlags.Unzeroed) == 0)
        {
            Clear((ulong*)payload, payloadBytes);
        }

        Header.Word(payload) = type->NewHeader;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void* Guard(HeapState* heap, TypeDescriptor* type, void* payload, ulong payloadBytes)
    {
        // Count -1 in the low half: one reference, guarded.
        Header.Word(payload) |= uint.MaxValue;
        if (heap->IsChecked == 0 || ObjectHistory.TryBegin(heap, payload, type, payloadBytes))
        {
            return payload;
        }

        // The object was never born.
        Header.Word(payload) = 0;
        Blocks.Push(heap, Segment.PageOf(payload), payload);
        heap->ObjectsBinned--;
        return null;
    }
}
