// Leak reports: on demand, and when a heap ends.

using System;
using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Cycles;
using RefRuntime.Heap;
using RefRuntime.Inspection;
using RefRuntime.Os;

namespace RefRuntime.Operations;

internal static unsafe class LeakOperations
{
    private const string Function = "rr_leak_report";

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Report(HeapHandle* handle, byte* path)
    {
        HeapState* heap = Access.EnterHeap(Function, handle);
        if (heap == null)
        {
            return LastError.Status;
        }

        // The library holds objects of its own then, and takes others apart. Another thread's callback counts too: see rr_heap_free.
        Status status = heap->CallbackDepth != 0
            ? LastError.Pointer(Status.Busy, Function, "heap", heap, "can't be told apart while a callback runs")
            : Write(heap, path);
        Access.Exit(heap);
        return status;
    }

    /// <summary>Tells on standard error who holds what is left in a heap that ends, if something is held that may die.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void ReportAtEnd(HeapState* heap)
    {
        bool isComplete = Leaks.TryFind(heap, out Leaks leaks);
        OutputFile file = default;
        if ((!isComplete || leaks.Mortals != 0) && file.Open("rr_heap_free", null) == Status.Ok)
        {
            if (isComplete)
            {
                LeakText.Write(ref file, leaks);
            }
            else
            {
                file.Write("RefRuntime: heap "u8);
                file.WriteHex((ulong)heap);
                file.Write(" ends with "u8);
                file.Write(HeapStatistics.Read(heap).LiveObjects);
                file.Write(" objects; there is no memory to find out who holds them\n"u8);
            }

            file.Close();
        }

        leaks.Free();
    }

    private static Status Write(HeapState* heap, byte* path)
    {
        // What is dying slice by slice still refers to things, but is no holder that anybody could name.
        Collector.FinishDeath(heap, GcReason.Requested);

        OutputFile file = default;
        Status status = file.Open(Function, path);
        if (status != Status.Ok)
        {
            return status;
        }

        bool isComplete = Leaks.TryFind(heap, out Leaks leaks);
        if (!isComplete)
        {
            file.Abandon();
            status = LastError.Pointer(Status.NoMemory, Function, "heap", heap, "needs memory for its report that the system does not have");
        }
        else
        {
            if (IsJson(path))
            {
                LeakJson.Write(ref file, leaks);
            }
            else
            {
                LeakText.Write(ref file, leaks);
            }

            status = file.Close();
        }

        leaks.Free();
        return status;
    }

    private static bool IsJson(byte* path) =>
        path != null && CString.Text(path).EndsWith(".json"u8);
}
