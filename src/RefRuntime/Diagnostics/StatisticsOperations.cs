// Statistics beyond the numbers of rr_heap_stats: where memory is, how long pauses were, and all of it as text.

using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Heap;
using RefRuntime.Inspection;
using RefRuntime.Operations;
using RefRuntime.Os;

namespace RefRuntime.Diagnostics;

internal static unsafe class StatisticsOperations
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long GetClassUsage(HeapHandle* handle, ClassUsage* results, nuint capacity)
    {
        HeapState* heap = Enter("rr_get_class_usage", handle, results, capacity, results == null ? 0 : results->StructSize, (uint)sizeof(ClassUsage));
        if (heap == null)
        {
            return (long)LastError.Status;
        }

        ClassUsage* all = stackalloc ClassUsage[ClassUsages.Count];
        ClassUsages.Read(heap, all);
        Access.Exit(heap);
        uint stride = results == null ? 0 : results->StructSize;
        ulong count = 0;
        for (int i = 0; i < ClassUsages.Count; i++)
        {
            if (all[i].PageBytes != 0)
            {
                if (count < capacity)
                {
                    all[i].StructSize = stride;
                    *(ClassUsage*)((byte*)results + (count * stride)) = all[i];
                }

                count++;
            }
        }

        return (long)count;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long GetTypeUsage(HeapHandle* handle, TypeUsage* results, nuint capacity)
    {
        HeapState* heap = Enter("rr_get_type_usage", handle, results, capacity, results == null ? 0 : results->StructSize, (uint)sizeof(TypeUsage));
        if (heap == null)
        {
            return (long)LastError.Status;
        }

        bool hasMemory = TypeUsages.TryRead(heap, out TypeUsages usages);
        Access.Exit(heap);
        if (!hasMemory)
        {
            return (long)LastError.Pointer(Status.NoMemory, "rr_get_type_usage", "heap", heap, "needs memory for a table of the types that the system does not have");
        }

        uint stride = results == null ? 0 : results->StructSize;
        for (uint i = 0; i < usages.Count && i < capacity; i++)
        {
            usages.Items[i].StructSize = stride;
            *(TypeUsage*)((byte*)results + (i * (ulong)stride)) = usages.Items[i];
        }

        long count = usages.Count;
        usages.Free();
        return count;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long GetPauses(HeapHandle* handle, ulong* results, nuint capacity)
    {
        HeapState* heap = Enter("rr_get_pauses", handle, results, capacity, 0, 0);
        if (heap == null)
        {
            return (long)LastError.Status;
        }

        for (uint i = 0; i < HeapState.PauseBuckets && i < capacity; i++)
        {
            results[i] = heap->Pauses[i];
        }

        Access.Exit(heap);
        return HeapState.PauseBuckets;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Print(HeapHandle* handle, byte* path)
    {
        HeapState* heap = Access.EnterHeap("rr_heap_print_stats", handle);
        if (heap == null)
        {
            return LastError.Status;
        }

        Status status = StatisticsText.Write(heap, "rr_heap_print_stats", path);
        Access.Exit(heap);
        return status;
    }

    /// <summary>Enters the heap, unless the array is none or its elements are too small; null then.</summary>
    private static HeapState* Enter(string function, HeapHandle* handle, void* results, ulong capacity, uint size, uint leastSize)
    {
        if (results == null && capacity != 0)
        {
            LastError.Number(Status.Argument, function, "out NULL with a capacity of", capacity, "has nowhere to put results");
            return null;
        }

        if (results != null && size < leastSize)
        {
            LastError.Bound(Status.Argument, function, "out->struct_size", size, "is less than", leastSize);
            return null;
        }

        return Access.EnterHeap(function, handle);
    }
}
