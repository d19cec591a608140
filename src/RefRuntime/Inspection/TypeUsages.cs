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

        HeapSort.Sort(usages.Items, usages.Count, default(ByBytes));
        return true;
    }

    public readonly void Free() => Memory.Release((byte*)Items, _bytes);

    /// <summary>The largest comes first.</summary>
    private readonly struct ByBytes : IOrder<TypeUsage>
    {
        public bool IsBefore(in TypeUsage left, in TypeUsage right) =>
            left.Bytes != right.Bytes ? left.Bytes > right.Bytes : left.Type < right.Type;
    }

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
