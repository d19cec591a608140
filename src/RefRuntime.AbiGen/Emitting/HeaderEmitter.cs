// include/refruntime.h: declarations and manual in one. The names of all structs come first, so that sections may refer
// to each other; within a section: overview, constants, callbacks, structs, functions.

using System.Collections.Generic;
using System.Linq;
using System.Text;
using RefRuntime.AbiGen.Docs;
using RefRuntime.AbiGen.Model;

namespace RefRuntime.AbiGen.Emitting;

/// <summary>Writes the C header.</summary>
internal sealed class HeaderEmitter : IEmitter
{
    /// <summary>What the header defines that no export, type or constant stands for.</summary>
    public const string PlaceMacro = "RR_HERE";

    private const int Width = 100;

    public string Path => "include/refruntime.h";

    public string Emit(AbiModel model)
    {
        var text = new StringBuilder();
        text.Append(
            """
            /*
             * refruntime.h - reference counting with cycle collection, behind a C ABI.
             *
             * This file is the manual. It is generated from the doc comments of src/RefRuntime/Exports and
             * src/RefRuntime.Abi by src/RefRuntime.AbiGen; change it there. C99, C11, C++11 and later.
             *

            """);
        string titles = string.Join(", ", model.Sections.Select(section => section.Title));
        foreach (string line in TextLayout.Wrap($"Sections: {titles}.", Width - 3))
        {
            text.Append($" * {line}\n");
        }

        text.Append(
            """
             */
            #ifndef REFRUNTIME_H
            #define REFRUNTIME_H

            #include <stddef.h>
            #include <stdint.h>

            #ifndef RR_API
            #if defined(_WIN32)
            #define RR_API __declspec(dllimport)
            #elif defined(__GNUC__)
            #define RR_API __attribute__((visibility("default")))
            #else
            #define RR_API
            #endif
            #endif

            /* This place in the source, as a string: a tag for rr_incref_tagged() and rr_decref_tagged(). */
            #define RR_HERE __FILE__ ":" RR_TEXT_OF(__LINE__)
            #define RR_TEXT_OF(value) RR_TEXT_OF_(value)
            #define RR_TEXT_OF_(value) #value

            #ifdef __cplusplus
            extern "C" {
            #endif


            """);
        foreach (StructModel type in model.Structs)
        {
            text.Append($"typedef struct {type.Name} {type.Name};\n");
        }

        foreach (AbiSection section in model.Sections)
        {
            EmitSection(text, section);
        }

        text.Append(
            """

            #ifdef __cplusplus
            }
            #endif

            #endif

            """);
        return text.ToString();
    }

    private static void EmitSection(StringBuilder text, AbiSection section)
    {
        string rule = new('=', Width - 3);
        text.Append($"\n/* {rule}\n * {section.Title}\n * {rule}\n *\n");
        foreach (string line in TextLayout.Lay(section.Overview, Width - 3))
        {
            text.Append(line.Length > 0 ? $" * {line}\n" : " *\n");
        }

        text.Append(" */\n");
        foreach (ConstantGroup group in section.ConstantGroups)
        {
            EmitConstants(text, group);
        }

        foreach (CallbackModel callback in section.Callbacks)
        {
            EmitComment(text, callback.Doc, "");
            EmitWrapped(text, $"typedef {CSpelling.Declare(callback.Return, $"(*{callback.Name})(")}", callback.Parameters);
        }

        foreach (StructModel type in section.Structs)
        {
            EmitStruct(text, type);
        }

        foreach (FunctionModel function in section.Functions)
        {
            EmitComment(text, function.Doc, TextLayout.Marks(function));
            EmitWrapped(text, $"RR_API {CSpelling.Declare(function.Return, function.Name + "(")}", function.Parameters);
        }
    }

    private static void EmitConstants(StringBuilder text, ConstantGroup group)
    {
        EmitComment(text, group.Doc, "");
        if (group.Typedef is { } typedef)
        {
            text.Append($"typedef {typedef.Underlying.Name} {typedef.Name};\n\n");
        }

        EmitAligned(text, group.Members.Select(
            constant => ("#define " + constant.Name, CSpelling.Literal(constant.Value), constant.Doc)));
    }

    private static void EmitStruct(StringBuilder text, StructModel type)
    {
        if (type.IsOpaque)
        {
            // The typedef stands at the top; what is left is to say what it is.
            EmitComment(text, type.Doc, "");
            text.Append($"struct {type.Name};\n");
            return;
        }

        EmitComment(text, type.Doc, "");
        text.Append($"struct {type.Name} {{\n");
        EmitAligned(text, type.Fields.Select(field => ("    " + CSpelling.Declare(field.Type, field.Name) + ";", "", field.Doc)));
        text.Append("};\n");
    }

    /// <summary>Lines of name, value and a comment behind them, all three in columns.</summary>
    private static void EmitAligned(StringBuilder text, IEnumerable<(string Name, string Value, MemberDoc Doc)> lines)
    {
        List<(string Name, string Value, MemberDoc Doc)> rows = [.. lines];
        int nameWidth = rows.Max(row => row.Name.Length);
        List<(string Code, MemberDoc Doc)> columns =
            [.. rows.Select(row => (row.Value.Length > 0 ? $"{row.Name.PadRight(nameWidth)} {row.Value}" : row.Name, row.Doc))];
        int codeWidth = columns.Max(row => row.Code.Length);
        foreach ((string code, MemberDoc doc) in columns)
        {
            string lead = code.PadRight(codeWidth) + "  /**< ";
            List<string> wrapped = TextLayout.Wrap(doc.Summary, Width - lead.Length - 3);
            text.Append(lead).Append(string.Join("\n" + new string(' ', lead.Length), wrapped)).Append(" */\n");
        }
    }

    /// <summary>A doc comment of C.</summary>
    internal static void EmitComment(StringBuilder text, MemberDoc doc, string marks)
    {
        List<string> lines = TextLayout.Lay(doc, Width - 3, marks);
        if (lines.Count == 1 && lines[0].Length + 7 <= Width)
        {
            text.Append($"\n/** {lines[0]} */\n");
            return;
        }

        text.Append("\n/**\n");
        foreach (string line in lines)
        {
            text.Append(line.Length > 0 ? $" * {line}\n" : " *\n");
        }

        text.Append(" */\n");
    }

    /// <summary>A declaration, its parameters on lines of their own when it is too long.</summary>
    private static void EmitWrapped(StringBuilder text, string lead, IReadOnlyList<ParameterModel> parameters)
    {
        string line = $"{lead}{CSpelling.Parameters(parameters)});";
        if (line.Length > Width)
        {
            // Fixed spaces keep a type and its name together.
            string list = string.Join(", ", parameters.Select(
                parameter => CSpelling.Declare(parameter.Type, parameter.Name).Replace(' ', MemberDoc.FixedSpace)));
            line = string.Join("\n    ", TextLayout.Wrap($"{list});", Width - 4).Prepend(lead));
        }

        text.Append(line).Append('\n');
    }
}
