// When free pages go back to the system.
//
// A free page keeps its memory, since what has been touched once is cheap to use again: giving it back and faulting it in
// costs more than all the blocks of the page. What a heap keeps beyond KeepLimit is watched for KeepNanoseconds of the heap's use at a
// time: of the pages that were free all that while, half go back. A heap that drops a graph and builds it anew within that time makes no
// system call, and one that has become smaller keeps next to nothing of the rest after some seconds.
//
// Looked at whenever pages come and go. There is no thread that could do it while nobody uses the heap, and time in which
// nobody does says nothing: otherwise memory would go back at the very moment in which it is needed again. So a gap does not
// count. (It does not start the time anew either: a program that works a little every few seconds would keep all for ever.)
// rr_heap_trim gives back everything at once.
//
// One segment at a time, so that nobody waits long. What is empty as a whole comes first: its address space goes too.

using RefRuntime.Core;
using RefRuntime.Os;

namespace RefRuntime.Heap;

internal static unsafe class PageDecay
{
    /// <summary>To be called when pages have been taken or returned.</summary>
    public static void Poll(HeapState* heap)
    {
        ulong limit = KeepLimit(heap);
        if (heap->FreeDirtyPages <= limit)
        {
            heap->ExcessSeen = 0;
            heap->ExcessGoing = 0;
            return;
        }

        ulong excess = heap->FreeDirtyPages - limit;
        if (excess < heap->ExcessLeast)
        {
            heap->ExcessLeast = excess;
        }

        if (IsDue(heap, excess))
        {
            heap->ExcessGoing = (heap->ExcessLeast + 1) / 2;
            Watch(heap, excess);
        }

        if (heap->ExcessGoing != 0 && heap->PinPages == 0)
        {
            ulong gone = Segments.TrimOne(heap);
            heap->ExcessGoing -= gone == 0 || gone > heap->ExcessGoing ? heap->ExcessGoing : gone;
        }
    }

    /// <summary>This many free pages keep their memory in any case: a heap that breathes by that never waits for the system.</summary>
    private static ulong KeepLimit(HeapState* heap) => Config.KeepFreePages + (heap->UsedPages / 16);

    private static void Watch(HeapState* heap, ulong excess)
    {
        heap->ExcessNanoseconds = 0;
        heap->ExcessLeast = excess;
    }

    private static bool IsDue(HeapState* heap, ulong excess)
    {
        ulong now = Clock.Nanoseconds();
        ulong gap = now - heap->ExcessSeen;
        if (heap->ExcessSeen == 0)
        {
            Watch(heap, excess);
        }
        else if (gap <= Config.KeepNanoseconds)
        {
            heap->ExcessNanoseconds += gap;
        }

        heap->ExcessSeen = now;
        return heap->ExcessNanoseconds >= Config.KeepNanoseconds;
    }
}
