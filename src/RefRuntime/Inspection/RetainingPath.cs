// Why is this object still alive? The shortest chain from an object that is held from outside the heap.
//
// Held from outside: the count is larger than the number of edges to the object, or it is immortal. So one walk counts the
// edges of the whole heap into side data, and a breadth-first search from all such objects at once finds the target. What is
// dying is no member: past its destroy callback, traverse could not be called any more.
//
// Neither walk touches the child of an edge but its side word, and that only after it had time to come from memory (EdgeDelay,
// PathSearch). Whether something lives where an edge leads is asked when its turn comes; until then it is at most a word that nobody
// reads. On a random graph of a million objects that is a third of the time.

using System.Runtime.CompilerServices;
using RefRuntime.Counting;
using RefRuntime.Cycles;
using RefRuntime.Heap;
using RefRuntime.Objects;

namespace RefRuntime.Inspection;

internal static unsafe class RetainingPath
{
    /// <summary>Objects on the chain, both ends included; 0 = nothing outside holds it; negative = no memory.</summary>
    public static long Find(HeapState* heap, void* target, void** results, ulong capacity)
    {
        PathSearch search = new(heap, target);
        bool isComplete = Header.Count(target) == 0 || (TryTally(heap) && TryFindRoots(heap, ref search) && search.TryRun());
        long length = isComplete ? search.Emit(results, capacity) : -1;
        search.Free();
        ScratchData.Reset(heap);
        return length;
    }

    /// <summary>Counts the edges to each object in its side word.</summary>
    private static bool TryTally(HeapState* heap)
    {
        EdgeCounter counter = new() { Heap = heap, Type = new TypeGuess() };
        HeapWalk.Objects(heap, ref counter);
        counter.Drain();
        return !counter.IsOutOfMemory;
    }

    /// <summary>Begins the search with all objects that are held from outside, and sees to it that each object has a side word.</summary>
    private static bool TryFindRoots(HeapState* heap, ref PathSearch search)
    {
        RootFinder roots = new() { Heap = heap, Search = search };
        HeapWalk.Objects(heap, ref roots);
        search = roots.Search;
        return !search.IsOutOfMemory && !roots.IsOutOfMemory;
    }

    private struct EdgeCounter : IBlockVisitor, IReferenceVisitor
    {
        public HeapState* Heap;
        public TypeGuess Type;
        public bool IsOutOfMemory;
        private EdgeDelay _delay;

        public bool Visit(Page* page, void* payload)
        {
            ulong word = Header.Word(payload);
            if ((int)word != 0)
            {
                References.Visit(payload, Type.Of(word), ref this);
            }

            return !IsOutOfMemory;
        }

        [MethodImpl(MethodImplOptions.NoInlining)]
        public void Visit(void* child)
        {
            if (!Edge.TryLocate(Heap, child, out Page* page, out _))
            {
                return;
            }

            uint* side = ScratchData.TryGet(Heap, page, child);
            bool flag = false;
            if (side == null)
            {
                IsOutOfMemory = true;
            }
            else if (_delay.TryExchange(ref child, ref side, ref flag))
            {
                Count(side);
            }
        }

        /// <summary>Counts the edges that are still on their way.</summary>
        public void Drain()
        {
            for (uint i = 0; i < EdgeDelay.Length; i++)
            {
                if (_delay.TryTake(out _, out uint* side, out _))
                {
                    Count(side);
                }
            }
        }

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        private static void Count(uint* side) => *side += *side < PathSearch.MaxTally ? 1u : 0;
    }

    private struct RootFinder : IBlockVisitor
    {
        public HeapState* Heap;
        public PathSearch Search;
        public bool IsOutOfMemory;

        public bool Visit(Page* page, void* payload)
        {
            uint* side = ScratchData.TryGet(Heap, page, payload);
            if (side == null)
            {
                IsOutOfMemory = true;
            }
            else if (Counts.ReferencesOfOthers(payload) > *side)
            {
                Search.AddRoot(payload, side);
            }

            return !IsOutOfMemory && !Search.IsOutOfMemory;
        }
    }
}
