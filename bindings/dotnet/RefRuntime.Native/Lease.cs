// Access to memory of an object without copying it.

using System;

namespace RefRuntime.Native;

/// <summary>
/// The payload of an object as a span, until the lease is disposed of. Meanwhile the handle it came from counts as open, even if
/// it is disposed of, and its heap can't be. Don't keep the span for longer: nothing checks that.
/// </summary>
/// <typeparam name="T">The elements.</typeparam>
public readonly unsafe ref struct Lease<T>
    where T : unmanaged
{
    private readonly HeapObject _object;

    internal Lease(HeapObject target, T* start, int count)
    {
        _object = target;
        _ = target.AddReference();
        target.Heap.AddLease(1);
        Span = new Span<T>(start, count);
    }

    /// <summary>The memory itself.</summary>
    public Span<T> Span { get; }

    /// <summary>The first element, in place.</summary>
    public ref T Value => ref Span[0];

    /// <summary>Ends the lease. Once, as every lease.</summary>
    public void Dispose()
    {
        _object.Heap.AddLease(-1);
        _object.DangerousRelease();
    }
}
