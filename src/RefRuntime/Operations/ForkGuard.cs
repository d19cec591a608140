// fork with other threads inside the library: the child has only the thread that forked, so every lock must be free or held
// by that thread at the moment of fork. As glibc does for malloc: take them all before, give them back after, in the parent;
// in the child make them anew, since a recursive mutex knows its owner by a number that fork changes.
//
// A thread in a callback holds its heap's lock, and may wait there for something that the forking thread holds, such as
// Python's GIL. So after PatienceNanoseconds the fork goes ahead: the parent loses nothing, and in the child that heap, which
// nobody can finish working on, refuses every call instead of hanging.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Threading;
using RefRuntime.Checking;
using RefRuntime.Cycles;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Operations;

internal static unsafe class ForkGuard
{
    private const ulong PatienceNanoseconds = 100_000_000;

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
        ulong begun = Clock.Nanoseconds();
        SpinWait wait = default;
        SynchronizedHeaps.Gate.Enter();
        while (!TryLockAll() && Clock.Nanoseconds() - begun < PatienceNanoseconds)
        {
            // Not while the list is held: whoever holds a heap's lock may want the list.
            SynchronizedHeaps.IsForkWaiting = true;
            SynchronizedHeaps.Gate.Exit();
            wait.SpinOnce(sleep1Threshold: -1);
            SynchronizedHeaps.Gate.Enter();
        }

        SynchronizedHeaps.IsForkWaiting = false;
        Startup.Gate.Enter();
        TypeRegistry.Gate.Enter();
        TypeStorage.Gate.Enter();
        TraceDepot.Gate.Enter();
        Ledger.Gate.Enter();
        ErrorHandler.Gate.Enter();
        Timeline.BeforeFork();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Parent()
    {
        for (HeapState* heap = SynchronizedHeaps.First; heap != null; heap = heap->NextSynchronized)
        {
            if (heap->IsLockedForFork != 0)
            {
                heap->IsLockedForFork = 0;
                Os.Mutex.Exit(&heap->Lock);
            }
        }

        Timeline.AfterForkInParent();
        OpenGates();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Child()
    {
        for (HeapState* heap = SynchronizedHeaps.First; heap != null; heap = heap->NextSynchronized)
        {
            Os.Mutex.Initialize(&heap->Lock);
            if (heap->IsLockedForFork == 0)
            {
                HeapAccess.Lose(heap);
                continue;
            }

            // Whoever forks inside a callback holds the lock that often, and will give it back.
            heap->IsLockedForFork = 0;
            for (int i = 0; i < heap->LockDepth; i++)
            {
                Os.Mutex.Enter(&heap->Lock);
            }
        }

        Timeline.AfterForkInChild();
        OpenGates();
    }

    /// <summary>Takes the locks that are still to be taken. False if some are not to be had now.</summary>
    private static bool TryLockAll()
    {
        bool hasAll = true;
        for (HeapState* heap = SynchronizedHeaps.First; heap != null; heap = heap->NextSynchronized)
        {
            if (heap->IsLockedForFork == 0)
            {
                bool isTaken = Os.Mutex.TryEnter(&heap->Lock);
                heap->IsLockedForFork = isTaken ? 1 : 0;
                hasAll &= isTaken;
            }
        }

        return hasAll;
    }

    private static void OpenGates()
    {
        ErrorHandler.Gate.Exit();
        Ledger.Gate.Exit();
        TraceDepot.Gate.Exit();
        TypeStorage.Gate.Exit();
        TypeRegistry.Gate.Exit();
        Startup.Gate.Exit();
        SynchronizedHeaps.Gate.Exit();
    }
}
