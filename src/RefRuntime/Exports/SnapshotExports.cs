// Exports: heaps into files, for viewers and for Graphviz.

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
    /// and what rr_report_external() was told, up to 4 TiB of it, are nodes of their own. A size of 4 GiB or more is shown as just below,
    /// since viewers can't keep it. The number behind the @ is the lower half of the object's address / 16, so an object has the same one in each snapshot,
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
    public static Status HeapSnapshot(HeapHandle* heap, [Const] byte* path) => HeapFileOperations.Snapshot(heap, path);

    /// <summary>Draws <paramref name="heap"/> as a graph for Graphviz, into the file <paramref name="path"/>, at most
    /// <paramref name="max_objects"/> of its objects; 0 stands for 200.</summary>
    /// <remarks>
    /// <para>When to use it: to see a structure, or why a cycle is garbage. <c>dot -Tsvg heap.dot -o heap.svg</c> makes a picture of
    /// it.</para>
    /// <para>Objects are boxes with type, address and count; arrows have the names of slots or the index of the item; ellipses say by
    /// how many references an object is held from outside; weak references are dashed. Red is what nothing outside leads to: collections
    /// free it, unless a finalizer brings it back. Nothing is freed for the picture. Frozen and untracked containers count as held,
    /// since collections pass them by.</para>
    /// <para>When there are more objects, garbage comes first, up to half of the picture, then what is held and what that leads to.
    /// The title then says so, and so does each object with references to what is not drawn. Of one object a hundred references are
    /// drawn.</para>
    /// <para>The file is written as that of rr_heap_snapshot().</para>
    /// </remarks>
    /// <errors>Those of rr_heap_snapshot(), but for RR_E_CORRUPT.</errors>
    /// <callbacks>Calls traverse callbacks.</callbacks>
    /// <cost>Walks the heap some five times.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_heap_dot", CallConvs = [typeof(CallConvCdecl)])]
    public static Status HeapDot(HeapHandle* heap, [Const] byte* path, uint max_objects) => HeapFileOperations.Dot(heap, path, max_objects);

    /// <summary>Draws what lies around <paramref name="object"/> into the file <paramref name="path"/>, at most
    /// <paramref name="max_objects"/> objects, as rr_heap_dot() does: the object with a thick frame, those who lead to it, and what it
    /// leads to.</summary>
    /// <remarks>Those who lead to it take at most half of the picture and are at most eight references away.</remarks>
    /// <errors>Those of rr_heap_dot(); RR_E_NOT_OBJECT.</errors>
    /// <callbacks>Calls traverse callbacks.</callbacks>
    /// <cost>Walks the heap some ten times.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_object_dot", CallConvs = [typeof(CallConvCdecl)])]
    public static Status ObjectDot([Const] void* @object, [Const] byte* path, uint max_objects) =>
        HeapFileOperations.ObjectDot(@object, path, max_objects);
}
