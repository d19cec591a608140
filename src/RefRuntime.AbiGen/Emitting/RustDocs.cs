// Docs as rustdoc reads them: Markdown behind ///. What is code in the docs is fenced as C, or it would be taken for a test in Rust;
// brackets would be taken for links.

using System.Collections.Generic;
using System.Linq;
using System.Text;
using RefRuntime.AbiGen.Docs;

namespace RefRuntime.AbiGen.Emitting;

/// <summary>Writes doc comments in Rust.</summary>
internal static class RustDocs
{
    private const int Width = 100;

    /// <summary>The doc of one item; <paramref name="marks"/> stand behind its first paragraph.</summary>
    public static void Emit(StringBuilder text, MemberDoc doc, string marks, string indent)
    {
        int width = Width - indent.Length - 4;
        List<string> lines = TextLayout.Wrap(Escape(doc.Summary + marks), width);
        DocBlock? previous = null;
        foreach (DocBlock block in doc.Remarks)
        {
            if (!(block is ListItem && previous is ListItem))
            {
                lines.Add("");
            }

            lines.AddRange(block switch
            {
                Paragraph paragraph => TextLayout.Wrap(Escape(paragraph.Text), width),
                ListItem item => Item(item.Marker, item.Text, width),
                CodeBlock code => ["```c", .. code.Code, "```"],
                _ => [],
            });
            previous = block;
        }

        List<string> labelled = [.. doc.Labelled.SelectMany(pair => Item("-", $"{pair.Label}: {pair.Text}", width))];
        if (labelled.Count > 0)
        {
            lines.AddRange(["", .. labelled]);
        }

        foreach (string line in lines)
        {
            text.Append($"{indent}{$"/// {line}".TrimEnd()}\n");
        }
    }

    private static IEnumerable<string> Item(string marker, string content, int width)
    {
        string hang = new(' ', marker.Length + 1);
        return TextLayout.Wrap(Escape(content), width - hang.Length)
            .Select((line, index) => (index == 0 ? $"{marker} " : hang) + line);
    }

    /// <summary>Escapes what Markdown would take for markup, outside of quoted code.</summary>
    private static string Escape(string text) =>
        string.Join('`', text.Split('`').Select((part, index) => index % 2 == 1
            ? part
            : part.Replace("[", "\\[").Replace("]", "\\]").Replace("<", "\\<").Replace("*", "\\*")));
}
