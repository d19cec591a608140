// Exports: the calls of ObjectExports.cs and CountExports.cs on many objects at once, in the same section.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Operations;

namespace RefRuntime.Exports;

/// <summary>Batches. The overview of the section stands at ObjectExports.</summary>
[Section(Section.Objects, Continues = true)]
internal static unsafe class BatchExports
{
    /// <summary>Allocates <paramref name="count"/> objects of <paramref name="type"/> in <paramref name="heap"/>, as
    /// rr_alloc() does, into <paramref name="out"/>.</summary>
    /// <remarks>The batches are for callers to whom a call is dear, as through an FFI. They handle one element after the other
    /// and stop at the first that fails: what they answer is how many are done, and when that is less than
    /// <paramref name="count"/>, rr_last_error() says why, in the words of the single call. What is done stays
    /// done.</remarks>
    /// <returns>How many objects were made. They are the caller's and stand at the beginning of <paramref name="out"/>;
    /// the rest of it is left as it was.</returns>
    /// <errors>As rr_alloc(); RR_E_ARGUMENT if <paramref name="out"/> is NULL and <paramref name="count"/> is not 0.</errors>
    /// <callbacks>May collect, so may run finalizers and weak callbacks.</callbacks>
    /// <cost>Proportional to <paramref name="count"/>, apart from collections that are due.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_alloc_many", CallConvs = [typeof(CallConvCdecl)])]
    public static nuint AllocMany(HeapHandle* heap, TypeId type, nuint count, void** @out) =>
        BatchOperations.AllocMany(heap, type, count, @out);

    /// <summary>Adds a reference to each of <paramref name="count"/> <paramref name="objects"/>, as rr_incref() does.</summary>
    /// <remarks>NULL among them is a no-op and counts as done. An object that stands there twice gets two
    /// references.</remarks>
    /// <returns>How many are done: objects[n] is the first that was refused.</returns>
    /// <errors>As rr_incref(); RR_E_ARGUMENT if <paramref name="objects"/> is NULL and <paramref name="count"/> is
    /// not 0.</errors>
    /// <cost>Proportional to <paramref name="count"/>.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_incref_many", CallConvs = [typeof(CallConvCdecl)])]
    public static nuint IncrefMany(void** objects, nuint count) => BatchOperations.IncrefMany(objects, count);

    /// <summary>Releases a reference to each of <paramref name="count"/> <paramref name="objects"/>, as rr_decref()
    /// does.</summary>
    /// <remarks>NULL among them is a no-op and counts as done. The array is not changed; callbacks that run meanwhile may not
    /// change it either.</remarks>
    /// <returns>How many are done: objects[n] is the first that was refused, and the references to it and to those behind it
    /// are still the caller's.</returns>
    /// <errors>As rr_decref(); RR_E_ARGUMENT if <paramref name="objects"/> is NULL and <paramref name="count"/> is
    /// not 0.</errors>
    /// <callbacks>May run finalizers, weak callbacks and destroy callbacks.</callbacks>
    /// <cost>Proportional to <paramref name="count"/> and to what dies.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_decref_many", CallConvs = [typeof(CallConvCdecl)])]
    public static nuint DecrefMany(void** objects, nuint count) => BatchOperations.DecrefMany(objects, count);

    /// <summary>Makes the slot at <paramref name="offset"/> in each of <paramref name="count"/> <paramref name="objects"/>
    /// refer to the value at the same place in <paramref name="values"/>, as rr_store() does.</summary>
    /// <remarks>A value may be NULL. The caller keeps its references to objects and values.</remarks>
    /// <returns>How many are done: objects[n] or values[n] is the first that was refused.</returns>
    /// <errors>As rr_store(); RR_E_ARGUMENT if the <paramref name="offset"/> is no slot of the object, declared by its
    /// type's ref_offsets or among its items, or if an array is NULL and <paramref name="count"/> is not 0; RR_E_NOT_OBJECT if an element of
    /// <paramref name="objects"/> is no live object, NULL included.</errors>
    /// <callbacks>May run finalizers, weak callbacks and destroy callbacks.</callbacks>
    /// <cost>Proportional to <paramref name="count"/>, times the offsets that the type has, and to what dies.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_store_many", CallConvs = [typeof(CallConvCdecl)])]
    public static nuint StoreMany(void** objects, nuint offset, void** values, nuint count) =>
        BatchOperations.StoreMany(objects, offset, values, count);
}
