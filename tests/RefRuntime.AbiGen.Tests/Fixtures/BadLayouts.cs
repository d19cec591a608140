// ABIs with one mistake each, in structs, constants and names.

#pragma warning disable CS0649 // fields are never assigned: nothing here runs
#pragma warning disable CS0169

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;

namespace RefRuntime.AbiGen.Tests.Fixtures;

[Refused("Pair.B", "is not aligned")]
internal static class HoleInStruct
{
    /// <summary>P.</summary>
    [CName("rr_pair")]
    [Section(Section.Heaps)]
    [StructLayout(LayoutKind.Sequential, Size = 16)]
    public struct Pair
    {
        /// <summary>A.</summary>
        public uint A;

        /// <summary>B.</summary>
        public ulong B;
    }

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("Pair", "its fields take 12 bytes and its StructLayout says 16")]
internal static class HoleAtTheEnd
{
    /// <summary>P.</summary>
    [CName("rr_pair")]
    [Section(Section.Heaps)]
    [StructLayout(LayoutKind.Sequential, Size = 16)]
    public struct Pair
    {
        /// <summary>A.</summary>
        public ulong A;

        /// <summary>B.</summary>
        public uint B;
    }

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("Pair", "its fields take 4 bytes and its StructLayout says 0")]
internal static class SizeNotStated
{
    /// <summary>P.</summary>
    [CName("rr_pair")]
    [Section(Section.Heaps)]
    public struct Pair
    {
        /// <summary>A.</summary>
        public uint A;
    }

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("Pair", "needs a sequential layout")]
internal static class PackedStruct
{
    /// <summary>P.</summary>
    [CName("rr_pair")]
    [Section(Section.Heaps)]
    [StructLayout(LayoutKind.Sequential, Size = 4, Pack = 1)]
    public struct Pair
    {
        /// <summary>A.</summary>
        public uint A;
    }

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("Pair", "is [Sized] but does not begin")]
internal static class SizedWithoutSize
{
    /// <summary>P.</summary>
    [CName("rr_pair")]
    [Sized]
    [Section(Section.Heaps)]
    [StructLayout(LayoutKind.Sequential, Size = 4)]
    public struct Pair
    {
        /// <summary>A.</summary>
        public uint A;
    }

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("Pair", "is [COpaque] but has fields")]
internal static class OpaqueWithFields
{
    /// <summary>P.</summary>
    [CName("rr_pair")]
    [COpaque]
    [Section(Section.Heaps)]
    public struct Pair
    {
        /// <summary>A.</summary>
        public uint A;
    }

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("Pair", "has no fields")]
internal static class EmptyStruct
{
    /// <summary>P.</summary>
    [CName("rr_pair")]
    [Section(Section.Heaps)]
    public struct Pair;

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("Pair", "has no [CName]")]
internal static class StructWithoutName
{
    /// <summary>P.</summary>
    [COpaque]
    [Section(Section.Heaps)]
    public struct Pair;

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("Pair.Class", "\"class\" is a keyword")]
internal static class KeywordField
{
    /// <summary>P.</summary>
    [CName("rr_pair")]
    [Section(Section.Heaps)]
    [StructLayout(LayoutKind.Sequential, Size = 4)]
    public struct Pair
    {
        /// <summary>A.</summary>
        public uint Class;
    }

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("Exports.F, its parameter default", "\"default\" is a keyword")]
internal static class KeywordParameter
{
    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports
    {
        /// <summary>F <paramref name="default"/>.</summary>
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        public static void F(int @default) => _ = @default;
    }
}

[Refused("Kind", "has no [CPrefix]")]
internal static class EnumWithoutPrefix
{
    /// <summary>K.</summary>
    [Section(Section.Heaps)]
    public enum Kind
    {
        /// <summary>A.</summary>
        A,
    }

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("Constants.Half", "a constant of type Double")]
internal static class DoubleConstant
{
    /// <summary>K.</summary>
    [CPrefix("RR_")]
    [Section(Section.Heaps)]
    public static class Constants
    {
        /// <summary>H.</summary>
        public const double Half = 0.5;
    }

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("rr_f", "is declared twice")]
internal static class SameNameTwice
{
    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports
    {
        /// <summary>F.</summary>
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        public static void F()
        {
        }

        /// <summary>G.</summary>
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        public static void G()
        {
        }
    }
}

[Refused("Exports.F", "exports f; every export begins with rr_")]
internal static class WrongPrefix
{
    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports
    {
        /// <summary>F.</summary>
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "f", CallConvs = [typeof(CallConvCdecl)])]
        public static void F()
        {
        }
    }
}

[Refused("Exports.F", "needs CallConvs")]
internal static class ConventionNotStated
{
    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports
    {
        /// <summary>F.</summary>
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "rr_f")]
        public static void F()
        {
        }
    }
}

[Refused("Elsewhere.F", "is exported, but its class has no [Section]")]
internal static class ExportOutsideSections
{
    internal static class Elsewhere
    {
        /// <summary>F.</summary>
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        public static void F()
        {
        }
    }
}

[Refused("RefRuntime.Abi.Section.Heaps", "has 2 classes that open it")]
internal static class TwoOpeningClasses
{
    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports;

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class MoreExports;
}

[Refused("RefRuntime.Abi.Section.Heaps", "has 0 classes that open it")]
internal static class NoOpeningClass
{
    /// <summary>P.</summary>
    [CName("rr_pair")]
    [COpaque]
    [Section(Section.Heaps)]
    public struct Pair;
}
