// Memory for names and offsets of types: handed out front to back, never taken back.

using RefRuntime.Core;
using RefRuntime.Os;

namespace RefRuntime.Objects;

internal static unsafe class TypeStorage
{
    private const ulong ChunkBytes = 64 * 1024;

    private static Gate s_gate;
    private static byte* s_next;
    private static ulong s_left;

    public static ref Gate Gate => ref s_gate;

    /// <summary>Zeroed memory aligned to 8, or null when the system has none.</summary>
    public static byte* TryTake(ulong bytes)
    {
        bytes = Bits.AlignUp(bytes, 8);
        s_gate.Enter();
        byte* result = TakeLocked(bytes);
        s_gate.Exit();
        return result;
    }

    private static byte* TakeLocked(ulong bytes)
    {
        if (bytes > ChunkBytes)
        {
            return Memory.Reserve(Bits.AlignUp(bytes, Config.OsPageSize), Config.OsPageSize);
        }

        if (bytes > s_left)
        {
            byte* chunk = Memory.Reserve(ChunkBytes, Config.OsPageSize);
            if (chunk == null)
            {
                return null;
            }

            s_next = chunk;
            s_left = ChunkBytes;
        }

        byte* result = s_next;
        s_next += bytes;
        s_left -= bytes;
        return result;
    }
}
