// When free pages go back to the system.
//
// A free page keeps its memory, since what has been touched once is cheap to use again: giving it back and faulting it in
// costs more than all the blocks of the page. What a heap keeps beyond KeepLimit goes back after it has not been needed
// for KeepNanoseconds of the heap's use; a heap that drops a graph and builds it anew within that time makes no system call.
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
        bool isExcess = heap->FreeDirtyPages > KeepLimit(heap);
        if (!isExcess || (heap->PinPages == 0 && IsDue(heap) && !Segments.TryTrimOne(heap)))
        {
            heap->ExcessSeen = 0;
        }
    }

    /// <summary>This many free pages keep their memory in any case: a heap that breathes by that never waits for the system.</summary>
    private static ulong KeepLimit(HeapState* heap) => Config.KeepFreePages + (heap->UsedPages / 4);

    private static bool IsDue(HeapState* heap)
    {
        ulong now = Clock.Nanoseconds();
        ulong gap = now - heap->ExcessSeen;
        if (heap->ExcessSeen == 0)
        {
            heap->ExcessNanoseconds = 0;
        }
        else if (gap <= Config.KeepNanoseconds)
        {
            heap->ExcessNanoseconds += gap;
        }

        heap->ExcessSeen = now;
        return heap->ExcessNanoseconds >= Config.KeepNanoseconds;
    }
}
