// What inline allocation needs to know of a type, in a flat table indexed by type: one load away from the caller. An entry
// that is zero sends the caller to rr_alloc: no such type, one that needs more than a block and a header, or one so large
// that clearing it costs more than the call.

using System.Numerics;
using System.Threading;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Os;

namespace RefRuntime.Objects;

internal static unsafe class InlineTypes
{
    /// <summary>Largest payload that is cleared inline.</summary>
    private const uint MaxPayload = 248;

    /// <summary>A header that no object has.</summary>
    private const ulong NoRelease = ulong.MaxValue;

    // No initialiser, as in SegmentMap.
    private static LayoutType* s_table;

    /// <summary>InlineLayout.Types entries; null before start-up has succeeded.</summary>
    public static LayoutType* Table => s_table;

    /// <summary>False when the system has no memory; it may be tried again.</summary>
    public static bool TryInitialize()
    {
        if (s_table == null)
        {
            LayoutType* table = (LayoutType*)Memory.Reserve(InlineLayout.Types * (ulong)sizeof(LayoutType), Config.OsPageSize);
            if (table != null)
            {
                // A freed object's header, zero, names type 0: no node that dies inline.
                table->Release = NoRelease;
            }

            s_table = table;
        }

        return s_table != null;
    }

    /// <summary>From now on objects of the type, whose descriptor is complete, may be made inline.</summary>
    public static void Add(TypeDescriptor* type)
    {
        if ((uint)type->Id >= InlineLayout.Types || type->FixedClass < 0 || type->Size > MaxPayload || type->Id == TypeId.WeakRef)
        {
            return;
        }

        LayoutType* entry = s_table + (uint)type->Id;
        entry->ClearBytes = (type->Flags & TypeFlags.Unzeroed) != 0 || type->Size <= 8 ? 8 : 8 + (uint)Bits.AlignUp(type->Size - 8, 16);
        if (type->Shape == Shape.Offsets && !type->HasDuties)
        {
            AddSlots(entry, type);
        }

        // Last: whoever sees a bin finds the rest.
        entry->Header = type->NewHeader;
        Volatile.Write(ref entry->BinOffset, HeapState.InlineBin(type->FixedClass) * 8);
    }

    /// <summary>For a type whose objects die by releasing their slots; unless these lie too far apart.</summary>
    private static void AddSlots(LayoutType* entry, TypeDescriptor* type)
    {
        ulong words = 0;
        for (uint i = 0; i < type->OffsetCount; i++)
        {
            words |= 1ul << (int)(type->Offsets[i] / 8);
        }

        int first = BitOperations.TrailingZeroCount(words);
        if (words >> first <= uint.MaxValue)
        {
            entry->FirstSlot = (uint)first * 8;
            entry->SlotsEnd = (uint)(64 - BitOperations.LeadingZeroCount(words)) * 8;
            entry->Slots = (uint)(words >> first);
            entry->Release = type->NewHeader;
        }
    }
}
