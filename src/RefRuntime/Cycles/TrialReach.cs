// How far trials look. Dead cycles of one program are often of one size, and whatever lies beyond is live and far away in memory:
// so the next trial looks as far as the last ones had to, with some room. One in a few looks farther, lest cycles that have grown
// be missed for long.

using RefRuntime.Core;
using RefRuntime.Heap;

namespace RefRuntime.Cycles;

internal static unsafe class TrialReach
{
    /// <summary>The unit of HeapState.TrialReach: this much is one object for each candidate.</summary>
    private const uint One = 16;

    private const uint Least = One * 5 / 4;
    private const uint Most = One * Config.TrialReach;

    /// <summary>One trial in this many looks as far as any may.</summary>
    private const ulong Probing = 16;

    /// <summary>The objects that a trial of so many candidates may look at.</summary>
    public static uint Places(HeapState* heap, uint candidates)
    {
        bool isProbe = heap->TrialReach == 0 || heap->Collections % Probing == 0;
        uint places = candidates * (isProbe ? Most : heap->TrialReach) / One;
        return places < Config.MinTrialPlaces ? Config.MinTrialPlaces : places;
    }

    /// <summary>After a trial that looked at <paramref name="count"/> objects and found nearly all of the dead among the first <paramref name="extent"/>.</summary>
    public static void Adapt(HeapState* heap, uint roots, uint count, uint extent)
    {
        if (roots < Config.TrialCandidates)
        {
            // Too few to learn from.
            return;
        }

        uint used = extent * One / roots;
        bool isCut = extent > count - (count / 8);
        uint reach = isCut ? 2 * used : used + (used / 4);
        heap->TrialReach = reach < Least ? Least : reach > Most ? Most : reach;
    }
}
