// The layout that inline calls rely on: told, and compared.

using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Operations;

internal static unsafe class LayoutOperations
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Check(ulong fingerprint) => fingerprint == InlineLayout.Fingerprint
        ? Status.Ok
        : LastError.Bound(Status.Abi, "rr_layout_check", "fingerprint", fingerprint, "is not that of this library: compile again with its headers, whose RR_LAYOUT_FINGERPRINT is", InlineLayout.Fingerprint);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Layout(LayoutInfo* result)
    {
        if (result == null)
        {
            return LastError.Pointer(Status.Argument, "rr_layout", "out", result, "is NULL");
        }

        if (result->StructSize < sizeof(LayoutInfo))
        {
            return LastError.Bound(Status.Argument, "rr_layout", "out->struct_size", result->StructSize, "is less than", (ulong)sizeof(LayoutInfo));
        }

        if (!Startup.TryInitialize())
        {
            return LastError.Pointer(Status.NoMemory, "rr_layout", "out", result, "tells of a table that the system has no memory for");
        }

        *result = new LayoutInfo
        {
            StructSize = result->StructSize,
            TypeCount = InlineLayout.Types,
            Fingerprint = InlineLayout.Fingerprint,
            Types = InlineTypes.Table,
            HeaderQuiet = InlineLayout.HeaderQuiet,
            ReleaseMask = InlineLayout.ReleaseMask,
            ReleaseValue = InlineLayout.ReleaseValue,
            NodeMask = InlineLayout.NodeMask,
            NodeValue = InlineLayout.NodeValue,
            TypeShift = InlineLayout.TypeShift,
            TypeMask = InlineLayout.TypeMask,
            SegmentMask = InlineLayout.SegmentMask,
            PageShift = InlineLayout.PageShift,
            PageTable = InlineLayout.PageTable,
            PageEntryShift = InlineLayout.PageEntryShift,
            PageState = InlineLayout.PageState,
            PageStateMask = InlineLayout.PageStateMask,
            PageStateValue = InlineLayout.PageStateValue,
            PageFree = InlineLayout.PageFree,
            PageFreeCount = InlineLayout.PageFreeCount,
            PageCarved = InlineLayout.PageCarved,
            HeapBins = InlineLayout.HeapBins,
        };
        return Status.Ok;
    }
}
