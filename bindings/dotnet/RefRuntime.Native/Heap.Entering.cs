// Who may be inside a heap, and what happens to references that can't be given back at once.
//
// Invariants
//   Nothing is called with a heap that is closed: each call is between Enter and Leave, and closing waits until nobody else is there.
//   Owned: only _owner enters. Serialized: only the holder of _lock. Synchronized: anybody, counted in _inside, since the library locks
//   each call by itself; who closes is in _closer first and then waits for _inside to fall to 0, and who enters is counted first and
//   then looks at _closer, so that nobody gets past both.
//   .NET's finalizer thread never enters. A handle that it finds, or that is disposed of by a thread that may not enter, leaves its
//   reference in _pending, and the next call gives it back. So finalizers of objects run on threads that use the heap.

using System;
using System.Collections.Concurrent;
using System.Threading;

namespace RefRuntime.Native;

public sealed unsafe partial class Heap
{
    private readonly HeapSharing _sharing;
    private readonly Lock _lock = new();
    private readonly ConcurrentQueue<nint> _pending = new();
    private readonly WeakCallbackTable _weakCallbacks = new();
    private Thread _owner;
    private Thread? _closer;
    private int _inside;
    private int _leases;

    /// <summary>The callbacks of weak references that may still come.</summary>
    internal WeakCallbackTable WeakCallbacks => _weakCallbacks;

    /// <summary>
    /// Makes the calling thread the owner of an <see cref="HeapSharing.Owned"/> heap. The caller guarantees that the old owner
    /// is out and stays out. Other heaps have no owner: nothing happens.
    /// </summary>
    /// <exception cref="InvalidOperationException">A callback of the heap is running.</exception>
    public void Attach()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        Errors.Check(Raw.rr_heap_attach(_pointer));
        _owner = Thread.CurrentThread;
    }

    /// <summary>Begins a call: the heap is open, this thread may use it, and nothing waits to be given back.</summary>
    internal Entry Enter()
    {
        ObjectDisposedException.ThrowIf(IsDisposed, this);
        switch (_sharing)
        {
            case HeapSharing.Owned:
                ThrowIfNotOwner();
                break;
            case HeapSharing.Serialized:
                _lock.Enter();
                break;
            default:
                Interlocked.Increment(ref _inside);
                break;
        }

        if (_pointer == null || (Volatile.Read(ref _closer) is Thread closer && closer != Thread.CurrentThread))
        {
            Leave();
            throw new ObjectDisposedException(nameof(Heap));
        }

        while (_pending.TryDequeue(out nint address))
        {
            _ = Raw.rr_decref((void*)address);
        }

        return new Entry(this);
    }

    /// <summary>Gives a reference back, now or with the next call. Never throws.</summary>
    internal void Release(void* address, bool isFinalizing)
    {
        if (isFinalizing || (_sharing == HeapSharing.Owned && _owner != Thread.CurrentThread))
        {
            _pending.Enqueue((nint)address);
            return;
        }

        try
        {
            using Entry entry = Enter();
            _ = Raw.rr_decref(address);
        }
        catch (ObjectDisposedException)
        {
            // The heap takes the object with it.
        }
    }

    /// <summary>
    /// A new reference to what <paramref name="read"/> finds at an index of an object, or null. Between reading and counting
    /// another thread may write, if the heap is synchronized; so it is read again once the reference is ours.
    /// </summary>
    internal HeapObject? Load(void* holder, nuint index, delegate*<void*, nuint, void*> read)
    {
        while (true)
        {
            void* address = read(holder, index);
            if (address == null)
            {
                return null;
            }

            if (Raw.rr_try_incref(address) != 0)
            {
                if (read(holder, index) == address)
                {
                    return Wrap(address);
                }

                _ = Raw.rr_decref(address);
            }
            else if (read(holder, index) == address)
            {
                // It is dying. The library says so when asked for a reference.
                return Wrap(Errors.Check(Raw.rr_newref(address)));
            }
        }
    }

    internal void AddLease(int change) => Interlocked.Add(ref _leases, change);

    private void Leave()
    {
        switch (_sharing)
        {
            case HeapSharing.Owned:
                break;
            case HeapSharing.Serialized:
                _lock.Exit();
                break;
            default:
                Interlocked.Decrement(ref _inside);
                break;
        }
    }

    private void ThrowIfNotOwner()
    {
        Thread owner = _owner;
        if (owner != Thread.CurrentThread)
        {
            throw new InvalidOperationException(
                $"the heap belongs to thread {owner.ManagedThreadId} and is used by thread {Environment.CurrentManagedThreadId}; "
                + $"see {nameof(HeapOptions)}.{nameof(HeapOptions.Sharing)}");
        }
    }

    /// <summary>As Enter, and nobody else is inside. False: somebody else is closing the heap or has closed it.</summary>
    private bool EnterToClose()
    {
        switch (_sharing)
        {
            case HeapSharing.Owned:
                ThrowIfNotOwner();
                break;
            case HeapSharing.Serialized:
                _lock.Enter();
                break;
            default:
                if (Interlocked.CompareExchange(ref _closer, Thread.CurrentThread, null) is not null)
                {
                    return false;
                }

                // Inside a callback there is nothing to wait for: the library will refuse.
                SpinWait.SpinUntil(() => Callbacks.AreRunning || Volatile.Read(ref _inside) == 0);
                break;
        }

        if (_pointer == null)
        {
            LeaveFromClosing();
            return false;
        }

        return true;
    }

    private void LeaveFromClosing()
    {
        if (_sharing == HeapSharing.Serialized)
        {
            _lock.Exit();
        }

        Volatile.Write(ref _closer, null);
    }

    /// <summary>A call that has begun; disposing of it ends it.</summary>
    internal readonly ref struct Entry(Heap heap)
    {
        public void Dispose() => heap.Leave();
    }
}

/// <summary>An object that is the argument of a call on its own heap, or on another one by mistake: it stays open meanwhile.</summary>
internal readonly unsafe ref struct Held
{
    private readonly HeapObject? _object;

    /// <summary>Null gives a NULL.</summary>
    public Held(Heap heap, HeapObject? argument)
    {
        if (argument is null)
        {
            return;
        }

        // Of another heap that is closed, the address leads nowhere.
        ObjectDisposedException.ThrowIf(argument.Heap != heap && argument.Heap.IsDisposed, argument.Heap);
        Pointer = argument.AddReference();
        _object = argument;
    }

    public void* Pointer { get; }

    public void Dispose() => _object?.DangerousRelease();
}
