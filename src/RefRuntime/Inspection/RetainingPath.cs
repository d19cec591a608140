// Why is this object still alive? The shortest chain from an object that is held from outside the heap.
//
// Held from outside: the count is larger than the number of edges to the object, or it is immortal. So one walk counts the
// edges of the whole heap into side data, and a breadth-first search from all such objects at once finds the target. What is
// dying is no member: past its destroy callback, traverse could not be called any more.

using RefRuntime.Cycles;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Inspection;

internal static unsafe class RetainingPath
{
    private const uint ReachedBit = 1u << 31;

    /// <summary>Objects on the chain, both ends included; 0 = nothing outside holds it; negative = no memory.</summary>
    public static long Find(HeapState* heap, void* target, void** results, ulong capacity)
    {
        Search search = default;
        long length = Run(heap, target, &search, results, capacity);
        search.Queue.Free();
        search.Parents.Free();
        ScratchData.Reset(heap);
        return length;
    }

    private static long Run(HeapState* heap, void* target, Search* search, void** results, ulong capacity)
    {
        EdgeCounter counter = new() { Edges = new EdgeVisitor { Heap = heap } };
        HeapWalk.Objects(heap, ref counter);
        if (counter.Edges.IsOutOfMemory)
        {
            return -1;
        }

        RootFinder roots = new() { Heap = heap, Search = search };
        HeapWalk.Objects(heap, ref roots);
        if (search->IsOutOfMemory)
        {
            return -1;
        }

        Explorer explorer = new() { Heap = heap, Search = search };
        for (ulong i = 0; i < search->Queue.Count; i++)
        {
            void* payload = search->Queue.Items[i];
            if (payload == target)
            {
                return Emit(search, i, results, capacity);
            }

            explorer.Parent = i;
            References.Visit(payload, ObjectLookup.TypeOf(payload), ref explorer);
            if (search->IsOutOfMemory)
            {
                return -1;
            }
        }

        return 0;
    }

    private static long Emit(Search* search, ulong last, void** results, ulong capacity)
    {
        ulong length = 1;
        for (ulong i = last; search->Parents.Items[i] != null; i = ParentOf(search, i))
        {
            length++;
        }

        ulong position = length;
        for (ulong i = last; ; i = ParentOf(search, i))
        {
            position--;
            if (position < capacity)
            {
                results[position] = search->Queue.Items[i];
            }

            if (position == 0)
            {
                return (long)length;
            }
        }
    }

    /// <summary>Parents hold index + 1, so that null is a root.</summary>
    private static ulong ParentOf(Search* search, ulong index) => (ulong)search->Parents.Items[index] - 1;

    private static bool IsMember(HeapState* heap, void* child) =>
        ObjectLookup.IsObject(child) && Segment.Of(child)->Heap == heap && Header.Count(child) != 0;

    private struct Search
    {
        public PointerBuffer Queue;
        public PointerBuffer Parents;
        public bool IsOutOfMemory;

        public void Add(void* payload, ulong parentPlusOne) =>
            IsOutOfMemory |= !Queue.TryPush(payload) || !Parents.TryPush((void*)parentPlusOne);
    }

    private struct EdgeVisitor : IReferenceVisitor
    {
        public HeapState* Heap;
        public bool IsOutOfMemory;

        public void Visit(void* child)
        {
            if (!IsMember(Heap, child))
            {
                return;
            }

            uint* side = ScratchData.TryGet(Heap, Segment.PageOf(child), child);
            if (side == null)
            {
                IsOutOfMemory = true;
            }
            else if (*side < ReachedBit - 1)
            {
                (*side)++;
            }
        }
    }

    private struct EdgeCounter : IBlockVisitor
    {
        public EdgeVisitor Edges;

        public bool Visit(Page* page, void* payload)
        {
            if (Header.Count(payload) != 0)
            {
                References.Visit(payload, ObjectLookup.TypeOf(payload), ref Edges);
            }

            return !Edges.IsOutOfMemory;
        }
    }

    private struct RootFinder : IBlockVisitor
    {
        public HeapState* Heap;
        public Search* Search;

        public bool Visit(Page* page, void* payload)
        {
            uint* side = ScratchData.TryGet(Heap, page, payload);
            if (side == null)
            {
                Search->IsOutOfMemory = true;
            }
            else if (Header.References(Header.Count(payload)) > *side)
            {
                *side |= ReachedBit;
                Search->Add(payload, 0);
            }

            return !Search->IsOutOfMemory;
        }
    }

    private struct Explorer : IReferenceVisitor
    {
        public HeapState* Heap;
        public Search* Search;
        public ulong Parent;

        public void Visit(void* child)
        {
            if (!IsMember(Heap, child))
            {
                return;
            }

            uint* side = ScratchData.Get(child);
            if ((*side & ReachedBit) == 0)
            {
                *side |= ReachedBit;
                Search->Add(child, Parent + 1);
            }
        }
    }
}
