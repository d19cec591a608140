// Exports: lists.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Operations;

namespace RefRuntime.Exports;

/// <summary>
/// A list is an object of type RR_TYPE_LIST: a sequence of strong references that grows and shrinks. Its items are never
/// NULL. Indices begin at 0.
/// </summary>
/// <remarks>
/// <para>A change is made first and then what was there is released, in the order of rr_store(): callbacks that run as a
/// consequence see the list as it is now, and may change it. All functions here answer RR_E_TYPE when the list is an
/// object of another type. Those that put in an object answer RR_E_ARGUMENT when it is NULL or belongs to another heap, and
/// RR_E_NOT_OBJECT when it is no live object.</para>
/// </remarks>
[Section(Section.Lists)]
internal static unsafe class ListExports
{
    /// <summary>Makes an empty list in <paramref name="heap"/>. The same as rr_alloc() with RR_TYPE_LIST.</summary>
    /// <returns>The list; NULL on error.</returns>
    /// <errors>As rr_alloc().</errors>
    /// <callbacks>May collect first, so may run finalizers and weak callbacks.</callbacks>
    /// <cost>Constant time, apart from a collection that is due.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_list_new", CallConvs = [typeof(CallConvCdecl)])]
    [return: New]
    public static void* New(HeapHandle* heap) => ListOperations.New(heap);

    /// <summary>Puts <paramref name="object"/> behind the last item of <paramref name="list"/>, which takes a reference of
    /// its own.</summary>
    /// <errors>RR_E_NO_MEMORY.</errors>
    /// <cost>Amortized constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_list_append", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Append(void* list, void* @object) => ListOperations.Append(list, @object);

    /// <summary>Puts <paramref name="object"/> before the item at <paramref name="index"/> of <paramref name="list"/>, which
    /// takes a reference of its own.</summary>
    /// <remarks>An index equal to the number of items appends.</remarks>
    /// <errors>RR_E_ARGUMENT if <paramref name="index"/> is greater than the number of items; RR_E_NO_MEMORY.</errors>
    /// <cost>Proportional to the items behind <paramref name="index"/>.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_list_insert", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Insert(void* list, nuint index, void* @object) => ListOperations.Insert(list, index, @object);

    /// <summary>Replaces the item at <paramref name="index"/> of <paramref name="list"/> by <paramref name="object"/> and
    /// releases the old one.</summary>
    /// <errors>RR_E_ARGUMENT if there is no item at <paramref name="index"/>.</errors>
    /// <callbacks>May run finalizers, weak callbacks and destroy callbacks.</callbacks>
    /// <cost>Constant time, or proportional to what dies.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_list_set", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Set(void* list, nuint index, void* @object) => ListOperations.Set(list, index, @object);

    /// <summary>Takes the item at <paramref name="index"/> out of <paramref name="list"/> and releases it; the items behind
    /// it move up.</summary>
    /// <errors>RR_E_ARGUMENT if there is no item at <paramref name="index"/>.</errors>
    /// <callbacks>May run finalizers, weak callbacks and destroy callbacks.</callbacks>
    /// <cost>Proportional to the items behind <paramref name="index"/>, and to what dies.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_list_remove", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Remove(void* list, nuint index) => ListOperations.Remove(list, index);

    /// <summary>Takes all items out of <paramref name="list"/> and releases them.</summary>
    /// <callbacks>May run finalizers, weak callbacks and destroy callbacks.</callbacks>
    /// <cost>Proportional to the items, and to what dies.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_list_clear", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Clear(void* list) => ListOperations.Clear(list);

    /// <summary>The item at <paramref name="index"/> of <paramref name="list"/>.</summary>
    /// <returns>The item, which stays the list's: rr_newref() it before the list may change. NULL on error.</returns>
    /// <errors>RR_E_ARGUMENT if there is no item at <paramref name="index"/>.</errors>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_list_get", CallConvs = [typeof(CallConvCdecl)])]
    [return: Borrowed]
    public static void* Get([Const] void* list, nuint index) => ListOperations.Get(list, index);

    /// <summary>How many items <paramref name="list"/> has.</summary>
    /// <returns>The number; a negative rr_status on error.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_list_count", CallConvs = [typeof(CallConvCdecl)])]
    public static long Count([Const] void* list) => ListOperations.Count(list);
}
