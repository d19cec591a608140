// Exports: weak references.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Operations;

namespace RefRuntime.Exports;

/// <summary>
/// A weak reference knows an object, its target, without keeping it alive. It is an object itself, of type
/// RR_TYPE_WEAKREF, counted like any other.
/// </summary>
/// <remarks>
/// <para>When the target dies, all its weak references are cleared before the first callback runs. So a callback can't bring
/// the target back. A weak reference that dies before its target is never called.</para>
/// </remarks>
[Section(Section.WeakReferences)]
internal static unsafe class WeakRefExports
{
    /// <summary>Makes a weak reference to <paramref name="object"/>, whose <paramref name="callback"/>, unless NULL, is
    /// called with <paramref name="user"/> when the object dies.</summary>
    /// <remarks>Without <paramref name="callback"/> an object has one weak reference, which is shared: asking again gives
    /// the same one, with one reference more.</remarks>
    /// <returns>The weak reference, in the heap of the object; NULL on error.</returns>
    /// <errors>RR_E_BUSY if the object is dying, or inside a destroy callback; RR_E_NO_MEMORY.</errors>
    /// <callbacks>May collect first, so may run finalizers and weak callbacks.</callbacks>
    /// <cost>Constant time, apart from a collection that is due.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_weakref_new", CallConvs = [typeof(CallConvCdecl)])]
    [return: New]
    public static void* New(
        void* @object, [Callback(typeof(WeakRefFn))] delegate* unmanaged[Cdecl]<void*, void*, void> callback, void* user) =>
        WeakRefOperations.New(@object, callback, user);

    /// <summary>The target of <paramref name="weakref"/>, if it is alive.</summary>
    /// <returns>A strong reference to the target, to be released; NULL when it is dead, which is no error, and on
    /// error.</returns>
    /// <errors>RR_E_TYPE if <paramref name="weakref"/> is an object of another type.</errors>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_weakref_get", CallConvs = [typeof(CallConvCdecl)])]
    [return: New]
    public static void* Get([Any] void* weakref) => WeakRefOperations.Get(weakref);

    /// <summary>How many weak references <paramref name="object"/> is the target of.</summary>
    /// <returns>The number; a negative rr_status on error.</returns>
    /// <cost>Proportional to the number.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_weakref_count", CallConvs = [typeof(CallConvCdecl)])]
    public static long Count([Const, Any] void* @object) => WeakRefOperations.Count(@object);
}
