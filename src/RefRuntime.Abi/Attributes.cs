// The vocabulary with which exports and ABI types tell the generator (RefRuntime.AbiGen) what C# metadata
// cannot say: C names, constness, the C name of a callback, ownership, the place in the header.
// The attributes carry no behaviour; nothing reads them at run time.

using System;

namespace RefRuntime.Abi;

/// <summary>The name in C, where the rule (PascalCase to snake_case, behind the owner's prefix) does not give it.</summary>
/// <remarks>On an enum it asks for a typedef of that name; an enum without it is spelled as its underlying integer.</remarks>
[AttributeUsage(AttributeTargets.Enum | AttributeTargets.Struct | AttributeTargets.Delegate | AttributeTargets.Field)]
public sealed class CNameAttribute(string name) : Attribute
{
    /// <summary>The C identifier, whole.</summary>
    public string Name { get; } = name;
}

/// <summary>What the members of an enum or the constants of a class begin with in C: <c>RR_HEAP_</c> + SERIALIZED.</summary>
[AttributeUsage(AttributeTargets.Enum | AttributeTargets.Class)]
public sealed class CPrefixAttribute(string prefix) : Attribute
{
    /// <summary>The prefix with its trailing underscore.</summary>
    public string Prefix { get; } = prefix;
}

/// <summary>Not in the header: a member that exists for C# alone, such as the zero of a set of flags.</summary>
[AttributeUsage(AttributeTargets.Field)]
public sealed class CIgnoreAttribute : Attribute;

/// <summary>C sees the struct's name but not its fields: callers hold pointers to it and nothing else.</summary>
[AttributeUsage(AttributeTargets.Struct)]
public sealed class COpaqueAttribute : Attribute;

/// <summary>A struct that begins with <c>uint32_t struct_size</c>, set by the caller, and may grow at its end.</summary>
[AttributeUsage(AttributeTargets.Struct)]
public sealed class SizedAttribute : Attribute;

/// <summary>What the pointer points at is not written through it: <c>const T *</c>.</summary>
[AttributeUsage(AttributeTargets.Parameter | AttributeTargets.ReturnValue | AttributeTargets.Field)]
public sealed class ConstAttribute : Attribute;

/// <summary>Names the delegate that describes a function pointer; the generator checks that the two signatures agree.</summary>
[AttributeUsage(AttributeTargets.Parameter | AttributeTargets.Field)]
public sealed class CallbackAttribute(Type delegateType) : Attribute
{
    /// <summary>A delegate type of this assembly.</summary>
    public Type DelegateType { get; } = delegateType;
}

/// <summary>The parameter may hold any pointer value at all: the function answers with an error and does not crash.</summary>
[AttributeUsage(AttributeTargets.Parameter)]
public sealed class AnyAttribute : Attribute;

/// <summary>The caller owns one reference to the returned object and must release it.</summary>
[AttributeUsage(AttributeTargets.ReturnValue)]
public sealed class NewAttribute : Attribute;

/// <summary>The returned pointer is valid while the caller keeps its own path to the object.</summary>
[AttributeUsage(AttributeTargets.ReturnValue)]
public sealed class BorrowedAttribute : Attribute;

/// <summary>Where in the header a type, or a class of exports or constants, stands.</summary>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct | AttributeTargets.Enum | AttributeTargets.Delegate)]
public sealed class SectionAttribute(Section section) : Attribute
{
    /// <summary>The section.</summary>
    public Section Section { get; } = section;

    /// <summary>Set on a class of exports whose functions follow those of the class that opens the section. Its own doc comment
    /// stays out of the header.</summary>
    public bool Continues { get; init; }
}
