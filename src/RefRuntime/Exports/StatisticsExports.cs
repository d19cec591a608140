// The chapter on statistics of include/refruntime.h. The function that fills them in is rr_heap_stats, with the heaps.

using RefRuntime.Abi;

namespace RefRuntime.Exports;

/// <summary>What rr_heap_stats() fills in.</summary>
[Section(Section.Statistics)]
internal static class StatisticsExports;
