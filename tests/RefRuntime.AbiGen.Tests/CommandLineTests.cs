// The program from outside: writes what is stale, checks without writing, explains itself.

using System.Diagnostics;
using System.IO;
using System.Linq;
using NUnit.Framework;
using RefRuntime.AbiGen.Emitting;

namespace RefRuntime.AbiGen.Tests;

public sealed class CommandLineTests
{
    private string _root = "";

    [SetUp]
    public void MakeRoot() => _root = Directory.CreateTempSubdirectory("abigen").FullName;

    [TearDown]
    public void RemoveRoot() => Directory.Delete(_root, recursive: true);

    [Test]
    public void Check_passes_after_writing()
    {
        Assert.That(Run("--root", _root).ExitCode, Is.Zero);
        (int exitCode, string output, _) = Run("--root", _root, "--check");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(exitCode, Is.Zero);
            Assert.That(
                output.Trim().Split('\n'),
                Is.EqualTo(Emitters.All.Select(emitter => $"{emitter.Path} is up to date")));
        }
    }

    [Test]
    public void Check_names_a_missing_file_and_writes_nothing()
    {
        (int exitCode, string output, string error) = Run("--root", _root, "--check");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(exitCode, Is.EqualTo(1));
            Assert.That(output, Does.Contain("include/refruntime.h is missing"));
            Assert.That(error, Does.Contain($"{Emitters.All.Count} of {Emitters.All.Count} generated files are stale"));
            Assert.That(Directory.EnumerateFileSystemEntries(_root), Is.Empty);
        }
    }

    [Test]
    public void Check_shows_where_a_stale_file_differs()
    {
        Run("--root", _root);
        string header = Path.Combine(_root, "include/refruntime.h");
        string[] lines = File.ReadAllLines(header);
        lines[1] = "changed";
        File.WriteAllText(header, string.Join('\n', lines.Append("")));
        (int exitCode, string output, string error) = Run("--root", _root, "--check");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(exitCode, Is.EqualTo(1));
            Assert.That(output, Does.Contain("include/refruntime.h differs from line 2 on: 1 lines there, 1 generated"));
            Assert.That(output, Does.Contain("there:     changed"));
            Assert.That(error, Does.Contain($"1 of {Emitters.All.Count} generated files are stale"));
        }
    }

    [Test]
    public void An_unknown_option_gets_the_usage()
    {
        (int exitCode, _, string error) = Run("--wrong");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(exitCode, Is.EqualTo(2));
            Assert.That(error, Does.StartWith("usage: RefRuntime.AbiGen"));
        }
    }

    [Test]
    public void Missing_assemblies_are_named()
    {
        (int exitCode, _, string error) = Run("--root", _root, "--assemblies", _root);
        using (Assert.EnterMultipleScope())
        {
            Assert.That(exitCode, Is.EqualTo(1));
            Assert.That(error, Does.Contain($"{_root}/RefRuntime.Abi.dll: there is no such assembly; build it first"));
        }
    }

    private static (int ExitCode, string Output, string Error) Run(params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(FixtureModel.Directory, "RefRuntime.AbiGen.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        string output = process.StandardOutput.ReadToEnd();
        string error = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output.ReplaceLineEndings("\n"), error);
    }
}
