// Exports: making objects and asking what they are. Their counts are in CountExports.cs, in the same section.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Operations;

namespace RefRuntime.Exports;

/// <summary>
/// An object begins with count 1, which belongs to the caller. Each strong reference is one count. When the count reaches 0
/// the object dies at once, and with it whatever only it held, iteratively however deep.
/// </summary>
/// <remarks>
/// <para>A count is exact at any moment, also during a collection. One that overflows makes its object immortal; it never
/// wraps.</para>
/// </remarks>
[Section(Section.Objects)]
internal static unsafe class ObjectExports
{
    /// <summary>Allocates an object of <paramref name="type"/> in <paramref name="heap"/>, without trailing items.</summary>
    /// <remarks>The payload is zeroed, unless the type is RR_TYPE_UNZEROED. RR_TYPE_LIST gives an empty list. Weak references
    /// are made by rr_weakref_new().</remarks>
    /// <returns>The object, referenced once; NULL on error.</returns>
    /// <errors>RR_E_TYPE if <paramref name="type"/> is unknown or RR_TYPE_WEAKREF; RR_E_NO_MEMORY when a collection did not help;
    /// RR_E_BUSY inside a destroy callback.</errors>
    /// <callbacks>May collect first, so may run finalizers and weak callbacks.</callbacks>
    /// <cost>Constant time, apart from clearing the payload and from a collection that is due.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_alloc", CallConvs = [typeof(CallConvCdecl)])]
    [return: New]
    public static void* Alloc(HeapHandle* heap, TypeId type) => ObjectOperations.Alloc(heap, type);

    /// <summary>Allocates an object of <paramref name="type"/> in <paramref name="heap"/> with <paramref name="count"/>
    /// trailing items.</summary>
    /// <remarks>Items begin right behind the fixed part and are zeroed with it. The number of items never changes; for a
    /// sequence that grows see Lists.</remarks>
    /// <returns>The object, referenced once; NULL on error.</returns>
    /// <errors>As rr_alloc(); also RR_E_ARGUMENT if <paramref name="count"/> is not 0 and the type has no items, RR_E_OVERFLOW
    /// if the size is not representable.</errors>
    /// <callbacks>May collect first, so may run finalizers and weak callbacks.</callbacks>
    /// <cost>Constant time, apart from clearing the payload and from a collection that is due.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_alloc_items", CallConvs = [typeof(CallConvCdecl)])]
    [return: New]
    public static void* AllocItems(HeapHandle* heap, TypeId type, nuint count) => ObjectOperations.AllocItems(heap, type, count);

    /// <summary>The payload bytes of <paramref name="object"/>: the fixed part and all items.</summary>
    /// <returns>The size as the type states it, not rounded up; 0 on error.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_size", CallConvs = [typeof(CallConvCdecl)])]
    public static nuint Size([Const, Any] void* @object) => ObjectOperations.Size(@object);

    /// <summary>How many trailing items <paramref name="object"/> was allocated with.</summary>
    /// <returns>The number of items; 0 on error. For the length of a list see rr_list_count().</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_item_count", CallConvs = [typeof(CallConvCdecl)])]
    public static nuint ItemCount([Const, Any] void* @object) => ObjectOperations.ItemCount(@object);

    /// <summary>Whether <paramref name="object"/> points to a live object of this library.</summary>
    /// <returns>1 or 0; a 0 is an answer, not an error.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_is_object", CallConvs = [typeof(CallConvCdecl)])]
    public static int IsObject([Const, Any] void* @object) => ObjectOperations.IsObject(@object);
}
