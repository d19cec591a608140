// Access to memory of an object without copying it.

using System;

namespace RefRuntime.Native;

/// <summary>
/// The payload of an object as a span, until the lease is disposed of. Meanwhile the handle it came from counts as open, even if
/// it is disposed of, and its heap can't be. Don't keep the span for longer: nothing checks that.
/// </summary>
/// <typeparam name="T">The elements.</typeparam>
public unsafe ref struct Lease<T>
    where T : unmanaged
{
    private readonly Span<T> _span;
    private HeapObject? _object;

    internal Lease(HeapObject target, T* start, int count)
    {
        _object = target;
        _ = target.AddReference();
        target.Heap.AddLease(1);
        _span = new Span<T>(start, count);
    }

    /// <summary>The memory itself.</summary>
    /// <exception cref="ObjectDisposedException">The lease was disposed of.</exception>
    public readonly Span<T> Span => _object is not null ? _span : throw new ObjectDisposedException(nameof(Lease<T>));

    /// <summary>The first element, in place.</summary>
    /// <exception cref="ObjectDisposedException">The lease was disposed of.</exception>
    public readonly ref T Value => ref Span[0];

    /// <summary>Ends the lease. Twice is fine; but a copy of a lease is the same lease, and only one of them may be disposed of.</summary>
    public void Dispose()
    {
        if (_object is { } held)
        {
            _object = null;
            held.Heap.AddLease(-1);
            held.DangerousRelease();
        }
    }
}
