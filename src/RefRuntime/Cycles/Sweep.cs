// The end of dead objects that have no duties: no callback is due and no weak reference is to be cleared, so all that
// remains is to release what they hold outside the set, and to give back their memory.
//
//   release   references that leave the set are given back; whoever dies of it waits in the DeathQueue
//   free      page by page; a page that is wholly dead retires without a look at its blocks
//   drain     the waiting die, now that no page is touched any more
//
// When the whole closure is dead and nothing was met outside it, no reference leaves, and the first step is skipped.

using RefRuntime.Heap;
using RefRuntime.Lifetime;
using RefRuntime.Objects;

namespace RefRuntime.Cycles;

internal unsafe struct Sweep : IReferenceVisitor
{
    private readonly HeapState* _heap;

    private Sweep(HeapState* heap)
    {
        _heap = heap;
    }

    /// <summary>Frees every dead member of the touched pages, and ends the traversal.</summary>
    public static void Run(HeapState* heap, bool mayReferOutside)
    {
        ulong queueBase = heap->QueueTop;
        heap->Sweeping = 1;
        heap->PinPages++;
        Sweep sweep = new(heap);
        if (mayReferOutside)
        {
            sweep.ReleaseOutside();
        }

        while (heap->Touched != null)
        {
            Page* page = heap->Touched;
            uint dead = page->DeadBlocks;
            uint* side = page->Side;
            TouchedPages.TakeFirst(heap);
            if (dead != 0)
            {
                FreeDead(heap, page, side, dead);
            }
        }

        SideData.Reset(heap);
        heap->Sweeping = 0;
        heap->PinPages--;
        if (heap->RetireDeferred != 0)
        {
            heap->RetireDeferred = 0;
            Blocks.RetireEmptyPages(heap);
        }

        PageDecay.Poll(heap);

        Death.Drain(heap, queueBase);
    }

    /// <summary>A reference of a dead member.</summary>
    public void Visit(void* child)
    {
        if (Edge.TryLocate(_heap, child, out Page* page, out uint index)
            && (page->Side == null || !SideWord.IsDead(page->Side[index])))
        {
            ChildRelease release = new() { Heap = _heap };
            release.Release(child);
            if (release.Next != null)
            {
                DeathQueue.Push(_heap, release.Next);
            }
        }
    }

    private void ReleaseOutside()
    {
        for (Page* page = _heap->Touched; page != null; page = page->NextTouched)
        {
            uint left = page->DeadBlocks;
            for (uint i = 0; left != 0; i++)
            {
                if (SideWord.IsDead(page->Side[i]))
                {
                    left--;
                    void* payload = Blocks.PayloadAt(page, i);
                    TypeDescriptor* type = ObjectLookup.TypeOf(payload);
                    References.Visit(payload, type, ref this);
                    if ((type->Shape & Shape.List) != 0 && ((ListPayload*)payload)->Items != null)
                    {
                        RawMemory.Free(_heap, ((ListPayload*)payload)->Items);
                    }
                }
            }
        }
    }

    private static void FreeDead(HeapState* heap, Page* page, uint* side, uint dead)
    {
        if (page->Kind != PageKind.Small)
        {
            *(ulong*)page->Start = 0;
            LargeBlocks.Free(heap, page);
            return;
        }

        if (dead + page->FreeCount == page->Carved && !Blocks.IsInBin(heap, page))
        {
            Blocks.Retire(heap, page);
            return;
        }

        for (uint i = 0; dead != 0; i++)
        {
            if (SideWord.IsDead(side[i]))
            {
                dead--;
                void* payload = Blocks.PayloadAt(page, i);
                Header.Word(payload) = 0;
                Blocks.Push(heap, page, payload);
            }
        }
    }
}
