// Callbacks that try what they should not, and note the answers.

using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Death;

internal static unsafe class Probing
{
    private const ulong Gone = 0xDEAD;

    public static List<long> Answers { get; } = [];

    /// <summary>How often traverse was asked about an object after its destroy.</summary>
    public static int LateTraversals { get; set; }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void OnTraverse(void* payload, delegate* unmanaged[Cdecl]<void*, void*, void> visit, void* arg, void* user)
    {
        Answers.Add(CountOperations.GetRefCount(payload));
        Answers.Add((long)CountOperations.Incref(payload));
        Answers.Add((long)CountOperations.Decref(payload));
        Answers.Add((long)ObjectOperations.Alloc(HeapOperations.Of(payload), TestTypes.Pair));
        Answers.Add((long)LibraryOperations.LastStatus());
    }

    /// <summary>Slots at 0 and 8; destroyed objects say so at 16.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void OnLateTraverse(void* payload, delegate* unmanaged[Cdecl]<void*, void*, void> visit, void* arg, void* user)
    {
        if (((ulong*)payload)[2] == Gone)
        {
            LateTraversals++;
            return;
        }

        visit(((void**)payload)[0], arg);
        visit(((void**)payload)[1], arg);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    public static void OnDestroyThenRelease(void* payload, void* user)
    {
        ((ulong*)payload)[2] = Gone;
        CountOperations.Decref(((void**)payload)[0]);
        CountOperations.Decref(((void**)payload)[1]);
    }
}
