// How a heap is made.

namespace RefRuntime.Native;

/// <summary>Who may use a heap.</summary>
public enum HeapSharing
{
    /// <summary>The thread that made it, until another one calls <see cref="Heap.Attach"/>. The cheapest.</summary>
    Owned,

    /// <summary>
    /// Any thread, one at a time: the <see cref="Heap"/> has a lock, held while callbacks run. Native code that uses the same
    /// heap knows nothing of that lock and has to be kept out by the program.
    /// </summary>
    Serialized,

    /// <summary>Any thread, managed or native, at any time: the library locks. For async code, which changes threads, too.</summary>
    Synchronized,
}

/// <summary>How a heap is made; the defaults are those of the library.</summary>
public sealed record HeapOptions
{
    /// <summary>Who may use the heap.</summary>
    public HeapSharing Sharing { get; init; }

    /// <summary>Collect by <see cref="Heap.Collect"/> alone, not even at the limit.</summary>
    public bool ManualCollection { get; init; }

    /// <summary>Collect in slices of about half a millisecond instead of five.</summary>
    public bool Bounded { get; init; }

    /// <summary>Find misuse early, at the price of speed. A report of misuse ends the process.</summary>
    public bool Checked { get; init; }

    /// <summary>Tell on standard error, when the heap is disposed of, who holds what is left.</summary>
    public bool ReportLeaks { get; init; }

    /// <summary>The most memory that the heap may use; 0 = no limit.</summary>
    public ulong MaxBytes { get; init; }

    internal unsafe rr_heap_options ToNative() => new()
    {
        struct_size = (uint)sizeof(rr_heap_options),
        max_bytes = MaxBytes,
        flags = Sharing switch
        {
            HeapSharing.Owned => 0,
            HeapSharing.Serialized => Raw.RR_HEAP_SERIALIZED,
            _ => Raw.RR_HEAP_SYNCHRONIZED,
        }
        | (ManualCollection ? Raw.RR_HEAP_MANUAL_GC : 0)
        | (Bounded ? Raw.RR_HEAP_BOUNDED : 0)
        | (Checked ? Raw.RR_HEAP_CHECKED : 0)
        | (ReportLeaks ? Raw.RR_HEAP_REPORT_LEAKS : 0),
    };
}
