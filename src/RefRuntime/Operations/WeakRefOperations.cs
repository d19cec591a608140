// Weak references: made, followed, counted.

using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Counting;
using RefRuntime.Heap;
using RefRuntime.Lifetime;
using RefRuntime.Objects;
using RefRuntime.Os;
using RefRuntime.Weak;

namespace RefRuntime.Operations;

internal static unsafe class WeakRefOperations
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void* New(void* payload, delegate* unmanaged[Cdecl]<void*, void*, void> callback, void* user)
    {
        if (Access.Enter("rr_weakref_new", "object", payload) != Status.Ok)
        {
            return null;
        }

        HeapState* heap = ObjectLookup.HeapOf(payload);
        void* weak = Create(heap, payload, callback, user);
        Access.Exit(heap);
        return weak;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void* Get(void* weakref)
    {
        if (Access.Enter("rr_weakref_get", "weakref", weakref) != Status.Ok)
        {
            return null;
        }

        HeapState* heap = ObjectLookup.HeapOf(weakref);
        void* target = null;
        if (Header.TypeOf(Header.Word(weakref)) != TypeId.WeakRef)
        {
            LastError.Pointer(Status.Type, "rr_weakref_get", "weakref", weakref, "is no weak reference");
        }
        else
        {
            target = ((WeakRefPayload*)weakref)->Target;
            if (target != null && Header.Count(target) != 0)
            {
                Counts.Increment(heap, target);
            }
            else
            {
                target = null;
            }
        }

        Access.Exit(heap);
        return target;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long Count(void* payload)
    {
        Status status = Access.EnterToRead("rr_weakref_count", "object", payload);
        if (status != Status.Ok)
        {
            return (long)status;
        }

        HeapState* heap = ObjectLookup.HeapOf(payload);
        long count = WeakChain.Count(heap, payload);
        Access.Exit(heap);
        return count;
    }

    /// <summary>
    /// Gives back the hold. Nobody else has seen it, so it is no reason to log the object as a candidate: what foreign code did
    /// to it meanwhile has logged it already.
    /// </summary>
    private static void LetGo(HeapState* heap, void* payload)
    {
        ref int count = ref Header.Count(payload);
        if (count > 1)
        {
            count--;
        }
        else
        {
            Death.Release(heap, payload);
        }
    }

    private static void* Create(
        HeapState* heap, void* payload, delegate* unmanaged[Cdecl]<void*, void*, void> callback, void* user)
    {
        const string Function = "rr_weakref_new";
        if (Header.Count(payload) == 0)
        {
            Access.Dying(Function, "object", payload);
            return null;
        }

        // Asked first: whether a destroy callback gets a weak reference does not depend on who has asked for the shared one before.
        if (!Access.IsAllocationAllowed(Function, heap))
        {
            return null;
        }

        WeakRefPayload* shared = callback == null ? WeakChain.FindShared(heap, payload) : null;
        if (shared != null)
        {
            Counts.Increment(heap, shared);
            return shared;
        }

        // The target is held while a collection may run finalizers, which could release what the caller relies on.
        Counts.Increment(heap, payload);
        TypeDescriptor* type = TypeRegistry.Get(TypeId.WeakRef);
        WeakRefPayload* weak = (WeakRefPayload*)ObjectOperations.AllocatePolling(Function, heap, type, type->Size, 0);
        if (weak != null && !WeakTable.TryReserve(heap))
        {
            Death.Release(heap, weak);
            heap->IsAtLimit = 0;
            ObjectOperations.NoMemory(Function, heap, type->Size);
            weak = null;
        }

        // Foreign code may have made the shared one meanwhile.
        shared = weak != null && callback == null ? WeakChain.FindShared(heap, payload) : null;
        if (shared != null)
        {
            Counts.Increment(heap, shared);
            Death.Release(heap, weak);
            weak = shared;
        }
        else if (weak != null)
        {
            weak->Callback = callback;
            weak->User = user;
            WeakChain.Attach(heap, weak, payload);
        }

        LetGo(heap, payload);
        return weak;
    }
}
