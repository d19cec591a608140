// Only in the library for fuzzing (RR_COVERAGE, native-tests/fuzz): counters of the code that runs, one byte for each basic block,
// and the ways that a collection goes, chosen while the library runs.
//
// The counters are put in after compilation: native-tests/fuzz/Instrument adds them to this class, as static fields that lie one
// behind the other, gives First, Last and Expected their answers, and lets each block increment its own.
#if RR_COVERAGE
namespace RefRuntime.Core;

internal static unsafe class Coverage
{
    /// <summary>As <see cref="Config.IsSliced"/> in the variant RR_SLICED.</summary>
    public static bool IsSliced;

    /// <summary>As <see cref="Config.SweepRatio"/>, which RR_SWEEP changes; 0 stands for the usual one.</summary>
    public static uint SweepRatio;

    public static byte* First => null;

    public static byte* Last => null;

    public static int Expected => 0;

    /// <summary>How many counters there are, or -1 if they don't lie one behind the other.</summary>
    public static int Count => Last - First + 1 == Expected ? Expected : -1;
}
#endif
