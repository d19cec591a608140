// The end of a heap: everything in it is finalized and destroyed as one set, immortals too, without weak callbacks; then
// all memory goes back. Needs no memory itself: it walks the pages.
//
// Finalizers may still allocate; what is born then is finalized in a later round. The end must come: what the finalizers of
// round MaxRounds leave behind is destroyed without.

using RefRuntime.Abi;
using RefRuntime.Counting;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Weak;

namespace RefRuntime.Lifetime;

internal static unsafe class Teardown
{
    private const int MaxRounds = 8;

    public static void Run(HeapState* heap)
    {
        heap->Closing = 1;
        heap->PinPages++;
        for (int round = 0; round < MaxRounds; round++)
        {
            Holder holder = new() { Heap = heap };
            HeapWalk.Objects(heap, ref holder);
            Finalizer finalizer = new() { Heap = heap };
            HeapWalk.Objects(heap, ref finalizer);
            if (finalizer.Count == 0)
            {
                break;
            }
        }

        // From here on nothing is born: destroy callbacks may not allocate.
        Killer killer = new() { Heap = heap };
        HeapWalk.Objects(heap, ref killer);
        Destroyer destroyer = new() { Heap = heap };
        HeapWalk.Objects(heap, ref destroyer);
        WeakTable.Free(heap);
    }

    /// <summary>Holds every object once, so that none dies while finalizers run.</summary>
    private struct Holder : IBlockVisitor
    {
        public HeapState* Heap;

        public bool Visit(Page* page, void* payload)
        {
            if ((Header.Word(payload) & HeaderFlags.Held) == 0)
            {
                Counts.Increment(Heap, payload);
                Header.Word(payload) |= HeaderFlags.Held;
            }

            return true;
        }
    }

    private struct Finalizer : IBlockVisitor
    {
        public HeapState* Heap;
        public ulong Count;

        public bool Visit(Page* page, void* payload)
        {
            TypeDescriptor* type = ObjectLookup.TypeOf(payload);
            if (type->Finalize != null && (Header.Word(payload) & (HeaderFlags.Finalized | HeaderFlags.Held)) == HeaderFlags.Held)
            {
                Header.Word(payload) |= HeaderFlags.Finalized;
                Count++;
                ForeignCode.Finalize(Heap, type, payload);
            }

            return true;
        }
    }

    private struct Killer : IBlockVisitor
    {
        public HeapState* Heap;

        public bool Visit(Page* page, void* payload)
        {
            Header.Count(payload) = 0;
            Header.Word(payload) |= HeaderFlags.Dying | HeaderFlags.InSet;
            if (Header.TypeOf(Header.Word(payload)) == TypeId.WeakRef)
            {
                ((WeakRefPayload*)payload)->Target = null;
            }

            return true;
        }
    }

    private struct Destroyer : IBlockVisitor
    {
        public HeapState* Heap;

        public bool Visit(Page* page, void* payload)
        {
            TypeDescriptor* type = ObjectLookup.TypeOf(payload);
            if (type->Destroy != null)
            {
                ForeignCode.Destroy(Heap, type, payload);
            }

            return true;
        }
    }
}
