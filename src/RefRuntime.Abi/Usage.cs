// Where the memory of a heap is: by size of block, by type. Arrays of these are filled in.

using System.Runtime.InteropServices;

namespace RefRuntime.Abi;

/// <summary>What the blocks of one size take up; see rr_get_class_usage().</summary>
/// <remarks>page_bytes is what these blocks cost; live_bytes of it are in use. The difference is fragmentation, and room for blocks to
/// come.</remarks>
[CName("rr_class_usage")]
[Sized]
[Section(Section.Statistics)]
[StructLayout(LayoutKind.Sequential, Size = 56)]
public struct ClassUsage
{
    /// <summary>sizeof(rr_class_usage), set by the caller in the first element for all of them.</summary>
    public uint StructSize;

    /// <summary>1 for raw memory, 0 for objects.</summary>
    public uint IsRaw;

    /// <summary>Bytes of a block, header and rounding included; 0 stands for all blocks that are too large to share a page.</summary>
    public ulong BlockBytes;

    /// <summary>Bytes of the pages that hold such blocks.</summary>
    public ulong PageBytes;

    /// <summary>Blocks in use.</summary>
    public ulong LiveBlocks;

    /// <summary>Their bytes.</summary>
    public ulong LiveBytes;

    /// <summary>Blocks that were used before, or are ready to be, and are free.</summary>
    public ulong FreeBlocks;

    /// <summary>Blocks that were never used: their memory may not have been touched yet.</summary>
    public ulong FreshBlocks;
}

/// <summary>What the objects of one type take up; see rr_get_type_usage().</summary>
[CName("rr_type_usage")]
[Sized]
[Section(Section.Statistics)]
[StructLayout(LayoutKind.Sequential, Size = 24)]
public struct TypeUsage
{
    /// <summary>sizeof(rr_type_usage), set by the caller in the first element for all of them.</summary>
    public uint StructSize;

    /// <summary>The type.</summary>
    public TypeId Type;

    /// <summary>Objects that are alive, or dying at this moment.</summary>
    public ulong Objects;

    /// <summary>Bytes of the blocks they occupy.</summary>
    public ulong Bytes;
}
