// Structs: fields with the offsets they have in C and in C#. The offsets follow from the natural alignment of 64-bit
// systems; a struct that leaves holes or states another size than it has is refused, so that both sides see the same bytes.

using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using System.Reflection.Metadata;
using RefRuntime.AbiGen.Model;

namespace RefRuntime.AbiGen.Reading;

/// <summary>Reads structs.</summary>
internal static class StructReader
{
    /// <summary>Whether a class holds constants rather than exports.</summary>
    public static bool IsConstants(TypeSource type) => !type.IsEnum && type.Attributes.Has("CPrefix");

    public static StructModel Read(TypeSource type, TypeMapper mapper)
    {
        bool isSized = type.Attributes.Has("Sized");
        if (type.Attributes.Has("COpaque"))
        {
            return type.Fields.Any()
                ? throw new AbiGenException(type.FullName, "is [COpaque] but has fields; describe its insides elsewhere")
                : new StructModel(type.CName, true, false, [], 0, type.Doc);
        }

        TypeLayout layout = type.Definition.GetLayout();
        TypeAttributes kind = type.Definition.Attributes & TypeAttributes.LayoutMask;
        if (kind != TypeAttributes.SequentialLayout || layout.PackingSize != 0)
        {
            throw new AbiGenException(type.FullName, "needs a sequential layout without packing");
        }

        var fields = new List<FieldModel>();
        int offset = 0;
        int largest = 1;
        foreach (FieldSource field in type.Fields.Where(field => !field.Definition.Attributes.HasFlag(FieldAttributes.Static)))
        {
            CType fieldType = mapper.Map(field.Type, field.Attributes, field.FullName);
            int size = SizeOf(fieldType, field.FullName);
            if (offset % size != 0)
            {
                throw new AbiGenException(
                    field.FullName, $"is not aligned: offset {offset}, size {size}; fill the hole with a reserved field");
            }

            fields.Add(new FieldModel(CNames.Check(CNames.Snake(field.Name), field.FullName), fieldType, offset, field.Doc));
            offset += size;
            largest = int.Max(largest, size);
        }

        if (fields.Count == 0)
        {
            throw new AbiGenException(type.FullName, "has no fields; an opaque struct is marked [COpaque]");
        }

        if (offset % largest != 0 || layout.Size != offset)
        {
            throw new AbiGenException(
                type.FullName,
                $"its fields take {offset} bytes and its StructLayout says {layout.Size}; "
                + "state the size, and leave no hole at the end");
        }

        if (isSized && fields[0] is not { Name: "struct_size", Type: IntegerType { Name: "uint32_t" } })
        {
            throw new AbiGenException(type.FullName, "is [Sized] but does not begin with uint StructSize");
        }

        return new StructModel(type.CName, false, isSized, fields, offset, type.Doc);
    }

    private static int SizeOf(CType type, string member) => type switch
    {
        IntegerType integer => integer.SizeBytes,
        TypedefType typedef => typedef.Underlying.SizeBytes,
        DoubleType or PointerType or CallbackType => 8,
        _ => throw new AbiGenException(member, "has no size"),
    };
}
