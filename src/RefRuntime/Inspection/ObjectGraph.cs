// The references of a heap as a graph of numbers: who looks at it needs no slots, no types and no callbacks any more.
//
// The vertices are the objects, numbered as ObjectNumbers says, and behind them as many as the user adds. The edges of vertex v are
// Targets[First[v] .. First[v + 1]), one for each slot that holds a reference. What is no object of the heap is no edge.
//
// Memory: four bytes for each object and for each reference.

using RefRuntime.Cycles;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Inspection;

internal unsafe struct ObjectGraph
{
    private WordBuffer _first;
    private WordBuffer _targets;

    /// <summary>Vertices so far.</summary>
    public readonly uint Count => (uint)_first.Count - 1;

    public readonly uint* First => _first.Items;

    public readonly uint* Targets => _targets.Items;

    /// <summary>Reads the graph of all numbered objects. Ends with <see cref="Free"/> in either case. False when the system has no memory.</summary>
    public static bool TryBuild(HeapState* heap, in ObjectNumbers numbers, out ObjectGraph graph)
    {
        Reader reader = new() { Numbers = numbers, Type = new TypeGuess() };
        HeapWalk.Objects(heap, ref reader);
        graph = reader.Graph;
        bool isComplete = !reader.IsOutOfMemory;

        // One more, where the last one's edges end. (If a traverse callback has let objects die through inline calls, which nobody
        // can refuse, the vertices are too few: then the rest has no edges.)
        while (isComplete && graph._first.Count <= numbers.Count)
        {
            isComplete = graph.TryEndVertex();
        }

        return isComplete;
    }

    /// <summary>Adds an edge to the vertex that is being added.</summary>
    public bool TryAddEdge(uint target) => _targets.Count < uint.MaxValue && _targets.TryPush(target);

    /// <summary>The vertex has all its edges.</summary>
    public bool TryEndVertex() => _first.TryPush((uint)_targets.Count);

    public void Free()
    {
        _first.Free();
        _targets.Free();
    }

    private struct Reader : IBlockVisitor, IReferenceVisitor
    {
        public ObjectNumbers Numbers;
        public ObjectGraph Graph;
        public TypeGuess Type;
        public bool IsOutOfMemory;

        public bool Visit(Page* page, void* payload)
        {
            ulong word = Header.Word(payload);
            if ((int)word != 0)
            {
                IsOutOfMemory |= !Graph.TryEndVertex();
                References.Visit(payload, Type.Of(word), ref this);
            }

            return !IsOutOfMemory;
        }

        public void Visit(void* child)
        {
            if (Numbers.TryGet(child, out uint number) && !IsOutOfMemory)
            {
                IsOutOfMemory |= !Graph.TryAddEdge(number);
            }
        }
    }
}
