// The ABI as the emitters see it: sections in header order, each with its types and functions, everything documented and
// checked. Nothing in here knows C# metadata, and nothing knows an output language.

using System.Collections.Generic;
using System.Linq;
using RefRuntime.AbiGen.Docs;

namespace RefRuntime.AbiGen.Model;

/// <summary>The whole ABI.</summary>
internal sealed record AbiModel(IReadOnlyList<AbiSection> Sections)
{
    /// <summary>Constants of the library's inside, which are no part of the ABI: they change from release to release.</summary>
    public IReadOnlyList<ConstantGroup> Layout { get; init; } = [];

    public IEnumerable<ConstantModel> Constants => Sections.SelectMany(s => s.ConstantGroups).SelectMany(g => g.Members);

    public IEnumerable<StructModel> Structs => Sections.SelectMany(s => s.Structs);

    public IEnumerable<CallbackModel> Callbacks => Sections.SelectMany(s => s.Callbacks);

    public IEnumerable<FunctionModel> Functions => Sections.SelectMany(s => s.Functions);

    public IEnumerable<ConstantGroup> Typedefs => Sections.SelectMany(s => s.ConstantGroups).Where(g => g.Typedef is not null);

    /// <summary>Every name that the ABI declares.</summary>
    public IEnumerable<string> Names =>
        Constants.Select(c => c.Name)
            .Concat(Structs.Select(s => s.Name))
            .Concat(Callbacks.Select(c => c.Name))
            .Concat(Functions.Select(f => f.Name))
            .Concat(Typedefs.Select(t => t.Typedef!.Name));
}

/// <summary>A chapter of the header.</summary>
internal sealed record AbiSection(
    string Title,
    MemberDoc Overview,
    IReadOnlyList<ConstantGroup> ConstantGroups,
    IReadOnlyList<CallbackModel> Callbacks,
    IReadOnlyList<StructModel> Structs,
    IReadOnlyList<FunctionModel> Functions);

/// <summary>The members of an enum, or the constants of a class. An enum whose values have a type name has a typedef.</summary>
internal sealed record ConstantGroup(TypedefType? Typedef, MemberDoc Doc, IReadOnlyList<ConstantModel> Members);

/// <summary>A named constant. <paramref name="Value"/> is an int, uint, long, ulong or string.</summary>
internal sealed record ConstantModel(string Name, object Value, MemberDoc Doc);

/// <summary>The type of a function pointer.</summary>
internal sealed record CallbackModel(string Name, CType Return, IReadOnlyList<ParameterModel> Parameters, MemberDoc Doc);

/// <summary>A struct. An opaque one has no fields and no size that callers may know.</summary>
internal sealed record StructModel(
    string Name, bool IsOpaque, bool IsSized, IReadOnlyList<FieldModel> Fields, int SizeBytes, MemberDoc Doc);

/// <summary>A field of a struct, at a fixed offset.</summary>
internal sealed record FieldModel(string Name, CType Type, int OffsetBytes, MemberDoc Doc);

/// <summary>An exported function.</summary>
internal sealed record FunctionModel(
    string Name, CType Return, Ownership Ownership, IReadOnlyList<ParameterModel> Parameters, MemberDoc Doc);

/// <summary>A parameter of a function or a callback. <paramref name="AcceptsAny"/>: any pointer value at all is safe.</summary>
internal sealed record ParameterModel(string Name, CType Type, bool AcceptsAny);

/// <summary>What the caller gets with a returned object.</summary>
internal enum Ownership
{
    /// <summary>The result is no object, or ownership does not apply.</summary>
    None,

    /// <summary>One reference, to be released.</summary>
    New,

    /// <summary>A pointer that is good while the caller keeps its own path to the object.</summary>
    Borrowed,
}
