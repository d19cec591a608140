// Freed objects of a checked heap are not used again at once: filled with a pattern they wait, first in first out, until so
// many bytes wait behind them. Meanwhile whoever calls the library with one is told whose it was, and whoever writes into one
// is found when it leaves, when the heap is verified, or when the heap ends.
//
// The queue runs through the objects' records: freeing needs no memory here either.
//
// Invariants: the header of a quarantined object is zero, so that no lookup takes it for an object; QuarantineBytes is the
// sum of their blocks, QuarantineObjects their number, and statistics leave both out.

using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Checking;

internal static unsafe class Quarantine
{
#if RR_TINY
    private const ulong MaxBytes = 2048;
#else
    /// <summary>What a heap keeps in quarantine at most.</summary>
    private const ulong MaxBytes = 8ul * 1024 * 1024;
#endif

    /// <summary>Takes an object whose death is over, in place of giving back its block.</summary>
    public static void Add(HeapState* heap, void* payload)
    {
        CheckRecord* record = CheckRecords.Of(payload);
        Damage.CheckObject(heap, payload, record);
        record->ReleasedAt = CallNotes.Trace(heap);
        record->State = CheckState.Quarantined;
        record->Next = null;
        Header.Word(payload) = 0;
        Guards.FillFreed(payload);
        MemoryTools.Died(heap, payload, Guards.Room(payload));
        if (heap->QuarantineLast != null)
        {
            CheckRecords.Of(heap->QuarantineLast)->Next = payload;
        }
        else
        {
            heap->QuarantineFirst = payload;
        }

        heap->QuarantineLast = payload;
        heap->QuarantineObjects++;
        heap->QuarantineBytes += Blocks.BytesOf(Segment.PageOf(payload));
        while (heap->QuarantineBytes > MaxBytes)
        {
            ReleaseFirst(heap);
        }
    }

    /// <summary>Gives all of it back for use. False if there was nothing.</summary>
    public static bool TryFlush(HeapState* heap)
    {
        bool hasAny = heap->QuarantineFirst != null;
        while (heap->QuarantineFirst != null)
        {
            ReleaseFirst(heap);
        }

        return hasAny;
    }

    /// <summary>Looks for writes into what waits. True if there were none.</summary>
    public static bool IsIntact(HeapState* heap)
    {
        bool isIntact = true;
        for (void* payload = heap->QuarantineFirst; payload != null; payload = CheckRecords.Of(payload)->Next)
        {
            isIntact &= Damage.IsUntouched(heap, payload);
        }

        return isIntact;
    }

    private static void ReleaseFirst(HeapState* heap)
    {
        void* payload = heap->QuarantineFirst;
        Page* page = Segment.PageOf(payload);
        CheckRecord* record = CheckRecords.Of(payload);
        heap->QuarantineFirst = record->Next;
        if (record->Next == null)
        {
            heap->QuarantineLast = null;
        }

        heap->QuarantineObjects--;
        heap->QuarantineBytes -= Blocks.BytesOf(page);
        Damage.IsUntouched(heap, payload);
        Ledger.Clear(heap, record);
        record->State = CheckState.Freed;
        MemoryTools.Reuse(payload, Guards.Room(payload));
        Header.Word(payload) = 0;
        Blocks.Push(heap, page, payload);
    }
}
