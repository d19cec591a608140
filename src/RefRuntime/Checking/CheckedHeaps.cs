// Which heaps are checked: those made with RR_HEAP_CHECKED, and all of a process whose environment has REFRUNTIME_CHECK=1 or that
// runs under AddressSanitizer or memcheck, unless it has REFRUNTIME_CHECK=0.

using RefRuntime.Heap;
using RefRuntime.Os;

namespace RefRuntime.Checking;

internal static unsafe class CheckedHeaps
{
    private static bool s_isForced;

    /// <summary>Is every heap of the process checked?</summary>
    public static bool IsForced => s_isForced;

    /// <summary>Reads the environment: once, at start-up.</summary>
    public static void ReadEnvironment()
    {
        byte* value = Environment.Get("REFRUNTIME_CHECK");
        bool isSet = value != null && value[0] != 0 && value[1] == 0;
        bool isWatched = !(isSet && value[0] == (byte)'0') && MemoryTools.Detect();
        s_isForced = isWatched || (isSet && value[0] == (byte)'1');
    }

    /// <summary>Makes a new heap, in which nothing lies yet, a checked one.</summary>
    public static void Enable(HeapState* heap)
    {
        _ = Backtrace.TryStart();
        heap->IsGuarded = 1;
        heap->IsChecked = 1;
        heap->GuardBytes = Guards.MinBytes;
        MemoryTools.BeginHeap(heap);
    }

    public static bool IsChecked(HeapState* heap) => heap != null && heap->IsChecked != 0;

    /// <summary>The heap in whose memory the pointer leads, whatever it is; null if in none.</summary>
    public static HeapState* HeapAt(void* pointer) => SegmentMap.Contains(pointer) ? Segment.Of(pointer)->Heap : null;

    /// <summary>Gives back what belongs to the checks of a heap that ends.</summary>
    public static void Dispose(HeapState* heap)
    {
        if (heap->IsChecked != 0)
        {
            ShowAll(heap);
            MemoryTools.EndHeap(heap);
            CheckRecords.FreeAll(heap);
            Ledger.Free(heap);
        }
    }

    /// <summary>Memory that goes back to the system belongs to whoever gets it next.</summary>
    private static void ShowAll(HeapState* heap)
    {
        for (Segment* segment = heap->Segments; segment != null; segment = segment->Next)
        {
            MemoryTools.Show((byte*)segment + Segment.HeadBytes, segment->Bytes - Segment.HeadBytes);
        }
    }
}
