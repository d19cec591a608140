// Types as the caller declares them: identity, flags, descriptor, and the format of tagged values.

using System;
using System.Runtime.InteropServices;

namespace RefRuntime.Abi;

/// <summary>A type: a number that is the same for the whole process and is never reused.</summary>
[CName("rr_type")]
[CPrefix("RR_TYPE_")]
[Section(Section.Types)]
public enum TypeId : uint
{
    /// <summary>No type.</summary>
    None = 0,

    /// <summary>Raw bytes, as many as rr_alloc_items() is asked for.</summary>
    Bytes = 1,

    /// <summary>A fixed number of items, each a strong reference or NULL.</summary>
    Tuple = 2,

    /// <summary>A growable sequence of strong references; see Lists.</summary>
    List = 3,

    /// <summary>A weak reference; see Weak references.</summary>
    [CName("RR_TYPE_WEAKREF")]
    WeakRef = 4,

    /// <summary>The first number that rr_type_new() gives out.</summary>
    FirstUser = 16,
}

/// <summary>Flags of rr_type_info.</summary>
[Flags]
[CPrefix("RR_TYPE_")]
[Section(Section.Types)]
public enum TypeFlags : uint
{
    /// <summary>No flag.</summary>
    [CIgnore]
    None = 0,

    /// <summary>The items are strong references: item_size is the size of a pointer, or the value size when values is set,
    /// and size is a multiple of 8.</summary>
    ItemsAreRefs = 1,

    /// <summary>A promise: no object of this type is ever part of a cycle. Collections skip them.</summary>
    Acyclic = 2,

    /// <summary>destroy itself releases what traverse reports, iteratively however deep. Without it the runtime asks
    /// traverse before destroy and releases afterwards what it reported, so that destroy may free the storage. Needs both
    /// callbacks.</summary>
    SelfReleasing = 4,

    /// <summary>The payload is not cleared when allocated. For types without references only.</summary>
    Unzeroed = 8,
}

/// <summary>A type as given to rr_type_new(). Set struct_size and name, leave zero what does not apply.</summary>
[CName("rr_type_info")]
[Sized]
[Section(Section.Types)]
[StructLayout(LayoutKind.Sequential, Size = 88)]
public unsafe struct TypeInfo
{
    /// <summary>Bytes without what was added after version 1 of the ABI: callers may have no more.</summary>
    [CIgnore]
    public const uint FirstSize = 80;

    /// <summary>sizeof(rr_type_info).</summary>
    public uint StructSize;

    /// <summary>RR_TYPE_... flags, or'ed.</summary>
    public TypeFlags Flags;

    /// <summary>What rr_type_name() answers and messages show. Required, UTF-8; copied.</summary>
    [Const]
    public byte* Name;

    /// <summary>Payload bytes of the fixed part. Items begin at exactly this offset, unpadded.</summary>
    public uint Size;

    /// <summary>Payload bytes of each trailing item; 0 = the type has none.</summary>
    public uint ItemSize;

    /// <summary>Byte offsets, within the fixed part, of the slots that hold strong references; each a multiple of 8,
    /// no two overlapping. Copied.</summary>
    [Const]
    public uint* RefOffsets;

    /// <summary>How many offsets ref_offsets points at.</summary>
    public uint RefCount;

    /// <summary>Must be 0.</summary>
    public uint Reserved;

    /// <summary>Optional: reports strong references that no offset covers.</summary>
    [Callback(typeof(TraverseFn))]
    public delegate* unmanaged[Cdecl]<void*, delegate* unmanaged[Cdecl]<void*, void*, void>, void*, void*, void> Traverse;

    /// <summary>Optional: runs once per object while it is intact; may resurrect it.</summary>
    [Callback(typeof(FinalizeFn))]
    public delegate* unmanaged[Cdecl]<void*, void*, void> Finalize;

    /// <summary>Optional: gives back foreign resources; must not resurrect.</summary>
    [Callback(typeof(DestroyFn))]
    public delegate* unmanaged[Cdecl]<void*, void*, void> Destroy;

    /// <summary>Passed to the three callbacks.</summary>
    public void* User;

    /// <summary>Optional: the slots at ref_offsets and the items are tagged values, not plain pointers. Copied.</summary>
    [Const]
    public ValueFormat* Values;

    /// <summary>Optional: what the slots are called, ref_count names in the order of ref_offsets, UTF-8; NULL for one without a
    /// name. Snapshots and pictures show them. Copied. Not in descriptions whose struct_size ends before.</summary>
    [Const]
    public byte** RefNames;
}

/// <summary>How to tell a reference from other tagged values: it is one iff low &lt;= (word at tag_offset &amp; mask) &lt;= high,
/// and then the pointer is the word at pointer_offset &amp; pointer_mask, unless that is NULL. Fits NaN boxing (one word)
/// and a tag beside a union (two words).</summary>
[CName("rr_value_format")]
[Sized]
[Section(Section.Types)]
[StructLayout(LayoutKind.Sequential, Size = 48)]
public struct ValueFormat
{
    /// <summary>sizeof(rr_value_format).</summary>
    public uint StructSize;

    /// <summary>Bytes of a value, 8 or 16; also the item size.</summary>
    public uint ValueSize;

    /// <summary>Where in the value the 64-bit word with the tag is: 0 or 8.</summary>
    public uint TagOffset;

    /// <summary>Where in the value the 64-bit word with the pointer is: 0 or 8.</summary>
    public uint PointerOffset;

    /// <summary>Which bits of the tag word are compared.</summary>
    public ulong Mask;

    /// <summary>The lowest tag that marks a reference.</summary>
    public ulong Low;

    /// <summary>The highest tag that marks a reference.</summary>
    public ulong High;

    /// <summary>Which bits of the pointer word are the pointer; not 0.</summary>
    public ulong PointerMask;
}
