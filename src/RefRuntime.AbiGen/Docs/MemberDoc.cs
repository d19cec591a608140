// A doc comment, parsed. The tags are C#'s own summary, remarks and returns, and four of ours that make the manual uniform:
//   <errors>     statuses beyond the ones that almost every function has (Conventions.cs lists those)
//   <callbacks>  which foreign code may run during the call
//   <cost>       in words: constant time, walks the heap, …
//   <threads>    when special

using System.Collections.Generic;
using System.Linq;

namespace RefRuntime.AbiGen.Docs;

/// <summary>What a doc comment says, ready to be laid out.</summary>
internal sealed record MemberDoc(
    string Summary,
    IReadOnlyList<DocBlock> Remarks,
    string? Returns = null,
    string? Errors = null,
    string? Callbacks = null,
    string? Cost = null,
    string? Threads = null)
{
    /// <summary>The labelled lines that follow the prose, in the order in which the manual shows them.</summary>
    public IEnumerable<(string Label, string Text)> Labelled =>
        new[] { ("Returns", Returns), ("Errors", Errors), ("Callbacks", Callbacks), ("Cost", Cost), ("Threads", Threads) }
            .Where(pair => pair.Item2 is not null)
            .Select(pair => (pair.Item1, pair.Item2!));

    /// <summary>What a space within quoted code is until the lines are laid out, so that no line breaks there.</summary>
    public const char FixedSpace = '\u00A0';

    /// <summary>A name or a piece of code within text.</summary>
    public static string Quote(string code) => $"`{code.Replace(' ', FixedSpace)}`";

    /// <summary>Every piece of text, for checks on the words in it.</summary>
    public IEnumerable<string> AllText =>
        new[] { Summary }.Concat(Remarks.SelectMany(block => block.Lines)).Concat(Labelled.Select(pair => pair.Text));
}

/// <summary>A piece of remarks.</summary>
internal abstract record DocBlock
{
    public abstract IEnumerable<string> Lines { get; }
}

/// <summary>Text that is wrapped as the output likes.</summary>
internal sealed record Paragraph(string Text) : DocBlock
{
    public override IEnumerable<string> Lines => [Text];
}

/// <summary>An entry of a list, behind its marker ("-" or "1.").</summary>
internal sealed record ListItem(string Marker, string Text) : DocBlock
{
    public override IEnumerable<string> Lines => [Text];
}

/// <summary>Source code, kept line by line.</summary>
internal sealed record CodeBlock(IReadOnlyList<string> Code) : DocBlock
{
    public override IEnumerable<string> Lines => Code;
}
