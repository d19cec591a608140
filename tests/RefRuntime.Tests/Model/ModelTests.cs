// Random programs against the oracle. A failure prints the seed and the shortest program that still fails.
//
//   RR_MODEL_SEED      runs this one seed, in each profile
//   RR_MODEL_PROGRAMS  programs in the plain profiles, instead of the default
//   RR_MODEL_TRACE     says on standard error which program begins: for failures that end the process

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NUnit.Framework;
using RefRuntime.Abi;

namespace RefRuntime.Tests.Model;

public sealed unsafe class ModelTests
{
    private const int Steps = 1000;

#if RR_TINY
    private const int Programs = 120;
    private const ulong Limit = 192 * 1024;
#else
    private const ulong Limit = 3 * 1024 * 1024;
#if RR_SLICED
    private const int Programs = 60;
#else
    private const int Programs = 250;
#endif
#endif

    private static readonly Profile[] s_profiles =
    [
        new("manual") { Flags = HeapFlags.ManualGc },
        new("automatic") { IsWatched = true },
        new("synchronized") { Flags = HeapFlags.Synchronized, IsWatched = true },
        new("serialized, few objects") { Flags = HeapFlags.Serialized, IsWatched = true, Handles = 8 },
        new("many objects") { Flags = HeapFlags.ManualGc, Handles = 150 },
        new("collected before every allocation") { Flags = HeapFlags.ManualGc, CollectsBeforeAllocation = true },
        new("quiet types") { Flags = HeapFlags.ManualGc, IsQuiet = true },
        new("quiet types, automatic") { IsWatched = true, IsQuiet = true, Handles = 20 },
#if !RR_TINY && !RR_SLICED
        new("checked") { Flags = HeapFlags.Checked, IsWatched = true },
        new("checked and synchronized") { Flags = HeapFlags.Checked | HeapFlags.Synchronized | HeapFlags.ManualGc },
#endif
        new("limited") { MaxBytes = Limit, IsWatched = true },
    ];

#if RR_SLICED
    /// <summary>Each slice is an event, and the oracle takes an event for a whole collection.</summary>
    private static bool IsApt(Profile profile) => !profile.IsWatched;
#else
    private static bool IsApt(Profile profile) => profile is not null;
#endif

    private static IEnumerable<TestCaseData> Profiles => s_profiles.Where(IsApt).Select(profile => new TestCaseData(profile).SetArgDisplayNames(profile.Name));

    /// <summary>Programs do what they may not, on purpose: without a handler a checked heap would end the process.</summary>
    [OneTimeSetUp]
    public void HearOfMisuse() => Os.ErrorHandler.Set(&OnError, null);

    [OneTimeTearDown]
    public void HearNoMore() => Os.ErrorHandler.Set(null, null);

    [TestCaseSource(nameof(Profiles))]
    public void Library_and_oracle_agree(object profile)
    {
        int first = Environment.GetEnvironmentVariable("RR_MODEL_SEED") is { } seed ? int.Parse(seed, CultureInfo.InvariantCulture) : 0;
        int programs = Environment.GetEnvironmentVariable("RR_MODEL_PROGRAMS") is { } number ? int.Parse(number, CultureInfo.InvariantCulture) : ProgramsOf((Profile)profile);
        for (int i = 0; i < (first != 0 ? 1 : programs); i++)
        {
            Check(Program.Generate(first != 0 ? first : 1 + i, (Profile)profile, Steps));
        }
    }

    /// <summary>Each call to a checked heap takes its stack: fewer programs take as long.</summary>
    private static int ProgramsOf(Profile profile) => (profile.Flags & HeapFlags.Checked) != 0 ? Programs / 5 : Programs;

    /// <summary>What a checked heap finds beyond refused calls would be the library's own mistake: programs write no slot plainly.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnError(Status status, byte* message, void* value, void* user)
    {
        if (status == Status.Corrupt)
        {
            Machine.Current?.Fail(NativeText.Of(message));
        }
    }

    private static void Check(Program program)
    {
        if (Environment.GetEnvironmentVariable("RR_MODEL_TRACE") is not null)
        {
            Console.Error.WriteLine($"{program.Profile}: seed {program.Seed}");
        }

        string? failure = Machine.Run(program);
        if (failure is null)
        {
            return;
        }

        Program shrunk = Shrinker.Shrink(program, shorter => Machine.Run(shorter) is { } other && IsSame(failure, other));
        var story = new List<string>();
        string? shrunkFailure = Machine.Run(shrunk, story);
        Assert.Fail(
            $"RR_MODEL_SEED={program.Seed}, profile '{program.Profile}': {failure}\n"
            + $"Shrunk to {shrunk.Operations.Count} operations: {shrunkFailure}\n  {string.Join("\n  ", story)}");
    }

    /// <summary>Is it the same failure, up to names of objects and numbers?</summary>
    private static bool IsSame(string one, string other) => Essence(one) == Essence(other);

    private static string Essence(string failure)
    {
        string message = failure[(failure.IndexOf(": ", StringComparison.Ordinal) + 2)..];
        return string.Concat(message.Split(' ').Where(word => word.All(char.IsAsciiLetterLower)));
    }
}
