// Heaps into files: snapshots for viewers, pictures for Graphviz.
//
// Not from inside a callback of the heap: what is dying then is half taken apart, and the runtime holds counts that nobody else knows of.

using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Operations;
using RefRuntime.Os;

namespace RefRuntime.Diagnostics;

internal static unsafe class HeapFileOperations
{
    /// <summary>As many as a person can take in, and Graphviz lay out in seconds.</summary>
    private const uint DefaultPictureObjects = 200;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Snapshot(HeapHandle* handle, byte* path)
    {
        const string Function = "rr_heap_snapshot";
        HeapState* heap = Access.EnterHeap(Function, handle);
        if (heap == null)
        {
            return LastError.Status;
        }

        Status status = Check(Function, heap, path);
        if (status == Status.Ok)
        {
            status = WriteSnapshot(Function, heap, path);
        }

        Access.Exit(heap);
        return status;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Dot(HeapHandle* handle, byte* path, uint maxObjects)
    {
        const string Function = "rr_heap_dot";
        HeapState* heap = Access.EnterHeap(Function, handle);
        if (heap == null)
        {
            return LastError.Status;
        }

        Status status = Check(Function, heap, path);
        if (status == Status.Ok)
        {
            status = WritePicture(Function, heap, null, path, maxObjects);
        }

        Access.Exit(heap);
        return status;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status ObjectDot(void* payload, byte* path, uint maxObjects)
    {
        const string Function = "rr_object_dot";
        Status status = Access.Enter(Function, "object", payload);
        if (status != Status.Ok)
        {
            return status;
        }

        HeapState* heap = ObjectLookup.HeapOf(payload);
        status = Check(Function, heap, path);
        if (status == Status.Ok)
        {
            status = WritePicture(Function, heap, payload, path, maxObjects);
        }

        Access.Exit(heap);
        return status;
    }

    private static Status Check(string function, HeapState* heap, byte* path)
    {
        if (path == null)
        {
            return LastError.Pointer(Status.Argument, function, "path", path, "is NULL");
        }

        return heap->CallbackDepth != 0
            ? LastError.Pointer(Status.Busy, function, "heap", heap, "can't be looked at as a whole from inside one of its callbacks")
            : Status.Ok;
    }

    private static Status WriteSnapshot(string function, HeapState* heap, byte* path)
    {
        // The file first: a path that can't be written is told before the work.
        OutputFile file = default;
        Status status = file.Open(function, path);
        if (status != Status.Ok)
        {
            return status;
        }

        SnapshotStrings strings = default;
        bool hasMemory = HeapSurvey.TryBuild(heap, out HeapSurvey survey) && SnapshotStrings.TryBuild(heap, out strings);
        if (hasMemory && (HeapSnapshot.Write(&survey, &strings, ref file) || !file.IsSound))
        {
            // The error handler may look at the heap: the numbers must have left its pages by then.
            survey.Free();
            status = file.Close();
        }
        else
        {
            file.Abandon();
            survey.Free();
            status = hasMemory
                ? LastError.Pointer(Status.Corrupt, function, "heap", heap, "has a type whose traverse callback reports other references each time")
                : NoMemory(function, heap);
        }

        strings.Free();
        return status;
    }

    /// <summary>Of the whole heap, or of what lies around the subject.</summary>
    private static Status WritePicture(string function, HeapState* heap, void* subject, byte* path, uint maxObjects)
    {
        OutputFile file = default;
        Status status = file.Open(function, path);
        if (status != Status.Ok)
        {
            return status;
        }

        HeapPicture picture = default;
        if (HeapSurvey.TryBuild(heap, out HeapSurvey survey)
            && HeapPicture.TryBuild(&survey, maxObjects != 0 ? maxObjects : DefaultPictureObjects, out picture))
        {
            if (subject != null)
            {
                picture.ChooseAround(subject);
            }
            else
            {
                picture.ChooseHeap();
            }

            picture.Write(ref file, subject);
            picture.Free();
            survey.Free();
            return file.Close();
        }

        file.Abandon();
        picture.Free();
        survey.Free();
        return NoMemory(function, heap);
    }

    private static Status NoMemory(string function, HeapState* heap) =>
        LastError.Pointer(Status.NoMemory, function, "heap", heap, "needs memory to be looked at that the system does not have");
}
