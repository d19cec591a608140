// Which allocations a profile samples: each with probability 1 - exp(-size / mean), independently of all others, as if points fell on the
// bytes handed out, one in Mean on average (a Poisson process; gperftools and Go sample like that). So every sample stands for
// 1 / probability allocations, whatever the program does.
//
// The allocator's fast path knows nothing of this. For each size class the number of allocations before the next sample is drawn
// ahead (it is geometric), and the class's bin never has more blocks than that: the rest of them wait in its stash. When the bin is
// empty, the slow path knows whether this allocation is the sample.
//
// Invariant: a class's gap + the blocks in its bin = allocations before the next sample. Who takes blocks out of a bin, other than by
// allocating, gives their number back (GiveBack).

using System;
using System.Runtime.CompilerServices;
using RefRuntime.Core;

namespace RefRuntime.Heap;

/// <summary>While a heap is sampled.</summary>
internal unsafe struct SampleState
{
    /// <summary>Bytes from one sample to the next, on average.</summary>
    public double Mean;

    public ulong Random;

    /// <summary>1 when the block that the slow path has just handed out is a sample.</summary>
    public int IsDue;

    /// <summary>For each size class: allocations before the next sample, less the blocks in its bin.</summary>
    public fixed ulong Gaps[Config.MaxClasses];
}

internal static unsafe class Sampling
{
    private const double LargestGap = 1ul << 62;

    /// <summary>Begins to sample. The bins are emptied, so that each class's next allocation comes by the slow path.</summary>
    public static void Start(HeapState* heap, SampleState* state, ulong meanBytes, ulong seed)
    {
        *state = default;
        state->Mean = meanBytes;
        state->Random = seed | 1;
        for (int i = 0; i < SizeClass.Count; i++)
        {
            state->Gaps[i] = DrawGap(state, SizeClass.BlockSize(i));
        }

        Blocks.TrapBins(heap);
        heap->Sampler = state;
    }

    public static void Stop(HeapState* heap) => heap->Sampler = null;

    /// <summary>The first block of a bin that has just been filled; the bin then keeps what may be handed out before the next sample.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void* Pop(HeapState* heap, int sizeClass)
    {
        SampleState* state = heap->Sampler;
        ref ulong gap = ref state->Gaps[sizeClass];
        state->IsDue = gap == 0 ? 1 : 0;
        gap = gap == 0 ? DrawGap(state, SizeClass.BlockSize(sizeClass)) : gap - 1;
        void* payload = Blocks.TryPop(heap, sizeClass);
        void** link = (void**)&heap->Bins[sizeClass];
        for (; gap != 0 && *link != null; gap--)
        {
            link = (void**)*link;
        }

        heap->Stash[sizeClass] = (ulong)*link;
        *link = null;
        return payload;
    }

    /// <summary>Is the block a sample that Pop has just handed out? Asked once for each.</summary>
    public static bool TakeDue(HeapState* heap)
    {
        if (heap->Sampler == null)
        {
            return false;
        }

        bool isDue = heap->Sampler->IsDue != 0;
        heap->Sampler->IsDue = 0;
        return isDue;
    }

    /// <summary>Is a large block that has just been handed out a sample?</summary>
    public static bool IsSample(HeapState* heap, ulong bytes) =>
        heap->Sampler != null && DrawGap(heap->Sampler, bytes) == 0;

    /// <summary>Blocks of the bin were taken out without having been allocated.</summary>
    public static void GiveBack(HeapState* heap, int sizeClass, ulong blocks)
    {
        if (heap->Sampler != null)
        {
            heap->Sampler->Gaps[sizeClass] += blocks;
        }
    }

    /// <summary>How many allocations a sample of the size stands for.</summary>
    public static double WeightOf(double mean, ulong bytes) => 1 / (1 - Math.Exp(-(bytes / mean)));

    /// <summary>Allocations before the next sample: how often the size fits into an exponentially distributed number of bytes.</summary>
    private static ulong DrawGap(SampleState* state, ulong bytes)
    {
        // xorshift64* (Marsaglia 2003, Vigna 2016).
        ulong x = state->Random;
        x ^= x >> 12;
        x ^= x << 25;
        x ^= x >> 27;
        state->Random = x;
        double uniform = ((x * 0x2545_F491_4F6C_DD1D) >> 11) + 0.5;
        double gap = -Math.Log(uniform / (1ul << 53)) * state->Mean / bytes;
        return gap < LargestGap ? (ulong)gap : (ulong)LargestGap;
    }
}
