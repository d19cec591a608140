// The generated layer against the library and against what C compilers have asserted.

using System;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using NUnit.Framework;

namespace RefRuntime.Native.Tests;

public sealed partial class RawTests
{
    [Test]
    public void Each_function_is_in_the_library()
    {
        nint library = NativeLibrary.Load("refruntime", typeof(Raw).Assembly, null);
        string[] names = [.. typeof(Raw).GetMethods(BindingFlags.Public | BindingFlags.Static).Select(method => method.Name)];
        Assert.That(names, Has.Length.GreaterThan(80));
        Assert.That(names.Where(name => !NativeLibrary.TryGetExport(library, name, out _)), Is.Empty);
    }

    [Test]
    public void Structs_have_the_layout_that_C_has()
    {
        string asserts = File.ReadAllText(Path.Combine(TestContext.CurrentContext.TestDirectory, "layout_asserts.c"));
        MatchCollection sizes = Size().Matches(asserts);
        MatchCollection offsets = Offset().Matches(asserts);
        Assert.That(sizes, Has.Count.GreaterThan(8));
        Assert.That(offsets, Has.Count.GreaterThan(50));
        foreach (Match match in sizes)
        {
            Assert.That($"{Marshal.SizeOf(Struct(match))}", Is.EqualTo(match.Groups[2].Value), match.Value);
        }

        foreach (Match match in offsets)
        {
            Assert.That($"{Marshal.OffsetOf(Struct(match), match.Groups[2].Value)}", Is.EqualTo(match.Groups[3].Value), match.Value);
        }
    }

    [Test]
    public void Each_status_has_a_name_here()
    {
        int[] statuses = [.. typeof(Raw).GetFields()
            .Where(field => field.Name == "RR_OK" || field.Name.StartsWith("RR_E_", StringComparison.Ordinal))
            .Select(field => (int)field.GetRawConstantValue()!)];
        Assert.That(statuses, Is.EquivalentTo(Enum.GetValues<Status>().Select(status => (int)status)));
    }

    private static Type Struct(Match match) => typeof(Raw).Assembly.GetType($"RefRuntime.Native.{match.Groups[1].Value}", throwOnError: true)!;

    [GeneratedRegex(@"sizeof\((rr_\w+)\) == (\d+), ""size of")]
    private static partial Regex Size();

    [GeneratedRegex(@"offsetof\((rr_\w+), (\w+)\) == (\d+)")]
    private static partial Regex Offset();
}
