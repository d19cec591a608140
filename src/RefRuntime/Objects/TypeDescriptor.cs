// What the runtime knows of a type. Descriptors are made once, never change and never move.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;

namespace RefRuntime.Objects;

/// <summary>Where an object's strong references are; the bits combine.</summary>
[System.Flags]
internal enum Shape : uint
{
    Leaf = 0,

    /// <summary>Plain slots at fixed offsets.</summary>
    Offsets = 1,

    /// <summary>Plain slots in the trailing items.</summary>
    Items = 2,

    /// <summary>Tagged values at fixed offsets.</summary>
    OffsetValues = 4,

    /// <summary>Tagged values in the trailing items.</summary>
    ItemValues = 8,

    /// <summary>The storage of a list.</summary>
    List = 16,

    /// <summary>A callback reports more.</summary>
    Traverse = 32,
}

[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TypeDescriptor
{
    /// <summary>The header word of a new object: count 1, the type, the flags that the type implies.</summary>
    public ulong NewHeader;
    public Shape Shape;
    public TypeFlags Flags;

    /// <summary>Dying means more than releasing children: there are callbacks, or it is a weak reference.</summary>
    public bool HasDuties;

    /// <summary>Pointers to the names of the slots lie before Offsets. A flag in what was padding: most of those who read a descriptor are
    /// in a hurry, and want none that is longer.</summary>
    public bool HasSlotNames;

    /// <summary>Payload bytes of the fixed part, and of each trailing item.</summary>
    public uint Size;
    public uint ItemSize;

    public uint* Offsets;
    public uint OffsetCount;

    /// <summary>Size class of what rr_alloc makes, or -1 when it is large, depends on the item count, or is refused.</summary>
    public short FixedClass;
    public delegate* unmanaged[Cdecl]<void*, delegate* unmanaged[Cdecl]<void*, void*, void>, void*, void*, void> Traverse;
    public delegate* unmanaged[Cdecl]<void*, void*, void> Finalize;
    public delegate* unmanaged[Cdecl]<void*, void*, void> Destroy;
    public void* User;
    public byte* Name;
    public ValueFormat Values;
    public TypeId Id;

    /// <summary>Has strong references, or may have: what rr_collect counts, unless acyclic.</summary>
    public readonly bool IsContainer => Shape != Shape.Leaf;

    public readonly bool IsAcyclic => (Flags & TypeFlags.Acyclic) != 0;

    public readonly bool IsSelfReleasing => (Flags & TypeFlags.SelfReleasing) != 0;

    public readonly bool HasItems => ItemSize != 0;

    /// <summary>Names of the slots at Offsets, or null; each of them may be null too.</summary>
    public readonly byte** SlotNames => HasSlotNames ? (byte**)Offsets - OffsetCount : null;

    /// <summary>The reference in a tagged value, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void* ReferenceIn(byte* value)
    {
        ulong tag = *(ulong*)(value + Values.TagOffset) & Values.Mask;
        return tag >= Values.Low && tag <= Values.High
            ? (void*)(*(ulong*)(value + Values.PointerOffset) & Values.PointerMask)
            : null;
    }
}
