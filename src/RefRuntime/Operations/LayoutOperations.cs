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
            LeafValue = InlineLayout.LeafValue,
            SegmentMask = InlineLayout.SegmentMask,
            TypeShift = InlineLayout.TypeShift,
            SegmentHeap = InlineLayout.SegmentHeap,
            SegmentBitmaps = InlineLayout.SegmentBitmaps,
            BitmapShift = InlineLayout.BitmapShift,
            SegmentPages = InlineLayout.SegmentPages,
            PageEntryShift = InlineLayout.PageEntryShift,
            PageShift = InlineLayout.PageShift,
            PageStart = InlineLayout.PageStart,
            PageReciprocal = InlineLayout.PageReciprocal,
            PageFree = InlineLayout.PageFree,
            PageCountdown = InlineLayout.PageCountdown,
            PageCandidates = InlineLayout.PageCandidates,
            HeapBins = InlineLayout.HeapBins,
            HeapCandidates = InlineLayout.HeapCandidates,
            HeapTrap = InlineLayout.HeapTrap,
            Revision = InlineLayout.Revision,
        };
        return Status.Ok;
    }
}
