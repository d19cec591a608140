// Callbacks of a test as lambdas: native entry points that forward to what the test has set. They may not throw.

using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;

namespace RefRuntime.Tests;

internal static unsafe class Hooks
{
    public static Action<nint>? Finalize { get; set; }

    public static Action<nint>? Destroy { get; set; }

    /// <summary>Gets the weak reference and the user pointer.</summary>
    public static Action<nint, nint>? Weak { get; set; }

    public static Action<GcEvent>? Collection { get; set; }

    public static void Clear()
    {
        Finalize = null;
        Destroy = null;
        Weak = null;
        Collection = null;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void OnFinalize(void* payload, void* user) => Finalize?.Invoke((nint)payload);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void OnDestroy(void* payload, void* user) => Destroy?.Invoke((nint)payload);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void OnWeak(void* weakref, void* user) => Weak?.Invoke((nint)weakref, (nint)user);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void OnCollection(HeapHandle* heap, GcEvent* gcEvent, void* user) => Collection?.Invoke(*gcEvent);

    /// <summary>Does nothing: copying an event for a lambda would be an allocation.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void OnCollectionQuietly(HeapHandle* heap, GcEvent* gcEvent, void* user)
    {
    }

    /// <summary>Reports the two slots at 0 and 8.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void OnTraverse(void* payload, delegate* unmanaged[Cdecl]<void*, void*, void> visit, void* arg, void* user)
    {
        visit(((void**)payload)[0], arg);
        visit(((void**)payload)[1], arg);
    }
}
