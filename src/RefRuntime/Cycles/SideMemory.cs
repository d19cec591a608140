// Memory for side words: chunks, each twice as large as the one before up to a bound; the first and smallest is kept between
// traversals, cleared as far as it was used.

using System.Runtime.InteropServices;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Os;

namespace RefRuntime.Cycles;

internal static unsafe class SideMemory
{
    /// <summary>At the start of each chunk: the chunk before it, and its bytes.</summary>
    private const ulong ChunkHeader = 64;

    /// <summary>A zeroed word for each block that the page can have. Null when the system has no memory.</summary>
    public static uint* TryTake(ref SideChunks chunks, Page* page)
    {
        ulong bytes = Bits.AlignUp((ulong)Blocks.CapacityOf(page) * sizeof(uint), 64);
        if ((chunks.Newest == null || chunks.Used + bytes > Bytes(chunks.Newest)) && !TryAddChunk(ref chunks))
        {
            return null;
        }

        uint* words = (uint*)(chunks.Newest + chunks.Used);
        chunks.Used += bytes;
        return words;
    }

    /// <summary>Gives back one chunk. False when there is only the one that is kept, which is cleared then.</summary>
    public static bool ReleaseOne(ref SideChunks chunks)
    {
        byte* chunk = chunks.Newest;
        if (chunk != null && Previous(chunk) != null)
        {
            chunks.Newest = Previous(chunk);
            chunks.Used = Bytes(chunks.Newest);
            Memory.Release(chunk, Bytes(chunk));
            return true;
        }

        if (chunk != null)
        {
            NativeMemory.Clear(chunk + ChunkHeader, (nuint)(chunks.Used - ChunkHeader));
            chunks.Used = ChunkHeader;
        }

        return false;
    }

    /// <summary>Gives everything back, outside a traversal.</summary>
    public static void Free(ref SideChunks chunks)
    {
        while (ReleaseOne(ref chunks))
        {
        }

        if (chunks.Newest != null)
        {
            Memory.Release(chunks.Newest, Bytes(chunks.Newest));
            chunks = default;
        }
    }

    private static bool TryAddChunk(ref SideChunks chunks)
    {
        ulong bytes = chunks.Newest == null ? Config.MinSideChunkBytes : 2 * Bytes(chunks.Newest);
        bytes = bytes > Config.MaxSideChunkBytes ? Config.MaxSideChunkBytes : bytes;
        byte* chunk = Memory.Reserve(bytes, Config.OsPageSize);
        if (chunk == null)
        {
            return false;
        }

        Memory.Populate(chunk, bytes);
        Previous(chunk) = chunks.Newest;
        Bytes(chunk) = bytes;
        chunks.Newest = chunk;
        chunks.Used = ChunkHeader;
        return true;
    }

    private static ref byte* Previous(byte* chunk) => ref *(byte**)chunk;

    private static ref ulong Bytes(byte* chunk) => ref ((ulong*)chunk)[1];
}
