// Exports: looking at the graph.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Operations;

namespace RefRuntime.Exports;

/// <summary>
/// Who refers to whom. Each function writes up to capacity objects to out and returns how many there are, which may be
/// more.
/// </summary>
/// <remarks>
/// <para>To learn the number first, pass NULL and 0. The objects are borrowed: they are good until the graph changes.
/// Weak references are no edges of the graph.</para>
/// </remarks>
[Section(Section.Looking)]
internal static unsafe class InspectExports
{
    /// <summary>The objects that <paramref name="object"/> refers to, into <paramref name="out"/>, at most
    /// <paramref name="capacity"/> of them.</summary>
    /// <remarks>One for each slot that is not NULL, so an object that two slots hold comes twice. None for a member of a dead
    /// cycle that is being taken apart.</remarks>
    /// <returns>How many there are; a negative rr_status on error.</returns>
    /// <errors>RR_E_ARGUMENT if <paramref name="out"/> is NULL and <paramref name="capacity"/> is not 0.</errors>
    /// <callbacks>Calls the traverse callback of the type.</callbacks>
    /// <cost>Proportional to the slots of the object.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_get_referents", CallConvs = [typeof(CallConvCdecl)])]
    public static long GetReferents([Const] void* @object, void** @out, nuint capacity) =>
        InspectOperations.GetReferents(@object, @out, capacity);

    /// <summary>The objects that refer to <paramref name="object"/> directly, into <paramref name="out"/>, at most
    /// <paramref name="capacity"/> of them.</summary>
    /// <remarks>Each holder comes once. References from outside the heap are in rr_getrefcount() but not here.</remarks>
    /// <returns>How many there are; a negative rr_status on error.</returns>
    /// <errors>RR_E_ARGUMENT if <paramref name="out"/> is NULL and <paramref name="capacity"/> is not 0.</errors>
    /// <callbacks>Calls traverse callbacks.</callbacks>
    /// <cost>Walks the heap.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_get_referrers", CallConvs = [typeof(CallConvCdecl)])]
    public static long GetReferrers([Const] void* @object, void** @out, nuint capacity) =>
        InspectOperations.GetReferrers(@object, @out, capacity);

    /// <summary>The live objects of <paramref name="heap"/> that are of <paramref name="type"/>, into
    /// <paramref name="out"/>, at most <paramref name="capacity"/> of them.</summary>
    /// <remarks>RR_TYPE_NONE as type stands for all types. The order is that of memory. Objects that are dying, whose count is 0,
    /// are not among them.</remarks>
    /// <returns>How many there are; a negative rr_status on error.</returns>
    /// <errors>RR_E_TYPE if <paramref name="type"/> is unknown; RR_E_ARGUMENT if <paramref name="out"/> is NULL and
    /// <paramref name="capacity"/> is not 0.</errors>
    /// <cost>Walks the heap.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_get_objects", CallConvs = [typeof(CallConvCdecl)])]
    public static long GetObjects(HeapHandle* heap, TypeId type, void** @out, nuint capacity) =>
        InspectOperations.GetObjects(heap, type, @out, capacity);

    /// <summary>A shortest chain of references that keeps <paramref name="object"/> alive, into <paramref name="out"/>, at
    /// most <paramref name="capacity"/> objects of it.</summary>
    /// <remarks>The chain begins with an object that is held from outside the heap, has one reference after the other, and
    /// ends with <paramref name="object"/>. This answers the question why something is still there.</remarks>
    /// <returns>The length of the chain, both ends included; 0 if nothing outside holds the object, so that it is garbage; a
    /// negative rr_status on error.</returns>
    /// <errors>RR_E_ARGUMENT if <paramref name="out"/> is NULL and <paramref name="capacity"/> is not 0; RR_E_NO_MEMORY.</errors>
    /// <callbacks>Calls traverse callbacks.</callbacks>
    /// <cost>Walks the heap.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_get_path", CallConvs = [typeof(CallConvCdecl)])]
    public static long GetPath([Const] void* @object, void** @out, nuint capacity) =>
        InspectOperations.GetPath(@object, @out, capacity);
}
