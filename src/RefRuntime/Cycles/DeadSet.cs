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

    /// <summary>Lets the set die, finalizers first. Returns how many containers died.</summary>
    public static ulong Die(HeapState* heap, out ulong resurrected)
    {
        resurrected = Finalization.Run(heap) ? Finalization.ReleaseResurrected(heap) : 0;
        return SetDeath.Run(heap, heap->Visited.Items, heap->Visited.Count);
    }
}
