// Objects of declared types: slots that hold references, and a value.

using System;

namespace RefRuntime.Native;

/// <summary>A handle for an object of an <see cref="ObjectType{T}"/>: some slots, each empty or a reference, and a <typeparamref name="T"/>.</summary>
/// <typeparam name="T">The value: a struct without managed references.</typeparam>
public sealed unsafe class HeapObject<T> : HeapObject
    where T : unmanaged
{
    internal HeapObject(Heap heap, void* address, ObjectType<T> type)
        : base(heap, address) => Type = type;

    /// <summary>The object's type.</summary>
    public ObjectType<T> Type { get; }

    /// <summary>The value, copied out or in. To change it in place, or for a large one, see <see cref="Lease"/>.</summary>
    public T Value
    {
        get
        {
            using Access access = Open();
            return *Place(access);
        }

        set
        {
            using Access access = Open();
            *Place(access) = value;
        }
    }

    /// <summary>The value in place, as a span of one element; until the lease is disposed of.</summary>
    public Lease<T> Lease()
    {
        using Access access = Open();
        return new Lease<T>(this, Place(access), 1);
    }

    /// <summary>A new handle for the object in a slot; null if it is empty.</summary>
    /// <exception cref="ArgumentException">The type has no such slot.</exception>
    public HeapObject? Get(string slot) => Get(Type.IndexOf(slot));

    /// <summary>The same as a handle of a class.</summary>
    /// <exception cref="InvalidCastException">The object is of another type.</exception>
    public TObject? Get<TObject>(string slot)
        where TObject : HeapObject => Get(slot).As<TObject>();

    /// <summary>The same by the slot's index in <see cref="ObjectType.Slots"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The type has no such slot.</exception>
    public HeapObject? Get(int slot)
    {
        Type.CheckIndex(slot);
        using Access access = Open();
        return Heap.Load(access.Pointer, (nuint)slot, &Slots.Read);
    }

    /// <summary>
    /// Has a slot refer to an object of the same heap, or empties it. What was there loses a reference, and may die.
    /// </summary>
    /// <exception cref="ArgumentException">The type has no such slot, or the object is in another heap.</exception>
    public void Set(string slot, HeapObject? value) => Set(Type.IndexOf(slot), value);

    /// <summary>The same by the slot's index in <see cref="ObjectType.Slots"/>.</summary>
    /// <exception cref="ArgumentException">The type has no such slot, or the object is in another heap.</exception>
    public void Set(int slot, HeapObject? value)
    {
        Type.CheckIndex(slot);
        using Access access = Open();
        using Held held = new(Heap, value);
        Slots.Write(access.Pointer, slot, held.Pointer);
    }

    private T* Place(in Access access) => (T*)((byte*)access.Pointer + Type.ValueOffset);
}

/// <summary>Slots that lie one after the other from the beginning of the payload.</summary>
internal static unsafe class Slots
{
    public static void* Read(void* payload, nuint index) => (void*)System.Threading.Volatile.Read(ref ((nint*)payload)[index]);

    public static void Write(void* payload, int index, void* value) =>
        Errors.Check(Raw.rr_store((void**)payload + index, value));
}
