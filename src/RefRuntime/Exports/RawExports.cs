// Exports: raw memory.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Operations;

namespace RefRuntime.Exports;

/// <summary>
/// Memory that is no object: buffers and tables that objects point to and give back in their destroy callback. It counts in
/// the statistics of its heap and towards max_bytes, and rr_heap_free() gives back what is left of it.
/// </summary>
/// <remarks>
/// <para>The rules are malloc's. Blocks are aligned to 16 bytes. A size of 0 gives a pointer of its own, which must be
/// freed.</para>
/// </remarks>
[Section(Section.RawMemory)]
internal static unsafe class RawExports
{
    /// <summary>Allocates <paramref name="size"/> bytes in <paramref name="heap"/>, not cleared.</summary>
    /// <returns>The block; NULL on error.</returns>
    /// <errors>RR_E_NO_MEMORY; RR_E_OVERFLOW if <paramref name="size"/> is not representable.</errors>
    /// <cost>Constant time; never collects.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_mem_alloc", CallConvs = [typeof(CallConvCdecl)])]
    public static void* Alloc(HeapHandle* heap, nuint size) => RawOperations.Alloc(heap, size);

    /// <summary>Changes the size of <paramref name="memory"/>, a block of <paramref name="heap"/>, to
    /// <paramref name="size"/> bytes, moving it if need be.</summary>
    /// <remarks>The contents stay, up to the smaller of both sizes. NULL as memory allocates. On error the old block stays as
    /// it was and remains the caller's. A large block that grows by little gets room for an eighth more when it moves, if there is so much:
    /// many small steps move it seldom.</remarks>
    /// <returns>The block, perhaps at a new place; NULL on error.</returns>
    /// <errors>As rr_mem_alloc(); RR_E_ARGUMENT if <paramref name="memory"/> is no block of this heap, or was freed
    /// already.</errors>
    /// <cost>Constant time, or proportional to <paramref name="size"/> when it moves; never collects.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_mem_realloc", CallConvs = [typeof(CallConvCdecl)])]
    public static void* Realloc(HeapHandle* heap, void* memory, nuint size) => RawOperations.Realloc(heap, memory, size);

    /// <summary>Gives <paramref name="memory"/>, a block of <paramref name="heap"/>, back. NULL is a no-op.</summary>
    /// <errors>RR_E_ARGUMENT if <paramref name="memory"/> is no block of this heap, or was freed already.</errors>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_mem_free", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Free(HeapHandle* heap, void* memory) => RawOperations.Free(heap, memory);
}
