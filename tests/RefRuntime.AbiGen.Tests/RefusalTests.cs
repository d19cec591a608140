// Each mistake is refused with a sentence that names the member. The mistakes are the fixtures marked [Refused].

using System.Collections.Generic;
using System.Linq;
using System.Reflection;
using NUnit.Framework;
using RefRuntime.AbiGen.Tests.Fixtures;

namespace RefRuntime.AbiGen.Tests;

public sealed class RefusalTests
{
    private static IEnumerable<TestCaseData> Mistakes =>
        from type in typeof(RefusedAttribute).Assembly.GetTypes()
        let refused = type.GetCustomAttribute<RefusedAttribute>()
        where refused is not null
        select new TestCaseData(type.FullName, refused.Member, refused.Problem).SetName($"{type.Name} is refused");

    [TestCaseSource(nameof(Mistakes))]
    public void A_mistake_is_refused_by_name(string fixture, string member, string problem)
    {
        AbiGenException? refusal = Assert.Throws<AbiGenException>(() => FixtureModel.Read(fixture));
        using (Assert.EnterMultipleScope())
        {
            Assert.That(refusal!.Message, Does.Contain(problem));
            Assert.That(refusal.Member, Is.EqualTo(member).Or.EqualTo($"{fixture}.{member}"));
        }
    }

    [Test]
    public void A_missing_assembly_is_named()
    {
        AbiGenException? refusal = Assert.Throws<AbiGenException>(() => Reading.AssemblySource.Open("/nowhere/Missing.dll"));
        Assert.That(refusal!.Message, Is.EqualTo("/nowhere/Missing.dll: there is no such assembly; build it first"));
    }
}
