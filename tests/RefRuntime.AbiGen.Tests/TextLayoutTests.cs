// Words into lines.

using NUnit.Framework;
using RefRuntime.AbiGen.Docs;
using RefRuntime.AbiGen.Emitting;

namespace RefRuntime.AbiGen.Tests;

public sealed class TextLayoutTests
{
    [Test]
    public void Lines_break_between_words() =>
        Assert.That(TextLayout.Wrap("one two three four", 9), Is.EqualTo(["one two", "three", "four"]));

    [Test]
    public void A_word_longer_than_the_line_stands_alone() =>
        Assert.That(TextLayout.Wrap("a reallylongword b", 5), Is.EqualTo(["a", "reallylongword", "b"]));

    [Test]
    public void Quoted_code_does_not_break() =>
        Assert.That(TextLayout.Wrap($"takes {MemberDoc.Quote("void *")} here", 10), Is.EqualTo(["takes", "`void *`", "here"]));

    [Test]
    public void Labels_stand_in_a_column_and_their_text_hangs()
    {
        var doc = new MemberDoc("Does it.", [], Returns: "one two three", Cost: "none");
        Assert.That(
            TextLayout.Lay(doc, 20, " [any]"),
            Is.EqualTo(["Does it. [any]", "", "Returns:   one two", "           three", "Cost:      none"]));
    }

    [Test]
    public void Items_of_a_list_stand_together_and_code_is_kept()
    {
        var doc = new MemberDoc("S.", [new ListItem("1.", "one"), new ListItem("2.", "two"), new CodeBlock(["a  b", "", "  c"])]);
        Assert.That(
            TextLayout.Lay(doc, 40),
            Is.EqualTo(["S.", "", "  1. one", "  2. two", "", "    a  b", "", "      c"]));
    }
}
