// How much work fits into what is left of a budget, by what the same kind of work has cost before.

using System;
using RefRuntime.Core;

namespace RefRuntime.Os;

internal struct Pace
{
    private ulong _nanoseconds;

    /// <summary>
    /// Units of work for the time that is left, within these bounds. The least is done even when no time is left; the most in forced
    /// slices, lest what a collection returns depend on the clock.
    /// </summary>
    public readonly uint UnitsFor(in Budget budget, uint least, uint most) =>
        Config.IsSliced ? most : (uint)Math.Clamp(budget.LeftAt(Clock.Nanoseconds()) / (_nanoseconds + 1), least, most);

    /// <summary>How long that takes.</summary>
    public readonly ulong TimeOf(uint units) => _nanoseconds * units;

    /// <summary>So many units have taken so long. Half of it counts: what the system does meanwhile says little of the next time.</summary>
    public void Note(ulong units, ulong nanoseconds)
    {
        if (units != 0)
        {
            _nanoseconds = (_nanoseconds + (nanoseconds / units)) / 2;
        }
    }
}
