// The list of heaps that have a lock, for whoever must take them all: fork.

using System.Runtime.CompilerServices;
using System.Threading;
using RefRuntime.Os;

namespace RefRuntime.Heap;

internal static unsafe class SynchronizedHeaps
{
    private static Gate s_gate;
    private static HeapState* s_first;
    private static bool s_isForkWaiting;

    /// <summary>Does a fork wait for locks? The system's mutex goes to who comes first, and a thread that makes one call after the other
    /// always does; so whoever has left a heap looks here.</summary>
    public static bool IsForkWaiting
    {
        get => Volatile.Read(ref s_isForkWaiting);
        set => Volatile.Write(ref s_isForkWaiting, value);
    }

    public static ref Gate Gate => ref s_gate;

    /// <summary>Read with the gate entered.</summary>
    public static HeapState* First => s_first;

    /// <summary>Lets the fork have its turn, which is soon: it waits no longer than its patience lasts. Not in a callback, where this thread
    /// has the lock of some heap.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void GiveWay()
    {
        SpinWait wait = default;
        while (IsForkWaiting && HostThread.CallbackDepth == 0)
        {
            wait.SpinOnce(sleep1Threshold: -1);
        }
    }

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
