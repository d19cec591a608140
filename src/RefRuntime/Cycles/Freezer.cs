// rr_gc_freeze: what is there now is left out of collections, until it is unfrozen. For hosts that load much that stays, and
// for those that fork.

using RefRuntime.Counting;
using RefRuntime.Heap;
using RefRuntime.Objects;

namespace RefRuntime.Cycles;

internal static unsafe class Freezer
{
    public static void Freeze(HeapState* heap)
    {
        Freezing visitor = new() { Heap = heap };
        HeapWalk.Objects(heap, ref visitor);

        // Nothing of what is there now is to be looked at, also not in young pages: the next collection touches none of them, in a
        // forked child neither.
        LogReset.ForgetYoung(heap);
    }

    public static void Unfreeze(HeapState* heap)
    {
        Thawing visitor = new() { Heap = heap };
        HeapWalk.Objects(heap, ref visitor);
    }

    private struct Freezing : IBlockVisitor
    {
        public HeapState* Heap;

        public bool Visit(Page* page, void* payload)
        {
            if ((Header.Word(payload) & (HeaderFlags.Frozen | HeaderFlags.Dying)) == 0)
            {
                Header.Word(payload) |= HeaderFlags.Frozen;
                Heap->FrozenObjects++;
                Tracking.Refresh(Heap, payload);
            }

            return true;
        }
    }

    private struct Thawing : IBlockVisitor
    {
        public HeapState* Heap;

        public bool Visit(Page* page, void* payload)
        {
            if ((Header.Word(payload) & HeaderFlags.Frozen) != 0)
            {
                Header.Word(payload) &= ~HeaderFlags.Frozen;
                Heap->FrozenObjects--;
                Tracking.Refresh(Heap, payload);

                // Decrements went unlogged meanwhile: the next complete collection looks at everything here.
                Blocks.MarkYoung(Heap, page);
            }

            return true;
        }
    }
}
