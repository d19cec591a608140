// The reference ledger of a checked heap: who has taken a reference under which tag, and not given it back. As Linux's
// ref_tracker, which finds the get without a put.
//
// An entry is a tag with the number of its open references and the stack of the first; an object's entries are a list that
// begins in its record. Entries lie in one array per heap, linked by index, since the array may move as it grows.
//
// Invariant: entry 0 is spare, so that 0 ends a list; Count of an entry in a list is at least 1.

using System;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Os;

namespace RefRuntime.Checking;

internal static unsafe class Ledger
{
    private const int MostTagBytes = 4096;

    private static Depot s_tags;

    public static ref Gate Gate => ref s_tags.Gate;

    /// <summary>A reference to a live object is taken under a tag. False if there is no memory to note it.</summary>
    public static bool TryOpen(HeapState* heap, void* payload, byte* tag)
    {
        CheckRecord* record = CheckRecords.Of(payload);
        uint tagId = TagId(tag);
        LedgerEntry* entry = Find(heap, record, tagId);
        if (entry != null)
        {
            entry->Count++;
            return true;
        }

        uint index = tagId != 0 ? TakeEntry(heap) : 0;
        if (index == 0)
        {
            return false;
        }

        heap->Ledger.Entries[index] = new LedgerEntry { Next = record->Ledger, Tag = tagId, Trace = CallNotes.Trace(heap), Count = 1 };
        record->Ledger = index;
        return true;
    }

    /// <summary>A reference is given back under a tag. False if it has none open.</summary>
    public static bool TryClose(HeapState* heap, void* payload, byte* tag)
    {
        CheckRecord* record = CheckRecords.Of(payload);
        LedgerEntry* entry = Find(heap, record, TagId(tag));
        if (entry == null)
        {
            return false;
        }

        if (--entry->Count == 0)
        {
            Unlink(heap, record, entry);
        }

        return true;
    }

    /// <summary>Visits the open tags of an object, of any heap.</summary>
    public static void VisitOpen<T>(void* payload, ref T visitor)
        where T : struct, ITagVisitor
    {
        CheckRecord* record = CheckRecords.Of(payload);
        HeapState* heap = Segment.Of(payload)->Heap;
        for (uint i = record != null ? record->Ledger : 0; i != 0; i = heap->Ledger.Entries[i].Next)
        {
            LedgerEntry* entry = heap->Ledger.Entries + i;
            visitor.Visit(s_tags.Get(entry->Tag), entry->Count, entry->Trace);
        }
    }

    /// <summary>Forgets an object's entries.</summary>
    public static void Clear(HeapState* heap, CheckRecord* record)
    {
        while (record->Ledger != 0)
        {
            Unlink(heap, record, heap->Ledger.Entries + record->Ledger);
        }
    }

    public static void Free(HeapState* heap)
    {
        if (heap->Ledger.Entries != null)
        {
            Memory.Release((byte*)heap->Ledger.Entries, Bytes(heap->Ledger.Capacity));
            heap->Ledger = default;
        }
    }

    /// <summary>A line for each open tag.</summary>
    public static void AppendOpen(ref TextBuffer text, HeapState* heap, CheckRecord* record)
    {
        for (uint i = record->Ledger; i != 0; i = heap->Ledger.Entries[i].Next)
        {
            LedgerEntry* entry = heap->Ledger.Entries + i;
            text.Append("    open tag \"");
            text.Append(s_tags.Get(entry->Tag));
            text.Append("\", ");
            text.Append((ulong)entry->Count);
            text.Append(entry->Count == 1 ? " reference\n" : " references\n");
            HistoryText.AppendTrace(ref text, "taken by", entry->Trace);
        }
    }

    private static uint TagId(byte* tag)
    {
        ReadOnlySpan<byte> text = CString.Text(tag);
        return s_tags.Intern(text.IsEmpty ? "(empty)"u8 : text.Length > MostTagBytes ? text[..MostTagBytes] : text);
    }

    private static LedgerEntry* Find(HeapState* heap, CheckRecord* record, uint tagId)
    {
        for (uint i = record->Ledger; i != 0; i = heap->Ledger.Entries[i].Next)
        {
            if (heap->Ledger.Entries[i].Tag == tagId)
            {
                return heap->Ledger.Entries + i;
            }
        }

        return null;
    }

    private static void Unlink(HeapState* heap, CheckRecord* record, LedgerEntry* entry)
    {
        uint index = (uint)(entry - heap->Ledger.Entries);
        uint* link = &record->Ledger;
        while (*link != index)
        {
            link = &heap->Ledger.Entries[*link].Next;
        }

        *link = entry->Next;
        entry->Next = heap->Ledger.FirstFree;
        heap->Ledger.FirstFree = index;
    }

    /// <summary>The index of an unused entry; 0 = no memory.</summary>
    private static uint TakeEntry(HeapState* heap)
    {
        ref LedgerPool pool = ref heap->Ledger;
        uint index = pool.FirstFree;
        if (index != 0)
        {
            pool.FirstFree = pool.Entries[index].Next;
            return index;
        }

        if (pool.Used == pool.Capacity && !TryGrow(ref pool))
        {
            return 0;
        }

        return pool.Used++;
    }

    private static bool TryGrow(ref LedgerPool pool)
    {
        uint capacity = pool.Capacity == 0 ? (uint)(Config.OsPageSize / (ulong)sizeof(LedgerEntry)) : pool.Capacity * 2;
        byte* entries = pool.Entries == null
            ? Memory.Reserve(Bytes(capacity), Config.OsPageSize)
            : Memory.Grow((byte*)pool.Entries, Bytes(pool.Capacity), Bytes(capacity));
        if (entries == null)
        {
            return false;
        }

        pool.Entries = (LedgerEntry*)entries;
        pool.Capacity = capacity;
        pool.Used = pool.Used == 0 ? 1 : pool.Used;
        return true;
    }

    private static ulong Bytes(uint capacity) => capacity * (ulong)sizeof(LedgerEntry);
}

/// <summary>Hears of each open tag: how many references it has, and the stack that took the first.</summary>
internal interface ITagVisitor
{
    void Visit(ReadOnlySpan<byte> tag, uint references, uint trace);
}
