// What is left in a heap, and who holds it: the facts of a leak report. LeakText and LeakJson write them.
//
// A holder is an object with references from outside: its count less the edges that lead to it is not 0. It is negative where a
// borrowed pointer stands in a strong slot; collections take such an object for live, and so does this. Holders that are alike,
// of one type and allocated in one place, form a group, which has a vertex of its own between the root and them: then what a
// group keeps alive is what it dominates, also what its members hold together.
//
//   root -> groups -> holders -> what they refer to
//
// What the root does not reach is garbage that a collection would free. What is dominated by the root alone is held by several
// groups. So  bytes left = sum over groups of bytes kept + shared + garbage.
//
// Memory, while it runs: see ObjectNumbers, ObjectGraph, Dominators; and 16 bytes for each object that is no garbage. The facts
// themselves take 64 bytes for each holder and 40 for each type there is.

using RefRuntime.Abi;
using RefRuntime.Checking;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Inspection;

/// <summary>
/// What something keeps alive. A group: what dies when all references from outside to its members are released. A holder: all to which
/// every way from outside leads through it, itself included.
/// </summary>
internal struct Kept
{
    public ulong Bytes;
    public ulong Objects;
}

/// <summary>An object that is held from outside.</summary>
internal unsafe struct Holder
{
    public void* Payload;

    /// <summary>References from outside. Meaningless for an immortal object.</summary>
    public long References;
    public Kept Kept;
    public TypeId Type;

    /// <summary>Where it was allocated, in TraceDepot; 0 = not known.</summary>
    public uint Trace;
    public uint Number;
    public bool IsImmortal;

    public readonly bool IsLike(in Holder other) => Type == other.Type && Trace == other.Trace;
}

/// <summary>Holders[First .. First + Count) of one type and trace.</summary>
internal struct HolderGroup
{
    public ulong First;
    public ulong Count;
    public Kept Kept;

    /// <summary>References from outside to those that are not immortal.</summary>
    public long References;
    public ulong Immortals;
    public uint Vertex;
}

internal struct TypeTotal
{
    public TypeId Type;
    public Kept Left;
    public Kept Garbage;
}

internal unsafe struct Leaks
{
    private ulong _holderBytes;
    private ulong _groupBytes;
    private ulong _typeBytes;

    public HeapState* Heap;
    public Kept Left;
    public Kept Garbage;

    /// <summary>Kept by more than one group.</summary>
    public Kept Shared;

    /// <summary>Sorted by group, and in each by what they keep.</summary>
    public Holder* Holders;
    public ulong HolderCount;

    /// <summary>Sorted by what they keep.</summary>
    public HolderGroup* Groups;
    public ulong GroupCount;

    /// <summary>Those of which something is left, sorted by bytes.</summary>
    public TypeTotal* Types;
    public ulong TypeCount;

    /// <summary>Holders that are not immortal: the leaks, when the heap ends.</summary>
    public ulong Mortals;

    /// <summary>Finds everything out. Ends with <see cref="Free"/> in either case. False when the system has no memory.</summary>
    public static bool TryFind(HeapState* heap, out Leaks leaks)
    {
        leaks = new Leaks { Heap = heap };
        Work work = default;
        bool isComplete = ObjectNumbers.TryBuild(heap, out work.Numbers)
            && ObjectGraph.TryBuild(heap, work.Numbers, out work.Graph)
            && leaks.TryFindHolders(ref work)
            && leaks.TryGroup(ref work)
            && Dominators.TryFind(work.Graph, work.Graph.Count - 1, out work.Tree)
            && leaks.TryWeigh(ref work);
        work.Free();
        return isComplete;
    }

    public void Free()
    {
        Release(Holders, _holderBytes);
        Release(Groups, _groupBytes);
        Release(Types, _typeBytes);
        this = default;
    }

    private static void Release(void* memory, ulong bytes)
    {
        if (memory != null)
        {
            Memory.Release((byte*)memory, bytes);
        }
    }

    /// <summary>Lists the holders by type and place of birth.</summary>
    private bool TryFindHolders(ref Work work)
    {
        uint objects = work.Numbers.Count;
        ulong bytes = (objects + 1ul) * sizeof(uint);
        uint* edges = (uint*)Memory.Reserve(bytes, 16);
        if (edges == null)
        {
            return false;
        }

        for (uint i = 0, end = work.Graph.First[objects]; i < end; i++)
        {
            edges[work.Graph.Targets[i]]++;
        }

        HolderFinder finder = new() { Edges = edges };
        HeapWalk.Objects(Heap, ref finder);
        HolderCount = finder.Found.Count;
        _holderBytes = (HolderCount + 1) * (ulong)sizeof(Holder);
        Holders = finder.IsOutOfMemory ? null : (Holder*)Memory.Reserve(_holderBytes, 16);
        for (ulong i = 0; Holders != null && i < HolderCount; i++)
        {
            Holders[i] = Describe(finder.Found.Items[i], edges);
            Mortals += Holders[i].IsImmortal ? 0ul : 1;
        }

        finder.Found.Free();
        Release(edges, bytes);
        if (Holders == null)
        {
            return false;
        }

        HeapSort.Sort(Holders, HolderCount, default(ByOrigin));
        return true;
    }

    private static Holder Describe(void* payload, uint* edges)
    {
        uint number = ObjectNumbers.Of(payload);
        return new Holder
        {
            Payload = payload,
            Number = number,
            References = HolderFinder.Outside(payload, edges[number]),
            IsImmortal = Header.IsImmortal(Header.Count(payload)),
            Type = Header.TypeOf(Header.Word(payload)),
            Trace = ObjectHistory.BornAt(payload),
        };
    }

    /// <summary>Forms the groups, and adds them and the root to the graph.</summary>
    private bool TryGroup(ref Work work)
    {
        for (ulong i = 0; i < HolderCount; i++)
        {
            GroupCount += i == 0 || !Holders[i].IsLike(Holders[i - 1]) ? 1ul : 0;
        }

        _groupBytes = (GroupCount + 1) * (ulong)sizeof(HolderGroup);
        Groups = (HolderGroup*)Memory.Reserve(_groupBytes, 16);
        if (Groups == null)
        {
            return false;
        }

        HolderGroup* group = Groups - 1;
        for (ulong i = 0; i < HolderCount; i++)
        {
            if (i == 0 || !Holders[i].IsLike(Holders[i - 1]))
            {
                if (i != 0 && !work.Graph.TryEndVertex())
                {
                    return false;
                }

                *++group = new HolderGroup { First = i, Vertex = work.Graph.Count };
            }

            group->Count++;
            group->Immortals += Holders[i].IsImmortal ? 1ul : 0;
            group->References += Holders[i].IsImmortal ? 0 : Holders[i].References;
            if (!work.Graph.TryAddEdge(Holders[i].Number))
            {
                return false;
            }
        }

        if (HolderCount != 0 && !work.Graph.TryEndVertex())
        {
            return false;
        }

        for (ulong i = 0; i < GroupCount; i++)
        {
            if (!work.Graph.TryAddEdge(Groups[i].Vertex))
            {
                return false;
            }
        }

        return work.Graph.TryEndVertex();
    }

    /// <summary>Adds up what each vertex dominates, and all objects by type.</summary>
    private bool TryWeigh(ref Work work)
    {
        work.Graph.Free();
        ulong weightBytes = work.Tree.Count * (ulong)sizeof(Kept);
        _typeBytes = TypeRegistry.Count * (ulong)sizeof(TypeTotal);
        Kept* weights = (Kept*)Memory.Reserve(weightBytes, 16);
        Types = (TypeTotal*)Memory.Reserve(_typeBytes, 16);
        bool isComplete = weights != null && Types != null;
        if (isComplete)
        {
            Weigher weigher = new() { NumberOf = work.Tree.NumberOf, Weights = weights, Types = Types };
            HeapWalk.Objects(Heap, ref weigher);
            for (uint i = work.Tree.Count - 1; i != 0; i--)
            {
                Add(ref weights[work.Tree.DominatorOf[i]], weights[i]);
            }

            Distribute(work.Tree.NumberOf, weights);
            TotalTypes();
        }

        Release(weights, weightBytes);
        return isComplete;
    }

    private void Distribute(uint* numberOf, Kept* weights)
    {
        Shared = weights[0];
        for (ulong g = 0; g < GroupCount; g++)
        {
            HolderGroup* group = Groups + g;
            group->Kept = weights[numberOf[group->Vertex]];
            Shared.Bytes -= group->Kept.Bytes;
            Shared.Objects -= group->Kept.Objects;
            for (ulong i = group->First; i < group->First + group->Count; i++)
            {
                Holders[i].Kept = weights[numberOf[Holders[i].Number]];
            }

            HeapSort.Sort(Holders + group->First, group->Count, default(ByWeight));
        }

        HeapSort.Sort(Groups, GroupCount, default(ByWeight));
    }

    /// <summary>Leaves only types of which there is something.</summary>
    private void TotalTypes()
    {
        uint all = (uint)(_typeBytes / (ulong)sizeof(TypeTotal));
        for (uint i = 0; i < all; i++)
        {
            if (Types[i].Left.Objects != 0)
            {
                Types[i].Type = (TypeId)i;
                Add(ref Left, Types[i].Left);
                Add(ref Garbage, Types[i].Garbage);
                Types[TypeCount++] = Types[i];
            }
        }

        HeapSort.Sort(Types, TypeCount, default(ByWeight));
    }

    private static void Add(ref Kept sum, in Kept more)
    {
        sum.Bytes += more.Bytes;
        sum.Objects += more.Objects;
    }

    private struct Work
    {
        public ObjectNumbers Numbers;
        public ObjectGraph Graph;
        public Dominators Tree;

        public void Free()
        {
            Tree.Free();
            Graph.Free();
            Numbers.Free();
        }
    }

    /// <summary>Lists the objects whose references are not as many as the edges to them.</summary>
    private struct HolderFinder : IBlockVisitor
    {
        public uint* Edges;
        public PointerBuffer Found;
        public bool IsOutOfMemory;

        public bool Visit(Page* page, void* payload)
        {
            if (Header.Count(payload) != 0 && Outside(payload, Edges[ObjectNumbers.Of(payload)]) != 0)
            {
                IsOutOfMemory |= !Found.TryPush(payload);
            }

            return !IsOutOfMemory;
        }

        public static long Outside(void* payload, uint edges) => Header.References(Header.Count(payload)) - edges;
    }

    /// <summary>Adds each object to its type, and to what its vertex keeps alive.</summary>
    private struct Weigher : IBlockVisitor
    {
        public uint* NumberOf;
        public Kept* Weights;
        public TypeTotal* Types;

        public bool Visit(Page* page, void* payload)
        {
            if (Header.Count(payload) != 0)
            {
                Kept weight = new() { Bytes = Blocks.BytesOf(page), Objects = 1 };
                uint number = NumberOf[ObjectNumbers.Of(payload)];
                TypeTotal* type = Types + (uint)Header.TypeOf(Header.Word(payload));
                Add(ref type->Left, weight);
                if (number == Dominators.Unreached)
                {
                    Add(ref type->Garbage, weight);
                }
                else
                {
                    Add(ref Weights[number], weight);
                }
            }

            return true;
        }
    }

    private readonly struct ByOrigin : IOrder<Holder>
    {
        public bool IsBefore(in Holder left, in Holder right) =>
            left.Type != right.Type ? left.Type < right.Type
            : left.Trace != right.Trace ? left.Trace < right.Trace
            : left.Payload < right.Payload;
    }

    /// <summary>The heavier first.</summary>
    private readonly struct ByWeight : IOrder<Holder>, IOrder<HolderGroup>, IOrder<TypeTotal>
    {
        public bool IsBefore(in Holder left, in Holder right) =>
            left.Kept.Bytes != right.Kept.Bytes ? left.Kept.Bytes > right.Kept.Bytes : left.Payload < right.Payload;

        public bool IsBefore(in HolderGroup left, in HolderGroup right) =>
            left.Kept.Bytes != right.Kept.Bytes ? left.Kept.Bytes > right.Kept.Bytes : left.First < right.First;

        public bool IsBefore(in TypeTotal left, in TypeTotal right) =>
            left.Left.Bytes != right.Left.Bytes ? left.Left.Bytes > right.Left.Bytes : left.Type < right.Type;
    }
}
