// Exports: types.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Operations;

namespace RefRuntime.Exports;

/// <summary>
/// A type tells the library where an object keeps its strong references and what to call when it dies. Types belong to the
/// process, are shared by all heaps, and are never freed.
/// </summary>
/// <remarks>
/// <para>Most types need no callback at all: offsets name the slots of the fixed part, RR_TYPE_ITEMS_ARE_REFS those of the
/// trailing items, and the library follows, clears and releases them by itself. A type whose slots are tagged values, as in
/// an interpreter, describes them with an rr_value_format. Only references in foreign storage need a traverse
/// callback.</para>
/// <para>An object of a type without any references is a leaf. Leaves are never part of a cycle, so the collector does not
/// look at them.</para>
/// </remarks>
[Section(Section.Types)]
internal static unsafe class TypeExports
{
    /// <summary>Makes a type from <paramref name="info"/>, of which everything is copied.</summary>
    /// <remarks>Calling it twice with the same <paramref name="info"/> makes two types. Make types once, at start-up.</remarks>
    /// <returns>The type, good for every heap; RR_TYPE_NONE on error.</returns>
    /// <errors>RR_E_ARGUMENT if name is missing, an offset lies outside the fixed part, is misaligned or stands there twice,
    /// a flag is unknown, or fields contradict each other; RR_E_OVERFLOW if the sizes are too large; RR_E_NO_MEMORY when
    /// RR_MAX_TYPES are in use.</errors>
    /// <cost>Proportional to ref_count.</cost>
    /// <threads>Any thread, at any time.</threads>
    [UnmanagedCallersOnly(EntryPoint = "rr_type_new", CallConvs = [typeof(CallConvCdecl)])]
    public static TypeId New([Const] TypeInfo* info) => TypeOperations.New(info);

    /// <summary>The type of <paramref name="object"/>.</summary>
    /// <returns>The type, or RR_TYPE_NONE if there is no such object.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_type_of", CallConvs = [typeof(CallConvCdecl)])]
    public static TypeId Of([Const, Any] void* @object) => TypeOperations.Of(@object);

    /// <summary>The name that <paramref name="type"/> was made with.</summary>
    /// <returns>The name, which is never freed; NULL if there is no such type.</returns>
    /// <errors>RR_E_TYPE if <paramref name="type"/> is unknown.</errors>
    /// <cost>Constant time.</cost>
    /// <threads>Any thread, at any time.</threads>
    [UnmanagedCallersOnly(EntryPoint = "rr_type_name", CallConvs = [typeof(CallConvCdecl)])]
    [return: Const]
    public static byte* Name(TypeId type) => TypeOperations.Name(type);
}
