// Exports: who holds what is left.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Operations;

namespace RefRuntime.Exports;

[Section(Section.Diagnostics, Continues = true)]
internal static unsafe class LeakExports
{
    /// <summary>Tells who holds what is left in <paramref name="heap"/>: into the file <paramref name="path"/>, or on standard error if
    /// that is NULL.</summary>
    /// <remarks>
    /// <para>For the question which release is missing, at a moment when nothing or little should be left. First come the objects that
    /// have references from outside the heap, more than what is in slots: how many references, and the number and bytes of the objects
    /// that these keep alive, which die when all of them are released. Holders of one type that were allocated in one place are told
    /// together, and of each of them what it keeps: all that is reached through it alone. The heaviest come first. Then comes what is
    /// kept by several of these, then dead cycles, which are nobody's and which a collection frees, then everything by type. Bytes are
    /// those of blocks, as in the statistics, and add up. In a checked heap the report says where the holders were allocated,
    /// and which tags of rr_incref_tagged() are still open.</para>
    /// <para>An object that is in more slots than it has references (a borrowed pointer was stored plainly) is told among the holders,
    /// with a negative number. Weak references are no references, but their objects may have holders.</para>
    /// <para>If <paramref name="path"/> ends in ".json" the report is JSON, in this form; n are numbers, addresses are strings:</para>
    /// <code>
    /// {"heap": "0x...", "objects": n, "bytes": n,
    ///  "held": [{"type": "...", "objects": n, "immortal": n, "references": n,
    ///            "objects_kept": n, "bytes_kept": n,
    ///            "allocated_by": [{"function": "..." or null, "module": "...", "offset": "0x..."},
    ///                             ...],
    ///            "largest": [{"object": "0x...", "references": n (null: immortal),
    ///                         "objects_kept": n, "bytes_kept": n,
    ///                         "tags": [{"tag": "...", "references": n}, ...]}, ...]}, ...],
    ///  "shared": {"objects": n, "bytes": n}, "garbage": {"objects": n, "bytes": n},
    ///  "types": [{"type": "...", "objects": n, "bytes": n,
    ///             "garbage_objects": n, "garbage_bytes": n}, ...]}
    /// </code>
    /// <para>The text shows 40 kinds of holders and the three largest of each, the JSON all kinds and a hundred of each. The file is
    /// written beside its place and renamed when it is whole. What is no regular file is written as it is.</para>
    /// <para>The report releases nothing; if the last slices of a collection are under way, it lets them end.</para>
    /// </remarks>
    /// <errors>RR_E_IO if the file can't be written; rr_last_error() then has the system's reason. RR_E_NO_MEMORY. RR_E_BUSY inside any
    /// callback of the heap.</errors>
    /// <callbacks>Calls traverse callbacks. At the end of a collection finalizers, weak callbacks and destroy callbacks.</callbacks>
    /// <cost>Walks the heap several times: 0.3 to 1 s for a million objects. Needs some 60 bytes of memory for each object that has two
    /// references, 64 more for each holder, and no stack.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_leak_report", CallConvs = [typeof(CallConvCdecl)])]
    public static Status LeakReport(HeapHandle* heap, [Const] byte* path) => LeakOperations.Report(heap, path);
}
