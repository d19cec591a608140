// The list of heaps that have a lock, for whoever must take them all: fork.

using RefRuntime.Os;

namespace RefRuntime.Heap;

internal static unsafe class SynchronizedHeaps
{
    private static Gate s_gate;
    private static HeapState* s_first;

    public static ref Gate Gate => ref s_gate;

    /// <summary>Read with the gate entered.</summary>
    public static HeapState* First => s_first;

    public static void Add(HeapState* heap)
    {
        s_gate.Enter();
        heap->NextSynchronized = s_first;
        s_first = heap;
        s_gate.Exit();
    }

    public static void Remove(HeapState* heap)
    {
        s_gate.Enter();
        if (s_first == heap)
        {
            s_first = heap->NextSynchronized;
        }

        for (HeapState* other = s_first; other != null; other = other->NextSynchronized)
        {
            if (other->NextSynchronized == heap)
            {
                other->NextSynchronized = heap->NextSynchronized;
            }
        }

        s_gate.Exit();
    }
}
