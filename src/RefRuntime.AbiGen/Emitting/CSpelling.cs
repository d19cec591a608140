// How C writes types, declarations and literals. Used by every output that is C.

using System.Collections.Generic;
using System.Linq;
using RefRuntime.AbiGen.Model;

namespace RefRuntime.AbiGen.Emitting;

/// <summary>Spelling in C.</summary>
internal static class CSpelling
{
    /// <summary>A declaration of <paramref name="name"/>, such as <c>const char *name</c>.</summary>
    public static string Declare(CType type, string name)
    {
        string stars = "";
        bool isConst = false;
        while (type is PointerType pointer)
        {
            stars = $"*{(isConst ? "const " : "")}{stars}";
            isConst = pointer.IsConst;
            type = pointer.Target;
        }

        return $"{(isConst ? "const " : "")}{Name(type)} {stars}{name}".TrimEnd();
    }

    public static string Parameters(IEnumerable<ParameterModel> parameters)
    {
        string list = string.Join(", ", parameters.Select(parameter => Declare(parameter.Type, parameter.Name)));
        return list.Length > 0 ? list : "void";
    }

    public static string Literal(object value) => value switch
    {
        int i => i < 0 ? $"({i})" : $"{i}",
        uint u => $"{u}u",
        long.MaxValue => "INT64_MAX",
        long l => $"INT64_C({l})",
        ulong u => $"UINT64_C({u})",
        string s => $"\"{s}\"",
        _ => throw new AbiGenException(value.ToString() ?? "", "has no spelling in C"),
    };

    private static string Name(CType type) => type switch
    {
        VoidType => "void",
        CharType => "char",
        DoubleType => "double",
        IntegerType integer => integer.Name,
        TypedefType typedef => typedef.Name,
        StructType structure => structure.Name,
        CallbackType callback => callback.Name,
        _ => throw new AbiGenException(type.ToString(), "has no spelling in C"),
    };
}
