// Names from C# to C, and values from C# to C literals.

using NUnit.Framework;
using RefRuntime.AbiGen.Emitting;
using RefRuntime.AbiGen.Model;
using RefRuntime.AbiGen.Reading;

namespace RefRuntime.AbiGen.Tests;

public sealed class NamingTests
{
    [TestCase("StructSize", "struct_size")]
    [TestCase("budgetNs", "budget_ns")]
    [TestCase("out", "out")]
    public void Names_become_snake_case(string name, string expected) => Assert.That(CNames.Snake(name), Is.EqualTo(expected));

    [Test]
    public void Constants_stand_in_capitals_behind_their_prefix() =>
        Assert.That(CNames.Constant("RR_E_", "NotObject"), Is.EqualTo("RR_E_NOT_OBJECT"));

    [TestCase("1st")]
    [TestCase("with space")]
    [TestCase("namespace")]
    [TestCase("lambda")]
    public void What_is_no_name_everywhere_is_refused(string name) =>
        Assert.Throws<AbiGenException>(() => CNames.Check(name, "member"));

    [TestCase(0, "0")]
    [TestCase(-3, "(-3)")]
    [TestCase(5u, "5u")]
    [TestCase(7L, "INT64_C(7)")]
    [TestCase(long.MaxValue, "INT64_MAX")]
    [TestCase(ulong.MaxValue, "UINT64_C(18446744073709551615)")]
    [TestCase("text", "\"text\"")]
    public void Values_become_literals_of_their_type(object value, string expected) =>
        Assert.That(CSpelling.Literal(value), Is.EqualTo(expected));

    [Test]
    public void Pointers_are_declared_as_in_C()
    {
        var text = new PointerType(new CharType(), IsConst: true);
        var texts = new PointerType(text, IsConst: true);
        var slot = new PointerType(new PointerType(new VoidType(), IsConst: false), IsConst: false);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(CSpelling.Declare(text, "name"), Is.EqualTo("const char *name"));
            Assert.That(CSpelling.Declare(texts, "names"), Is.EqualTo("const char *const *names"));
            Assert.That(CSpelling.Declare(slot, "slot"), Is.EqualTo("void **slot"));
        }
    }
}
