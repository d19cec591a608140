// What the objects of each type take up: one walk over the heap, into a table with an entry for each type of the process.

using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Inspection;

internal unsafe struct TypeUsages
{
    /// <summary>The types that have objects, the largest first.</summary>
    public TypeUsage* Items;
    public uint Count;

    private ulong _bytes;

    /// <summary>False = no memory. To be freed.</summary>
    public static bool TryRead(HeapState* heap, out TypeUsages usages)
    {
        uint types = TypeRegistry.Count;
        ulong bytes = types * (ulong)sizeof(TypeUsage);
        usages = new TypeUsages { _bytes = bytes, Items = (TypeUsage*)Memory.Reserve(bytes, Config.OsPageSize) };
        if (usages.Items == null)
        {
            return false;
        }

        Counter counter = new() { Items = usages.Items };
        HeapWalk.Objects(heap, ref counter);
        for (uint type = 0; type < types; type++)
        {
            if (usages.Items[type].Objects != 0)
            {
                // Never behind what is still to be read.
                usages.Items[usages.Count] = usages.Items[type];
                usages.Items[usages.Count++].Type = (TypeId)type;
            }
        }

        usages.Sort();
        return true;
    }

    public readonly void Free() => Memory.Release((byte*)Items, _bytes);

    /// <summary>Heap sort: in place, and no worse for many types.</summary>
    private readonly void Sort()
    {
        for (uint i = Count / 2; i-- > 0;)
        {
            Sift(i, Count);
        }

        for (uint end = Count; end > 1;)
        {
            end--;
            (Items[0], Items[end]) = (Items[end], Items[0]);
            Sift(0, end);
        }
    }

    /// <summary>The smallest is at the root, so that it ends up last.</summary>
    private readonly void Sift(uint root, uint end)
    {
        for (uint child; (child = (2 * root) + 1) < end; root = child)
        {
            child += child + 1 < end && ComesAfter(Items[child + 1], Items[child]) ? 1u : 0;
            if (!ComesAfter(Items[child], Items[root]))
            {
                return;
            }

            (Items[root], Items[child]) = (Items[child], Items[root]);
        }
    }

    private static bool ComesAfter(in TypeUsage a, in TypeUsage b) =>
        a.Bytes != b.Bytes ? a.Bytes < b.Bytes : a.Type > b.Type;

    private struct Counter : IBlockVisitor
    {
        public TypeUsage* Items;

        public readonly bool Visit(Page* page, void* payload)
        {
            TypeUsage* usage = Items + (uint)Header.TypeOf(Header.Word(payload));
            usage->Objects++;
            usage->Bytes += Blocks.BytesOf(page);
            return true;
        }
    }
}
