// fork with other threads inside the library: the child has only the thread that forked, so every lock must be free or held
// by that thread at the moment of fork. As glibc does for malloc: take them all before, give them back after, in the parent;
// in the child make them anew, since a recursive mutex knows its owner by a number that fork changes.
//
// Order: the heaps' locks are tried, not waited for, while the list is held: a thread in a callback may hold its heap's
// lock and want the list.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Operations;

internal static unsafe class ForkGuard
{
    public static void Install() => HostThread.AtFork(&OnPrepare, &OnParent, &OnChild);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnPrepare() => Prepare();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnParent() => Parent();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnChild() => Child();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Prepare()
    {
        SynchronizedHeaps.Gate.Enter();
        SpinWait wait = default;
        while (!TryLockAll())
        {
            SynchronizedHeaps.Gate.Exit();
            wait.SpinOnce();
            SynchronizedHeaps.Gate.Enter();
        }

        TypeRegistry.Gate.Enter();
        TypeStorage.Gate.Enter();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Parent()
    {
        for (HeapState* heap = SynchronizedHeaps.First; heap != null; heap = heap->NextSynchronized)
        {
            Os.Mutex.Exit(&heap->Lock);
        }

        OpenGates();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Child()
    {
        for (HeapState* heap = SynchronizedHeaps.First; heap != null; heap = heap->NextSynchronized)
        {
            // Whoever forks inside a callback holds the lock that often, and will give it back.
            Os.Mutex.Initialize(&heap->Lock);
            for (int i = 0; i < heap->LockDepth; i++)
            {
                Os.Mutex.Enter(&heap->Lock);
            }
        }

        OpenGates();
    }

    private static bool TryLockAll()
    {
        for (HeapState* heap = SynchronizedHeaps.First; heap != null; heap = heap->NextSynchronized)
        {
            if (!Os.Mutex.TryEnter(&heap->Lock))
            {
                for (HeapState* taken = SynchronizedHeaps.First; taken != heap; taken = taken->NextSynchronized)
                {
                    Os.Mutex.Exit(&taken->Lock);
                }

                return false;
            }
        }

        return true;
    }

    private static void OpenGates()
    {
        TypeStorage.Gate.Exit();
        TypeRegistry.Gate.Exit();
        SynchronizedHeaps.Gate.Exit();
    }
}
