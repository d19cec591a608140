// Who refers to whom, one hop: referents from the object's own slots, referrers and objects by walking the heap.
//
// All answer how many there are and fill the caller's array as far as it reaches; nothing is counted up.

using RefRuntime.Abi;
using RefRuntime.Heap;
using RefRuntime.Objects;

namespace RefRuntime.Inspection;

internal static unsafe class Neighbours
{
    /// <summary>The references of the object, one for each slot that holds one.</summary>
    public static long Referents(void* payload, void** results, ulong capacity)
    {
        ReferentCollector collector = new() { Results = new Results(results, capacity) };
        if ((Header.Word(payload) & HeaderFlags.InSet) != 0)
        {
            // It may have let its children go, while others of its set wait.
            return 0;
        }

        // Past its destroy callback, perhaps: what traverse would read may be gone.
        bool isDying = Header.Count(payload) == 0;
        TypeDescriptor* type = ObjectLookup.TypeOf(payload);
        References.Visit(payload, type, isDying ? type->Shape & ~Shape.Traverse : type->Shape, ref collector);
        return collector.Results.Count;
    }

    /// <summary>The objects that have at least one reference to the target, in address order.</summary>
    public static long Referrers(HeapState* heap, void* target, void** results, ulong capacity)
    {
        ReferrerCollector collector = new() { Target = target, Results = new Results(results, capacity) };
        HeapWalk.Objects(heap, ref collector);
        return collector.Results.Count;
    }

    /// <summary>The objects of a type, or of all types, in address order.</summary>
    public static long Objects(HeapState* heap, TypeId type, void** results, ulong capacity)
    {
        ObjectCollector collector = new() { Type = type, Results = new Results(results, capacity) };
        HeapWalk.Objects(heap, ref collector);
        return collector.Results.Count;
    }

    /// <summary>The caller's array.</summary>
    private struct Results(void** items, ulong capacity)
    {
        private readonly void** _items = items;
        private readonly ulong _capacity = capacity;

        public long Count { get; private set; }

        public void Add(void* item)
        {
            if ((ulong)Count < _capacity)
            {
                _items[Count] = item;
            }

            Count++;
        }
    }

    private struct ReferentCollector : IReferenceVisitor
    {
        public Results Results;

        public void Visit(void* child) => Results.Add(child);
    }

    private struct ReferrerCollector : IBlockVisitor
    {
        public void* Target;
        public Results Results;

        public bool Visit(Page* page, void* payload)
        {
            if (Header.Count(payload) == 0)
            {
                // Past its destroy callback, perhaps: what traverse would read may be gone.
                return true;
            }

            EdgeFinder finder = new() { Target = Target };
            References.Visit(payload, ObjectLookup.TypeOf(payload), ref finder);
            if (finder.IsFound)
            {
                Results.Add(payload);
            }

            return true;
        }
    }

    private struct EdgeFinder : IReferenceVisitor
    {
        public void* Target;
        public bool IsFound;

        public void Visit(void* child) => IsFound |= child == Target;
    }

    private struct ObjectCollector : IBlockVisitor
    {
        public TypeId Type;
        public Results Results;

        public bool Visit(Page* page, void* payload)
        {
            // Without a reference: of a set that dies slice by slice, or in its destroy callback.
            if (Header.Count(payload) != 0 && (Type == TypeId.None || Header.TypeOf(Header.Word(payload)) == Type))
            {
                Results.Add(payload);
            }

            return true;
        }
    }
}
