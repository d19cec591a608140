// Handles: how a .NET program holds objects of a heap.
//
// Invariants
//   An open handle owns exactly one reference. Dispose gives it back; if that is forgotten, .NET's finalizer thread finds the handle
//   and the next call on the heap gives it back.
//   Each handle is one reference: a method that answers with a handle has made a new one. Handles are equal iff they are open and name
//   the same object.
//   A call that uses a handle keeps it open until the end of the call, whoever disposes of it meanwhile (SafeHandle counts such uses).

using System;
using System.Runtime.InteropServices;

namespace RefRuntime.Native;

/// <summary>
/// A handle: one reference to an object of a <see cref="Heap"/>. Lists, tuples, bytes, weak references and objects of declared
/// types have classes of their own, derived from this one.
/// </summary>
/// <remarks>
/// Dispose of a handle to give its reference back; what then has no reference dies at once. Any other use of a handle that was
/// disposed of throws <see cref="ObjectDisposedException"/>, as does one whose heap was.
/// </remarks>
public unsafe class HeapObject : SafeHandle, IEquatable<HeapObject>
{
    private readonly int _hashCode;
    private bool _isFinalizing;

    /// <summary>A handle that takes over a reference.</summary>
    internal HeapObject(Heap heap, void* address)
        : base(0, ownsHandle: true)
    {
        Heap = heap;
        _hashCode = ((nint)address >> 4).GetHashCode();
        SetHandle((nint)address);
    }

    /// <summary>The heap that the object lives in.</summary>
    public Heap Heap { get; }

    /// <inheritdoc/>
    public sealed override bool IsInvalid => handle == 0;

    /// <summary>Where the object is. Objects never move.</summary>
    public nint Address
    {
        get
        {
            using Access access = Open();
            return (nint)access.Pointer;
        }
    }

    /// <summary>The name of the object's type.</summary>
    public string TypeName
    {
        get
        {
            using Access access = Open();
            return Marshal.PtrToStringUTF8((nint)Raw.rr_type_name(Raw.rr_type_of(access.Pointer)))!;
        }
    }

    /// <summary>How many references the object has, this handle's included; exact. <see cref="long.MaxValue"/> for an immortal one.</summary>
    public long ReferenceCount
    {
        get
        {
            using Access access = Open();
            return Errors.Check(Raw.rr_getrefcount(access.Pointer));
        }
    }

    /// <summary>Whether this handle has the only reference, so that the object may be changed in place.</summary>
    public bool IsUnique
    {
        get
        {
            using Access access = Open();
            return Raw.rr_is_unique(access.Pointer) != 0;
        }
    }

    /// <summary>Whether the object lives as long as its heap.</summary>
    public bool IsImmortal
    {
        get
        {
            using Access access = Open();
            return Raw.rr_is_immortal(access.Pointer) != 0;
        }
    }

    /// <summary>Whether the finalizer has run: after a resurrection it will not run again.</summary>
    public bool IsFinalized
    {
        get
        {
            using Access access = Open();
            return Raw.rr_is_finalized(access.Pointer) != 0;
        }
    }

    /// <summary>How many weak references name the object.</summary>
    public long WeakReferenceCount
    {
        get
        {
            using Access access = Open();
            return Errors.Check(Raw.rr_weakref_count(access.Pointer));
        }
    }

    /// <summary>Lets the object live as long as its heap. There is no way back.</summary>
    public void MakeImmortal()
    {
        using Access access = Open();
        Errors.Check(Raw.rr_make_immortal(access.Pointer));
    }

    /// <summary>New handles for the objects that this one refers to, one for each slot that is not empty.</summary>
    public HeapObject[] GetReferents()
    {
        using Access access = Open();
        void* self = access.Pointer;
        return Heap.TakeAll((room, capacity) => Raw.rr_get_referents(self, room, capacity));
    }

    /// <summary>New handles for the objects that refer to this one, each once. Walks the heap.</summary>
    public HeapObject[] GetReferrers()
    {
        using Access access = Open();
        void* self = access.Pointer;
        return Heap.TakeAll((room, capacity) => Raw.rr_get_referrers(self, room, capacity));
    }

    /// <summary>
    /// New handles for a shortest chain of references that keeps the object alive, from one that is held from outside the heap to
    /// the object itself. Walks the heap.
    /// </summary>
    /// <remarks>
    /// This handle does not count, or it would be the whole answer: nothing is returned if nothing else leads to the object. In a
    /// synchronized heap it counts, since there it can't be put aside for a moment.
    /// </remarks>
    public HeapObject[] GetRetainingPath()
    {
        using Access access = Open();
        void* self = access.Pointer;
        if (Heap.IsSynchronized)
        {
            return Heap.TakeAll((room, capacity) => Raw.rr_get_path(self, room, capacity));
        }

        if (Raw.rr_is_unique(self) != 0)
        {
            return [];
        }

        // Another reference keeps the object, and nobody else is inside who could release it.
        Errors.Check(Raw.rr_decref(self));
        try
        {
            return Heap.TakeAll((room, capacity) => Raw.rr_get_path(self, room, capacity));
        }
        finally
        {
            _ = Raw.rr_incref(self);
        }
    }

    /// <summary>Whether both handles are open and name the same object.</summary>
    public bool Equals(HeapObject? other) =>
        ReferenceEquals(this, other) || (other is not null && !IsClosed && !other.IsClosed && handle == other.handle);

    /// <inheritdoc/>
    public sealed override bool Equals(object? obj) => Equals(obj as HeapObject);

    /// <inheritdoc/>
    public sealed override int GetHashCode() => _hashCode;

    /// <inheritdoc/>
    public override string ToString() =>
        IsClosed || Heap.IsDisposed ? $"{GetType().Name}, disposed" : $"{GetType().Name} at 0x{handle:x}";

    /// <summary>Begins a call on the object; disposing of what is returned ends it.</summary>
    internal Access Open() => new(this);

    /// <summary>Keeps the handle open until DangerousRelease.</summary>
    internal void* AddReference()
    {
        ObjectDisposedException.ThrowIf(IsClosed, this);
        bool added = false;
        DangerousAddRef(ref added);
        return (void*)handle;
    }

    /// <inheritdoc/>
    protected sealed override void Dispose(bool disposing)
    {
        _isFinalizing = !disposing;
        base.Dispose(disposing);
    }

    /// <inheritdoc/>
    protected sealed override bool ReleaseHandle()
    {
        Heap.Release((void*)handle, _isFinalizing);
        return true;
    }

    /// <summary>A call on an object that has begun: the handle stays open, and its heap is entered.</summary>
    internal readonly ref struct Access
    {
        private readonly HeapObject _object;
        private readonly Heap.Entry _entry;

        public Access(HeapObject target)
        {
            _object = target;
            Pointer = target.AddReference();
            try
            {
                _entry = target.Heap.Enter();
            }
            catch
            {
                target.DangerousRelease();
                throw;
            }
        }

        public void* Pointer { get; }

        public void Dispose()
        {
            _entry.Dispose();
            _object.DangerousRelease();
        }
    }
}

/// <summary>What all handles can do, for each class of them.</summary>
public static unsafe class HeapObjectExtensions
{
    /// <summary>Another handle for the same object, with a reference of its own.</summary>
    public static T Duplicate<T>(this T self)
        where T : HeapObject
    {
        ArgumentNullException.ThrowIfNull(self);
        using HeapObject.Access access = self.Open();
        return (T)self.Heap.Wrap(Errors.Check(Raw.rr_newref(access.Pointer)));
    }

    /// <summary>The handle as one of another class, or the exception; then it is disposed of.</summary>
    internal static T? As<T>(this HeapObject? self)
        where T : HeapObject
    {
        if (self is null or T)
        {
            return (T?)self;
        }

        string found = self.TypeName;
        self.Dispose();
        throw new InvalidCastException($"the object is of type {found}, which no {NameOf(typeof(T))} stands for");
    }

    private static string NameOf(Type type) =>
        type.IsGenericType ? $"{nameof(HeapObject)}<{type.GenericTypeArguments[0].Name}>" : type.Name;
}
