// The stacks that diagnostics remember, each once: a stack is a 32-bit number from then on. Process-wide, since numbers are
// compared and printed without asking which heap they came from.

using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RefRuntime.Os;

internal static unsafe class TraceDepot
{
    private static Depot s_depot;

    public static ref Gate Gate => ref s_depot.Gate;

    /// <summary>Distinct stacks so far.</summary>
    public static uint Count => s_depot.Count;

    /// <summary>The number of the stack of the call into the library; 0 if it is not to be had. Backtrace.TryStart comes first.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static uint Capture()
    {
        void** frames = stackalloc void*[Backtrace.MaxFrames];
        int count = Backtrace.Capture(frames, Backtrace.MaxFrames);
        return s_depot.Intern(new ReadOnlySpan<byte>(frames, count * sizeof(void*)));
    }

    /// <summary>The return addresses of a stack, from the innermost outwards; none for 0.</summary>
    public static ReadOnlySpan<nint> Frames(uint trace) => MemoryMarshal.Cast<byte, nint>(s_depot.Get(trace));
}
