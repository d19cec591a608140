// The end of what a trial has found dead, when nobody among the dead has duties: no callback is due and no weak reference is to be
// cleared, so all that remains is to give back their memory and what they hold outside the set. The table knows the edges: of a
// dead object no more is read than its header.
//
//   gather   the dead are listed, what hangs together together: so their blocks lie together when they are used again
//   free     block by block
//   release  references that leave the set are given back; whoever dies of it waits, and dies in the end
//
// Whatever is released was counted, so it is there until then, though the members are gone.

using RefRuntime.Heap;
using RefRuntime.Lifetime;
using RefRuntime.Objects;

namespace RefRuntime.Cycles;

internal static unsafe class TrialSweep
{
    /// <summary>Frees the dead of the table. Returns how many of them count as collected: containers that are not acyclic.</summary>
    public static ulong Run(HeapState* heap, in TrialTable table)
    {
        uint dead = table.GatherDead(out uint holders);
        ulong collected = Free(heap, table.List, dead);
        if (holders != 0)
        {
            ulong queueBase = heap->QueueTop;
            ChildRelease release = new() { Heap = heap };
            table.ReleaseHeld(holders, ref release);
            if (release.Next != null)
            {
                Death.Begin(heap, release.Next);
            }

            Death.Drain(heap, queueBase);
        }

        return collected;
    }

    private static ulong Free(HeapState* heap, void** members, uint count)
    {
        TypeGuess guess = new();
        ulong collected = 0;
        for (uint i = 0; i < count; i++)
        {
            // What is acyclic is no member.
            collected += guess.Of(Header.Word(members[i]))->IsContainer ? 1ul : 0;
            ObjectMemory.Free(heap, members[i]);
        }

        return collected;
    }
}
