// Exports of the library for fuzzing alone (RR_COVERAGE, native-tests/fuzz): no part of the ABI, and in no header.
#if RR_COVERAGE
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Core;

namespace RefRuntime.Exports;

internal static unsafe class CoverageExports
{
    /// <summary>Where the counters of basic blocks are; returns how many.</summary>
    [UnmanagedCallersOnly(EntryPoint = "rr_coverage_counters", CallConvs = [typeof(CallConvCdecl)])]
    public static int Counters(byte** first) => Find(first);

    /// <summary>Whether every budget is spent after one unit of work, and whether every page with a candidate is swept.</summary>
    [UnmanagedCallersOnly(EntryPoint = "rr_coverage_ways", CallConvs = [typeof(CallConvCdecl)])]
    public static void Ways(int isSliced, int isSwept) => Choose(isSliced != 0, isSwept != 0);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static int Find(byte** first)
    {
        *first = Coverage.First;
        return Coverage.Count;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Choose(bool isSliced, bool isSwept)
    {
        Coverage.IsSliced = isSliced;
        Coverage.SweepRatio = isSwept ? uint.MaxValue : 0;
    }
}
#endif
