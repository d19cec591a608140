// The built-in containers: lists, tuples and bytes.

using System;
using System.Collections;
using System.Collections.Generic;

namespace RefRuntime.Native;

/// <summary>A handle for a growable sequence of objects, none of them null. Made by <see cref="Heap.NewList"/>.</summary>
/// <remarks>Reading an item makes a new handle, also in a foreach: dispose of it, or let .NET's finalizer do so later.</remarks>
public sealed unsafe class HeapList : HeapObject, IEnumerable<HeapObject>
{
    internal HeapList(Heap heap, void* address)
        : base(heap, address)
    {
    }

    /// <summary>How many items there are.</summary>
    public int Count
    {
        get
        {
            using Access access = Open();
            return checked((int)Errors.Check(Raw.rr_list_count(access.Pointer)));
        }
    }

    /// <summary>A new handle for an item.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such item.</exception>
    public HeapObject Get(int index)
    {
        using Access access = Open();
        return Heap.Load(access.Pointer, (nuint)(nint)index, &ReadItem) ?? throw IndexError(access, index, 0);
    }

    /// <summary>The same as a handle of a class.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such item.</exception>
    /// <exception cref="InvalidCastException">The object is of another type.</exception>
    public T Get<T>(int index)
        where T : HeapObject => Get(index).As<T>()!;

    /// <summary>Replaces an item. The old one loses a reference, and may die.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such item.</exception>
    /// <exception cref="ArgumentException">The object is in another heap.</exception>
    public void Set(int index, HeapObject value)
    {
        ArgumentNullException.ThrowIfNull(value);
        using Access access = Open();
        using Held held = new(Heap, value);
        CheckIndexed(Raw.rr_list_set(access.Pointer, (nuint)(nint)index, held.Pointer), access, index, 0);
    }

    /// <summary>Puts an object behind the last item. Amortized constant time.</summary>
    /// <exception cref="ArgumentException">The object is in another heap.</exception>
    public void Add(HeapObject value)
    {
        ArgumentNullException.ThrowIfNull(value);
        using Access access = Open();
        using Held held = new(Heap, value);
        Errors.Check(Raw.rr_list_append(access.Pointer, held.Pointer));
    }

    /// <summary>Puts an object before the item at an index, or at the end.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The index is greater than the number of items.</exception>
    /// <exception cref="ArgumentException">The object is in another heap.</exception>
    public void Insert(int index, HeapObject value)
    {
        ArgumentNullException.ThrowIfNull(value);
        using Access access = Open();
        using Held held = new(Heap, value);
        CheckIndexed(Raw.rr_list_insert(access.Pointer, (nuint)(nint)index, held.Pointer), access, index, 1);
    }

    /// <summary>Takes an item out. It loses a reference, and may die.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such item.</exception>
    public void RemoveAt(int index)
    {
        using Access access = Open();
        CheckIndexed(Raw.rr_list_remove(access.Pointer, (nuint)(nint)index), access, index, 0);
    }

    /// <summary>Takes all items out.</summary>
    public void Clear()
    {
        using Access access = Open();
        Errors.Check(Raw.rr_list_clear(access.Pointer));
    }

    /// <summary>New handles for all items that are there one after the other.</summary>
    public IEnumerator<HeapObject> GetEnumerator()
    {
        for (int index = 0; index < Count; index++)
        {
            yield return Get(index);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private static void* ReadItem(void* list, nuint index) => Raw.rr_list_get(list, index);

    private static void CheckIndexed(int status, in Access access, int index, int extra)
    {
        if (status < 0)
        {
            throw IndexError(access, index, extra);
        }
    }

    /// <summary>The exception for a call that failed, before anything else is asked of the library.</summary>
    private static Exception IndexError(in Access access, int index, int extra)
    {
        long count = Raw.rr_list_count(access.Pointer);
        return Errors.Last(index, count + extra);
    }
}

/// <summary>A handle for a fixed sequence of places, each empty or a reference. Made by <see cref="Heap.NewTuple"/>.</summary>
public sealed unsafe class HeapTuple : HeapObject, IEnumerable<HeapObject?>
{
    internal HeapTuple(Heap heap, void* address)
        : base(heap, address)
    {
    }

    /// <summary>How many places there are.</summary>
    public int Count
    {
        get
        {
            using Access access = Open();
            return (int)Raw.rr_item_count(access.Pointer);
        }
    }

    /// <summary>A new handle for the object in a place; null if it is empty.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    public HeapObject? Get(int index)
    {
        using Access access = Open();
        CheckIndex(access, index);
        return Heap.Load(access.Pointer, (nuint)index, &Slots.Read);
    }

    /// <summary>The same as a handle of a class.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    /// <exception cref="InvalidCastException">The object is of another type.</exception>
    public T? Get<T>(int index)
        where T : HeapObject => Get(index).As<T>();

    /// <summary>New handles, or null, for all places one after the other.</summary>
    public IEnumerator<HeapObject?> GetEnumerator()
    {
        int count = Count;
        for (int index = 0; index < count; index++)
        {
            yield return Get(index);
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Puts an object in a place of a tuple that nobody else has seen.</summary>
    internal void Fill(int index, HeapObject? value)
    {
        using Access access = Open();
        using Held held = new(Heap, value);
        Slots.Write(access.Pointer, index, held.Pointer);
    }

    private static void CheckIndex(in Access access, int index)
    {
        nuint count = Raw.rr_item_count(access.Pointer);
        if ((uint)index >= count)
        {
            throw new ArgumentOutOfRangeException(nameof(index), index, $"the tuple has {count} places");
        }
    }
}

/// <summary>A handle for a fixed number of bytes. Made by <see cref="Heap.NewBytes(int)"/>.</summary>
public sealed unsafe class HeapBytes : HeapObject
{
    internal HeapBytes(Heap heap, void* address)
        : base(heap, address)
    {
    }

    /// <summary>How many bytes there are.</summary>
    public int Count
    {
        get
        {
            using Access access = Open();
            return (int)Raw.rr_item_count(access.Pointer);
        }
    }

    /// <summary>The bytes in place, until the lease is disposed of.</summary>
    public Lease<byte> Lease()
    {
        using Access access = Open();
        return new Lease<byte>(this, (byte*)access.Pointer, (int)Raw.rr_item_count(access.Pointer));
    }

    /// <summary>A copy of the bytes.</summary>
    public byte[] ToArray()
    {
        using Lease<byte> lease = Lease();
        return lease.Span.ToArray();
    }
}
