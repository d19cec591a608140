// The timeline of collections: begun and ended. What is written, and when, is Cycles/Timeline's.

using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Cycles;

namespace RefRuntime.Diagnostics;

internal static unsafe class TraceOperations
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Start(byte* path) => Timeline.Start("rr_trace_start", path);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Stop() => Timeline.Stop("rr_trace_stop");
}
