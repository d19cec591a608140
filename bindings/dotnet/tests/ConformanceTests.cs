// The programs that every binding runs: tests/conformance. Each is a test. What a compiler would refuse here (an index into a node) is
// a cast that fails, as it would be in a program that learns its types at run time.

using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using NUnit.Framework;

namespace RefRuntime.Native.Tests;

public sealed class ConformanceTests
{
    private static IEnumerable<TestCaseData> Programs()
    {
        List<string[]>? steps = null;
        foreach (string line in File.ReadLines(Path.Combine(TestContext.CurrentContext.TestDirectory, "programs.txt")))
        {
            string[] words = line.Split('#')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words is ["program", string name, ..])
            {
                steps = [words];
                yield return new TestCaseData(steps).SetName($"Program: {name}");
            }
            else if (words.Length > 0)
            {
                steps!.Add(words);
            }
        }
    }

    [TestCaseSource(nameof(Programs))]
    public void A_program_does_what_it_says(List<string[]> steps)
    {
        using ConformanceProgram program = new(steps[0]);
        foreach (string[] step in steps.Skip(1))
        {
            try
            {
                program.Run(step);
            }
            catch (Exception problem) when (problem is not ResultStateException)
            {
                Assert.Fail($"{string.Join(' ', step)}: {problem}");
            }
        }

        program.End();
    }
}
