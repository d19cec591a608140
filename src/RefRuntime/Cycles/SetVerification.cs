// Is a set held by nobody but itself? Asked in one go before a set that was found in slices dies, and after finalizers have run,
// over the set alone: counts, less those that the runtime holds, against edges within the set. Members that are held from
// outside, and all of the set that they reach, are live. What is dead now stays dead: nobody can reach it to change it.

using RefRuntime.Heap;

namespace RefRuntime.Cycles;

internal static unsafe class SetVerification
{
    /// <summary>
    /// Sorts the members, each of which the runtime holds <paramref name="holds"/> times: the dead first, as many as returned.
    /// Negative = no memory; the order may have changed. No page may be touched before, and none is afterwards.
    /// </summary>
    public static long Run(HeapState* heap, void** members, ulong count, uint holds)
    {
        long dead = TryTally(heap, members, count, holds) && new LifePropagation(heap).TryRun() ? Partition(members, count) : -1;
        heap->Grey.Clear();
        heap->RoundPage = null;
        SideData.Reset(heap);
        return dead;
    }

    private static bool TryTally(HeapState* heap, void** members, ulong count, uint holds)
    {
        for (ulong i = 0; i < count; i++)
        {
            if (!SetTally.TryTouch(heap, members[i]))
            {
                return false;
            }
        }

        SetTally tally = new(heap);
        for (ulong i = 0; i < count; i++)
        {
            if (i + Prefetch.Distance < count)
            {
                Prefetch.Header(members[i + Prefetch.Distance]);
            }

            tally.Add(members[i], holds);
        }

        tally.Drain();
        return true;
    }

    private static long Partition(void** members, ulong count)
    {
        ulong dead = 0;
        for (ulong i = 0; i < count; i++)
        {
            if (SideWord.IsDead(*SideData.Get(members[i])))
            {
                void* live = members[dead];
                members[dead] = members[i];
                members[i] = live;
                dead++;
            }
        }

        return (long)dead;
    }
}
