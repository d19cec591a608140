// Is this pointer an object? For any pointer value, in constant time, without touching memory that is not ours.

using System.Runtime.CompilerServices;
using RefRuntime.Core;
using RefRuntime.Heap;

namespace RefRuntime.Objects;

internal static unsafe class ObjectLookup
{
    /// <summary>True if an object, live or dying, has its payload at exactly this address.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsObject(void* pointer) =>
        ((ulong)pointer & (Config.Alignment - 1)) == 0 && SegmentMap.Contains(pointer) && IsObjectInSegment(pointer, Segment.PageOf(pointer));

    /// <summary>The same, when the pointer is known to lie in a segment of ours.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsObjectInSegment(void* pointer, Page* page) =>
        Blocks.TryIndexOf(page, pointer, out _) && Header.Word(pointer) != 0;

    /// <summary>The heap that the object lies in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static HeapState* HeapOf(void* payload) => Segment.Of(payload)->Heap;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TypeDescriptor* TypeOf(void* payload) => TypeRegistry.Get(Header.TypeOf(Header.Word(payload)));
}
