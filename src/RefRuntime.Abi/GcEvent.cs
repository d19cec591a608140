// What a collection, or a slice of one, tells the callback of its heap.

using System.Runtime.InteropServices;

namespace RefRuntime.Abi;

/// <summary>When in a collection an rr_gc_fn is called: the phase of rr_gc_event.</summary>
[CPrefix("RR_GC_PHASE_")]
[Section(Section.Cycles)]
public enum GcPhase : uint
{
    /// <summary>Before anything happens; the counters are 0.</summary>
    Start = 0,

    /// <summary>After everything has happened.</summary>
    Stop = 1,
}

/// <summary>Why a collection runs: the reason of rr_gc_event.</summary>
[CPrefix("RR_GC_REASON_")]
[Section(Section.Cycles)]
public enum GcReason : uint
{
    /// <summary>rr_collect() was called.</summary>
    Requested = 0,

    /// <summary>rr_collect_step() was called.</summary>
    Step = 1,

    /// <summary>The candidates passed the threshold.</summary>
    Candidates = 2,

    /// <summary>The heap has grown, or as much was handed out as was in use: objects, raw memory, external bytes. Often a slice.</summary>
    Growth = 3,

    /// <summary>The heap is at its limit.</summary>
    Limit = 4,
}

/// <summary>What an rr_gc_fn hears about a collection. The library sets struct_size.</summary>
[CName("rr_gc_event")]
[Sized]
[Section(Section.Cycles)]
[StructLayout(LayoutKind.Sequential, Size = 48)]
public struct GcEvent
{
    /// <summary>How many bytes of this struct the library has filled in.</summary>
    public uint StructSize;

    /// <summary>RR_GC_PHASE_START or RR_GC_PHASE_STOP.</summary>
    public GcPhase Phase;

    /// <summary>RR_GC_REASON_...: why the collection runs.</summary>
    public GcReason Reason;

    /// <summary>0.</summary>
    public uint Reserved;

    /// <summary>Containers found dead, as rr_collect() counts them; in a slice, those freed in it.</summary>
    public ulong Collected;

    /// <summary>Objects that a finalizer brought back, with all they reach.</summary>
    public ulong Resurrected;

    /// <summary>Objects the collection, or the slice, has decided on.</summary>
    public ulong Visited;

    /// <summary>How long the collection, or the slice, took, in nanoseconds, callbacks included.</summary>
    public ulong DurationNs;
}
