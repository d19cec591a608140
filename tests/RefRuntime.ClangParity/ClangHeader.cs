// include/refruntime.h as clang understands it: declarations by name, spelled and measured by clang.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using ClangSharp.Interop;

namespace RefRuntime.ClangParity;

/// <summary>A function: its result and parameters, spelled as canonical types.</summary>
internal sealed record ClangFunction(string Result, IReadOnlyList<string> Parameters);

/// <summary>A struct: its size, and its fields with their offsets in bytes.</summary>
internal sealed record ClangStruct(long SizeBytes, IReadOnlyList<(string Name, string Type, long OffsetBytes)> Fields);

/// <summary>The header, parsed.</summary>
internal sealed unsafe class ClangHeader
{
    private ClangHeader(CXTranslationUnit unit)
    {
        foreach (CXCursor cursor in Children(unit.Cursor).Where(cursor => cursor.Location.IsFromMainFile))
        {
            string name = cursor.Spelling.ToString();
            switch (cursor.Kind)
            {
                case CXCursorKind.CXCursor_FunctionDecl:
                    Functions.Add(name, new ClangFunction(
                        Spell(cursor.ResultType),
                        [.. Enumerable.Range(0, clang.Cursor_getNumArguments(cursor))
                            .Select(i => Spell(clang.Cursor_getArgument(cursor, (uint)i).Type))]));
                    break;
                case CXCursorKind.CXCursor_StructDecl when cursor.IsDefinition:
                    Structs.Add(name, new ClangStruct(cursor.Type.SizeOf, [.. Children(cursor)
                        .Where(field => field.Kind == CXCursorKind.CXCursor_FieldDecl)
                        .Select(field => (field.Spelling.ToString(), Spell(field.Type), field.OffsetOfField / 8))]));
                    break;
                case CXCursorKind.CXCursor_TypedefDecl:
                    Typedefs.Add(name, Spell(cursor.TypedefDeclUnderlyingType));
                    break;
                case CXCursorKind.CXCursor_VarDecl:
                    using (CXEvalResult value = cursor.Evaluate)
                    {
                        Constants.Add(name["value_of_".Length..], value.Kind == CXEvalResultKind.CXEval_Int ? value.AsLongLong : value.AsStr);
                    }

                    break;
                default:
                    break;
            }
        }
    }

    public Dictionary<string, ClangFunction> Functions { get; } = [];

    public Dictionary<string, ClangStruct> Structs { get; } = [];

    public Dictionary<string, string> Typedefs { get; } = [];

    /// <summary>The values of macros, as long or string.</summary>
    public Dictionary<string, object> Constants { get; } = [];

    /// <summary>Parses the header; each macro of <paramref name="macros"/> gets a variable, whose value clang computes.</summary>
    public static ClangHeader Parse(IEnumerable<(string Name, bool IsText)> macros)
    {
        string text = File.ReadAllText(Path.Combine(Root(), "include/refruntime.h")) + string.Concat(macros.Select(macro =>
            macro.IsText ? $"static const char *const value_of_{macro.Name} = {macro.Name};\n" : $"static const int64_t value_of_{macro.Name} = {macro.Name};\n"));
        using var index = CXIndex.Create();
        using CXUnsavedFile file = CXUnsavedFile.Create("refruntime.c", text);
        string[] arguments = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", .. SystemIncludes()];
        using CXTranslationUnit unit = CXTranslationUnit.Parse(index, "refruntime.c", arguments, [file], CXTranslationUnit_Flags.CXTranslationUnit_None);
        string[] problems = [.. Enumerable.Range(0, (int)unit.NumDiagnostics).Select(i => unit.GetDiagnostic((uint)i).ToString() ?? "")
            .Where(problem => !problem.Contains("unused variable", StringComparison.Ordinal))];
        return problems.Length == 0 ? new ClangHeader(unit) : throw new InvalidDataException(string.Join('\n', problems));
    }

    /// <summary>stddef.h belongs to a compiler: libclang alone has none.</summary>
    private static IEnumerable<string> SystemIncludes() =>
        Directory.EnumerateDirectories("/usr/lib/gcc/x86_64-linux-gnu").Select(version => $"-isystem{version}/include").Take(1);

    private static string Root([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../.."));

    private static string Spell(CXType type) => type.CanonicalType.Spelling.ToString();

    private static List<CXCursor> Children(CXCursor cursor)
    {
        var children = new List<CXCursor>();
        cursor.VisitChildren((child, _, _) =>
        {
            children.Add(child);
            return CXChildVisitResult.CXChildVisit_Continue;
        }, default);
        return children;
    }
}
