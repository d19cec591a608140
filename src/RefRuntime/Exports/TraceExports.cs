// Exports: the timeline of collections.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Diagnostics;

namespace RefRuntime.Exports;

[Section(Section.Diagnostics, Continues = true)]
internal static unsafe class TraceExports
{
    /// <summary>From now on writes what collections of all heaps do, and when, to the file <paramref name="path"/>: a trace that Perfetto
    /// (ui.perfetto.dev) and chrome://tracing open.</summary>
    /// <remarks>
    /// <para>When to use it: to see which pauses a program has, why, and what they were good for. The same without a line of code:
    /// run the program with the environment variable REFRUNTIME_TRACE=path, which is read once, when the library is loaded.</para>
    /// <para>Each heap has a track. A pause is what the program waits at a time; in it lie collections (in one go), trials (near
    /// candidates) and slices (of a complete collection), each with its reason, the candidates before it, and the objects visited,
    /// collected and resurrected. Counters show candidates, and bytes live and committed. Times are those of CLOCK_MONOTONIC.</para>
    /// <para>%p in the path stands for the number of the process. The trace ends with rr_trace_stop() or at normal exit; until then
    /// the file has a name of its own beside its place, ending in .part, and what a crash leaves of it can be opened too. A forked
    /// child leaves its parent's trace alone and writes none unless it starts one.</para>
    /// </remarks>
    /// <errors>RR_E_ARGUMENT if <paramref name="path"/> is NULL or too long; RR_E_BUSY while another trace is written; RR_E_IO, with
    /// the system's reason, if the file can't be written. REFRUNTIME_TRACE tells these on standard error.</errors>
    /// <cost>Constant time. Each collection or slice then takes some microseconds longer, after its time was taken, and in each three
    /// hundred one writes 64 KiB. Without a trace each makes one test.</cost>
    /// <threads>Any thread.</threads>
    [UnmanagedCallersOnly(EntryPoint = "rr_trace_start", CallConvs = [typeof(CallConvCdecl)])]
    public static Status TraceStart([Const] byte* path) => TraceOperations.Start(path);

    /// <summary>Ends the trace that is being written: the file is whole and has its name.</summary>
    /// <errors>RR_E_ARGUMENT if no trace is being written; RR_E_IO, with the system's reason, if some of it could not be written: then
    /// there is no file, or the one that was there before.</errors>
    /// <cost>Writes what is left, 64 KiB at most, and waits until the system has it on disk.</cost>
    /// <threads>Any thread.</threads>
    [UnmanagedCallersOnly(EntryPoint = "rr_trace_stop", CallConvs = [typeof(CallConvCdecl)])]
    public static Status TraceStop() => TraceOperations.Stop();
}
