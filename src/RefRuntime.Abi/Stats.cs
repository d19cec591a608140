// The statistics of a heap.

using System.Runtime.InteropServices;

namespace RefRuntime.Abi;

/// <summary>The state of a heap and what happened in it since it was made; filled in by rr_heap_stats().</summary>
[CName("rr_stats")]
[Sized]
[Section(Section.Statistics)]
[StructLayout(LayoutKind.Sequential, Size = 152)]
public struct Stats
{
    /// <summary>sizeof(rr_stats), set by the caller; nothing past it is written.</summary>
    public uint StructSize;

    /// <summary>Set to 0.</summary>
    public uint Reserved;

    /// <summary>Objects that are alive now.</summary>
    public ulong LiveObjects;

    /// <summary>Bytes of the blocks these objects occupy, headers and rounding included.</summary>
    public ulong LiveBytes;

    /// <summary>Address space reserved from the system.</summary>
    public ulong ReservedBytes;

    /// <summary>Memory obtained from the system, used or not.</summary>
    public ulong CommittedBytes;

    /// <summary>The highest committed_bytes so far.</summary>
    public ulong PeakBytes;

    /// <summary>Bytes held through rr_mem_alloc() and rr_mem_realloc().</summary>
    public ulong RawBytes;

    /// <summary>The sum of rr_report_external(); it stops at 0.</summary>
    public ulong ExternalBytes;

    /// <summary>Objects allocated so far.</summary>
    public ulong ObjectsAllocated;

    /// <summary>Objects whose memory was returned so far.</summary>
    public ulong ObjectsFreed;

    /// <summary>Collections finished so far, automatic ones included; one in slices counts when it is over.</summary>
    public ulong Collections;

    /// <summary>The sum of what these collections found dead, as rr_collect() counts it.</summary>
    public ulong ObjectsCollected;

    /// <summary>Objects that finalizers brought back, in deaths by counting and by collection.</summary>
    public ulong ObjectsResurrected;

    /// <summary>Objects that collections looked at.</summary>
    public ulong ObjectsVisited;

    /// <summary>Finalizers run so far.</summary>
    public ulong FinalizersRun;

    /// <summary>Weak references whose target is alive now.</summary>
    public ulong WeakrefsLive;

    /// <summary>Possible cycle roots logged now; the same as rr_gc_get_candidates().</summary>
    public ulong Candidates;

    /// <summary>Time spent in collections so far, in nanoseconds.</summary>
    public ulong GcNsTotal;

    /// <summary>The longest single pause by a collection or a slice of one, in nanoseconds.</summary>
    public ulong GcNsMax;
}
