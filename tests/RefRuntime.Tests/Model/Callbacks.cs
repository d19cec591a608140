// The callbacks of the model's types and weak references: native entry points that find the machine of their thread.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;

namespace RefRuntime.Tests.Model;

internal static unsafe class Callbacks
{
    /// <summary>In place of an item count: destroy has run, the storage is gone.</summary>
    public const ulong Destroyed = 0xDEAD_DEAD;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void Finalize(void* payload, void* user) => Machine.Current!.OnFinalize((nint)payload);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void Destroy(void* payload, void* user) => Machine.Current!.OnDestroy((nint)payload);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void Weak(void* weakref, void* user) => Machine.Current!.OnWeak((nint)weakref, (nint)user);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void Collection(HeapHandle* heap, GcEvent* gcEvent, void* user) => Machine.Current!.OnCollection(gcEvent);

    /// <summary>Storage: a pointer at 8, its length at 16.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void Traverse(void* payload, delegate* unmanaged[Cdecl]<void*, void*, void> visit, void* arg, void* user)
    {
        void** storage = ((void***)payload)[1];
        ulong count = ((ulong*)payload)[2];
        if (count == Destroyed)
        {
            Machine.Current!.Fail($"traverse is asked about 0x{(nint)payload:x} after destroy gave its storage back");
            return;
        }

        for (ulong i = 0; i < count; i++)
        {
            visit(storage[i], arg);
        }
    }
}
