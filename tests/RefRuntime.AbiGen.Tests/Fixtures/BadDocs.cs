// ABIs with one mistake each, in the docs.

#pragma warning disable CS0649 // fields are never assigned: nothing here runs

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;

namespace RefRuntime.AbiGen.Tests.Fixtures;

[Refused("Exports", "has no doc comment")]
internal static class SectionWithoutDoc
{
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("Exports.F", "has no doc comment")]
internal static class FunctionWithoutDoc
{
    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports
    {
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        public static void F()
        {
        }
    }
}

[Refused("Pair", "has no doc comment")]
internal static class StructWithoutDoc
{
    [CName("rr_pair")]
    [COpaque]
    [Section(Section.Heaps)]
    public struct Pair;

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("Pair.A", "has no doc comment")]
internal static class FieldWithoutDoc
{
    /// <summary>P.</summary>
    [CName("rr_pair")]
    [Section(Section.Heaps)]
    [StructLayout(LayoutKind.Sequential, Size = 4)]
    public struct Pair
    {
        public uint A;
    }

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("Kind", "has no doc comment")]
internal static class EnumWithoutDoc
{
    [CPrefix("RR_")]
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

[Refused("Kind.A", "has no doc comment")]
internal static class EnumMemberWithoutDoc
{
    /// <summary>K.</summary>
    [CPrefix("RR_")]
    [Section(Section.Heaps)]
    public enum Kind
    {
        A,
    }

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("CallFn", "has no doc comment")]
internal static class CallbackWithoutDoc
{
    [CName("rr_call_fn")]
    [Section(Section.Heaps)]
    public unsafe delegate void CallFn(void* user);

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("Exports.F", "its doc comment has no <summary>")]
internal static class DocWithoutSummary
{
    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports
    {
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        public static void F()
        {
        }
    }
}

[Refused("rr_f", "its doc comment has no <cost>")]
internal static class DocWithoutCost
{
    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports
    {
        /// <summary>F.</summary>
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        public static void F()
        {
        }
    }
}

[Refused("rr_f", "its doc comment has no <returns>")]
internal static class DocWithoutReturns
{
    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports
    {
        /// <summary>F.</summary>
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        public static int F() => 0;
    }
}

[Refused("rr_f", "has no <paramref> for second_number")]
internal static class ParameterNotSpokenOf
{
    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports
    {
        /// <summary>F <paramref name="first"/>, second_number.</summary>
        /// <cost>None.</cost>
        [UnmanagedCallersOnly(EntryPoint = "rr_f", CallConvs = [typeof(CallConvCdecl)])]
        public static void F(int first, int secondNumber) => _ = first + secondNumber;
    }
}

[Refused("rr_call_fn", "has no <paramref> for number")]
internal static class CallbackParameterNotSpokenOf
{
    /// <summary>C <paramref name="user"/>.</summary>
    [CName("rr_call_fn")]
    [Section(Section.Heaps)]
    public unsafe delegate void CallFn(int number, void* user);

    /// <summary>S.</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("section Heaps", "speaks of rr_gone, which does not exist")]
internal static class UnknownNameInDoc
{
    /// <summary>See rr_gone().</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("section Heaps", "speaks of RR_GONE_..., which does not exist")]
internal static class UnknownFamilyInDoc
{
    /// <summary>One of RR_GONE_...</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("section Heaps", "has a comment mark of C")]
internal static class CommentMarkInDoc
{
    /// <summary>Ends */ here.</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("section Heaps", "(U+2026); the header is plain ASCII")]
internal static class NonAsciiDoc
{
    /// <summary>And so on…</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("Exports", "has a <example>, for which the manual has no place")]
internal static class UnknownTagInDoc
{
    /// <summary>S.</summary>
    /// <example>E.</example>
    [Section(Section.Heaps)]
    internal static class Exports;
}

[Refused("Exports", "has a <see> within text")]
internal static class ReferenceInDoc
{
    /// <summary>See <see cref="Section"/>.</summary>
    [Section(Section.Heaps)]
    internal static class Exports;
}
