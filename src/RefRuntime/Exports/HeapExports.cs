// Exports: heaps.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Operations;

namespace RefRuntime.Exports;

/// <summary>
/// A heap is an island: its objects refer only to objects of the same heap, and it is collected by itself. A process may
/// have many; parallel work uses one per thread.
/// </summary>
/// <remarks>
/// <para>Who may call is decided when the heap is made:</para>
/// <list type="bullet">
/// <item><description>By default the heap is owned by the thread that made it; other threads get RR_E_WRONG_THREAD.
/// rr_heap_attach() hands it over.</description></item>
/// <item><description>With RR_HEAP_SERIALIZED any thread may call, one at a time: the caller has a lock of its own, such as
/// Python's GIL.</description></item>
/// <item><description>With RR_HEAP_SYNCHRONIZED any thread may call at any time: each call takes the heap's recursive lock,
/// which stays held while callbacks run.</description></item>
/// </list>
/// <para>Automatic collections begin only inside functions that make an object: rr_alloc(), rr_alloc_items(), rr_list_new(),
/// rr_weakref_new().</para>
/// </remarks>
[Section(Section.Heaps)]
internal static unsafe class HeapExports
{
    /// <summary>Makes a heap, as <paramref name="options"/> says; NULL gives the defaults.</summary>
    /// <returns>The heap, to be freed with rr_heap_free(); NULL on error.</returns>
    /// <errors>RR_E_ARGUMENT for an unknown flag or a struct_size that is too small; RR_E_NO_MEMORY.</errors>
    /// <cost>Constant time; asks the system for memory.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_heap_new", CallConvs = [typeof(CallConvCdecl)])]
    public static HeapHandle* New([Const] HeapOptions* options) => HeapOperations.New(options);

    /// <summary>Ends <paramref name="heap"/>: finalizes and destroys what is left in it and gives all its memory back.</summary>
    /// <remarks>
    /// <para>What is left dies as one set, immortal objects too: all finalizers run first, then the destroy callbacks. Nothing
    /// can be resurrected and no weak callback runs. A heap made with RR_HEAP_REPORT_LEAKS first tells what is still
    /// held, see rr_leak_report().</para>
    /// <para>Afterwards every pointer into the heap is dead, and <paramref name="heap"/> itself is refused.</para>
    /// </remarks>
    /// <errors>RR_E_ARGUMENT for the default heap, which lives as long as the process; RR_E_BUSY inside any
    /// callback.</errors>
    /// <callbacks>Runs finalizers and destroy callbacks.</callbacks>
    /// <cost>Walks the heap.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_heap_free", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Free(HeapHandle* heap) => HeapOperations.Free(heap);

    /// <summary>The default heap of the process: serialized, made on first use, never freed.</summary>
    /// <returns>The heap that NULL stands for; NULL if it could not be made.</returns>
    /// <errors>RR_E_NO_MEMORY on first use.</errors>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_heap_default", CallConvs = [typeof(CallConvCdecl)])]
    public static HeapHandle* Default() => HeapOperations.Default();

    /// <summary>The heap that <paramref name="object"/> lives in.</summary>
    /// <returns>The heap, or NULL if there is no such object.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_heap_of", CallConvs = [typeof(CallConvCdecl)])]
    public static HeapHandle* Of([Const, Any] void* @object) => HeapOperations.Of(@object);

    /// <summary>Gives the free pages of <paramref name="heap"/> back to the system.</summary>
    /// <remarks>By itself the heap gives back half of what it has not needed for a second of its use, each second, down to a MiB and a sixteenth of
    /// what is in use; this gives back all of it now. It collects nothing: call rr_collect() first to free as much as
    /// possible.</remarks>
    /// <cost>Proportional to the pages of the heap.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_heap_trim", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Trim(HeapHandle* heap) => HeapOperations.Trim(heap);

    /// <summary>Checks every invariant of <paramref name="heap"/>. For tests and for the hunt after a stray write.</summary>
    /// <remarks>It changes nothing and may be called from a debugger.</remarks>
    /// <errors>RR_E_CORRUPT; rr_last_error() then names the first invariant that is broken, and where.</errors>
    /// <cost>Walks the heap.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_heap_verify", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Verify(HeapHandle* heap) => HeapOperations.Verify(heap);

    /// <summary>Fills in <paramref name="out"/> with the statistics of <paramref name="heap"/>; see Statistics.</summary>
    /// <remarks>Set its struct_size first.</remarks>
    /// <errors>RR_E_ARGUMENT if <paramref name="out"/> is NULL or its struct_size is too small.</errors>
    /// <cost>Proportional to the pages of the heap.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_heap_stats", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Stats(HeapHandle* heap, Stats* @out) => HeapOperations.Stats(heap, @out);

    /// <summary>Makes the calling thread the owner of <paramref name="heap"/>.</summary>
    /// <remarks>For handing a heap from one thread to another. The caller guarantees that the old owner is out of the library
    /// and stays out; a heap that every thread may use has no owner and stays as it is.</remarks>
    /// <errors>RR_E_BUSY while a callback of the heap runs.</errors>
    /// <cost>Constant time.</cost>
    /// <threads>Called by the new owner; the only function that a thread may call on another thread's heap.</threads>
    [UnmanagedCallersOnly(EntryPoint = "rr_heap_attach", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Attach(HeapHandle* heap) => HeapOperations.Attach(heap);
}
