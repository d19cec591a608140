// Folder = namespace = layer, and references go down only. Read from the IL, so that nothing hides: calls, fields,
// signatures, locals, generic arguments.

#if !RR_TINY

using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using RefRuntime.Heap;

namespace RefRuntime.Tests.Guards;

public sealed class LayeringTests
{
    /// <summary>From the bottom up. Abi holds no logic: everybody may use it.</summary>
    private static readonly List<string> s_layers =
    [
        "RefRuntime.Core", "RefRuntime.Os", "RefRuntime.Heap", "RefRuntime.Objects", "RefRuntime.Checking", "RefRuntime.Counting",
        "RefRuntime.Weak", "RefRuntime.Lifetime", "RefRuntime.Cycles", "RefRuntime.Inspection", "RefRuntime.Operations",
        "RefRuntime.Diagnostics", "RefRuntime.Exports",
    ];

    private static readonly List<string> s_usedByExports = ["RefRuntime.Exports", "RefRuntime.Diagnostics", "RefRuntime.Operations", "RefRuntime.Abi"];

    private static readonly IReadOnlySet<(string User, string Used)> s_uses = AssemblyLayers.Read(typeof(HeapState).Assembly.Location);

    [Test]
    public void References_go_down_only() =>
        Assert.That(s_uses.Where(use => LayerOf(use.User) is var layer && layer >= 0 && s_layers.IndexOf(use.Used) > layer), Is.Empty);

    [Test]
    public void Every_namespace_is_a_layer() =>
        Assert.That(
            s_uses.Select(use => use.User[..use.User.IndexOf(':')]).Distinct().Where(name => name.StartsWith("RefRuntime") && !s_layers.Contains(name)),
            Is.Empty);

    [Test]
    public void Exports_use_operations_diagnostics_and_the_abi_alone() =>
        Assert.That(
            s_uses.Where(use => LayerOf(use.User) == s_layers.Count - 1).Select(use => use.Used).Where(used => used.StartsWith("RefRuntime")).Distinct(),
            Is.SubsetOf(s_usedByExports));

    [Test]
    public void Only_the_Os_layer_calls_the_system() =>
        Assert.That(
            typeof(HeapState).Assembly.GetTypes()
                .Where(type => type.GetMethods((System.Reflection.BindingFlags)60).Any(method => method.Attributes.HasFlag(System.Reflection.MethodAttributes.PinvokeImpl)))
                .Select(type => type.Namespace).Distinct(),
            Is.EqualTo(s_layers.GetRange(1, 1)));

    [Test]
    public void The_reader_sees_what_is_used()
    {
        // Else the tests above could pass by seeing nothing.
        Assert.That(s_uses.Select(use => use.Used), Is.SupersetOf(s_layers.SkipLast(1)));
        Assert.That(s_uses.Where(use => use.User.StartsWith("RefRuntime.Lifetime:Death.")).Select(use => use.Used), Does.Contain("RefRuntime.Weak"));
    }

    private static int LayerOf(string user) => s_layers.IndexOf(user[..user.IndexOf(':')]);
}

#endif
