// The statistics of a heap under .NET names; what they mean is the library's.

using System;

namespace RefRuntime.Native;

/// <summary>The state of a heap and what happened in it since it was made; see <see cref="Heap.GetStatistics"/>.</summary>
public readonly struct HeapStatistics
{
    private readonly rr_stats _stats;

    internal HeapStatistics(rr_stats stats) => _stats = stats;

    /// <summary>Objects that are alive now.</summary>
    public ulong LiveObjects => _stats.live_objects;

    /// <summary>Bytes of the blocks these objects occupy, headers and rounding included.</summary>
    public ulong LiveBytes => _stats.live_bytes;

    /// <summary>Address space reserved from the system.</summary>
    public ulong ReservedBytes => _stats.reserved_bytes;

    /// <summary>Memory obtained from the system, used or not.</summary>
    public ulong CommittedBytes => _stats.committed_bytes;

    /// <summary>The highest <see cref="CommittedBytes"/> so far.</summary>
    public ulong PeakBytes => _stats.peak_bytes;

    /// <summary>Bytes held through the raw memory of native code.</summary>
    public ulong RawBytes => _stats.raw_bytes;

    /// <summary>The sum of <see cref="Heap.ReportExternal"/>; it stops at 0.</summary>
    public ulong ExternalBytes => _stats.external_bytes;

    /// <summary>Objects allocated so far.</summary>
    public ulong ObjectsAllocated => _stats.objects_allocated;

    /// <summary>Objects whose memory was returned so far.</summary>
    public ulong ObjectsFreed => _stats.objects_freed;

    /// <summary>Collections finished so far, automatic ones included; one in slices counts when it is over.</summary>
    public ulong Collections => _stats.collections;

    /// <summary>The sum of what these collections found dead, as <see cref="Heap.Collect"/> counts it.</summary>
    public ulong ObjectsCollected => _stats.objects_collected;

    /// <summary>Objects that finalizers brought back, in deaths by counting and by collection.</summary>
    public ulong ObjectsResurrected => _stats.objects_resurrected;

    /// <summary>Objects that collections looked at.</summary>
    public ulong ObjectsVisited => _stats.objects_visited;

    /// <summary>Finalizers run so far.</summary>
    public ulong FinalizersRun => _stats.finalizers_run;

    /// <summary>Weak references whose target is alive now.</summary>
    public ulong LiveWeakReferences => _stats.weakrefs_live;

    /// <summary>Possible cycle roots logged now.</summary>
    public ulong Candidates => _stats.candidates;

    /// <summary>Time spent in collections so far.</summary>
    public TimeSpan CollectionTime => TimeSpan.FromTicks((long)(_stats.gc_ns_total / TimeSpan.NanosecondsPerTick));

    /// <summary>The longest single pause by a collection or a slice of one.</summary>
    public TimeSpan LongestPause => TimeSpan.FromTicks((long)(_stats.gc_ns_max / TimeSpan.NanosecondsPerTick));
}
