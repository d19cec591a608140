// Edges on their way to side words that are not in the cache: each waits for some others while its word is fetched. A tree
// of 8 M nodes that lies in memory at random is collected in less than half the time for it.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace RefRuntime.Cycles;

/// <summary>A ring of edges. Whoever walks edges passes them in and handles what comes out; at the end the rest is drained.</summary>
internal unsafe struct EdgeDelay
{
    /// <summary>How many edges are on their way: a power of two.</summary>
    public const uint Length = 16;

    private const ulong FlagBit = 1;

    private fixed ulong _children[(int)Length];
    private fixed ulong _sides[(int)Length];
    private uint _next;

    /// <summary>Passes an edge in, whose side word is fetched from now on; takes out the oldest. False = none was due yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryExchange(ref void* child, ref uint* side, ref bool flag)
    {
        if (Sse.IsSupported)
        {
            Sse.Prefetch0(side);
        }

        uint slot = _next++ % Length;
        void* oldChild = (void*)_children[slot];
        ulong oldSide = _sides[slot];
        _children[slot] = (ulong)child;
        _sides[slot] = (ulong)side | (flag ? FlagBit : 0);
        child = oldChild;
        side = (uint*)(oldSide & ~FlagBit);
        flag = (oldSide & FlagBit) != 0;
        return oldChild != null;
    }

    /// <summary>Takes out an edge without passing one in; false = it was none. Length calls empty the ring.</summary>
    public bool TryTake(out void* child, out uint* side, out bool flag)
    {
        uint slot = _next++ % Length;
        child = (void*)_children[slot];
        side = (uint*)(_sides[slot] & ~FlagBit);
        flag = (_sides[slot] & FlagBit) != 0;
        _children[slot] = 0;
        return child != null;
    }
}
