// The death of one object whose count has reached zero, and of all that only it kept alive.
//
// Order: finalizer (intact, once, may resurrect) -> weak references cleared -> their callbacks -> destroy -> children
// released -> memory returned. Never recursive: children that die wait in the DeathQueue.

using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Counting;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Weak;

namespace RefRuntime.Lifetime;

internal static unsafe class Death
{
    /// <summary>Lets the object die, whose count is 0. May run foreign code.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Begin(HeapState* heap, void* payload)
    {
        // The type is guessed to be the last one's: the processor then reads the slots of the next object without waiting for
        // header, type table and descriptor, one behind the other (a list of ten million drops in 0.7 of the time).
        ulong queueBase = heap->QueueTop;
        TypeDescriptor* type = ObjectLookup.TypeOf(payload);
        TypeId typeId = type->Id;
        for (void* dying = payload; dying != null;)
        {
            TypeId dyingId = Header.TypeOf(Header.Word(dying));
            if (dyingId != typeId)
            {
                type = TypeRegistry.Get(dyingId);
                typeId = dyingId;
            }

            void* next = Step(heap, dying, type);
            dying = next != null ? next : DeathQueue.Pop(heap, queueBase);
            if (dying == null && heap->QueueTop != 0 && heap->CallbackDepth == 0)
            {
                // Under a GIL other threads' releases go on while this one is in a callback, and need not end in the order in which they
                // began: then what waits may lie below where this one began. Who ends last leaves nothing behind.
                queueBase = 0;
                dying = DeathQueue.Pop(heap, 0);
            }
        }
    }

    /// <summary>Lets everything die that waits above <paramref name="queueBase"/>.</summary>
    public static void Drain(HeapState* heap, ulong queueBase)
    {
        for (void* dying; (dying = DeathQueue.Pop(heap, queueBase)) != null;)
        {
            Begin(heap, dying);
        }
    }

    /// <summary>
    /// Gives back one reference to the object and lets it die if it was the last. At once, unless a destroy callback of a
    /// self-releasing type does it, or callbacks are nested deeply: then when the innermost callback is over. So they too die iteratively.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Release(HeapState* heap, void* payload)
    {
        if (Counts.Decrement(heap, payload))
        {
            Last(heap, payload);
        }
    }

    /// <summary>The rest of Release when the count has become 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Last(HeapState* heap, void* payload)
    {
        if (heap->CallbackDepth != 0 && MustWait(heap, payload))
        {
            DeathQueue.Push(heap, payload);
        }
        else
        {
            Begin(heap, payload);
        }
    }

    /// <summary>
    /// Must the object wait in the queue until the innermost callback has returned? Whoever called that one, Begin, looks into the queue
    /// next. What is held while it is finalized is never freed in there, and its count is not to stay 0.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool MustWait(HeapState* heap, void* payload) =>
        ForeignCode.MustReturnFirst(heap) && (Header.Word(payload) & HeaderFlags.Held) == 0;

    /// <summary>
    /// Calls the callbacks of weak references that WeakChain.Clear has collected, in order. One that nobody else holds any more is
    /// dropped unheard. Those that die of it are left in the queue.
    /// </summary>
    public static void RunWeakCallbacks(HeapState* heap, WeakRefPayload* first)
    {
        for (WeakRefPayload* weak = first; weak != null;)
        {
            WeakRefPayload* next = weak->Next;
            weak->Next = null;
            if (Counts.References(weak) > 1)
            {
                ForeignCode.WeakCallback(heap, weak);
            }

            // Queued and not followed: a weak reference may itself have weak references, and so on.
            if (Counts.Decrement(heap, weak))
            {
                DeathQueue.Push(heap, weak);
            }

            weak = next;
        }
    }

    /// <summary>One object's death; returns the first child that dies of it, while the others are queued.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void* Step(HeapState* heap, void* payload, TypeDescriptor* type)
    {
        if (type->HasDuties || (type->Shape & Shape.List) != 0 || (Header.Word(payload) & (HeaderFlags.HasWeak | HeaderFlags.Held)) != 0)
        {
            return StepSlow(heap, payload, type);
        }

        void* next = ChildRelease.Slots(heap, payload, type, null);
        ObjectMemory.Free(heap, payload);
        return next;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void* StepSlow(HeapState* heap, void* payload, TypeDescriptor* type)
    {
        if ((Header.Word(payload) & HeaderFlags.Held) != 0)
        {
            // Somebody gave back the runtime's own reference. Its hold stands until finalizers are through.
            Counts.Set(heap, payload, 1);
            return null;
        }

        if (type->Finalize != null && (Header.Word(payload) & HeaderFlags.Finalized) == 0 && !TryFinalize(heap, payload, type))
        {
            return null;
        }

        Header.Word(payload) |= HeaderFlags.Dying;
        if ((Header.Word(payload) & HeaderFlags.HasWeak) != 0)
        {
            WeakRefPayload* pending = null;
            WeakChain.Clear(heap, payload, &pending);
            RunWeakCallbacks(heap, pending);
        }

        if (type->Id == TypeId.WeakRef)
        {
            WeakChain.Detach(heap, (WeakRefPayload*)payload);
        }

        ulong reportedBase = heap->Reported.Count;
        Reporting.Collect(heap, payload, type);
        if (type->Destroy != null)
        {
            ForeignCode.Destroy(heap, type, payload);
        }

        ChildRelease release = new() { Heap = heap };
        release.Reported(reportedBase);
        release.Slots(payload, type);
        if (type->Id == TypeId.List && ((ListPayload*)payload)->Items != null)
        {
            RawMemory.Free(heap, ((ListPayload*)payload)->Items);
        }

        ObjectMemory.Free(heap, payload);
        return release.Next;
    }

    /// <summary>Runs the finalizer; false if it brought the object back to life.</summary>
    private static bool TryFinalize(HeapState* heap, void* payload, TypeDescriptor* type)
    {
        Counts.Set(heap, payload, 1);
        Header.Word(payload) |= HeaderFlags.Finalized | HeaderFlags.Held;
        ForeignCode.Finalize(heap, type, payload);
        Header.Word(payload) &= ~HeaderFlags.Held;

        // Waiting for death it may have lost its place in the log.
        Tracking.Refresh(heap, payload);
        if (Counts.Decrement(heap, payload))
        {
            return true;
        }

        heap->ObjectsResurrected++;
        return false;
    }
}
