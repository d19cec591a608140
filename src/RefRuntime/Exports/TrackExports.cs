// Exports: what the collector looks at and what it leaves out. They continue the section of CollectExports.cs.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Operations;

namespace RefRuntime.Exports;

/// <summary>Tracking and freezing. The overview of the section stands at CollectExports.</summary>
[Section(Section.Cycles, Continues = true)]
internal static unsafe class TrackExports
{
    /// <summary>Freezes all objects that <paramref name="heap"/> has now: collections leave them out.</summary>
    /// <remarks>For what a program sets up once and keeps, and before a fork: no collection in the child then writes to a frozen
    /// object. Frozen objects still die by counting; what they refer to counts as held.</remarks>
    /// <cost>Walks the heap.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_gc_freeze", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Freeze(HeapHandle* heap) => TrackOperations.Freeze(heap);

    /// <summary>Gives all frozen objects of <paramref name="heap"/> back to the collector.</summary>
    /// <cost>Walks the heap.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_gc_unfreeze", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Unfreeze(HeapHandle* heap) => TrackOperations.Unfreeze(heap);

    /// <summary>How many objects of <paramref name="heap"/> are frozen, leaves included.</summary>
    /// <returns>The number; a negative rr_status on error.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_gc_freeze_count", CallConvs = [typeof(CallConvCdecl)])]
    public static long FreezeCount(HeapHandle* heap) => TrackOperations.FreezeCount(heap);

    /// <summary>Logs <paramref name="object"/> as a possible cycle root, to be examined by the next collection.</summary>
    /// <remarks>Call it after a plain write has moved a reference, perhaps the last one from outside, into storage that only a
    /// traverse callback or a tagged value shows. rr_decref() and rr_take() do it by themselves.</remarks>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_gc_candidate", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Candidate(void* @object) => TrackOperations.Candidate(@object);

    /// <summary>Gives <paramref name="object"/> to the collector, which is how every container begins.</summary>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_gc_track", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Track(void* @object) => TrackOperations.Track(@object);

    /// <summary>Takes <paramref name="object"/> away from the collector, until rr_gc_track().</summary>
    /// <remarks>It still dies by counting. What it refers to counts as held from outside, so a cycle through it is not
    /// found.</remarks>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_gc_untrack", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Untrack(void* @object) => TrackOperations.Untrack(@object);

    /// <summary>Whether the collector looks at <paramref name="object"/>.</summary>
    /// <returns>1 or 0; always 0 for leaves.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_gc_is_tracked", CallConvs = [typeof(CallConvCdecl)])]
    public static int IsTracked([Const] void* @object) => TrackOperations.IsTracked(@object);

    /// <summary>Whether the finalizer of <paramref name="object"/> has run.</summary>
    /// <remarks>1 is what a resurrected object answers: it will not be finalized again.</remarks>
    /// <returns>1 or 0.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_is_finalized", CallConvs = [typeof(CallConvCdecl)])]
    public static int IsFinalized([Const] void* @object) => TrackOperations.IsFinalized(@object);
}
