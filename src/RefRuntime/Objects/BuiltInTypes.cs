// The types that exist from the start.

using System;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Heap;

namespace RefRuntime.Objects;

internal static unsafe class BuiltInTypes
{
    public static void Define(TypeDescriptor* table)
    {
        for (uint i = 0; i < (uint)TypeId.FirstUser; i++)
        {
            table[i].FixedClass = -1;
        }

        Define(table, TypeId.Bytes, "bytes\0"u8, Shape.Leaf, 0, 1);
        Define(table, TypeId.Tuple, "tuple\0"u8, Shape.Items, 0, 8);
        Define(table, TypeId.List, "list\0"u8, Shape.List, (uint)sizeof(ListPayload), 0);
        Define(table, TypeId.WeakRef, "weakref\0"u8, Shape.Leaf, (uint)sizeof(WeakRefPayload), 0);

        // A weak reference has nothing to walk, but collections must see it die, and death must unlink it.
        // It is not for rr_alloc either.
        table[(int)TypeId.WeakRef].FixedClass = -1;
        table[(int)TypeId.WeakRef].HasDuties = true;
        table[(int)TypeId.WeakRef].NewHeader &= ~(HeaderFlags.PlainLeaf | HeaderFlags.Skipped);
    }

    /// <summary>Fills in what follows from the rest: flags of a new header, size class.</summary>
    public static void Complete(TypeDescriptor* type)
    {
        ulong header = 1;
        bool isPlain = type->Shape == Shape.Leaf && type->Finalize == null && type->Destroy == null;
        if (type->Shape == Shape.Leaf || type->IsAcyclic)
        {
            header |= HeaderFlags.Quiet;
        }

        // A leaf with a finalizer is visited, so that its finalizer runs with those of the set it dies with.
        if (isPlain || type->IsAcyclic)
        {
            header |= HeaderFlags.Skipped;
        }

        if (isPlain)
        {
            header |= HeaderFlags.PlainLeaf;
        }

        type->NewHeader = header;
        type->HasDuties = type->Finalize != null || type->Destroy != null || (type->Shape & Shape.Traverse) != 0;
        uint block = type->Size + Config.HeaderSize;
        type->FixedClass = type->HasItems || type->Size > Config.MaxSmallBlock - Config.HeaderSize
            ? (short)-1
            : (short)SizeClass.Of(block < Config.Alignment ? Config.Alignment : block);
    }

    private static void Define(TypeDescriptor* table, TypeId id, ReadOnlySpan<byte> name, Shape shape, uint size, uint itemSize)
    {
        TypeDescriptor* type = table + (uint)id;
        fixed (byte* text = name)
        {
            // A literal of the image: it has an address that stays.
            type->Name = text;
        }

        type->Shape = shape;
        type->Size = size;
        type->ItemSize = itemSize;
        Complete(type);
        type->NewHeader |= (ulong)id << Header.TypeShift;
        type->Id = id;
    }
}
