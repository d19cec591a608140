// Exports: profiles of allocations.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Diagnostics;

namespace RefRuntime.Exports;

[Section(Section.Diagnostics, Continues = true)]
internal static unsafe class ProfileExports
{
    /// <summary>From now on samples the objects that are allocated in <paramref name="heap"/>, one in <paramref name="sample_bytes"/> bytes on
    /// average, with the stack that allocates them; 0 stands for 512 KiB.</summary>
    /// <remarks>
    /// <para>When to use it: to see which code allocates, and which code's objects stay, in a program as it runs. It is cheap enough
    /// to leave on.</para>
    /// <para>Each object of n bytes (of block) is sampled with probability 1 - exp(-n / sample_bytes), independently of all others,
    /// and stands for the inverse of that, so that sums are right on average; those of k samples are off by about their k-th root.
    /// Raw memory is not sampled.</para>
    /// <para>A new profile takes the place of the last one. An object that was sampled dies out of line, and a collection that finds one dead
    /// takes its dead apart object by object, instead of page by page.</para>
    /// </remarks>
    /// <errors>RR_E_BUSY if the heap is being profiled already; RR_E_NO_MEMORY.</errors>
    /// <cost>Constant time; the first time loads the system's unwinder, which may call malloc. Then some microseconds for each sample.
    /// Without a profile nothing but a test each time that blocks are put into service.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_profile_start", CallConvs = [typeof(CallConvCdecl)])]
    public static Status ProfileStart(HeapHandle* heap, ulong sample_bytes) => ProfileOperations.Start(heap, sample_bytes);

    /// <summary>Takes no more samples of <paramref name="heap"/>. What is known stays, and still hears of the ends of sampled objects, until
    /// the next profile begins or the heap is freed.</summary>
    /// <errors>RR_E_ARGUMENT if the heap is not being profiled.</errors>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_profile_stop", CallConvs = [typeof(CallConvCdecl)])]
    public static Status ProfileStop(HeapHandle* heap) => ProfileOperations.Stop(heap);

    /// <summary>Writes the profile of <paramref name="heap"/>, which may be stopped or going on, to the file <paramref name="path"/>: in pprof's
    /// format (profile.proto, not compressed).</summary>
    /// <remarks>
    /// <para>Look at it with <c>pprof -http=: program heap.pb</c>, with <c>go tool pprof</c>, or at speedscope.app. It has alloc_objects and
    /// alloc_space since the profile began, inuse_objects and inuse_space now, and labels for the type and the size of blocks.
    /// Functions are named from the symbol tables of the modules, as far as there is memory to read these; there are no line
    /// numbers.</para>
    /// <para>The file is written beside its place and renamed when it is whole. What is no regular file is written as it is.</para>
    /// </remarks>
    /// <errors>RR_E_ARGUMENT if <paramref name="path"/> is NULL or the heap has no profile; RR_E_IO, with the system's reason, if
    /// the file can't be written; RR_E_NO_MEMORY.</errors>
    /// <cost>Reads the symbol table of a module for each of its functions that does not export it: up to a millisecond for each place
    /// in the code.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_profile_write", CallConvs = [typeof(CallConvCdecl)])]
    public static Status ProfileWrite(HeapHandle* heap, [Const] byte* path) => ProfileOperations.Write(heap, path);
}
