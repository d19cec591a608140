// What native/fast_calls.c, which stands before the most frequent exports, is told through native/layout.c; and debuggers through
// native/debug_table.c.

using System.Runtime.InteropServices;
using RefRuntime.Abi;

namespace RefRuntime.Os;

internal static unsafe class HostCalls
{
    /// <summary>False if the C was compiled for another fingerprint: nothing is kept then, and all calls are made in C#.</summary>
    public static bool SetLayout(
        ulong fingerprint, ulong* segmentMap, ulong addressLimit, LayoutType* types,
        uint segmentHeapOffset, uint pageLimitOffset, uint heapOwnerOffset) =>
        rrhost_set_layout(fingerprint, segmentMap, addressLimit, types, segmentHeapOffset, pageLimitOffset, heapOwnerOffset) != 0;

    /// <summary>False if the name is too long or the table full.</summary>
    public static bool AddToDebugTable(byte* name, ulong value) => rrhost_debug_add(name, value) != 0;

    [DllImport("rrhost")]
    private static extern int rrhost_debug_add(byte* name, ulong value);

    [DllImport("rrhost")]
    private static extern int rrhost_set_layout(
        ulong fingerprint, ulong* segmentMap, ulong addressLimit, LayoutType* types,
        uint segmentHeapOffset, uint pageLimitOffset, uint heapOwnerOffset);
}
