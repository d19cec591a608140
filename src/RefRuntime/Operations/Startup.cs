// What the process needs before the first heap: the segment map and the built-in types. Made when the library is loaded;
// if the system had no memory then, each operation that needs it tries again.

using System.Runtime.CompilerServices;
using System.Threading;
using RefRuntime.Heap;
using RefRuntime.Objects;

namespace RefRuntime.Operations;

internal static class Startup
{
    private static int s_busy;

#pragma warning disable CA2255 // The attribute is meant for applications. Seen from the host, this library is one.
    [ModuleInitializer]
    internal static void Initialize() => TryInitialize();
#pragma warning restore CA2255

    /// <summary>False while the system has no memory for it.</summary>
    public static bool TryInitialize()
    {
        SpinWait wait = default;
        while (Interlocked.CompareExchange(ref s_busy, 1, 0) != 0)
        {
            wait.SpinOnce();
        }

        bool isDone = SegmentMap.TryInitialize() && TypeRegistry.TryInitialize();
        Volatile.Write(ref s_busy, 0);
        return isDone;
    }
}
