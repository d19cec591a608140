// Who keeps whom alive: u dominates v if every chain of references from the root to v leads through u, so that v dies with u.
//
// The algorithm is Semi-NCA (Georgiadis, Tarjan and Werneck, "Finding dominators in practice", 2006): number the vertices in the
// order of a depth-first search, find each one's semidominator as Lengauer and Tarjan do (1979), with path compression, and walk
// up from the parent until the number is no larger than the semidominator's. It is linear on what heaps look like; there are graphs,
// made for the purpose, on which the walks are quadratic.
//
// Nothing recurses: the search finds its way back by the parents it has noted, and the compression keeps its path in an array.
//
// Memory: eight words for each vertex, one for each edge. Vertices that the root does not reach have Unreached as their number, and
// no other place.

using System.Runtime.InteropServices;
using RefRuntime.Core;
using RefRuntime.Os;

namespace RefRuntime.Inspection;

internal unsafe struct Dominators
{
    public const uint Unreached = uint.MaxValue;

    private const int Arrays = 8;

    private byte* _memory;
    private ulong _bytes;
    private uint* _predecessorMemory;
    private ulong _predecessorBytes;

    /// <summary>The edges into each vertex, by number, while semidominators are sought: those of n are Predecessors[PredecessorEnd[n - 1] .. PredecessorEnd[n]).</summary>
    private uint* _predecessorEnd;

    private uint* _next;
    private uint* _ancestor;
    private uint* _label;
    private uint* _semi;

    /// <summary>Vertices that the root reaches: their numbers are 0 for the root, up to Count - 1.</summary>
    public uint Count { get; private set; }

    /// <summary>The number of each vertex, or Unreached.</summary>
    public uint* NumberOf { get; private set; }

    /// <summary>The vertex of each number.</summary>
    public uint* VertexOf { get; private set; }

    /// <summary>For each number but 0, the number of the vertex that dominates it immediately. It is always smaller.</summary>
    public uint* DominatorOf { get; private set; }

    /// <summary>Finds the dominators of all that the root reaches. Ends with <see cref="Free"/> in either case. False when the system has no memory.</summary>
    public static bool TryFind(in ObjectGraph graph, uint root, out Dominators tree)
    {
        tree = default;
        if (!tree.TryReserve(graph.Count))
        {
            return false;
        }

        tree.Search(graph, root);
        if (!tree.TryListPredecessors(graph))
        {
            return false;
        }

        tree.FindSemidominators();
        tree.FindDominators();
        return true;
    }

    public void Free()
    {
        if (_memory != null)
        {
            Memory.Release(_memory, _bytes);
        }

        if (_predecessorMemory != null)
        {
            Memory.Release((byte*)_predecessorMemory, _predecessorBytes);
        }

        this = default;
    }

    private bool TryReserve(uint vertices)
    {
        ulong words = Bits.AlignUp(vertices + 1ul, 16);
        _bytes = words * sizeof(uint) * Arrays;
        _memory = Memory.Reserve(_bytes, 16);
        if (_memory == null)
        {
            return false;
        }

        uint* array = (uint*)_memory;
        NumberOf = array;
        VertexOf = array + words;
        DominatorOf = array + (2 * words);
        _ancestor = array + (3 * words);
        _label = array + (4 * words);
        _semi = array + (5 * words);
        _next = array + (6 * words);
        _predecessorEnd = array + (7 * words);
        return true;
    }

    /// <summary>Numbers what the root reaches, depth first. The parent of a number goes to DominatorOf.</summary>
    private void Search(in ObjectGraph graph, uint root)
    {
        uint* first = graph.First;
        uint* targets = graph.Targets;
        NativeMemory.Fill(NumberOf, (nuint)graph.Count * sizeof(uint), 0xFF);
        NumberOf[root] = 0;
        VertexOf[0] = root;
        DominatorOf[0] = 0;
        _next[0] = first[root];
        Count = 1;
        for (uint here = 0; ;)
        {
            uint vertex = VertexOf[here];
            uint edge = _next[here];
            uint end = first[vertex + 1];
            while (edge < end && NumberOf[targets[edge]] != Unreached)
            {
                edge++;
            }

            if (edge < end)
            {
                _next[here] = edge + 1;
                uint child = targets[edge];
                NumberOf[child] = Count;
                VertexOf[Count] = child;
                DominatorOf[Count] = here;
                _next[Count] = first[child];
                here = Count++;
            }
            else if (here == 0)
            {
                return;
            }
            else
            {
                _next[here] = edge;
                here = DominatorOf[here];
            }
        }
    }

    /// <summary>Turns the edges among what was reached around.</summary>
    private bool TryListPredecessors(in ObjectGraph graph)
    {
        ulong edges = 0;
        for (uint number = 0; number < Count; number++)
        {
            uint vertex = VertexOf[number];
            for (uint edge = graph.First[vertex]; edge < graph.First[vertex + 1]; edge++)
            {
                _predecessorEnd[NumberOf[graph.Targets[edge]]]++;
                edges++;
            }
        }

        _predecessorBytes = (edges + 1) * sizeof(uint);
        _predecessorMemory = (uint*)Memory.Reserve(_predecessorBytes, 16);
        if (_predecessorMemory == null)
        {
            return false;
        }

        // From counts to where each list begins; filling moves that to where it ends.
        uint begin = 0;
        for (uint number = 0; number < Count; number++)
        {
            uint length = _predecessorEnd[number];
            _predecessorEnd[number] = begin;
            begin += length;
        }

        for (uint number = 0; number < Count; number++)
        {
            uint vertex = VertexOf[number];
            for (uint edge = graph.First[vertex]; edge < graph.First[vertex + 1]; edge++)
            {
                _predecessorMemory[_predecessorEnd[NumberOf[graph.Targets[edge]]]++] = number;
            }
        }

        return true;
    }

    private void FindSemidominators()
    {
        for (uint i = 0; i < Count; i++)
        {
            _ancestor[i] = DominatorOf[i];
            _label[i] = i;
        }

        for (uint i = Count - 1; i != 0; i--)
        {
            uint semi = DominatorOf[i];
            for (uint p = _predecessorEnd[i - 1]; p < _predecessorEnd[i]; p++)
            {
                uint predecessor = _predecessorMemory[p];
                uint candidate = predecessor <= i ? predecessor : SmallestSemi(predecessor, i + 1);
                semi = candidate < semi ? candidate : semi;
            }

            _semi[i] = semi;
            _label[i] = semi;
        }
    }

    /// <summary>
    /// The smallest semidominator on the way from a vertex up to the last one that is done, which has number
    /// <paramref name="done"/> or more. Each vertex on it then points beyond it, with the smallest in its label.
    /// </summary>
    private readonly uint SmallestSemi(uint number, uint done)
    {
        uint depth = 0;
        uint* path = _next;
        for (; _ancestor[number] >= done; number = _ancestor[number])
        {
            path[depth++] = number;
        }

        uint label = _label[number];
        uint beyond = _ancestor[number];
        while (depth != 0)
        {
            number = path[--depth];
            label = _label[number] < label ? _label[number] : label;
            _label[number] = label;
            _ancestor[number] = beyond;
        }

        return label;
    }

    private readonly void FindDominators()
    {
        for (uint i = 1; i < Count; i++)
        {
            uint dominator = DominatorOf[i];
            while (dominator > _semi[i])
            {
                dominator = DominatorOf[dominator];
            }

            DominatorOf[i] = dominator;
        }
    }
}
