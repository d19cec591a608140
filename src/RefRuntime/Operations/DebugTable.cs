// What debuggers are told of the inside (native/debug_table.c): offsets and places by name. Whoever changes a structure changes
// nothing here, unless a field goes; what bindings/gdb/refruntime_gdb.py reads has to be here.

using System;
using System.Runtime.CompilerServices;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Operations;

internal static unsafe class DebugTable
{
    /// <summary>To be called once, when segment map and type table are there. False if something did not fit in.</summary>
    public static bool TryFill() =>
        TryFillPlaces() & TryFillSegment() & TryFillPage() & TryFillHeap() & TryFillHeader() & TryFillTypes();

    private static bool TryFillPlaces() =>
        Add("segment_map"u8, (ulong)SegmentMap.Words)
        & Add("address_limit"u8, SegmentMap.AddressLimit)
        & Add("type_directory"u8, (ulong)TypeRegistry.Directory)
        & Add("type_count_at"u8, (ulong)TypeRegistry.CountAt)
        & Add("type_chunk_shift"u8, TypeRegistry.ChunkShift);

    // The locals below are there for their shape alone.

    private static bool TryFillSegment()
    {
        Unsafe.SkipInit(out Segment segment);
        return Add("segment_shift"u8, Config.SegmentShift)
            & Add("segment.heap"u8, Offset(&segment, &segment.Heap))
            & Add("segment.next"u8, Offset(&segment, &segment.Next))
            & Add("segment.bytes"u8, Offset(&segment, &segment.Bytes))
            & Add("segment.free_pages"u8, Offset(&segment, &segment.FreePages))
            & Add("segment.pages"u8, Segment.PageTableOffset)
            & Add("segment.bitmaps"u8, Segment.BitmapOffset)
            & Add("segment.heap_state"u8, Segment.HeapOffset)
            & Add("segment.head_pages"u8, Segment.HeadPages);
    }

    private static bool TryFillPage()
    {
        Unsafe.SkipInit(out Page page);
        return Add("page_shift"u8, Config.PageShift)
            & Add("pages_per_segment"u8, Config.PagesPerSegment)
            & Add("page.size"u8, Segment.PageEntrySize)
            & Add("page.start"u8, Offset(&page, &page.Start))
            & Add("page.limit"u8, Offset(&page, &page.Limit))
            & Add("page.block_size"u8, Offset(&page, &page.BlockSize))
            & Add("page.kind"u8, Offset(&page, &page.Kind))
            & Add("page.domain"u8, Offset(&page, &page.Domain))
            & Add("page.carved"u8, Offset(&page, &page.Carved))
            & Add("page.large_bytes"u8, Offset(&page, &page.LargeBytes))
            & Add("page.span_pages"u8, Offset(&page, &page.SpanPages))
            & Add("bitmap_bytes"u8, Segment.BitmapWords * 8)
            & Add("kind.free"u8, (ulong)PageKind.Free)
            & Add("kind.head"u8, (ulong)PageKind.Head)
            & Add("kind.small"u8, (ulong)PageKind.Small)
            & Add("kind.large"u8, (ulong)PageKind.Large)
            & Add("kind.tail"u8, (ulong)PageKind.Tail)
            & Add("domain.raw"u8, (ulong)Domain.Raw);
    }

    private static bool TryFillHeap()
    {
        Unsafe.SkipInit(out HeapState heap);
        return Add("heap.segments"u8, Offset(&heap, &heap.Segments))
            & Add("heap.flags"u8, Offset(&heap, &heap.Flags))
            & Add("heap.is_guarded"u8, Offset(&heap, &heap.IsGuarded))
            & Add("heap.is_synchronized"u8, Offset(&heap, &heap.IsSynchronized))
            & Add("heap.true_owner"u8, Offset(&heap, &heap.TrueOwner))
            & Add("heap.max_bytes"u8, Offset(&heap, &heap.MaxBytes))
            & Add("heap.raw_bytes"u8, Offset(&heap, &heap.RawBytes))
            & Add("heap.external_bytes"u8, Offset(&heap, &heap.ExternalBytes))
            & Add("heap.reserved_bytes"u8, Offset(&heap, &heap.ReservedBytes))
            & Add("heap.candidates"u8, Offset(&heap, &heap.Candidates))
            & Add("heap.collections"u8, Offset(&heap, &heap.Collections))
            & Add("heap.collecting"u8, Offset(&heap, &heap.Collecting))
            & Add("heap.weak_slots"u8, Offset(&heap, &heap.WeakSlots))
            & Add("heap.weak_capacity"u8, Offset(&heap, &heap.WeakCapacity))
            & Add("heap.weak_references"u8, Offset(&heap, &heap.WeakReferencesLive));
    }

    private static bool TryFillHeader() =>
        Add("header_bytes"u8, Config.HeaderSize)
        & Add("header.type_shift"u8, Header.TypeShift)
        & Add("header.quiet"u8, HeaderFlags.Quiet)
        & Add("header.skipped"u8, HeaderFlags.Skipped)
        & Add("header.finalized"u8, HeaderFlags.Finalized)
        & Add("header.has_weak"u8, HeaderFlags.HasWeak)
        & Add("header.dying"u8, HeaderFlags.Dying)
        & Add("header.in_set"u8, HeaderFlags.InSet)
        & Add("header.frozen"u8, HeaderFlags.Frozen)
        & Add("header.untracked"u8, HeaderFlags.Untracked)
        & Add("header.held"u8, HeaderFlags.Held)
        & Add("header.immortal_below"u8, unchecked((ulong)Header.GuardedMinimum));

    private static bool TryFillTypes()
    {
        Unsafe.SkipInit(out TypeDescriptor type);
        Unsafe.SkipInit(out ListPayload list);
        Unsafe.SkipInit(out WeakRefPayload weak);
        return Add("type.bytes"u8, (ulong)sizeof(TypeDescriptor))
            & Add("type.name"u8, Offset(&type, &type.Name))
            & Add("type.shape"u8, Offset(&type, &type.Shape))
            & Add("type.size"u8, Offset(&type, &type.Size))
            & Add("type.item_size"u8, Offset(&type, &type.ItemSize))
            & Add("type.offsets"u8, Offset(&type, &type.Offsets))
            & Add("type.offset_count"u8, Offset(&type, &type.OffsetCount))
            & Add("type.tag_offset"u8, Offset(&type, &type.Values.TagOffset))
            & Add("type.pointer_offset"u8, Offset(&type, &type.Values.PointerOffset))
            & Add("type.mask"u8, Offset(&type, &type.Values.Mask))
            & Add("type.low"u8, Offset(&type, &type.Values.Low))
            & Add("type.high"u8, Offset(&type, &type.Values.High))
            & Add("type.pointer_mask"u8, Offset(&type, &type.Values.PointerMask))
            & Add("shape.offsets"u8, (ulong)Shape.Offsets)
            & Add("shape.items"u8, (ulong)Shape.Items)
            & Add("shape.offset_values"u8, (ulong)Shape.OffsetValues)
            & Add("shape.item_values"u8, (ulong)Shape.ItemValues)
            & Add("shape.list"u8, (ulong)Shape.List)
            & Add("shape.traverse"u8, (ulong)Shape.Traverse)
            & Add("list.items"u8, Offset(&list, &list.Items))
            & Add("list.count"u8, Offset(&list, &list.Count))
            & Add("weakref.type"u8, (ulong)Abi.TypeId.WeakRef)
            & Add("weakref.target"u8, Offset(&weak, &weak.Target))
            & Add("weakref.next"u8, Offset(&weak, &weak.Next));
    }

    private static ulong Offset(void* structure, void* field) => (ulong)((byte*)field - (byte*)structure);

    private static bool Add(ReadOnlySpan<byte> name, ulong value)
    {
        fixed (byte* text = name)
        {
            return HostCalls.AddToDebugTable(text, value);
        }
    }
}
