// Making objects, and asking how large they are.

using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Checking;
using RefRuntime.Cycles;
using RefRuntime.Heap;
using RefRuntime.Lifetime;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Operations;

internal static unsafe class ObjectOperations
{
    /// <summary>
    /// Pops from an open bin that has a block; all else goes to AllocSlow, so that this frame stays small. What makes an
    /// allocation special (a lock, a destroy callback, a type that is not for rr_alloc) shows as a bin without a block or a
    /// type without a class: see HeapAccess.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void* Alloc(HeapHandle* handle, TypeId typeId) => Alloc("rr_alloc", handle, typeId);

    /// <summary>Alloc for <paramref name="function"/>, which errors name.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void* Alloc(string function, HeapHandle* handle, TypeId typeId)
    {
        HeapState* heap = handle != null ? (HeapState*)handle : HeapOperations.DefaultIfMade;
        if (TypeRegistry.Contains(typeId) && Access.IsHeap(heap) && HeapAccess.MayChange(heap))
        {
            TypeDescriptor* type = TypeRegistry.Get(typeId);
            void* payload = type->FixedClass >= 0 ? ObjectMemory.TryPop(heap, type) : null;
            if (payload != null)
            {
                return payload;
            }
        }

        return AllocSlow(function, handle, typeId);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void* AllocItems(HeapHandle* handle, TypeId typeId, nuint count)
    {
        HeapState* heap = Access.EnterHeap("rr_alloc_items", handle);
        if (heap == null)
        {
            return null;
        }

        void* payload = AllocateChecked("rr_alloc_items", heap, typeId, count);
        Access.Exit(heap);
        return payload;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static nuint Size(void* payload)
    {
        if (Access.EnterToRead("rr_size", "object", payload) != Status.Ok)
        {
            return 0;
        }

        nuint size = (nuint)ObjectSize.PayloadBytes(payload, ObjectLookup.TypeOf(payload));
        Access.Exit(payload);
        return size;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static nuint ItemCount(void* payload)
    {
        if (Access.EnterToRead("rr_item_count", "object", payload) != Status.Ok)
        {
            return 0;
        }

        nuint count = ObjectLookup.TypeOf(payload)->HasItems ? (nuint)ObjectSize.ItemCount(payload) : 0;
        Access.Exit(payload);
        return count;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static int IsObject(void* payload)
    {
        if (!Access.TryEnter("rr_is_object", payload, isRead: true))
        {
            return 0;
        }

        Access.Exit(payload);
        return 1;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void* AllocSlow(string function, HeapHandle* handle, TypeId typeId)
    {
        HeapState* heap = Access.EnterHeap(function, handle);
        if (heap == null)
        {
            return null;
        }

        void* payload = AllocateChecked(function, heap, typeId, 0);
        Access.Exit(heap);
        return payload;
    }

    /// <summary>Allocates in an entered heap, with every check; collects first when that is due, or when there is no memory.</summary>
    public static void* AllocateChecked(string function, HeapState* heap, TypeId typeId, ulong items)
    {
        TypeDescriptor* type = TypeRegistry.Find(typeId);
        if (type == null)
        {
            LastError.Number(Status.Type, function, "type", (uint)typeId, "is no type");
            return null;
        }

        if (typeId == TypeId.WeakRef)
        {
            LastError.Number(Status.Type, function, "type", (uint)typeId, "is RR_TYPE_WEAKREF: rr_weakref_new makes those");
            return null;
        }

        if (items != 0 && !type->HasItems)
        {
            LastError.Number(Status.Argument, function, "count", items, "is not 0, but the type has no trailing items");
            return null;
        }

        if (!ObjectSize.TryPayloadBytes(type, items, out ulong bytes))
        {
            LastError.Number(Status.Overflow, function, "count", items, "makes the object too large");
            return null;
        }

        return Access.IsAllocationAllowed(function, heap) ? AllocatePolling(function, heap, type, bytes, items) : null;
    }

    /// <summary>Allocates at the slow path, where collections start.</summary>
    public static void* AllocatePolling(string function, HeapState* heap, TypeDescriptor* type, ulong bytes, ulong items)
    {
        if (NeedsPoll(heap, type, bytes))
        {
            Triggers.Poll(heap);
        }

        void* payload = ObjectMemory.TryAllocate(heap, type, bytes, items);
        if (payload == null && Triggers.TryCollectAtLimit(heap))
        {
            payload = ObjectMemory.TryAllocate(heap, type, bytes, items);
        }

        // What waits in a checked heap is no reason to be out of memory.
        if (payload == null && Quarantine.TryFlush(heap))
        {
            payload = ObjectMemory.TryAllocate(heap, type, bytes, items);
        }

        if (payload == null)
        {
            NoMemory(function, heap, ObjectSize.BlockBytes(type, bytes));
        }

        return payload;
    }

    /// <summary>The error of an allocation that neither limit nor system allowed.</summary>
    public static Status NoMemory(string function, HeapState* heap, ulong bytes) =>
        heap->IsAtLimit == 0
            ? LastError.Number(Status.NoMemory, function, "a request of", bytes, "bytes failed: the system's memory is used up")
            : LastError.Bound(Status.NoMemory, function, "a request of", bytes, "bytes failed: the heap's limit is", heap->MaxBytes);

    private static bool NeedsPoll(HeapState* heap, TypeDescriptor* type, ulong bytes)
    {
        ulong block = ObjectSize.BlockBytes(type, bytes + heap->GuardBytes);
        return block > Core.Config.MaxSmallBlock || heap->Bins[SizeClass.Of((uint)block)] == 0;
    }
}
