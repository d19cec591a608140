// ABIs with one mistake each, in what crosses the boundary. The name of the outer class says which; [Refused] says what
// the generator has to answer. Each begins with a section of its own, so that nothing else is wrong.

#pragma warning disable CS0649 // fields are never assigned: nothing here runs

using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;

namespace RefRuntime.AbiGen.Tests.Fixtures;

/// <summary>The sentence with which a fixture has to be refused, after the name of its member.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class RefusedAttribute(string member, string problem) : Attribute
{
    public string Member { get; } = member;

    public string Problem { get; } = problem;
}

[Refused("Exports.F, its parameter flag", "bool has no fixed size")]
internal static class BoolParameter
{
    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports
    {
        /// <summary>F <paramref name="flag"/>.</summary>
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        public static void F(bool flag) => _ = flag;
    }
}

[Refused("Exports.F, its return value", "bool has no fixed size")]
internal static class BoolReturn
{
    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports
    {
        /// <summary>F.</summary>
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        public static bool F() => true;
    }
}

[Refused("Exports.F, its parameter number", "nint has no agreed spelling")]
internal static class NintParameter
{
    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports
    {
        /// <summary>F <paramref name="number"/>.</summary>
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        public static void F(nint number) => _ = number;
    }
}

[Refused("Exports.F, its parameter number", "Int16 can't cross")]
internal static class ShortParameter
{
    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports
    {
        /// <summary>F <paramref name="number"/>.</summary>
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        public static void F(short number) => _ = number;
    }
}

[Refused("Exports.F, its parameter kind", "is unknown")]
internal static class UnknownEnum
{
    public enum Kind;

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports
    {
        /// <summary>F <paramref name="kind"/>.</summary>
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        public static void F(Kind kind) => _ = kind;
    }
}

[Refused("Kind", "its underlying type is Byte")]
internal static class ByteEnum
{
    /// <summary>K.</summary>
    [CPrefix("RR_")]
    [Section(Section.Heaps)]
    public enum Kind : byte
    {
        /// <summary>A.</summary>
        A,
    }
}

[Refused("Exports.F, its parameter pair", "crosses by value")]
internal static class StructByValue
{
    /// <summary>P.</summary>
    [CName("rr_pair")]
    [Section(Section.Heaps)]
    [StructLayout(LayoutKind.Sequential, Size = 4)]
    public struct Pair
    {
        /// <summary>A.</summary>
        public uint A;
    }

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports
    {
        /// <summary>F <paramref name="pair"/>.</summary>
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        public static void F(Pair pair) => _ = pair;
    }
}

[Refused("TextFn, its parameter text", "a string can't cross")]
internal static class StringInCallback
{
    /// <summary>T <paramref name="text"/> <paramref name="user"/>.</summary>
    [CName("rr_text_fn")]
    [Section(Section.Heaps)]
    public unsafe delegate void TextFn(string text, void* user);

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("TextFn, its parameter numbers", "Int32[] can't cross")]
internal static class ArrayInCallback
{
    /// <summary>T <paramref name="numbers"/> <paramref name="user"/>.</summary>
    [CName("rr_text_fn")]
    [Section(Section.Heaps)]
    public unsafe delegate void TextFn(int[] numbers, void* user);

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("PlainFn", "a callback ends with void* user")]
internal static class CallbackWithoutUser
{
    /// <summary>T <paramref name="number"/>.</summary>
    [CName("rr_plain_fn")]
    [Section(Section.Heaps)]
    public delegate void PlainFn(int number);

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("Exports.F, its parameter callback", "is a function pointer without a [Callback]")]
internal static class UnnamedCallback
{
    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static unsafe class Exports
    {
        /// <summary>F <paramref name="callback"/>.</summary>
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        public static void F(delegate* unmanaged[Cdecl]<void*, void> callback) => _ = callback;
    }
}

[Refused("Table.Call", "is a function pointer without a [Callback]")]
internal static class UnnamedCallbackField
{
    /// <summary>T.</summary>
    [CName("rr_table")]
    [Section(Section.Heaps)]
    [StructLayout(LayoutKind.Sequential, Size = 8)]
    public unsafe struct Table
    {
        /// <summary>C.</summary>
        public delegate* unmanaged[Cdecl]<void*, void> Call;
    }

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("Exports.F, its parameter callback", "but its [Callback]")]
internal static class MismatchedCallback
{
    /// <summary>T <paramref name="number"/> <paramref name="user"/>.</summary>
    [CName("rr_call_fn")]
    [Section(Section.Heaps)]
    public unsafe delegate void CallFn(int number, void* user);

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static unsafe class Exports
    {
        /// <summary>F <paramref name="callback"/>.</summary>
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        public static void F([Callback(typeof(CallFn))] delegate* unmanaged[Cdecl]<uint, void*, void> callback) => _ = callback;
    }
}

[Refused("Exports.F, its parameter callback", "is no delegate with a [Section]")]
internal static class CallbackOutsideTheAbi
{
    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static unsafe class Exports
    {
        /// <summary>F <paramref name="callback"/>.</summary>
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        public static void F([Callback(typeof(Action))] delegate* unmanaged[Cdecl]<void> callback) => _ = callback;
    }
}

[Refused("Exports.F, its parameter number", "is a [Callback] but")]
internal static class CallbackOnInteger
{
    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports
    {
        /// <summary>F <paramref name="number"/>.</summary>
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        public static void F([Callback(typeof(Action))] int number) => _ = number;
    }
}

[Refused("Exports.F, its parameter callback", "a pointer to a function pointer")]
internal static class PointerToCallback
{
    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static unsafe class Exports
    {
        /// <summary>F <paramref name="callback"/>.</summary>
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        public static void F(delegate* unmanaged[Cdecl]<void>* callback) => _ = callback;
    }
}

[Refused("Exports.F, its parameter number", "is [Const] but")]
internal static class ConstInteger
{
    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports
    {
        /// <summary>F <paramref name="number"/>.</summary>
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        public static void F([Const] int number) => _ = number;
    }
}

[Refused("Exports.F, its parameter number", "is [Any] but no void*")]
internal static class AnyInteger
{
    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports
    {
        /// <summary>F <paramref name="number"/>.</summary>
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        public static void F([Any] int number) => _ = number;
    }
}

[Refused("Exports.F", "returns no object")]
internal static class NewInteger
{
    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports
    {
        /// <summary>F.</summary>
        /// <returns>A number.</returns>
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        [return: New]
        public static int F() => 0;
    }
}

[Refused("Exports.F", "can't be [New] and [Borrowed] at once")]
internal static class NewAndBorrowed
{
    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static unsafe class Exports
    {
        /// <summary>F.</summary>
        /// <returns>An object.</returns>
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        [return: New, Borrowed]
        public static void* F() => null;
    }
}
