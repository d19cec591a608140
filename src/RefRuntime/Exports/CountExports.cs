// Exports: reference counts and the slots that hold references. They continue the section of ObjectExports.cs.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Operations;

namespace RefRuntime.Exports;

/// <summary>Counting. The overview of the section stands at ObjectExports.</summary>
[Section(Section.Objects, Continues = true)]
internal static unsafe class CountExports
{
    /// <summary>Adds a reference to <paramref name="object"/>. NULL is a no-op.</summary>
    /// <errors>RR_E_BUSY if the object is dying and no longer to be saved.</errors>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_incref", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Incref([Any] void* @object) => CountOperations.Incref(@object);

    /// <summary>Releases a reference to <paramref name="object"/>. NULL is a no-op.</summary>
    /// <remarks>The last one destroys the object before the call returns, and everything that only it held; for callbacks that are
    /// nested deep see Conventions. A reference that is not the last may have left a dead cycle behind; the object is noted as a candidate. It never
    /// collects.</remarks>
    /// <errors>RR_E_BUSY if the object is dying; RR_E_ARGUMENT if, while its finalizer runs, nobody but the library holds a
    /// reference to it.</errors>
    /// <callbacks>May run finalizers, weak callbacks and destroy callbacks.</callbacks>
    /// <cost>Constant time, or proportional to what dies.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_decref", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Decref([Any] void* @object) => CountOperations.Decref(@object);

    /// <summary>Adds a reference to <paramref name="object"/> and returns it, for use within an expression. NULL gives
    /// NULL.</summary>
    /// <returns><paramref name="object"/>; NULL on error.</returns>
    /// <errors>As rr_incref().</errors>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_newref", CallConvs = [typeof(CallConvCdecl)])]
    [return: New]
    public static void* NewRef([Any] void* @object) => CountOperations.NewRef(@object);

    /// <summary>How many strong references <paramref name="object"/> has.</summary>
    /// <returns>The exact count; RR_IMMORTAL_COUNT for an immortal object; a negative rr_status on error.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_getrefcount", CallConvs = [typeof(CallConvCdecl)])]
    public static long GetRefCount([Const, Any] void* @object) => CountOperations.GetRefCount(@object);

    /// <summary>Whether the count of <paramref name="object"/> is exactly 1: its only holder may change it in place.</summary>
    /// <returns>1 or 0; 0 for an immortal object.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_is_unique", CallConvs = [typeof(CallConvCdecl)])]
    public static int IsUnique([Const, Any] void* @object) => CountOperations.IsUnique(@object);

    /// <summary>Adds a reference to <paramref name="object"/> if it is alive.</summary>
    /// <remarks>For caches that know a pointer but hold no reference. The memory of a dead object may have become another
    /// object since: a weak reference is the sure way.</remarks>
    /// <returns>1 if the object was alive and now has one reference more, 0 otherwise. A 0 is an answer, not an
    /// error.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_try_incref", CallConvs = [typeof(CallConvCdecl)])]
    public static int TryIncref([Any] void* @object) => CountOperations.TryIncref(@object);

    /// <summary>Makes <paramref name="slot"/> refer to <paramref name="value"/>, which may be NULL.</summary>
    /// <remarks>
    /// <para>Adds a reference to the value, writes the slot, then releases what was there, in this order: whoever runs as a
    /// consequence sees the new value. The caller keeps its own reference.</para>
    /// <para>The slot is in an object, or anywhere else: a variable that holds a root is written in the same way.</para>
    /// </remarks>
    /// <errors>RR_E_ARGUMENT if <paramref name="slot"/> is NULL or not aligned, or if <paramref name="value"/> belongs to
    /// another heap; RR_E_NOT_OBJECT if <paramref name="value"/>, or what the slot holds, is neither NULL nor a live object;
    /// RR_E_BUSY if
    /// <paramref name="value"/> is dying.</errors>
    /// <callbacks>May run finalizers, weak callbacks and destroy callbacks.</callbacks>
    /// <cost>Constant time, or proportional to what dies.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_store", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Store(void** slot, void* value) => CountOperations.Store(slot, value);

    /// <summary>Makes <paramref name="slot"/> refer to <paramref name="value"/> and takes over the caller's reference to
    /// it.</summary>
    /// <remarks>As rr_store() followed by rr_decref(<paramref name="value"/>), but in one step. On failure the reference
    /// remains the caller's. Since this may be how a cycle closes, <paramref name="value"/> is noted as a
    /// candidate.</remarks>
    /// <errors>As rr_store().</errors>
    /// <callbacks>May run finalizers, weak callbacks and destroy callbacks.</callbacks>
    /// <cost>Constant time, or proportional to what dies.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_take", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Take(void** slot, void* value) => CountOperations.Take(slot, value);

    /// <summary>Makes <paramref name="object"/> live as long as its heap. There is no way back.</summary>
    /// <remarks>Its count stops, and collections skip it; what it refers to stays alive with it.</remarks>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_make_immortal", CallConvs = [typeof(CallConvCdecl)])]
    public static Status MakeImmortal([Any] void* @object) => CountOperations.MakeImmortal(@object);

    /// <summary>Whether <paramref name="object"/> is immortal.</summary>
    /// <returns>1 or 0.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_is_immortal", CallConvs = [typeof(CallConvCdecl)])]
    public static int IsImmortal([Const, Any] void* @object) => CountOperations.IsImmortal(@object);
}
