// Laying out docs as text: words into lines, prose and labelled lines into a comment's body. Shared by all emitters, so
// that the manual reads the same everywhere.

using System.Collections.Generic;
using System.Linq;
using RefRuntime.AbiGen.Docs;
using RefRuntime.AbiGen.Model;

namespace RefRuntime.AbiGen.Emitting;

/// <summary>Turns docs into lines.</summary>
internal static class TextLayout
{
    private const int LabelWidth = 11;

    /// <summary>Breaks text into lines of at most <paramref name="width"/> characters, where words allow.</summary>
    public static List<string> Wrap(string text, int width)
    {
        var lines = new List<string>();
        string line = "";
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                lines.Add(line);
                line = word;
            }
            else
            {
                line = line.Length == 0 ? word : $"{line} {word}";
            }
        }

        lines.Add(line);
        return [.. lines.Select(wrapped => wrapped.Replace(MemberDoc.FixedSpace, ' '))];
    }

    /// <summary>A whole doc: summary with its marks, remarks, labelled lines; a blank line between pieces.</summary>
    public static List<string> Lay(MemberDoc doc, int width, string marks = "")
    {
        List<string> lines = Wrap(doc.Summary + marks, width);
        DocBlock? previous = null;
        foreach (DocBlock block in doc.Remarks)
        {
            if (!(block is ListItem && previous is ListItem))
            {
                lines.Add("");
            }

            lines.AddRange(block switch
            {
                Paragraph paragraph => Wrap(paragraph.Text, width),
                ListItem item => Hanging($"  {item.Marker} ", item.Text, width),
                CodeBlock code => code.Code.Select(line => line.Length > 0 ? $"    {line}" : line),
                _ => [],
            });
            previous = block;
        }

        List<string> labelled =
            [.. doc.Labelled.SelectMany(pair => Hanging($"{pair.Label}:".PadRight(LabelWidth), pair.Text, width))];
        if (labelled.Count > 0)
        {
            lines.Add("");
            lines.AddRange(labelled);
        }

        return lines;
    }

    /// <summary>The marks that a function carries behind its summary: [any], [new], [borrowed].</summary>
    public static string Marks(FunctionModel function)
    {
        string ownership = function.Ownership switch
        {
            Ownership.New => " [new]",
            Ownership.Borrowed => " [borrowed]",
            _ => "",
        };
        return ownership + (function.Parameters.Any(parameter => parameter.AcceptsAny) ? " [any]" : "");
    }

    private static IEnumerable<string> Hanging(string lead, string text, int width) =>
        Wrap(text, width - lead.Length).Select((line, index) => (index == 0 ? lead : new string(' ', lead.Length)) + line);
}
