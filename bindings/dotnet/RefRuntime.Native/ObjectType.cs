// Types that a program declares. The payload has the slots first, then the value.
//
// The library knows a type as long as the process lives, and so does this table: a callback finds its type by the handle that the
// library keeps as `user`, which is never freed.

using System;
using System.Collections.Concurrent;
using System.Collections.Generic;
using System.Collections.Immutable;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;

namespace RefRuntime.Native;

/// <summary>A type of objects. It belongs to the process, is shared by all heaps, and is never freed: declare types once, as static fields.</summary>
public abstract unsafe class ObjectType
{
    private static readonly ConcurrentDictionary<uint, ObjectType> s_types = new();

    private protected ObjectType(string name, ImmutableArray<string> slots) => (Name, Slots) = (name, slots);

    /// <summary>What reports and snapshots call it.</summary>
    public string Name { get; }

    /// <summary>The names of the slots, in their order.</summary>
    public ImmutableArray<string> Slots { get; }

    /// <summary>The rr_type, for <see cref="Raw"/>.</summary>
    public uint Id { get; private set; }

    /// <summary>Declares a type.</summary>
    /// <typeparam name="T">The value of each object, a struct without managed references.</typeparam>
    /// <param name="name">What reports and snapshots call it.</param>
    /// <param name="slots">The names of the slots.</param>
    /// <param name="finalizer">
    /// Called once with each object before it dies, while it and all it refers to are intact. The handle is disposed of after
    /// the call; who duplicates it, or stores it in another object, brings the object back to life.
    /// </param>
    /// <param name="destroy">
    /// Called with the value of each object as its memory goes: the place to give back what the value stands for. It may not
    /// make objects.
    /// </param>
    /// <param name="isAcyclic">A promise that no object of this type is ever part of a cycle. Collections pass them by.</param>
    /// <remarks>What an exception in a callback does: see <see cref="Heap.CallbackException"/>.</remarks>
    /// <exception cref="ArgumentException">The name is empty, a slot has none, or two have the same one.</exception>
    public static ObjectType<T> Define<T>(
        string name, IEnumerable<string>? slots = null, Action<HeapObject<T>>? finalizer = null, Action<T>? destroy = null,
        bool isAcyclic = false)
        where T : unmanaged
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ImmutableArray<string> names = [.. slots ?? []];
        if (names.Contains(null!))
        {
            throw new ArgumentException("a slot has no name", nameof(slots));
        }

        if (names.Distinct().Count() < names.Length)
        {
            throw new ArgumentException("two slots have the same name", nameof(slots));
        }

        var type = new ObjectType<T>(name, names, finalizer, destroy);
        type.Register(type.ValueOffset + sizeof(T), isAcyclic, finalizer is not null, destroy is not null);
        return type;
    }

    /// <summary>The type with this number, if it was declared here.</summary>
    internal static ObjectType? Find(uint id) => s_types.GetValueOrDefault(id);

    /// <summary>A handle of the fitting class for a reference, which it takes over.</summary>
    internal abstract HeapObject Wrap(Heap heap, void* address);

    /// <summary>Runs the finalizer on an object.</summary>
    internal abstract void RunFinalizer(Heap heap, void* address);

    /// <summary>Runs the destroy callback on the value in a payload.</summary>
    internal abstract void RunDestroy(void* address);

    internal int IndexOf(string slot)
    {
        int index = Slots.IndexOf(slot);
        return index >= 0 ? index : throw new ArgumentException($"objects of type {Name} have no slot '{slot}'", nameof(slot));
    }

    internal void CheckIndex(int slot)
    {
        if ((uint)slot >= (uint)Slots.Length)
        {
            throw new ArgumentOutOfRangeException(nameof(slot), slot, $"objects of type {Name} have {Slots.Length} slots");
        }
    }

    private void Register(int size, bool isAcyclic, bool finalizes, bool destroys)
    {
        Errors.CheckAbi();
        uint[] offsets = [.. Enumerable.Range(0, Slots.Length).Select(index => (uint)(index * sizeof(void*)))];
        byte[][] names = [.. Slots.Prepend(Name).Select(Utf8.Encode)];
        GCHandle[] pins = [.. names.Select(name => GCHandle.Alloc(name, GCHandleType.Pinned))];
        byte*[] addresses = new byte*[pins.Length];
        for (int i = 0; i < pins.Length; i++)
        {
            addresses[i] = (byte*)pins[i].AddrOfPinnedObject();
        }

        var self = GCHandle.Alloc(this);
        try
        {
            fixed (uint* offset = offsets)
            fixed (byte** text = addresses)
            {
                rr_type_info info = new()
                {
                    struct_size = (uint)sizeof(rr_type_info),
                    flags = isAcyclic ? Raw.RR_TYPE_ACYCLIC : 0,
                    name = text[0],
                    size = (uint)size,
                    ref_offsets = offset,
                    ref_count = (uint)Slots.Length,
                    ref_names = text + 1,
                    finalize = finalizes ? &Callbacks.Finalize : null,
                    destroy = destroys ? &Callbacks.Destroy : null,
                    user = (void*)GCHandle.ToIntPtr(self),
                };
                Id = Raw.rr_type_new(&info);
            }
        }
        finally
        {
            Array.ForEach(pins, pin => pin.Free());
        }

        if (Id == Raw.RR_TYPE_NONE)
        {
            self.Free();
            throw Errors.Last();
        }

        s_types[Id] = this;
    }
}

/// <summary>A type whose objects have a value, a <typeparamref name="T"/>. Made by <see cref="ObjectType.Define{T}"/>.</summary>
/// <typeparam name="T">A struct without managed references.</typeparam>
public sealed unsafe class ObjectType<T> : ObjectType
    where T : unmanaged
{
    private readonly Action<HeapObject<T>>? _finalizer;
    private readonly Action<T>? _destroy;

    internal ObjectType(string name, ImmutableArray<string> slots, Action<HeapObject<T>>? finalizer, Action<T>? destroy)
        : base(name, slots)
    {
        int alignment = sizeof(Aligned) - sizeof(T);
        ValueOffset = ((slots.Length * sizeof(void*)) + alignment - 1) / alignment * alignment;
        (_finalizer, _destroy) = (finalizer, destroy);
    }

    /// <summary>Where in the payload the value is.</summary>
    internal int ValueOffset { get; }

    internal override HeapObject<T> Wrap(Heap heap, void* address) => new(heap, address, this);

    internal override void RunFinalizer(Heap heap, void* address)
    {
        using HeapObject<T> self = Wrap(heap, Errors.Check(Raw.rr_newref(address)));
        _finalizer!(self);
    }

    internal override void RunDestroy(void* address) => _destroy!(*(T*)((byte*)address + ValueOffset));

    /// <summary>What the compiler puts before a T tells how T is aligned.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Aligned
    {
        public byte Before;
        public T Value;
    }
}

/// <summary>Text as the library takes it.</summary>
internal static class Utf8
{
    /// <summary>UTF-8 with a NUL at the end.</summary>
    public static byte[] Encode(string text) =>
        text.Contains('\0') ? throw new ArgumentException("the text has a NUL character", nameof(text)) : Encoding.UTF8.GetBytes(text + '\0');
}
