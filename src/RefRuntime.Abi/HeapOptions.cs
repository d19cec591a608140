// Heaps as the caller sees them: the opaque handle, the options, the flags.

using System;
using System.Runtime.InteropServices;

namespace RefRuntime.Abi;

/// <summary>A heap. Callers hold pointers to it and never look inside.</summary>
[CName("rr_heap")]
[COpaque]
[Section(Section.Heaps)]
public struct HeapHandle;

/// <summary>Flags of rr_heap_options.</summary>
[Flags]
[CPrefix("RR_HEAP_")]
[Section(Section.Heaps)]
public enum HeapFlags : uint
{
    /// <summary>No flag: a heap owned by one thread, collected automatically.</summary>
    [CIgnore]
    None = 0,

    /// <summary>Any thread may call, one at a time: the caller serializes, as under a GIL.</summary>
    Serialized = 1,

    /// <summary>No automatic collection, not even at the limit.</summary>
    ManualGc = 2,

    /// <summary>Finds misuse and says who did it, at the price of speed and memory: see Finding misuse.</summary>
    Checked = 4,

    /// <summary>rr_heap_free() tells on standard error who holds what is left, as rr_leak_report() does, if anything but immortal
    /// objects is held from outside.</summary>
    ReportLeaks = 8,

    /// <summary>Automatic collections go in slices of about 500 microseconds instead of 5 ms; see rr_gc_set_pause_goal().</summary>
    Bounded = 16,

    /// <summary>Any thread may call at any time: each call takes the heap's own lock.</summary>
    Synchronized = 32,
}

/// <summary>How a heap is made. Set struct_size, leave the rest zero for the defaults.</summary>
[CName("rr_heap_options")]
[Sized]
[Section(Section.Heaps)]
[StructLayout(LayoutKind.Sequential, Size = 16)]
public struct HeapOptions
{
    /// <summary>sizeof(rr_heap_options).</summary>
    public uint StructSize;

    /// <summary>RR_HEAP_... flags, or'ed. An unknown one is refused.</summary>
    public HeapFlags Flags;

    /// <summary>The most memory the heap may use: objects, raw memory and reported external bytes. 0 = no limit.</summary>
    public ulong MaxBytes;
}
