// The gate of every operation: is the argument what it should be, may this thread use the heap, and, for a synchronized
// heap, its lock. Each Enter that succeeds is paired with an Exit.
//
// Trap: a thread's identity comes from a call that suppresses the GC transition. Operations are NoInlining, so that it never
// ends up in the frame of an export.

using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Checking;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Lifetime;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Operations;

internal static unsafe class Access
{
    /// <summary>For an operation that changes the object or its heap.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Status Enter(string function, string argument, void* payload)
    {
        if (!ObjectLookup.IsObject(payload))
        {
            return NotObject(function, argument, payload);
        }

        HeapState* heap = ObjectLookup.HeapOf(payload);
        if (heap->IsGuarded != 0)
        {
            return EnterGuarded(function, argument, payload, heap, isRead: false);
        }

        return HeapAccess.MayChange(heap) ? Status.Ok : Refuse(function, argument, payload, heap);
    }

    /// <summary>For an operation that only reads the object: allowed in a traverse callback too.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Status EnterToRead(string function, string argument, void* payload)
    {
        if (!ObjectLookup.IsObject(payload))
        {
            return NotObject(function, argument, payload);
        }

        HeapState* heap = ObjectLookup.HeapOf(payload);
        if (heap->IsGuarded != 0)
        {
            return EnterGuarded(function, argument, payload, heap, isRead: true);
        }

        return HeapAccess.MayRead(heap) ? Status.Ok : Refuse(function, argument, payload, heap);
    }

    /// <summary>For a question to which "it is gone" is an answer: as Enter or EnterToRead, but an object that has gone, perhaps while this thread
    /// waited for the lock, is no error.</summary>
    public static bool TryEnter(string function, void* payload, bool isRead)
    {
        if (!ObjectLookup.IsObject(payload))
        {
            return false;
        }

        HeapState* heap = ObjectLookup.HeapOf(payload);
        bool isLocked = heap->IsSynchronized != 0 && !HeapAccess.IsLost(heap);
        if (isLocked)
        {
            Lock(heap);
        }

        bool isThere = !isLocked || (ObjectLookup.IsObject(payload) && ObjectLookup.HeapOf(payload) == heap);
        bool isEntered = isThere && (isRead ? EnterToRead(function, "object", payload) : Enter(function, "object", payload)) == Status.Ok;
        if (isLocked)
        {
            Unlock(heap);
        }

        return isEntered;
    }

    /// <summary>For an operation on a heap; null means the default heap. Null is returned when the operation is refused.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HeapState* EnterHeap(string function, HeapHandle* handle)
    {
        HeapState* heap = (HeapState*)handle;
        if (!IsHeap(heap))
        {
            heap = ResolveSlow(function, handle);
            if (heap == null)
            {
                return null;
            }
        }

        if (heap->IsGuarded != 0)
        {
            return EnterGuardedHeap(function, heap);
        }

        if (HeapAccess.MayChange(heap))
        {
            return heap;
        }

        Refuse(function, "heap", heap, heap);
        return null;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Exit(HeapState* heap)
    {
        if (heap->IsSynchronized != 0)
        {
            Unlock(heap);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Exit(void* payload) => Exit(ObjectLookup.HeapOf(payload));

    /// <summary>Is this pointer, whatever it is, a live heap?</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsHeap(HeapState* heap) =>
        ((ulong)heap & Config.SegmentMask) == Segment.HeapOffset && SegmentMap.Contains(heap) && Segment.Of(heap)->Heap == heap;

    /// <summary>Refuses, in a destroy callback, what would make new objects or new references.</summary>
    public static bool IsAllocationAllowed(string function, HeapState* heap) =>
        !ForeignCode.IsDestroying(heap)
        || Misuse.Pointer(heap, Status.Busy, function, "heap", heap, "can't allocate while a destroy callback runs") == Status.Ok;

    /// <summary>The object is past saving: new references to it are refused.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Dying(string function, string argument, void* payload) =>
        Misuse.Pointer(ObjectLookup.HeapOf(payload), Status.Busy, function, argument, payload, "is being destroyed");

    /// <summary>The heap behind a handle, not entered: any thread may ask. Null = no live heap.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static HeapState* Resolve(string function, HeapHandle* handle) =>
        IsHeap((HeapState*)handle) ? (HeapState*)handle : ResolveSlow(function, handle);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static HeapState* ResolveSlow(string function, HeapHandle* handle)
    {
        if (handle == null)
        {
            return (HeapState*)HeapOperations.Default();
        }

        LastError.Pointer(Status.Argument, function, "heap", handle, "is no live heap (freed already, or never was one)");
        return null;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status NotObject(string function, string argument, void* payload)
    {
        // What a checked heap knows of the place is read under the heap's lock.
        HeapState* heap = SegmentMap.Contains(payload) ? Segment.Of(payload)->Heap : null;
        bool isLocked = heap != null && heap->IsChecked != 0 && heap->IsSynchronized != 0 && !HeapAccess.IsLost(heap);
        if (isLocked)
        {
            Lock(heap);
        }

        Status status = Misuse.NotObject(function, argument, payload);
        if (isLocked)
        {
            Unlock(heap);
        }

        return status;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Status Refuse(string function, string argument, void* value, HeapState* heap) =>
        HeapAccess.IsLost(heap)
            ? Misuse.Pointer(heap, Status.WrongThread, function, argument, value, value == heap
                ? "is a heap that another thread was using when this process was forked"
                : "belongs to a heap that another thread was using when this process was forked")
            : HeapAccess.IsInTraverse(heap)
            ? Misuse.Pointer(heap, Status.Busy, function, argument, value, "can't be used while a traverse callback runs")
            : Misuse.Pointer(heap, Status.WrongThread, function, argument, value, value == heap
                ? "is a heap that another thread owns"
                : "belongs to a heap that another thread owns");

    private static void Lock(HeapState* heap)
    {
        Mutex.Enter(&heap->Lock);
        heap->LockDepth++;
    }

    private static void Unlock(HeapState* heap)
    {
        heap->LockDepth--;
        Mutex.Exit(&heap->Lock);
        if (SynchronizedHeaps.IsForkWaiting)
        {
            SynchronizedHeaps.GiveWay();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static HeapState* EnterGuardedHeap(string function, HeapState* heap)
    {
        bool isLocked = heap->IsSynchronized != 0 && !HeapAccess.IsLost(heap);
        if (isLocked)
        {
            Lock(heap);
        }

        if (HeapAccess.MayChange(heap))
        {
            if (heap->IsChecked != 0)
            {
                CallNotes.Begin(heap, function);
            }

            return heap;
        }

        if (isLocked)
        {
            Unlock(heap);
        }

        Refuse(function, "heap", heap, heap);
        return null;
    }

    /// <summary>
    /// The lock, if the heap has one, comes first. Whoever has it and still may not change the heap is itself inside a traverse
    /// callback; other threads wait until that is over.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Status EnterGuarded(string function, string argument, void* payload, HeapState* heap, bool isRead)
    {
        bool isLocked = heap->IsSynchronized != 0 && !HeapAccess.IsLost(heap);
        if (isLocked)
        {
            Lock(heap);
        }

        // Another thread may have freed the object before the lock was ours.
        bool isThere = !isLocked || (ObjectLookup.IsObject(payload) && ObjectLookup.HeapOf(payload) == heap);
        if (isThere && (isRead ? HeapAccess.MayRead(heap) : HeapAccess.MayChange(heap)))
        {
            if (heap->IsChecked != 0 && !HeapAccess.IsInTraverse(heap))
            {
                CallNotes.Begin(heap, function);
                Damage.CheckObject(heap, payload, CheckRecords.Of(payload));
            }

            return Status.Ok;
        }

        // What is said of the object's history is read under the lock.
        Status status = isThere ? Refuse(function, argument, payload, heap) : NotObject(function, argument, payload);
        if (isLocked)
        {
            Unlock(heap);
        }

        return status;
    }
}
