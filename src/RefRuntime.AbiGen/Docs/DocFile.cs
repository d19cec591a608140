// The XML doc file that the C# compiler writes beside an assembly: from a member to its parsed doc comment. Tags that the
// manual has no place for are refused, so that nothing a developer wrote gets lost in silence.

using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using RefRuntime.AbiGen.Reading;

namespace RefRuntime.AbiGen.Docs;

/// <summary>The doc comments of one assembly.</summary>
internal sealed partial class DocFile
{
    private static readonly HashSet<string> s_topLevel =
        ["summary", "remarks", "returns", "errors", "callbacks", "cost", "threads"];

    private readonly Dictionary<string, XElement> _members;

    private DocFile(Dictionary<string, XElement> members) => _members = members;

    public static DocFile Load(string path)
    {
        if (!File.Exists(path))
        {
            throw new AbiGenException(path, "there is no such doc file; build with GenerateDocumentationFile");
        }

        var members = new Dictionary<string, XElement>();
        foreach (XElement member in XDocument.Load(path, LoadOptions.PreserveWhitespace).Descendants("member"))
        {
            // A method's id ends in its parameter list; exports have no overloads, so the name is enough.
            string id = member.Attribute("name")!.Value;
            int parenthesis = id.IndexOf('(');
            members[parenthesis < 0 ? id : id[..parenthesis]] = member;
        }

        return new DocFile(members);
    }

    /// <summary>The doc of a member by its id, such as <c>F:Namespace.Type.Field</c>; refuses one that has none.</summary>
    public MemberDoc Require(string id)
    {
        string name = id[2..];
        if (!_members.TryGetValue(id, out XElement? element))
        {
            throw new AbiGenException(name, "has no doc comment");
        }

        foreach (XElement child in element.Elements())
        {
            if (!s_topLevel.Contains(child.Name.LocalName))
            {
                throw new AbiGenException(
                    name, $"its doc comment has a <{child.Name.LocalName}>, for which the manual has no place");
            }
        }

        string? summary = Section(element, "summary", name);
        if (string.IsNullOrEmpty(summary))
        {
            throw new AbiGenException(name, "its doc comment has no <summary>");
        }

        return new MemberDoc(
            summary,
            element.Element("remarks") is { } remarks ? Blocks(remarks, name) : [],
            Section(element, "returns", name),
            Section(element, "errors", name),
            Section(element, "callbacks", name),
            Section(element, "cost", name),
            Section(element, "threads", name));
    }

    private static string? Section(XElement member, string tag, string name) =>
        member.Element(tag) is { } element ? Inline(element.Nodes(), name) : null;

    private static List<DocBlock> Blocks(XElement parent, string name)
    {
        var blocks = new List<DocBlock>();
        var loose = new List<XNode>();

        void FlushLoose()
        {
            string text = Inline(loose, name);
            loose.Clear();
            if (text.Length > 0)
            {
                blocks.Add(new Paragraph(text));
            }
        }

        foreach (XNode node in parent.Nodes())
        {
            if (node is not XElement { Name.LocalName: "para" or "code" or "list" } element)
            {
                loose.Add(node);
                continue;
            }

            FlushLoose();
            switch (element.Name.LocalName)
            {
                case "para":
                    blocks.Add(new Paragraph(Inline(element.Nodes(), name)));
                    break;
                case "code":
                    blocks.Add(new CodeBlock(Dedent(element.Value)));
                    break;
                default:
                    bool isNumbered = element.Attribute("type")?.Value == "number";
                    blocks.AddRange(element.Elements("item").Select((item, index) => new ListItem(
                        isNumbered ? $"{index + 1}." : "-",
                        Inline((item.Element("description") ?? item).Nodes(), name))));
                    break;
            }
        }

        FlushLoose();
        return blocks;
    }

    private static string Inline(IEnumerable<XNode> nodes, string name)
    {
        string text = string.Concat(nodes.Select(node => node switch
        {
            XText plain => plain.Value,
            XElement { Name.LocalName: "b" } lead => lead.Value,
            XElement { Name.LocalName: "c" } code => MemberDoc.Quote(code.Value),
            XElement { Name.LocalName: "paramref" } parameter =>
                MemberDoc.Quote(CNames.Snake(parameter.Attribute("name")!.Value)),
            XElement other => throw new AbiGenException(
                name, $"its doc comment has a <{other.Name.LocalName}> within text; write the C name as it is"),
            _ => "",
        }));
        return Blanks().Replace(text, " ").Trim();
    }

    private static List<string> Dedent(string code)
    {
        List<string> lines = [.. code.Split('\n').Select(line => line.TrimEnd())];
        while (lines.Count > 0 && lines[0].Length == 0)
        {
            lines.RemoveAt(0);
        }

        while (lines.Count > 0 && lines[^1].Length == 0)
        {
            lines.RemoveAt(lines.Count - 1);
        }

        int margin = lines
            .Where(line => line.Length > 0)
            .Select(line => line.Length - line.TrimStart().Length)
            .DefaultIfEmpty(0)
            .Min();
        return [.. lines.Select(line => line.Length > 0 ? line[margin..] : line)];
    }

    // Not \s, which would take the fixed spaces within quotes.
    [GeneratedRegex(@"[ \t\r\n]+")]
    private static partial Regex Blanks();
}
