// Exports: statistics. The function that fills in rr_stats is rr_heap_stats, with the heaps.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Diagnostics;

namespace RefRuntime.Exports;

/// <summary>
/// What a heap holds, where its memory is and how long it has paused. rr_heap_stats() has the totals, cheap enough for every frame;
/// rr_heap_print_stats() tells all of it to a person:
/// </summary>
/// <remarks>
/// <code>
/// rr_heap_print_stats(heap, NULL);       // to standard error
/// </code>
/// <para>The functions that return a number write up to capacity elements to out and return how many there are, which may be more; to
/// learn the number first, pass NULL and 0. Where elements are sized structs, set struct_size in the first one: it tells how far
/// they lie apart.</para>
/// </remarks>
[Section(Section.Statistics)]
internal static unsafe class StatisticsExports
{
    /// <summary>What the blocks of each size take up in <paramref name="heap"/>, into <paramref name="out"/>, at most
    /// <paramref name="capacity"/> elements.</summary>
    /// <remarks>Sizes that have no page are left out. Objects come before raw memory, smaller blocks before larger ones, and those too large
    /// to share a page come last.</remarks>
    /// <returns>How many there are; a negative rr_status on error.</returns>
    /// <errors>RR_E_ARGUMENT if <paramref name="out"/> is NULL and <paramref name="capacity"/> is not 0, or its struct_size is too
    /// small.</errors>
    /// <cost>Proportional to the pages of the heap.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_get_class_usage", CallConvs = [typeof(CallConvCdecl)])]
    public static long GetClassUsage(HeapHandle* heap, ClassUsage* @out, nuint capacity) =>
        StatisticsOperations.GetClassUsage(heap, @out, capacity);

    /// <summary>What the objects of each type take up in <paramref name="heap"/>, into <paramref name="out"/>, at most
    /// <paramref name="capacity"/> elements.</summary>
    /// <remarks>Types without objects are left out. The type with the most bytes comes first.</remarks>
    /// <returns>How many there are; a negative rr_status on error.</returns>
    /// <errors>RR_E_ARGUMENT if <paramref name="out"/> is NULL and <paramref name="capacity"/> is not 0, or its struct_size is too
    /// small; RR_E_NO_MEMORY.</errors>
    /// <cost>Walks the heap.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_get_type_usage", CallConvs = [typeof(CallConvCdecl)])]
    public static long GetTypeUsage(HeapHandle* heap, TypeUsage* @out, nuint capacity) =>
        StatisticsOperations.GetTypeUsage(heap, @out, capacity);

    /// <summary>How often collections of <paramref name="heap"/> paused the program for how long, into <paramref name="out"/>, at most
    /// <paramref name="capacity"/> numbers.</summary>
    /// <remarks>Number i counts the pauses of 2^i nanoseconds and more, and less than twice that; the last one has all longer ones too. A slice
    /// is a pause, and so is a whole collection in one go, callbacks included.</remarks>
    /// <returns>How many numbers there are, always as many; a negative rr_status on error.</returns>
    /// <errors>RR_E_ARGUMENT if <paramref name="out"/> is NULL and <paramref name="capacity"/> is not 0.</errors>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_get_pauses", CallConvs = [typeof(CallConvCdecl)])]
    public static long GetPauses(HeapHandle* heap, ulong* @out, nuint capacity) =>
        StatisticsOperations.GetPauses(heap, @out, capacity);

    /// <summary>Writes the statistics of <paramref name="heap"/> as a page of text to the file <paramref name="path"/>; NULL is standard
    /// error.</summary>
    /// <remarks>Totals, memory by size of block with the part of it in use, the types with the most bytes, and the pauses. The text is for
    /// people: it may change with each release. The file is whole or not there.</remarks>
    /// <errors>RR_E_IO if the file can't be written; RR_E_NO_MEMORY.</errors>
    /// <cost>Walks the heap.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_heap_print_stats", CallConvs = [typeof(CallConvCdecl)])]
    public static Status PrintStats(HeapHandle* heap, [Const] byte* path) => StatisticsOperations.Print(heap, path);
}
