// Writes the records of a checked heap's objects, and finds whose block a pointer leads into.

using RefRuntime.Abi;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Checking;

/// <summary>An object that a pointer leads to or into, living or not.</summary>
internal unsafe struct Located
{
    public void* Payload;
    public CheckRecord* Record;

    /// <summary>From the payload's beginning; negative in the header.</summary>
    public long Offset;
}

internal static unsafe class ObjectHistory
{
    /// <summary>An object of a checked heap is born: its header is written. False if there is no memory for its record.</summary>
    public static bool TryBegin(HeapState* heap, void* payload, TypeDescriptor* type, ulong payloadBytes)
    {
        CheckRecord* record = CheckRecords.TryMake(payload);
        if (record == null)
        {
            return false;
        }

        record->Begin((uint)type->Id, payloadBytes, CallNotes.Trace(heap));
        Header.Word(payload) |= HeaderFlags.Watched;
        Guards.Fill(payload, type, payloadBytes);
        MemoryTools.Born(heap, payload, payloadBytes, isDefined: (type->Flags & TypeFlags.Unzeroed) == 0);
        return true;
    }

    /// <summary>A reference to an object of a checked heap is given back.</summary>
    public static void NoteRelease(HeapState* heap, void* payload) => CheckRecords.Of(payload)->ReleasedAt = CallNotes.Trace(heap);

    /// <summary>Where the object was allocated, in TraceDepot; 0 = its heap is not checked, or it is not known.</summary>
    public static uint BornAt(void* payload)
    {
        CheckRecord* record = CheckRecords.Of(payload);
        return record != null ? record->BornAt : 0;
    }

    /// <summary>Is there the block of an object that has ended?</summary>
    public static bool IsFreed(void* payload)
    {
        CheckRecord* record = CheckRecords.Of(payload);
        return Header.Word(payload) == 0 && record != null && record->State is CheckState.Quarantined or CheckState.Freed;
    }

    /// <summary>Whose block does the pointer, whatever it is, lead into? False if into none of a checked heap's.</summary>
    public static bool TryLocate(void* pointer, out Located place)
    {
        place = default;
        HeapState* heap = CheckedHeaps.HeapAt(pointer);
        if (!CheckedHeaps.IsChecked(heap))
        {
            return false;
        }

        Page* page = Segment.PageOf(pointer);
        while (page->Kind == PageKind.Tail)
        {
            page--;
        }

        if (page->Records == null || (byte*)pointer < page->Start)
        {
            return false;
        }

        ulong offset = (ulong)((byte*)pointer - page->Start);
        uint index = page->Kind == PageKind.Small ? (uint)(offset / page->BlockSize) : 0;
        if (index >= Blocks.CarvedOf(page) || page->Records[index].State == CheckState.None)
        {
            return false;
        }

        place.Payload = Blocks.PayloadAt(page, index);
        place.Record = page->Records + index;
        place.Offset = (byte*)pointer - (byte*)place.Payload;
        return true;
    }

    /// <summary>The name that a record's type was made with.</summary>
    public static byte* TypeName(CheckRecord* record) => TypeRegistry.Get((TypeId)record->Type)->Name;
}
