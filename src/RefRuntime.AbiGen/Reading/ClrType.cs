// Types as metadata spells them, before C is considered: just enough of the CLR's type system to map it or to refuse it by
// name.

using System.Collections.Immutable;
using System.Linq;
using System.Reflection.Metadata;

namespace RefRuntime.AbiGen.Reading;

/// <summary>A type in a signature.</summary>
internal abstract record ClrType;

/// <summary>A primitive, by its metadata code.</summary>
internal sealed record ClrPrimitive(PrimitiveTypeCode Code) : ClrType
{
    public override string ToString() => Code.ToString();
}

/// <summary>A type with a name: an enum, a struct, a class.</summary>
internal sealed record ClrNamed(string FullName) : ClrType
{
    public override string ToString() => FullName;
}

/// <summary>T*.</summary>
internal sealed record ClrPointer(ClrType Target) : ClrType
{
    public override string ToString() => $"{Target}*";
}

/// <summary>delegate* unmanaged[…]&lt;…&gt;. Compared by value, parameters included.</summary>
internal sealed record ClrFunctionPointer(
    SignatureCallingConvention Convention, ClrType Return, ImmutableArray<ClrType> Parameters) : ClrType
{
    public bool Equals(ClrFunctionPointer? other) =>
        other is not null
        && Convention == other.Convention
        && Return == other.Return
        && Parameters.SequenceEqual(other.Parameters);

    public override int GetHashCode() => Parameters.Length;

    public override string ToString() =>
        $"delegate* unmanaged[{Convention}]<{string.Join(", ", Parameters.Append(Return).Select(type => type.ToString()))}>";
}

/// <summary>Anything that has no place in a C signature: arrays, generics, references.</summary>
internal sealed record ClrOther(string Description) : ClrType
{
    public override string ToString() => Description;
}

/// <summary>Decodes signatures into <see cref="ClrType"/>.</summary>
internal sealed class ClrTypeProvider : ISignatureTypeProvider<ClrType, object?>
{
    public static readonly ClrTypeProvider Instance = new();

    public static string FullName(MetadataReader reader, TypeDefinitionHandle handle)
    {
        TypeDefinition type = reader.GetTypeDefinition(handle);
        string name = reader.GetString(type.Name);
        return type.GetDeclaringType() is { IsNil: false } outer
            ? $"{FullName(reader, outer)}.{name}"
            : Qualified(reader.GetString(type.Namespace), name);
    }

    public static string FullName(MetadataReader reader, TypeReferenceHandle handle)
    {
        TypeReference type = reader.GetTypeReference(handle);
        string name = reader.GetString(type.Name);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{FullName(reader, (TypeReferenceHandle)type.ResolutionScope)}.{name}"
            : Qualified(reader.GetString(type.Namespace), name);
    }

    public ClrType GetPrimitiveType(PrimitiveTypeCode typeCode) => new ClrPrimitive(typeCode);

    public ClrType GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind) =>
        new ClrNamed(FullName(reader, handle));

    public ClrType GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind) =>
        new ClrNamed(FullName(reader, handle));

    public ClrType GetPointerType(ClrType elementType) => new ClrPointer(elementType);

    public ClrType GetFunctionPointerType(MethodSignature<ClrType> signature) =>
        new ClrFunctionPointer(signature.Header.CallingConvention, signature.ReturnType, signature.ParameterTypes);

    public ClrType GetModifiedType(ClrType modifier, ClrType unmodifiedType, bool isRequired) => unmodifiedType;

    public ClrType GetPinnedType(ClrType elementType) => elementType;

    public ClrType GetSZArrayType(ClrType elementType) => new ClrOther($"{elementType}[]");

    public ClrType GetArrayType(ClrType elementType, ArrayShape shape) => new ClrOther($"{elementType}[,]");

    public ClrType GetByReferenceType(ClrType elementType) => new ClrOther($"ref {elementType}");

    public ClrType GetGenericInstantiation(ClrType genericType, ImmutableArray<ClrType> typeArguments) =>
        new ClrOther($"{genericType}<{string.Join(", ", typeArguments.Select(type => type.ToString()))}>");

    public ClrType GetGenericMethodParameter(object? genericContext, int index) => new ClrOther($"!!{index}");

    public ClrType GetGenericTypeParameter(object? genericContext, int index) => new ClrOther($"!{index}");

    public ClrType GetTypeFromSpecification(
        MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind) =>
        reader.GetTypeSpecification(handle).DecodeSignature(this, genericContext);

    private static string Qualified(string ns, string name) => ns.Length == 0 ? name : $"{ns}.{name}";
}
