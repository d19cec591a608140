// The dead as an array, for sets in which somebody has duties: finalizers, destroy callbacks, weak references.

using RefRuntime.Heap;
using RefRuntime.Lifetime;

namespace RefRuntime.Cycles;

internal static unsafe class DeadSet
{
    /// <summary>Puts the dead of the touched pages into HeapState.Visited. False = no memory.</summary>
    public static bool TryGather(HeapState* heap)
    {
        heap->Visited.Count = 0;
        bool isDone = true;
        for (Page* page = heap->Touched; page != null && isDone; page = page->NextTouched)
        {
            uint left = page->DeadBlocks;
            for (uint i = 0; left != 0 && isDone; i++)
            {
                if (SideWord.IsDead(page->Side[i]))
                {
                    left--;
                    isDone = heap->Visited.TryPush(Blocks.PayloadAt(page, i));
                }
            }
        }

        return isDone;
    }

    /// <summary>
    /// Lets the set die in one go, finalizers first. Returns how many containers died. Without memory to verify after finalizers
    /// all are taken for resurrected: the dead among them are candidates of the next collection.
    /// </summary>
    public static ulong Die(HeapState* heap, out ulong resurrected)
    {
        void** members = heap->Visited.Items;
        ulong count = heap->Visited.Count;
        ulong dead = count;
        if (Finalization.IsAnyDue(members, count))
        {
            Finalization.Hold(heap, members, count);
            for (ulong i = 0; i < count; i++)
            {
                Finalization.Run(heap, members[i]);
            }

            long stillDead = SetVerification.Run(heap, members, count, holds: 1);
            dead = stillDead < 0 ? 0 : (ulong)stillDead;
            Finalization.LetGo(heap, members + dead, count - dead);
        }

        resurrected = count - dead;
        return SetDeath.Run(heap, members, dead);
    }
}
