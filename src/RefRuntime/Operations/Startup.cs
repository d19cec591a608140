// What the process needs before the first heap: the segment map and the built-in types. Made when the library is loaded;
// if the system had no memory then, each operation that needs it tries again.

using System.Runtime.CompilerServices;
using System.Threading;
using RefRuntime.Checking;
using RefRuntime.Cycles;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Operations;

internal static class Startup
{
    private static Gate s_gate;
    private static bool s_isReady;

    public static ref Gate Gate => ref s_gate;

#pragma warning disable CA2255 // The attribute is meant for applications. Seen from the host, this library is one.
    [ModuleInitializer]
    internal static void Initialize() => TryInitialize();
#pragma warning restore CA2255

    /// <summary>False while the system has no memory for it.</summary>
    public static bool TryInitialize()
    {
        if (Volatile.Read(ref s_isReady))
        {
            return true;
        }

        s_gate.Enter();
        bool isDone = SegmentMap.TryInitialize() && TypeRegistry.TryInitialize();
        if (isDone && !s_isReady)
        {
            ForkGuard.Install();
            CheckedHeaps.ReadEnvironment();
            _ = FastCalls.TryEnable();
            _ = DebugTable.TryFill();
            Volatile.Write(ref s_isReady, true);
            Timeline.StartAsAsked();
        }

        s_gate.Exit();
        return isDone;
    }
}
