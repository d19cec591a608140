// Profiles of allocations: begun, ended, written. Samples are taken in Heap/Sampling and kept in Lifetime/AllocationProfile.

using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Heap;
using RefRuntime.Lifetime;
using RefRuntime.Operations;
using RefRuntime.Os;

namespace RefRuntime.Diagnostics;

internal static unsafe class ProfileOperations
{
    private const ulong DefaultMeanBytes = 512 * 1024;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Start(HeapHandle* handle, ulong sampleBytes)
    {
        const string Function = "rr_profile_start";
        HeapState* heap = Access.EnterHeap(Function, handle);
        if (heap == null)
        {
            return LastError.Status;
        }

        Status status = heap->Sampler != null
            ? LastError.Pointer(Status.Busy, Function, "heap", heap, "is being profiled already")
            : AllocationProfile.TryStart(heap, sampleBytes == 0 ? DefaultMeanBytes : sampleBytes)
            ? Status.Ok
            : LastError.Pointer(Status.NoMemory, Function, "heap", heap, "can't be profiled: the system has no memory for it");
        Access.Exit(heap);
        return status;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Stop(HeapHandle* handle)
    {
        const string Function = "rr_profile_stop";
        HeapState* heap = Access.EnterHeap(Function, handle);
        if (heap == null)
        {
            return LastError.Status;
        }

        Status status = Status.Ok;
        if (heap->Sampler == null)
        {
            status = LastError.Pointer(Status.Argument, Function, "heap", heap, "is not being profiled");
        }
        else
        {
            AllocationProfile.Stop(heap);
        }

        Access.Exit(heap);
        return status;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Write(HeapHandle* handle, byte* path)
    {
        const string Function = "rr_profile_write";
        HeapState* heap = Access.EnterHeap(Function, handle);
        if (heap == null)
        {
            return LastError.Status;
        }

        Status status = path == null ? LastError.Pointer(Status.Argument, Function, "path", path, "is NULL")
            : heap->Profile == null ? LastError.Pointer(Status.Argument, Function, "heap", heap, "has no profile: rr_profile_start begins one")
            : WriteFile(Function, (AllocationProfile*)heap->Profile, path);
        Access.Exit(heap);
        return status;
    }

    private static Status WriteFile(string function, AllocationProfile* profile, byte* path)
    {
        OutputFile file = default;
        Status status = file.Open(function, path);
        if (status != Status.Ok)
        {
            return status;
        }

        if (ProfileWriter.Write(profile, ref file))
        {
            return file.Close();
        }

        file.Abandon();
        return LastError.Number(Status.NoMemory, function, "the profile's", profile->SiteCount, "places need memory that the system does not have");
    }
}
