// What a checked heap remembers of each of its objects: where it came to be, where it was released last, what became of it.
//
// The records of a page's blocks are an array beside the page, made when its first object is born and given back with it.
// Beside, and not behind the payload in the block itself: a record has to survive the very accident that it explains, a write
// past an object's end; it is found from a block's index without a search; and it outlives the object, so that
// somebody who comes with a pointer to it can be told whose it was.
//
// Invariants (for objects of a checked heap; Checking writes the records, HeapVerify P4 counts them)
//   - state Live iff the header is not zero
//   - state Quarantined: the header is zero, the block is in no free list, and Next leads to the one that was freed after it
//   - PayloadBytes and Type are what the object was born with, whatever has been written over header and item count

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Core;
using RefRuntime.Os;

namespace RefRuntime.Heap;

internal enum CheckState : uint
{
    /// <summary>There was no object here yet.</summary>
    None = 0,

    Live,

    /// <summary>Freed, and kept from being used again for a while.</summary>
    Quarantined,

    /// <summary>Freed, and on its way to the next object.</summary>
    Freed,
}

[StructLayout(LayoutKind.Sequential, Size = 32)]
internal unsafe struct CheckRecord
{
    public const int Bytes = 32;

    /// <summary>As asked for: the guard bytes begin behind them.</summary>
    public ulong PayloadBytes;

    /// <summary>In quarantine: the payload that leaves next.</summary>
    public void* Next;

    /// <summary>Numbers in TraceDepot.</summary>
    public uint BornAt;
    public uint ReleasedAt;

    /// <summary>The first entry of its ledger, see Checking/Ledger.cs; 0 = none.</summary>
    public uint Ledger;

    /// <summary>Type index and state.</summary>
    private uint _typeAndState;

    public readonly uint Type => _typeAndState >> 2;

    public CheckState State
    {
        readonly get => (CheckState)(_typeAndState & 3);
        set => _typeAndState = (_typeAndState & ~3u) | (uint)value;
    }

    public void Begin(uint type, ulong payloadBytes, uint bornAt)
    {
        this = default;
        PayloadBytes = payloadBytes;
        BornAt = bornAt;
        _typeAndState = (type << 2) | (uint)CheckState.Live;
    }
}

/// <summary>A tag under which references to an object are open. See Checking/Ledger.cs.</summary>
[StructLayout(LayoutKind.Sequential, Size = 16)]
internal struct LedgerEntry
{
    public uint Next;
    public uint Tag;
    public uint Trace;
    public uint Count;
}

/// <summary>The entries of a heap, linked by index.</summary>
internal unsafe struct LedgerPool
{
    public LedgerEntry* Entries;
    public uint Capacity;
    public uint Used;
    public uint FirstFree;
}

internal static unsafe class CheckRecords
{
    /// <summary>The record of a block of the page's, or null when the page has none yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CheckRecord* At(Page* page, uint index) => page->Records != null ? page->Records + index : null;

    /// <summary>The record of an object's block, which lies in a page of objects.</summary>
    public static CheckRecord* Of(void* payload)
    {
        Page* page = Segment.PageOf(payload);
        return At(page, Blocks.IndexOf(page, payload));
    }

    /// <summary>The same, made if need be; null when the system has no memory.</summary>
    public static CheckRecord* TryMake(void* payload)
    {
        Page* page = Segment.PageOf(payload);
        if (page->Records == null)
        {
            page->Records = (CheckRecord*)Memory.Reserve(ArrayBytes(page), Config.OsPageSize);
        }

        return At(page, Blocks.IndexOf(page, payload));
    }

    /// <summary>To be called before the page's entry is cleared.</summary>
    public static void Free(Page* page)
    {
        if (page->Records != null)
        {
            Memory.Release((byte*)page->Records, ArrayBytes(page));
            page->Records = null;
        }
    }

    /// <summary>Those of all pages: the heap ends.</summary>
    public static void FreeAll(HeapState* heap)
    {
        for (Segment* segment = heap->Segments; segment != null; segment = segment->Next)
        {
            Page* table = Segment.PageTable(segment);
            for (int i = Segment.HeadPages; i < Config.PagesPerSegment; i++)
            {
                Free(table + i);
            }
        }
    }

    private static ulong ArrayBytes(Page* page) => Bits.AlignUp(Blocks.CapacityOf(page) * (ulong)CheckRecord.Bytes, Config.OsPageSize);
}
