// Weak references, and what is called when their target has died.

using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Linq;
using System.Threading;

namespace RefRuntime.Native;

/// <summary>
/// A handle for a weak reference, which knows an object without keeping it alive. Made by <see cref="Heap.NewWeakReference"/>.
/// (.NET's own <see cref="WeakReference"/> to a handle watches the handle, not the object.)
/// </summary>
public sealed unsafe class HeapWeakReference : HeapObject
{
    internal HeapWeakReference(Heap heap, void* address)
        : base(heap, address)
    {
    }

    /// <summary>Whether the target lives.</summary>
    public bool IsAlive
    {
        get
        {
            bool isAlive = TryGetTarget(out HeapObject? target);
            target?.Dispose();
            return isAlive;
        }
    }

    /// <summary>A new handle for the target, if it lives.</summary>
    public bool TryGetTarget([NotNullWhen(true)] out HeapObject? target)
    {
        using Access access = Open();
        void* address = Raw.rr_weakref_get(access.Pointer);
        target = address != null ? Heap.Wrap(address) : null;
        return target is not null;
    }

    /// <summary>The same, if it lives and is of a class.</summary>
    /// <exception cref="InvalidCastException">The target is of another type.</exception>
    public bool TryGetTarget<T>([NotNullWhen(true)] out T? target)
        where T : HeapObject
    {
        TryGetTarget(out HeapObject? any);
        target = any.As<T>();
        return target is not null;
    }
}

/// <summary>
/// The callbacks of a heap's weak references by the number that the library keeps as `user`. An entry goes when it is called; those
/// whose weak reference went before its target are swept when the table has doubled.
/// </summary>
internal sealed unsafe class WeakCallbackTable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<nint, (Action<HeapWeakReference> Callback, nint WeakReference)> _entries = [];
    private nint _last;
    private int _sweepAt = 64;

    /// <summary>The number of a new entry, never 0.</summary>
    public nint Add(Action<HeapWeakReference> callback)
    {
        lock (_lock)
        {
            if (_entries.Count >= _sweepAt)
            {
                Sweep();
            }

            _entries.Add(++_last, (callback, 0));
            return _last;
        }
    }

    /// <summary>Tells where the weak reference of an entry is.</summary>
    public void Belongs(nint token, void* weakReference)
    {
        lock (_lock)
        {
            if (_entries.TryGetValue(token, out (Action<HeapWeakReference> Callback, nint) entry))
            {
                _entries[token] = (entry.Callback, (nint)weakReference);
            }
        }
    }

    /// <summary>Takes an entry out.</summary>
    public Action<HeapWeakReference>? Take(nint token)
    {
        lock (_lock)
        {
            return _entries.Remove(token, out (Action<HeapWeakReference> Callback, nint) entry) ? entry.Callback : null;
        }
    }

    public void Clear()
    {
        lock (_lock)
        {
            _entries.Clear();
        }
    }

    private void Sweep()
    {
        List<nint> gone = [.. _entries.Where(entry =>
            entry.Value.WeakReference != 0 && Raw.rr_type_of((void*)entry.Value.WeakReference) != Raw.RR_TYPE_WEAKREF)
            .Select(entry => entry.Key)];
        gone.ForEach(token => _entries.Remove(token));
        _sweepAt = 64 + (2 * _entries.Count);
    }
}
