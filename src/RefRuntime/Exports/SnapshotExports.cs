// Exports: whole heaps into files.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Diagnostics;

namespace RefRuntime.Exports;

[Section(Section.Diagnostics, Continues = true)]
internal static unsafe class SnapshotExports
{
    /// <summary>Writes all of <paramref name="heap"/> to the file <paramref name="path"/>, for a viewer of heap snapshots: V8's format, which
    /// the Memory panel of Chrome's DevTools opens (Load), and memlab.</summary>
    /// <remarks>
    /// <para>When to use it: to browse what is there, what keeps it, and how much each object keeps alive; or to compare two
    /// moments. Call the file something.heapsnapshot, or DevTools won't offer it.</para>
    /// <para>In the viewer each type is a constructor; references have the names of slots (ref_names of rr_type_info, else the
    /// offset, as in +8) or the index of the item. The root's edges lead to what is held from outside and say by how many
    /// references. What nothing outside holds hangs under "(garbage that a collection finds)". References to what is no live object
    /// of the heap are left out.</para>
    /// <para>Sizes are those of blocks: those of all objects add up to live_bytes of rr_stats; raw memory, the storage of lists
    /// and what rr_report_external() was told are nodes of their own. A size of 4 GiB or more is shown as just below, since viewers can't
    /// keep it. The number behind the @ is the lower half of the object's address / 16, so an object has the same one in each snapshot,
    /// and so may another one that was made in its place.</para>
    /// <para>The file is written beside its place and renamed when it is whole. What is no regular file is written as it is.</para>
    /// </remarks>
    /// <errors>RR_E_ARGUMENT if <paramref name="path"/> is NULL; RR_E_IO, with the system's reason, if the file can't be
    /// written; RR_E_BUSY inside a callback of the heap; RR_E_NO_MEMORY; RR_E_CORRUPT if a traverse callback contradicts itself. After
    /// an error there is no file, or the one that was there before.</errors>
    /// <callbacks>Calls traverse callbacks.</callbacks>
    /// <cost>Walks the heap some ten times; a million objects take about a second. Needs five bytes of memory for each
    /// object.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_heap_snapshot", CallConvs = [typeof(CallConvCdecl)])]
    public static Status HeapSnapshot(HeapHandle* heap, [Const] byte* path) => SnapshotOperations.Snapshot(heap, path);
}
