// From how many of the waiting objects trials walk on. Dead cycles of one program are often of one kind, and what lies beyond is
// live and far away in memory: so the next trial goes as far as the last one had to, with some room. One in a few goes
// farther, lest cycles that have grown be missed for long.

using RefRuntime.Core;
using RefRuntime.Heap;

namespace RefRuntime.Cycles;

internal static unsafe class TrialReach
{
    /// <summary>The unit of HeapState.TrialReach: this much is one object for each candidate.</summary>
    private const uint One = 16;

    private const uint Least = 1;
    private const uint Most = One * Config.TrialReach;

    /// <summary>One trial in this many goes farther: four times as far, and from one in two candidates at least. That is enough to see that farther
    /// pays, and then the next ones double their reach; going as far as any may would be a pause of milliseconds for nothing.</summary>
    private const ulong Probing = 64;
    private const uint LeastProbe = One / 2;

    /// <summary>From how many waiting objects a trial of so many candidates walks on.</summary>
    public static uint Places(HeapState* heap, uint candidates)
    {
        uint reach = heap->TrialReach == 0 ? Most : heap->TrialReach;
        if (heap->Collections % Probing == 0)
        {
            reach = reach < LeastProbe / 4 ? LeastProbe : reach < Most / 4 ? 4 * reach : Most;
        }

        uint places = candidates * reach / One;
        return places < Config.LeastTrialReach ? Config.LeastTrialReach : places;
    }

    /// <summary>After a trial that walked on from so many objects, and had to from <paramref name="extent"/>.</summary>
    public static void Adapt(HeapState* heap, uint candidates, uint walked, uint extent)
    {
        if (candidates < Config.TrialCandidates / 4)
        {
            // Too few to learn from.
            return;
        }

        // Rounded up, and what the floor of LeastTrialReach has walked counts too: else twice nothing would be nothing.
        uint used = ((extent * One) + candidates - 1) / candidates;
        bool isCut = extent != 0 && extent >= walked - (walked / 8);
        uint reach = isCut ? 2 * used : used + (used / 4);
        heap->TrialReach = reach < Least ? Least : reach > Most ? Most : reach;
    }
}
