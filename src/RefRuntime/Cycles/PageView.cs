// What walking edges needs of one page, in hand: edges mostly stay near, and then nothing of the page table is read.

using System.Runtime.CompilerServices;
using RefRuntime.Core;
using RefRuntime.Heap;

namespace RefRuntime.Cycles;

internal unsafe struct PageView
{
    private readonly byte* _firstPayload;
    private readonly ulong _limit;
    private readonly ulong _reciprocal;

    /// <summary>The words of a page that the traversal has touched.</summary>
    public readonly uint* Side;

    public readonly bool IsSwept;

    public PageView(Page* page)
    {
        _firstPayload = page->Start + Config.HeaderSize;
        _limit = page->Limit;
        _reciprocal = page->Reciprocal;
        Side = page->Side;
        IsSwept = page->IsSwept != 0;
    }

    /// <summary>Does the address lie among the page's blocks?</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool Contains(void* child) => (ulong)((byte*)child - _firstPayload) < _limit;

    /// <summary>The block of an address that the page contains, if a payload begins there; see Blocks.TryIndexOf.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly bool TryIndexOf(void* child, out uint index)
    {
        ulong product = (ulong)((byte*)child - _firstPayload) * _reciprocal;
        index = (uint)(product >> 32);
        return (uint)product < (uint)_reciprocal;
    }
}
