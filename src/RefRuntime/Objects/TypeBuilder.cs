// From the caller's description of a type to a descriptor: every rule checked before anything is made.
//
// Names and offsets are copied into memory that stays, since types are never freed.

using System;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Os;

namespace RefRuntime.Objects;

internal static unsafe class TypeBuilder
{
    private const string Function = "rr_type_new";
    private const uint MaxNameBytes = 4096;
    private const TypeFlags KnownFlags = TypeFlags.ItemsAreRefs | TypeFlags.Acyclic | TypeFlags.SelfReleasing | TypeFlags.Unzeroed;

    /// <summary>Ok, and the descriptor is filled in; or the error, and nothing has been made.</summary>
    public static Status TryBuild(TypeInfo* info, out TypeDescriptor type)
    {
        type = default;
        Status status = CheckHead(info);
        status = status == Status.Ok ? CheckSizes(info) : status;
        status = status == Status.Ok && info->Values != null ? CheckValues(info) : status;
        status = status == Status.Ok ? CheckOffsets(info) : status;
        status = status == Status.Ok ? CheckSlotNames(info) : status;
        status = status == Status.Ok ? CheckFlags(info) : status;
        return status == Status.Ok ? Fill(info, out type) : status;
    }

    private static Status CheckHead(TypeInfo* info)
    {
        if (info == null)
        {
            return LastError.Pointer(Status.Argument, Function, "info", info, "is NULL");
        }

        if (info->StructSize < TypeInfo.FirstSize)
        {
            return LastError.Bound(Status.Argument, Function, "info->struct_size", info->StructSize, "is less than", TypeInfo.FirstSize);
        }

        if ((info->Flags & ~KnownFlags) != 0)
        {
            return LastError.Number(Status.Argument, Function, "info->flags", (uint)info->Flags, "has bits that mean nothing");
        }

        if (info->Reserved != 0)
        {
            return LastError.Number(Status.Argument, Function, "info->reserved", info->Reserved, "is not 0");
        }

        if (info->Name == null || NameBytes(info->Name) == 0)
        {
            return LastError.Pointer(Status.Argument, Function, "info->name", info->Name, "is no name");
        }

        return NameBytes(info->Name) <= MaxNameBytes
            ? Status.Ok
            : LastError.Bound(Status.Argument, Function, "info->name of more than", MaxNameBytes, "bytes; names may have", MaxNameBytes);
    }

    private static Status CheckSizes(TypeInfo* info)
    {
        bool itemsAreRefs = (info->Flags & TypeFlags.ItemsAreRefs) != 0;
        if (info->Values == null && itemsAreRefs && info->ItemSize != 8)
        {
            return LastError.Bound(Status.Argument, Function, "info->item_size", info->ItemSize, "is not the size of a reference,", 8);
        }

        if (itemsAreRefs && !Bits.IsAligned(info->Size, 8))
        {
            return LastError.Number(Status.Argument, Function, "info->size", info->Size, "is no multiple of 8, so the items would be misaligned");
        }

        return info->RefCount != 0 && info->RefOffsets == null
            ? LastError.Bound(Status.Argument, Function, "info->ref_offsets NULL for a ref_count of", info->RefCount, "needs offsets, as many as", info->RefCount)
            : Status.Ok;
    }

    private static Status CheckValues(TypeInfo* info)
    {
        ValueFormat* values = info->Values;
        if (values->StructSize < sizeof(ValueFormat))
        {
            return LastError.Bound(Status.Argument, Function, "info->values->struct_size", values->StructSize, "is less than", (ulong)sizeof(ValueFormat));
        }

        if (values->ValueSize is not (8 or 16))
        {
            return LastError.Number(Status.Argument, Function, "info->values->value_size", values->ValueSize, "is neither 8 nor 16");
        }

        if (!IsWord(values->TagOffset, values->ValueSize))
        {
            return LastError.Number(Status.Argument, Function, "info->values->tag_offset", values->TagOffset, "is no word of the value");
        }

        if (!IsWord(values->PointerOffset, values->ValueSize))
        {
            return LastError.Number(Status.Argument, Function, "info->values->pointer_offset", values->PointerOffset, "is no word of the value");
        }

        if (values->Low > values->High)
        {
            return LastError.Bound(Status.Argument, Function, "info->values->low", values->Low, "is greater than high,", values->High);
        }

        if (values->PointerMask == 0)
        {
            return LastError.Number(Status.Argument, Function, "info->values->pointer_mask", 0, "leaves no pointer");
        }

        bool hasItems = info->ItemSize != 0 || (info->Flags & TypeFlags.ItemsAreRefs) != 0;
        if (hasItems && info->ItemSize != values->ValueSize)
        {
            return LastError.Bound(Status.Argument, Function, "info->item_size", info->ItemSize, "is not the value size,", values->ValueSize);
        }

        if (info->ItemSize != 0 && !Bits.IsAligned(info->Size, 8))
        {
            return LastError.Number(Status.Argument, Function, "info->size", info->Size, "is no multiple of 8, so the items would be misaligned");
        }

        return info->RefCount == 0 && info->ItemSize == 0
            ? LastError.Pointer(Status.Argument, Function, "info->values", values, "describes values, but the type has neither offsets nor items")
            : Status.Ok;
    }

    private static Status CheckOffsets(TypeInfo* info)
    {
        if (info->RefCount == 0)
        {
            return Status.Ok;
        }

        uint slotSize = info->Values != null ? info->Values->ValueSize : 8;
        if (info->RefCount > info->Size / slotSize)
        {
            return LastError.Bound(Status.Argument, Function, "info->ref_count", info->RefCount, "is more than the payload has room for,", info->Size / slotSize);
        }

        for (uint i = 0; i < info->RefCount; i++)
        {
            uint offset = info->RefOffsets[i];
            if (!Bits.IsAligned(offset, 8))
            {
                return LastError.Number(Status.Argument, Function, "info->ref_offsets: offset", offset, "is no multiple of 8");
            }

            if (offset > info->Size - slotSize)
            {
                return LastError.Bound(Status.Argument, Function, "info->ref_offsets: offset", offset, "leaves the payload, whose size is", info->Size);
            }
        }

        return CheckOverlap(info, slotSize);
    }

    /// <summary>No two slots share a byte: sort a copy, compare neighbours.</summary>
    private static Status CheckOverlap(TypeInfo* info, uint slotSize)
    {
        ulong bytes = info->RefCount * (ulong)sizeof(uint);
        uint* sorted = (uint*)Memory.Reserve(bytes, 16);
        if (sorted == null)
        {
            return LastError.Number(Status.NoMemory, Function, "info->ref_count", info->RefCount, "needs memory that the system does not have");
        }

        Span<uint> offsets = new(sorted, (int)info->RefCount);
        new ReadOnlySpan<uint>(info->RefOffsets, (int)info->RefCount).CopyTo(offsets);
        offsets.Sort();
        Status status = Status.Ok;
        for (int i = 1; i < offsets.Length && status == Status.Ok; i++)
        {
            if (offsets[i] - offsets[i - 1] < slotSize)
            {
                status = LastError.Bound(Status.Argument, Function, "info->ref_offsets: offset", offsets[i], "overlaps the slot at", offsets[i - 1]);
            }
        }

        Memory.Release((byte*)sorted, bytes);
        return status;
    }

    private static Status CheckSlotNames(TypeInfo* info)
    {
        byte** names = SlotNames(info);
        for (uint i = 0; names != null && i < info->RefCount; i++)
        {
            if (names[i] != null && (*names[i] == 0 || NameBytes(names[i]) > MaxNameBytes))
            {
                return *names[i] == 0
                    ? LastError.Number(Status.Argument, Function, "info->ref_names: name", i, "is empty; NULL stands for no name")
                    : LastError.Bound(Status.Argument, Function, "info->ref_names: name", i, "is too long; names may have", MaxNameBytes);
            }
        }

        return Status.Ok;
    }

    private static Status CheckFlags(TypeInfo* info)
    {
        bool isLeaf = ShapeOf(info) == Shape.Leaf;
        if ((info->Flags & TypeFlags.Unzeroed) != 0 && !isLeaf)
        {
            return LastError.Number(Status.Argument, Function, "info->flags", (uint)info->Flags, "has RR_TYPE_UNZEROED, which only leaves may have");
        }

        return (info->Flags & TypeFlags.SelfReleasing) != 0 && (info->Traverse == null || info->Destroy == null)
            ? LastError.Number(Status.Argument, Function, "info->flags", (uint)info->Flags, "has RR_TYPE_SELF_RELEASING, which needs traverse and destroy")
            : Status.Ok;
    }

    private static Status Fill(TypeInfo* info, out TypeDescriptor type)
    {
        type = default;
        // Pointers to the slots' names, offsets, the name, the slots' names.
        byte** slotNames = SlotNames(info);
        ulong pointerBytes = slotNames != null ? info->RefCount * (ulong)sizeof(byte*) : 0;
        ulong offsetBytes = info->RefCount * (ulong)sizeof(uint);
        uint nameBytes = NameBytes(info->Name) + 1;
        byte* storage = TypeStorage.TryTake(pointerBytes + offsetBytes + nameBytes + SlotNameBytes(info, slotNames));
        if (storage == null)
        {
            return LastError.Pointer(Status.NoMemory, Function, "info", info, "needs memory that the system does not have");
        }

        uint* offsets = (uint*)(storage + pointerBytes);
        byte* name = (byte*)(offsets + info->RefCount);
        new ReadOnlySpan<uint>(info->RefOffsets, (int)info->RefCount).CopyTo(new Span<uint>(offsets, (int)info->RefCount));
        new ReadOnlySpan<byte>(info->Name, (int)nameBytes).CopyTo(new Span<byte>(name, (int)nameBytes));
        if (slotNames != null)
        {
            CopySlotNames(info, slotNames, (byte**)storage, name + nameBytes);
        }

        type.Shape = ShapeOf(info);
        type.Flags = info->Flags;
        type.HasSlotNames = slotNames != null;
        type.Size = info->Size;
        type.ItemSize = info->ItemSize;
        type.Offsets = offsets;
        type.OffsetCount = info->RefCount;
        type.Traverse = info->Traverse;
        type.Finalize = info->Finalize;
        type.Destroy = info->Destroy;
        type.User = info->User;
        type.Name = name;
        type.Values = info->Values != null ? *info->Values : default;
        fixed (TypeDescriptor* pointer = &type)
        {
            BuiltInTypes.Complete(pointer);
        }

        return Status.Ok;
    }

    /// <summary>The names of slots, which only callers have who know of them.</summary>
    private static byte** SlotNames(TypeInfo* info) =>
        info->StructSize >= sizeof(TypeInfo) && info->RefCount != 0 ? info->RefNames : null;

    private static ulong SlotNameBytes(TypeInfo* info, byte** names)
    {
        ulong bytes = 0;
        for (uint i = 0; names != null && i < info->RefCount; i++)
        {
            bytes += names[i] != null ? NameBytes(names[i]) + 1 : 0;
        }

        return bytes;
    }

    private static void CopySlotNames(TypeInfo* info, byte** names, byte** copies, byte* text)
    {
        for (uint i = 0; i < info->RefCount; i++)
        {
            if (names[i] != null)
            {
                int bytes = (int)NameBytes(names[i]) + 1;
                new ReadOnlySpan<byte>(names[i], bytes).CopyTo(new Span<byte>(text, bytes));
                copies[i] = text;
                text += bytes;
            }
        }
    }

    private static Shape ShapeOf(TypeInfo* info)
    {
        bool hasValues = info->Values != null;
        Shape shape = info->Traverse != null ? Shape.Traverse : Shape.Leaf;
        if (info->RefCount != 0)
        {
            shape |= hasValues ? Shape.OffsetValues : Shape.Offsets;
        }

        if (hasValues && info->ItemSize != 0)
        {
            shape |= Shape.ItemValues;
        }
        else if ((info->Flags & TypeFlags.ItemsAreRefs) != 0)
        {
            shape |= Shape.Items;
        }

        return shape;
    }

    private static bool IsWord(uint offset, uint valueSize) => offset is 0 or 8 && offset < valueSize;

    /// <summary>Length of a name, as far as names may reach.</summary>
    private static uint NameBytes(byte* name)
    {
        uint length = 0;
        while (length <= MaxNameBytes && name[length] != 0)
        {
            length++;
        }

        return length;
    }
}
