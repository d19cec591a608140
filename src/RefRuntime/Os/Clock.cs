// The clocks: monotonic, and of the day. Not Stopwatch: its call suppresses the GC transition and would be inlined who knows where.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RefRuntime.Os;

internal static unsafe class Clock
{
    private const int Realtime = 0;
    private const int Monotonic = 1;

    public static ulong Nanoseconds() => Read(Monotonic);

    /// <summary>Nanoseconds since 1970: for people, not for measuring.</summary>
    public static ulong SinceEpoch() => Read(Realtime);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong Read(int clock)
    {
        long* time = stackalloc long[2];
        clock_gettime(clock, time);
        return ((ulong)time[0] * 1_000_000_000) + (ulong)time[1];
    }

    [DllImport("libc")]
    private static extern int clock_gettime(int clock, long* time);
}
