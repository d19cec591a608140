// The strings of a snapshot, which its nodes and edges name by index: what every snapshot has, then for each type of which an
// object lives its name and the names of its slots. A slot without a name is called by its offset: +8.
//
// Only an index for each type is kept; the strings themselves are written from the types.
//
// Invariant: the strings of a type are consecutive, its own name first; First of a type without objects is 0.

using RefRuntime.Abi;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Diagnostics;

internal unsafe struct SnapshotStrings
{
    // What every snapshot has, in the order in which WriteFixed writes it.
    public const uint Root = 0;
    public const uint GcRoots = 1;
    public const uint Garbage = 2;
    public const uint RawMemory = 3;
    public const uint ExternalMemory = 4;
    public const uint Dying = 5;
    public const uint ListStorage = 6;
    public const uint Target = 7;
    public const uint Storage = 8;
    public const uint Immortal = 9;
    public const uint LeftOut = 10;

    /// <summary>"1 reference from outside", and so on; the last one stands for all that are more.</summary>
    private const uint FirstHeld = 11;
    private const uint HeldStrings = 100;
    private const uint FirstOfTypes = FirstHeld + HeldStrings;

    private uint* _first;
    private uint _types;
    private ulong _bytes;

    /// <summary>Ends with <see cref="Free"/> in either case. False when the system has no memory.</summary>
    public static bool TryBuild(HeapState* heap, out SnapshotStrings strings)
    {
        strings = default;
        strings._types = TypeRegistry.Count;
        strings._bytes = strings._types * (ulong)sizeof(uint);
        strings._first = (uint*)Memory.Reserve(strings._bytes, 16);
        if (strings._first == null)
        {
            return false;
        }

        TypeMarker marker = new() { First = strings._first, Types = strings._types };
        HeapWalk.Objects(heap, ref marker);
        uint next = FirstOfTypes;
        for (uint i = 0; i < strings._types; i++)
        {
            if (strings._first[i] != 0)
            {
                strings._first[i] = next;
                next += 1 + TypeRegistry.Get((TypeId)i)->OffsetCount;
            }
        }

        return true;
    }

    public void Free()
    {
        if (_first != null)
        {
            Memory.Release((byte*)_first, _bytes);
        }

        this = default;
    }

    public readonly uint OfType(TypeDescriptor* type) => _first[(uint)type->Id];

    /// <summary>The name of the slot at Offsets[<paramref name="index"/>].</summary>
    public readonly uint OfSlot(TypeDescriptor* type, ulong index) => OfType(type) + 1 + (uint)index;

    /// <summary>How an object is held that has so many references from outside, at least one.</summary>
    public static uint OfHolders(ulong references) => FirstHeld + (uint)(references < HeldStrings ? references : HeldStrings) - 1;

    /// <summary>Writes them all, as the elements of a JSON array.</summary>
    public readonly void Write(ref OutputFile file)
    {
        WriteFixed(ref file);
        for (uint i = 0; i < _types && file.IsSound; i++)
        {
            if (_first[i] != 0)
            {
                WriteType(ref file, TypeRegistry.Get((TypeId)i));
            }
        }
    }

    private static void WriteFixed(ref OutputFile file)
    {
        file.Write("""
            "","(GC roots)","(garbage that a collection finds)","(raw memory)","(external memory)","(dying objects)","(list storage)",
            "target","storage","immortal","frozen or untracked"
            """u8);
        for (uint i = 1; i < HeldStrings; i++)
        {
            file.Write(",\n\""u8);
            file.Write((ulong)i);
            file.Write(i == 1 ? " reference from outside\""u8 : " references from outside\""u8);
        }

        file.Write(",\n\"many references from outside\""u8);
    }

    private static void WriteType(ref OutputFile file, TypeDescriptor* type)
    {
        file.Write(",\n"u8);
        file.WriteJson(type->Name);
        for (uint i = 0; i < type->OffsetCount; i++)
        {
            file.Write(",\n"u8);
            if (type->SlotNames != null && type->SlotNames[i] != null)
            {
                file.WriteJson(type->SlotNames[i]);
            }
            else
            {
                file.Write("\"+"u8);
                file.Write((ulong)type->Offsets[i]);
                file.Write((byte)'"');
            }
        }
    }

    private struct TypeMarker : IBlockVisitor
    {
        public uint* First;
        public uint Types;

        public readonly bool Visit(Page* page, void* payload)
        {
            uint type = (uint)Header.TypeOf(Header.Word(payload));
            if (type < Types)
            {
                First[type] = 1;
            }

            return true;
        }
    }
}
