// The custom attributes on one member, by the full name of their class. Arguments are decoded to plain values; a typeof
// becomes the full name of its type.

using System.Collections.Generic;
using System.Linq;
using System.Reflection.Metadata;

namespace RefRuntime.AbiGen.Reading;

/// <summary>The attributes of a member.</summary>
internal sealed class AttributeSet
{
    /// <summary>What stands on a member that metadata does not even list.</summary>
    public static readonly AttributeSet None = new();

    private readonly Dictionary<string, CustomAttributeValue<string>> _values = [];

    private AttributeSet()
    {
    }

    public AttributeSet(MetadataReader reader, CustomAttributeHandleCollection handles)
    {
        foreach (CustomAttribute attribute in handles.Select(reader.GetCustomAttribute))
        {
            string name = NameOf(reader, attribute);
            if (IsOurs(name))
            {
                _values[name] = attribute.DecodeValue(ArgumentTypes.Instance);
            }
        }
    }

    public bool Has(string name) => _values.ContainsKey(Vocabulary(name));

    /// <summary>The first constructor argument of one of our attributes, or null if it is not there.</summary>
    public object? Argument(string name) =>
        _values.TryGetValue(Vocabulary(name), out CustomAttributeValue<string> value) && value.FixedArguments.Length > 0
            ? value.FixedArguments[0].Value
            : null;

    public object? Property(string name, string property) =>
        _values.TryGetValue(Vocabulary(name), out CustomAttributeValue<string> value)
            ? value.NamedArguments.FirstOrDefault(argument => argument.Name == property).Value
            : null;

    // Attributes outside the vocabulary may have argument types that only their own assembly explains.
    private static bool IsOurs(string name) =>
        name.StartsWith("RefRuntime.Abi.") || name == Vocabulary("UnmanagedCallersOnly");

    private static string Vocabulary(string name) => name == "UnmanagedCallersOnly"
        ? "System.Runtime.InteropServices.UnmanagedCallersOnlyAttribute"
        : $"RefRuntime.Abi.{name}Attribute";

    private static string NameOf(MetadataReader reader, CustomAttribute attribute)
    {
        if (attribute.Constructor.Kind == HandleKind.MethodDefinition)
        {
            MethodDefinition constructor = reader.GetMethodDefinition((MethodDefinitionHandle)attribute.Constructor);
            return ClrTypeProvider.FullName(reader, constructor.GetDeclaringType());
        }

        EntityHandle parent = reader.GetMemberReference((MemberReferenceHandle)attribute.Constructor).Parent;
        return parent.Kind == HandleKind.TypeReference
            ? ClrTypeProvider.FullName(reader, (TypeReferenceHandle)parent)
            : "";
    }

    /// <summary>Types of attribute arguments, as names.</summary>
    private sealed class ArgumentTypes : ICustomAttributeTypeProvider<string>
    {
        public static readonly ArgumentTypes Instance = new();

        public string GetPrimitiveType(PrimitiveTypeCode typeCode) => typeCode.ToString();

        public string GetSystemType() => "System.Type";

        public bool IsSystemType(string type) => type == "System.Type";

        public string GetSZArrayType(string elementType) => $"{elementType}[]";

        public string GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) =>
            ClrTypeProvider.FullName(reader, handle);

        public string GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) =>
            ClrTypeProvider.FullName(reader, handle);

        // "Namespace.Outer+Inner, Assembly, Version=…"
        public string GetTypeFromSerializedName(string name) => name.Split(',')[0].Replace('+', '.');

        // The only enum in the vocabulary is Section, an int.
        public PrimitiveTypeCode GetUnderlyingEnumType(string type) => PrimitiveTypeCode.Int32;
    }
}
