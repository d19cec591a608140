// What comes out for the small ABI in Fixtures/Good.cs, byte by byte. After an intended change, run the tests with
// REFRUNTIME_UPDATE_GOLDEN=1 and read the difference before committing it.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Runtime.CompilerServices;
using NUnit.Framework;
using RefRuntime.AbiGen.Emitting;
using RefRuntime.AbiGen.Model;

namespace RefRuntime.AbiGen.Tests;

public sealed class GoldenTests
{
    private const string Good = "RefRuntime.AbiGen.Tests.Fixtures.Good";

    private static IEnumerable<string> Files => Emitters.All.Select(emitter => emitter.Path);

    [TestCaseSource(nameof(Files))]
    public void The_good_fixture_comes_out_as_in_the_golden_file(string path)
    {
        string text = Emitters.All.Single(emitter => emitter.Path == path).Emit(FixtureModel.Read(Good));
        string golden = Path.Combine(GoldenDirectory(), Path.GetFileName(path) + ".golden");
        if (Environment.GetEnvironmentVariable("REFRUNTIME_UPDATE_GOLDEN") == "1")
        {
            File.WriteAllText(golden, text);
        }

        Assert.That(text, Is.EqualTo(File.ReadAllText(golden)));
    }

    [Test]
    public void Functions_of_the_opening_class_come_before_those_that_continue()
    {
        AbiSection heaps = FixtureModel.Read(Good).Sections.Single(section => section.Title == "Heaps");
        Assert.That(
            heaps.Functions.Select(function => function.Name),
            Is.EqualTo(["rr_thing_new", "rr_thing_free", "rr_peek", "rr_name", "rr_call_with_many_parameters"]));
    }

    [Test]
    public void A_callback_stands_behind_those_it_takes()
    {
        AbiSection heaps = FixtureModel.Read(Good).Sections.Single(section => section.Title == "Heaps");
        Assert.That(heaps.Callbacks.Select(callback => callback.Name), Is.EqualTo(["rr_thing_fn", "rr_outer_fn"]));
    }

    [Test]
    public void No_line_of_the_header_is_longer_than_a_hundred_characters()
    {
        string[] lines = new HeaderEmitter().Emit(FixtureModel.ReadLibrary()).Split('\n');
        Assert.That(lines.Where(line => line.Length > 100), Is.Empty);
    }

    private static string GoldenDirectory([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "Golden");
}
