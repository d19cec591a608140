// A small ABI with one of everything that can be mapped. The generator reads it from this assembly's metadata; it never
// runs. Golden/ holds what has to come out.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;

namespace RefRuntime.AbiGen.Tests.Fixtures.Good;

/// <summary>Outcome.</summary>
[CName("rr_status")]
[CPrefix("RR_E_")]
[Section(Section.Library)]
public enum Outcome
{
    /// <summary>Success.</summary>
    [CName("RR_OK")]
    Ok = 0,

    /// <summary>No such thing.</summary>
    NotFound = -1,
}

/// <summary>Constants.</summary>
[CPrefix("RR_")]
[Section(Section.Library)]
public static class Constants
{
    /// <summary>A string.</summary>
    public const string Greeting = "hello";

    /// <summary>The largest int64_t.</summary>
    public const long Everything = long.MaxValue;
}

/// <summary>Flags of rr_options. RR_FLAG_... are or'ed.</summary>
[CPrefix("RR_FLAG_")]
[Section(Section.Heaps)]
public enum Flags : uint
{
    /// <summary>None.</summary>
    [CIgnore]
    None = 0,

    /// <summary>Twice the work, with a comment that is long enough to need a second line behind its constant.</summary>
    DoubleWork = 1,
}

/// <summary>A thing.</summary>
[CName("rr_thing")]
[COpaque]
[Section(Section.Heaps)]
public struct Thing;

/// <summary>Options.</summary>
[CName("rr_options")]
[Sized]
[Section(Section.Heaps)]
[StructLayout(LayoutKind.Sequential, Size = 40)]
public unsafe struct Options
{
    /// <summary>sizeof(rr_options).</summary>
    public uint StructSize;

    /// <summary>RR_FLAG_DOUBLE_WORK or 0.</summary>
    public Flags Flags;

    /// <summary>The name.</summary>
    [Const]
    public byte* Name;

    /// <summary>Called back.</summary>
    [Callback(typeof(ThingFn))]
    public delegate* unmanaged[Cdecl]<Thing*, double, void*, void> OnThing;

    /// <summary>Passed to on_thing.</summary>
    public void* User;

    /// <summary>Some numbers.</summary>
    [Const]
    public uint* Numbers;
}

/// <summary>Takes <paramref name="callback"/>, so it stands behind its type. <paramref name="user"/> is passed on.</summary>
[CName("rr_outer_fn")]
[Section(Section.Heaps)]
public unsafe delegate Outcome OuterFn(
    [Callback(typeof(ThingFn))] delegate* unmanaged[Cdecl]<Thing*, double, void*, void> callback, void* user);

/// <summary>Hears of a <paramref name="thing"/>, its <paramref name="weight"/> and <paramref name="user"/>.</summary>
[CName("rr_thing_fn")]
[Section(Section.Heaps)]
public unsafe delegate void ThingFn(Thing* thing, double weight, void* user);

/// <summary>Functions on things.</summary>
/// <remarks>
/// Loose text, then:
/// <code>
///     rr_thing *thing = rr_thing_new(NULL);
///         rr_thing_free(thing);
/// </code>
/// <para><b>Note.</b> A <c>void *</c> is quoted.</para>
/// <list type="bullet"><item><description>first</description></item><item><description>second</description></item></list>
/// </remarks>
[Section(Section.Heaps)]
internal static unsafe class ThingExports
{
    /// <summary>Makes a thing from <paramref name="options"/>.</summary>
    /// <remarks>Remarks.</remarks>
    /// <returns>The thing, or NULL.</returns>
    /// <errors>RR_E_NOT_FOUND.</errors>
    /// <callbacks>May run an rr_thing_fn.</callbacks>
    /// <cost>Constant time.</cost>
    /// <threads>Any.</threads>
    [UnmanagedCallersOnly(EntryPoint = "rr_thing_new", CallConvs = [typeof(CallConvCdecl)])]
    public static Thing* New([Const] Options* options) => null;

    /// <summary>Frees <paramref name="thing"/>.</summary>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_thing_free", CallConvs = [typeof(CallConvCdecl)])]
    public static Outcome Free(Thing* thing) => Outcome.Ok;

    /// <summary>Not exported, so not in the header and without need of a doc.</summary>
    public static bool IsManaged => true;
}

/// <summary>Functions on objects, in the same section.</summary>
[Section(Section.Heaps, Continues = true)]
internal static unsafe class AObjectExports
{
    /// <summary>The object that <paramref name="object"/> holds at <paramref name="slotIndex"/> of
    /// <paramref name="out"/>.</summary>
    /// <returns>An object.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_peek", CallConvs = [typeof(CallConvCdecl)])]
    [return: Borrowed]
    public static void* Peek([Const, Any] void* @object, nuint slotIndex, void** @out) => null;

    /// <summary>Nothing.</summary>
    /// <returns>A name.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_name", CallConvs = [typeof(CallConvCdecl)])]
    [return: Const]
    public static byte* Name() => null;

    /// <summary>Calls with many parameters: <paramref name="heapLikeThing"/>, <paramref name="firstNumber"/>,
    /// <paramref name="secondNumber"/>, <paramref name="callback"/>, <paramref name="user"/>.</summary>
    /// <returns>A new object.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_call_with_many_parameters", CallConvs = [typeof(CallConvCdecl)])]
    [return: New]
    public static void* Many(
        Thing* heapLikeThing, long firstNumber, ulong secondNumber,
        [Callback(typeof(ThingFn))] delegate* unmanaged[Cdecl]<Thing*, double, void*, void> callback, void* user) => null;
}

/// <summary>What the library as a whole does.</summary>
[Section(Section.Library)]
internal static class LibraryExports;

/// <summary>Constants without a section: they are no part of the ABI.</summary>
[CPrefix("RR_LAYOUT_")]
internal static class Inside
{
    /// <summary>An offset.</summary>
    public const uint Offset = 8;

    /// <summary>A mask of rr_thing_new(), with a comment that is long enough to need a second line above its
    /// constant.</summary>
    public const ulong Mask = 0xFF00;

    /// <summary>Out of sight.</summary>
    [CIgnore]
    public const ulong Hidden = 1;
}
