// The monotonic clock. Not Stopwatch: its call suppresses the GC transition and would be inlined who knows where.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RefRuntime.Os;

internal static unsafe class Clock
{
    private const int Monotonic = 1;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static ulong Nanoseconds()
    {
        long* time = stackalloc long[2];
        clock_gettime(Monotonic, time);
        return ((ulong)time[0] * 1_000_000_000) + (ulong)time[1];
    }

    [DllImport("libc")]
    private static extern int clock_gettime(int clock, long* time);
}
