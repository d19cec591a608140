// What plain writes have done to objects behind the library's back: past an object's end, over its header, into freed memory.
// Each is reported once, where it is found, and mended then: otherwise every later look would find it again.

using RefRuntime.Abi;
using RefRuntime.Heap;
using RefRuntime.Objects;

namespace RefRuntime.Checking;

internal static unsafe class Damage
{
    /// <summary>Looks at header and guard of an object that lives or is about to be freed. True if they are as they should be.</summary>
    public static bool CheckObject(HeapState* heap, void* payload, CheckRecord* record)
    {
        TypeDescriptor* type = TypeRegistry.Get((TypeId)record->Type);
        ulong word = Header.Word(payload);

        // Guarded counts are never above 0.
        if ((uint)Header.TypeOf(word) != record->Type || (int)word > 0 || (word & HeaderFlags.Watched) == 0)
        {
            Misuse.Report(heap, Status.Corrupt, payload, "had its header overwritten, as by a write before the beginning of the object, at offset", -Core.Config.HeaderSize);

            // Its count is lost: whatever is made up for it could end the object too early. So it stays. If weak references know it, it must
            // know that; if the heap counts it among the candidates, it stays one until a collection comes by. (Its bit says so: in a checked heap the
            // library frees all objects, and none leaves it behind.)
            bool isCandidate = Blocks.HasBit(Segment.PageOf(payload), payload);
            ulong state = (type->NewHeader & ~(ulong)uint.MaxValue) | unchecked((uint)Header.ImmortalCount);
            Header.Word(payload) = state | HeaderFlags.Watched | HeaderFlags.HasWeak | HeaderFlags.Quiet | (isCandidate ? 0 : HeaderFlags.Skipped);
            return false;
        }

        int offset = Guards.FindOverrun(payload, record);
        if (offset >= 0)
        {
            Misuse.Report(heap, Status.Corrupt, payload, "was written to behind its end, at offset", (long)record->PayloadBytes + offset);
            if (type->HasItems)
            {
                ObjectSize.ItemCount(payload) = (record->PayloadBytes - type->Size) / type->ItemSize;
            }

            Guards.FillGuard(payload, type, record->PayloadBytes);
        }

        return offset < 0;
    }

    /// <summary>Looks at a quarantined object. True if nobody has written to it.</summary>
    public static bool IsUntouched(HeapState* heap, void* payload)
    {
        bool hasHeader = Header.Word(payload) != 0;
        int offset = hasHeader ? -Core.Config.HeaderSize : Guards.FindWrite(payload);
        if (!hasHeader && offset < 0)
        {
            return true;
        }

        Header.Word(payload) = 0;
        Misuse.Report(heap, Status.Corrupt, payload, "was written to after it was freed, at offset", offset);
        Guards.FillFreed(payload);
        return false;
    }
}
