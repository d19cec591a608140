// From a program that fails to a short one that fails: drops runs of operations, long ones first, as long as any can go
// (Zeller and Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002).

using System;
using System.Collections.Generic;
using System.Linq;

namespace RefRuntime.Tests.Model;

internal static class Shrinker
{
    private const int MaxRuns = 3000;

    /// <summary><paramref name="fails"/> runs a program and says whether it still fails.</summary>
    public static Program Shrink(Program program, Func<Program, bool> fails)
    {
        int runs = 0;
        for (int length = program.Operations.Count / 2; length > 0; length /= 2)
        {
            bool hasShrunk;
            do
            {
                hasShrunk = false;
                for (int start = program.Operations.Count - length; start >= 0 && runs < MaxRuns; start -= length)
                {
                    IEnumerable<Operation> rest = program.Operations.Take(start).Concat(program.Operations.Skip(start + length));
                    Program shorter = program.With([.. rest]);
                    runs++;
                    if (fails(shorter))
                    {
                        program = shorter;
                        hasShrunk = true;
                    }
                }
            }
            while (hasShrunk && length <= program.Operations.Count / 2);
        }

        return program;
    }
}
