// A heap: how it begins and ends, and what is made in it. The other parts: Heap.Entering.cs, who is inside and what waits to be given
// back; Heap.Collecting.cs; Heap.Looking.cs.

using System;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Threading;

namespace RefRuntime.Native;

/// <summary>
/// Objects that live by reference counting, outside the managed heap. An island: its objects refer to each other only.
/// </summary>
/// <remarks>
/// Dispose of it when done: what is left in it is finalized and destroyed, and all memory goes back. Handles that outlive
/// their heap throw <see cref="ObjectDisposedException"/>. A heap that is forgotten is freed by .NET's finalizer thread,
/// which then runs the finalizers of its objects.
/// </remarks>
public sealed unsafe partial class Heap : IDisposable
{
    /// <summary>All open heaps by address. An entry outlives the reachability of its heap, since finalizers of objects run in ~Heap.</summary>
    private static readonly ConcurrentDictionary<nint, WeakReference<Heap>> s_heaps = new();
    private static readonly Lazy<Heap> s_default = new(static () => new Heap((rr_heap*)Errors.Check(Raw.rr_heap_default()), HeapSharing.Serialized));

    private rr_heap* _pointer;

    /// <summary>Makes a heap; without options one that belongs to the calling thread.</summary>
    /// <exception cref="InsufficientMemoryException">There is no memory for it.</exception>
    public Heap(HeapOptions? options = null)
    {
        Errors.CheckAbi();
        options ??= new HeapOptions();
        rr_heap_options native = options.ToNative();
        _sharing = options.Sharing;
        Open((rr_heap*)Errors.Check(Raw.rr_heap_new(&native)));
    }

    private Heap(rr_heap* pointer, HeapSharing sharing)
    {
        Errors.CheckAbi();
        _sharing = sharing;
        Open(pointer);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees a heap that was forgotten. Nobody can be inside any more, so it may change its owner.</summary>
    ~Heap()
    {
        if (_pointer != null)
        {
            _owner = Thread.CurrentThread;
            _ = Raw.rr_heap_attach(_pointer);
            _ = Raw.rr_heap_free(_pointer);
            Close();
        }
    }

    /// <summary>The heap that this process shares with native code: serialized, there until the process ends.</summary>
    public static Heap Default => s_default.Value;

    /// <summary>Whether the heap was disposed of.</summary>
    public bool IsDisposed => _pointer == null;

    /// <summary>The rr_heap *, for <see cref="Raw"/> and for native code. It is good while this instance is reachable.</summary>
    public nint Address
    {
        get
        {
            ObjectDisposedException.ThrowIf(IsDisposed, this);
            return (nint)_pointer;
        }
    }

    /// <summary>The open heap that the object at an address lives in, or null if this class knows of none.</summary>
    internal static Heap? Of(void* address) =>
        s_heaps.TryGetValue((nint)Raw.rr_heap_of(address), out WeakReference<Heap>? entry) && entry.TryGetTarget(out Heap? heap)
            ? heap : null;

    /// <summary>
    /// Finalizes and destroys what is left in the heap and gives all its memory back. Other threads that call meanwhile get
    /// <see cref="ObjectDisposedException"/>; those inside are waited for. Disposing twice is fine.
    /// </summary>
    /// <exception cref="InvalidOperationException">
    /// Inside a callback; from a thread that does not own the heap; while a <see cref="Lease{T}"/> is open; or the heap is
    /// <see cref="Default"/>, which stays. The heap is as it was.
    /// </exception>
    public void Dispose()
    {
        if (_pointer == null)
        {
            return;
        }

        if (s_default.IsValueCreated && s_default.Value == this)
        {
            throw new InvalidOperationException("the default heap lives as long as the process");
        }

        if (!EnterToClose())
        {
            return;
        }

        try
        {
            if (Volatile.Read(ref _leases) > 0)
            {
                throw new InvalidOperationException($"{_leases} leases on objects of this heap are still open");
            }

            Errors.Check(Raw.rr_heap_free(_pointer));
            Close();
        }
        finally
        {
            LeaveFromClosing();
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>Makes an object of a type, with this value and empty slots. May collect first, and so run finalizers.</summary>
    /// <exception cref="InsufficientMemoryException">The heap is at its limit, and collecting did not help.</exception>
    public HeapObject<T> New<T>(ObjectType<T> type, T value = default)
        where T : unmanaged
    {
        ArgumentNullException.ThrowIfNull(type);
        using Entry entry = Enter();
        void* address = Errors.Check(Raw.rr_alloc(_pointer, type.Id));
        *(T*)((byte*)address + type.ValueOffset) = value;
        return new HeapObject<T>(this, address, type);
    }

    /// <summary>Makes an empty list. May collect first, and so run finalizers.</summary>
    /// <exception cref="InsufficientMemoryException">The heap is at its limit, and collecting did not help.</exception>
    public HeapList NewList()
    {
        using Entry entry = Enter();
        return new HeapList(this, Errors.Check(Raw.rr_list_new(_pointer)));
    }

    /// <summary>Makes a tuple of these objects; null leaves a place empty. May collect first, and so run finalizers.</summary>
    /// <exception cref="ArgumentException">An object is in another heap.</exception>
    /// <exception cref="InsufficientMemoryException">The heap is at its limit, and collecting did not help.</exception>
    public HeapTuple NewTuple(params ReadOnlySpan<HeapObject?> items)
    {
        using Entry entry = Enter();
        HeapTuple made = new(this, Errors.Check(Raw.rr_alloc_items(_pointer, Raw.RR_TYPE_TUPLE, (nuint)items.Length)));
        try
        {
            for (int i = 0; i < items.Length; i++)
            {
                made.Fill(i, items[i]);
            }
        }
        catch
        {
            made.Dispose();
            throw;
        }

        return made;
    }

    /// <summary>Makes an object of <paramref name="count"/> bytes, all 0. May collect first, and so run finalizers.</summary>
    /// <exception cref="InsufficientMemoryException">The heap is at its limit, and collecting did not help.</exception>
    public HeapBytes NewBytes(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        using Entry entry = Enter();
        return new HeapBytes(this, Errors.Check(Raw.rr_alloc_items(_pointer, Raw.RR_TYPE_BYTES, (nuint)count)));
    }

    /// <summary>Makes an object with a copy of these bytes. May collect first, and so run finalizers.</summary>
    /// <exception cref="InsufficientMemoryException">The heap is at its limit, and collecting did not help.</exception>
    public HeapBytes NewBytes(ReadOnlySpan<byte> content)
    {
        HeapBytes made = NewBytes(content.Length);
        using Lease<byte> lease = made.Lease();
        content.CopyTo(lease.Span);
        return made;
    }

    /// <summary>
    /// Makes a weak reference. Once its target is dead, <paramref name="callback"/> is called with it, on the thread whose call
    /// let the target die, if the weak reference itself still lives.
    /// </summary>
    /// <remarks>
    /// Without callback all weak references to one target are the same object. The callback is kept until it has run, or until
    /// some time after the weak reference is gone; handles that it captures hold their objects, so capture weak references.
    /// </remarks>
    /// <exception cref="ArgumentException">The object is in another heap.</exception>
    /// <exception cref="InsufficientMemoryException">The heap is at its limit, and collecting did not help.</exception>
    public HeapWeakReference NewWeakReference(HeapObject target, Action<HeapWeakReference>? callback = null)
    {
        ArgumentNullException.ThrowIfNull(target);
        using Entry entry = Enter();
        using Held held = new(this, target);
        if (target.Heap != this)
        {
            throw new ArgumentException("the object is in another heap", nameof(target)); // the handle would outlive its object's heap
        }

        nint token = callback is null ? 0 : _weakCallbacks.Add(callback);
        void* address = Raw.rr_weakref_new(held.Pointer, callback is null ? null : &Callbacks.TargetDied, (void*)token);
        if (address == null)
        {
            _weakCallbacks.Take(token);
            throw Errors.Last();
        }

        _weakCallbacks.Belongs(token, address);
        return new HeapWeakReference(this, address);
    }

    /// <summary>
    /// A handle for an object that native code speaks of, with a reference of its own; the class tells the type, see
    /// <see cref="HeapObject"/>.
    /// </summary>
    /// <exception cref="ArgumentException">The object is in another heap.</exception>
    /// <exception cref="RefRuntimeException">There is no live object at this address.</exception>
    public HeapObject FromAddress(nint address)
    {
        using Entry entry = Enter();
        if (Raw.rr_heap_of((void*)address) is var heap && heap != _pointer && heap != null)
        {
            throw new ArgumentException($"the object at 0x{address:x} is in another heap", nameof(address));
        }

        return Wrap(Errors.Check(Raw.rr_newref((void*)address)));
    }

    /// <summary>The handle of the fitting class for a reference, which it takes over.</summary>
    internal HeapObject Wrap(void* address)
    {
        uint type = Raw.rr_type_of(address);
        return type switch
        {
            Raw.RR_TYPE_LIST => new HeapList(this, address),
            Raw.RR_TYPE_TUPLE => new HeapTuple(this, address),
            Raw.RR_TYPE_BYTES => new HeapBytes(this, address),
            Raw.RR_TYPE_WEAKREF => new HeapWeakReference(this, address),
            _ => ObjectType.Find(type)?.Wrap(this, address) ?? new HeapObject(this, address),
        };
    }

    [MemberNotNull(nameof(_owner))]
    private void Open(rr_heap* pointer)
    {
        _owner = Thread.CurrentThread;
        _pointer = pointer;
        s_heaps[(nint)pointer] = new WeakReference<Heap>(this, trackResurrection: true);
    }

    private void Close()
    {
        s_heaps.TryRemove((nint)_pointer, out _);
        _pointer = null;
        _pending.Clear();
        _weakCallbacks.Clear();
    }
}
