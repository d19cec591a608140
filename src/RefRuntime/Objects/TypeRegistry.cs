// The process-wide table of types: from the 20-bit index in a header to its descriptor. Types are never freed, so that a
// descriptor pointer stays good; readers take no lock, writers take turns.
//
// The table is a directory of chunks, each reserved when its first type is made.

using System.Runtime.CompilerServices;
using System.Threading;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Os;

namespace RefRuntime.Objects;

internal static unsafe class TypeRegistry
{
    public const int ChunkShift = 10;
    private const uint ChunkTypes = 1u << ChunkShift;
    private const uint Chunks = AbiConstants.MaxTypes >> ChunkShift;

    // No initialisers, as in SegmentMap.
    private static TypeDescriptor** s_directory;
    private static uint s_count;
    private static Gate s_gate;

    public static ref Gate Gate => ref s_gate;

    /// <summary>Types so far, those that the built-in part has no place for included: every type is below.</summary>
    public static uint Count => Volatile.Read(ref s_count);

    /// <summary>For debuggers: the directory, and where the number of types stands.</summary>
    public static TypeDescriptor** Directory => s_directory;
    public static uint* CountAt => (uint*)Unsafe.AsPointer(ref s_count);

    /// <summary>Makes the built-in types. False when the system has no memory; it may be tried again.</summary>
    public static bool TryInitialize()
    {
        if (s_directory != null)
        {
            return true;
        }

        if (!InlineTypes.TryInitialize())
        {
            return false;
        }

        TypeDescriptor** directory = (TypeDescriptor**)Memory.Reserve(Chunks * 8, Config.OsPageSize);
        if (directory == null)
        {
            return false;
        }

        TypeDescriptor* first = (TypeDescriptor*)Memory.Reserve(ChunkTypes * (ulong)sizeof(TypeDescriptor), Config.OsPageSize);
        if (first == null)
        {
            Memory.Release((byte*)directory, Chunks * 8);
            return false;
        }

        directory[0] = first;
        BuiltInTypes.Define(first);
        InlineTypes.Add(first + (int)TypeId.List);
        s_directory = directory;

        // Last: whoever sees the count finds the rest.
        Volatile.Write(ref s_count, (uint)TypeId.FirstUser);
        return true;
    }

    /// <summary>The descriptor of a type that a header names.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TypeDescriptor* Get(TypeId type) =>
        s_directory[(uint)type >> ChunkShift] + ((uint)type & (ChunkTypes - 1));

    /// <summary>Is the number within the table? The built-in part has gaps, which have no name and no size class.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Contains(TypeId type) => (uint)type < Volatile.Read(ref s_count);

    /// <summary>The descriptor of any number: null when it is no type.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TypeDescriptor* Find(TypeId type)
    {
        if (!Contains(type))
        {
            return null;
        }

        TypeDescriptor* descriptor = Get(type);
        return descriptor->NewHeader != 0 ? descriptor : null;
    }

    /// <summary>
    /// Adds a type, whose offsets and name lie in memory that stays. None when the table is full or the system has no
    /// memory (<paramref name="isFull"/> tells which).
    /// </summary>
    public static TypeId Add(in TypeDescriptor descriptor, out bool isFull)
    {
        s_gate.Enter();
        TypeId id = AddLocked(descriptor, out isFull);
        s_gate.Exit();
        return id;
    }

    private static TypeId AddLocked(in TypeDescriptor descriptor, out bool isFull)
    {
        uint index = s_count;
        isFull = index == AbiConstants.MaxTypes;
        if (isFull)
        {
            return TypeId.None;
        }

        ref TypeDescriptor* chunk = ref s_directory[index >> ChunkShift];
        if (chunk == null)
        {
            TypeDescriptor* memory = (TypeDescriptor*)Memory.Reserve(ChunkTypes * (ulong)sizeof(TypeDescriptor), Config.OsPageSize);
            if (memory == null)
            {
                return TypeId.None;
            }

            chunk = memory;
        }

        TypeDescriptor* slot = chunk + (index & (ChunkTypes - 1));
        *slot = descriptor;
        slot->Id = (TypeId)index;
        slot->NewHeader |= (ulong)index << Header.TypeShift;
        InlineTypes.Add(slot);
        Volatile.Write(ref s_count, index + 1);
        return slot->Id;
    }
}
