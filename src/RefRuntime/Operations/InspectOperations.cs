// Looking at the graph.

using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Heap;
using RefRuntime.Inspection;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Operations;

internal static unsafe class InspectOperations
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long GetReferents(void* payload, void** results, nuint capacity)
    {
        Status status = Enter("rr_get_referents", payload, results, capacity);
        if (status != Status.Ok)
        {
            return (long)status;
        }

        long count = Neighbours.Referents(payload, results, capacity);
        Access.Exit(payload);
        return count;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long GetReferrers(void* payload, void** results, nuint capacity)
    {
        Status status = Enter("rr_get_referrers", payload, results, capacity);
        if (status != Status.Ok)
        {
            return (long)status;
        }

        HeapState* heap = ObjectLookup.HeapOf(payload);
        long count = Neighbours.Referrers(heap, payload, results, capacity);
        Access.Exit(heap);
        return count;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long GetObjects(HeapHandle* handle, TypeId type, void** results, nuint capacity)
    {
        HeapState* heap = Access.EnterHeap("rr_get_objects", handle);
        if (heap == null)
        {
            return (long)LastError.Status;
        }

        long count;
        if (type != TypeId.None && TypeRegistry.Find(type) == null)
        {
            count = (long)LastError.Number(Status.Type, "rr_get_objects", "type", (uint)type, "is no type");
        }
        else if (results == null && capacity != 0)
        {
            count = (long)NullResults("rr_get_objects", capacity);
        }
        else
        {
            count = Neighbours.Objects(heap, type, results, capacity);
        }

        Access.Exit(heap);
        return count;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long GetPath(void* payload, void** results, nuint capacity)
    {
        Status status = Enter("rr_get_path", payload, results, capacity);
        if (status != Status.Ok)
        {
            return (long)status;
        }

        HeapState* heap = ObjectLookup.HeapOf(payload);
        long length = RetainingPath.Find(heap, payload, results, capacity);
        if (length < 0)
        {
            length = (long)LastError.Pointer(Status.NoMemory, "rr_get_path", "object", payload, "needs memory for the search that the system does not have");
        }

        Access.Exit(heap);
        return length;
    }

    private static Status Enter(string function, void* payload, void** results, ulong capacity)
    {
        if (results == null && capacity != 0)
        {
            return NullResults(function, capacity);
        }

        return Access.Enter(function, "object", payload);
    }

    private static Status NullResults(string function, ulong capacity) =>
        LastError.Number(Status.Argument, function, "out NULL with a capacity of", capacity, "has nowhere to put results");
}
