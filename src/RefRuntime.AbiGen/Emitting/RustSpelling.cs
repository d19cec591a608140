// How Rust writes types, names and literals. Used by every output that is Rust.

using System;
using System.Collections.Generic;
using RefRuntime.AbiGen.Model;

namespace RefRuntime.AbiGen.Emitting;

/// <summary>Spelling in Rust.</summary>
internal static class RustSpelling
{
    /// <summary>Rust's keywords that C does not have; those that C has too can't be names in the ABI.</summary>
    private static readonly HashSet<string> s_keywords = new(StringComparer.Ordinal)
    {
        "as", "async", "await", "dyn", "fn", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "trait",
        "type", "unsafe", "use", "where", "abstract", "become", "box", "final", "gen", "macro", "override", "priv", "try",
        "unsized", "virtual", "yield",
    };

    public static string Name(string name) => s_keywords.Contains(name) ? $"r#{name}" : name;

    public static string Type(CType type) => type switch
    {
        VoidType => "c_void",
        CharType => "c_char",
        DoubleType => "f64",
        IntegerType { Name: "size_t" } => "usize",
        IntegerType integer => $"{(integer.IsSigned ? 'i' : 'u')}{integer.SizeBytes * 8}",
        TypedefType typedef => typedef.Name,
        StructType structure => structure.Name,
        CallbackType callback => callback.Name,
        PointerType pointer => $"*{(pointer.IsConst ? "const" : "mut")} {Type(pointer.Target)}",
        _ => throw new AbiGenException(type.ToString(), "has no spelling in Rust"),
    };

    /// <summary>What stands behind a parameter list: nothing for void.</summary>
    public static string Arrow(CType returned) => returned is VoidType ? "" : $" -> {Type(returned)}";

    /// <summary>Zero as a value of the type.</summary>
    public static string Zero(CType type) => type switch
    {
        PointerType pointer => pointer.IsConst ? "core::ptr::null()" : "core::ptr::null_mut()",
        CallbackType => "None",
        DoubleType => "0.0",
        _ => "0",
    };

    public static string TypeOf(object value) => value switch
    {
        int => "i32",
        uint => "u32",
        long => "i64",
        ulong => "u64",
        string => "&str",
        _ => throw new AbiGenException(value.ToString() ?? "", "has no type in Rust"),
    };

    public static string Literal(object value) => value switch
    {
        long.MaxValue => "i64::MAX",
        string s => $"\"{s}\"",
        _ => value.ToString() ?? "",
    };
}
