// The kinds as types of the library, made once per process, and where each kind keeps its references.

using System;
using RefRuntime.Abi;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Model;

internal static unsafe class KindTypes
{
    /// <summary>NaN boxing: 0x7ffc in the high 16 bits says that the rest is a pointer.</summary>
    public const ulong BoxTag = 0x7FFCul << 48;
    public const ulong BoxMask = 0xFFFFul << 48;

    /// <summary>Tag + union: a low byte from 3 to 5 says that the other word is a pointer.</summary>
    public const ulong UnionTag = 4;

    private static readonly TypeId[] s_types = Define();

    public static TypeId TypeOf(Kind kind) => s_types[(int)kind];

    /// <summary>Payload bytes before the items.</summary>
    public static uint FixedBytes(Kind kind) => kind switch
    {
        Kind.Node or Kind.Mortal or Kind.Stored or Kind.Releasing => 24,
        Kind.Record => 8,
        Kind.Boxed or Kind.Union or Kind.Acyclic => 16,
        Kind.Will => 40,
        _ => 0,
    };

    public static int ItemBytes(Kind kind) => kind switch
    {
        Kind.Union => 16,
        Kind.Bytes => 1,
        _ => 8,
    };

    /// <summary>Is the slot a plain pointer that rr_store writes?</summary>
    public static bool IsPlain(Kind kind, int slot) =>
        kind is not (Kind.Boxed or Kind.Union) && !(kind.HasStorage() && slot >= kind.FixedSlots());

    /// <summary>The address of a slot's value.</summary>
    public static byte* Slot(Kind kind, void* payload, int slot)
    {
        if (kind.HasStorage() && slot >= kind.FixedSlots())
        {
            return ((byte**)payload)[1] + (8 * (slot - kind.FixedSlots()));
        }

        if (kind == Kind.List)
        {
            throw new InvalidOperationException("the items of a list are reached by rr_list_get");
        }

        return kind == Kind.Union || slot < kind.FixedSlots()
            ? (byte*)payload + (slot * ItemBytes(kind))
            : (byte*)payload + FixedBytes(kind) + ((slot - kind.FixedSlots()) * ItemBytes(kind));
    }

    /// <summary>What the slot refers to.</summary>
    public static void* Read(Kind kind, void* payload, int slot)
    {
        ulong* words = (ulong*)Slot(kind, payload, slot);
        return kind switch
        {
            Kind.Boxed => (words[0] & BoxMask) == BoxTag ? (void*)(words[0] & ~BoxMask) : null,
            Kind.Union => (words[0] & 0xFF) is >= 3 and <= 5 ? (void*)words[1] : null,
            _ => (void*)words[0],
        };
    }

    /// <summary>Writes without counting. No reference is, in a tagged value, sometimes a tag without pointer and sometimes a number that looks like one.</summary>
    public static void Write(Kind kind, void* payload, int slot, void* value, bool odd)
    {
        ulong* words = (ulong*)Slot(kind, payload, slot);
        switch (kind)
        {
            case Kind.Boxed:
                words[0] = value != null || odd ? BoxTag | (ulong)value : 0x3FF0_0000_0000_0000;
                break;
            case Kind.Union:
                words[0] = value != null || odd ? UnionTag | 0xAB00 : 2;
                words[1] = value != null || odd ? (ulong)value : (ulong)payload;
                break;
            default:
                words[0] = (ulong)value;
                break;
        }
    }

    private static TypeId[] Define()
    {
        uint* offsets = stackalloc uint[2] { 0, 8 };
        byte* names = stackalloc byte[16 * 16];
        var box = new ValueFormat
        {
            StructSize = (uint)sizeof(ValueFormat),
            ValueSize = 8,
            Mask = BoxMask,
            Low = BoxTag,
            High = BoxTag,
            PointerMask = ~BoxMask,
        };
        var union = new ValueFormat
        {
            StructSize = (uint)sizeof(ValueFormat),
            ValueSize = 16,
            PointerOffset = 8,
            Mask = 0xFF,
            Low = 3,
            High = 5,
            PointerMask = ulong.MaxValue,
        };

        var types = new TypeId[Enum.GetValues<Kind>().Length];
        types[(int)Kind.Bytes] = TypeId.Bytes;
        types[(int)Kind.Tuple] = TypeId.Tuple;
        types[(int)Kind.List] = TypeId.List;
        types[(int)Kind.WeakRef] = TypeId.WeakRef;
        foreach (Kind kind in Enum.GetValues<Kind>())
        {
            if (types[(int)kind] != TypeId.None)
            {
                continue;
            }

            var info = new TypeInfo
            {
                StructSize = (uint)sizeof(TypeInfo),
                Size = FixedBytes(kind),
                RefCount = (uint)kind.FixedSlots(),
                RefOffsets = offsets,
                ItemSize = kind.HasItems() ? (uint)ItemBytes(kind) : 0,
                Values = kind == Kind.Boxed ? &box : kind == Kind.Union ? &union : null,
            };
            info.Flags |= kind == Kind.Record ? TypeFlags.ItemsAreRefs : 0;
            info.Flags |= kind == Kind.Acyclic ? TypeFlags.Acyclic : 0;
            info.Flags |= kind == Kind.Releasing ? TypeFlags.SelfReleasing : 0;
            info.Traverse = kind.HasStorage() ? &Callbacks.Traverse : null;
            info.Finalize = kind.HasFinalizer() ? &Callbacks.Finalize : null;
            info.Destroy = kind.HasDestroy() ? &Callbacks.Destroy : null;
            byte* name = names + (16 * (int)kind);
            System.Text.Encoding.ASCII.GetBytes(kind + "\0", new Span<byte>(name, 16));
            info.Name = name;
            types[(int)kind] = TypeOperations.New(&info);
            if (types[(int)kind] == TypeId.None)
            {
                throw new InvalidOperationException(NativeText.LastError());
            }
        }

        return types;
    }
}
