// The bytes between an object's payload and the end of its block, filled so that a write past the end shows; and what freed
// and fresh memory is filled with, so that its use shows.
//
//   block: | header | payload | guard: at least MinBytes | item count, for types with items |
//
// The patterns are those of Microsoft's debug heap, which people know from their debuggers.

using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Checking;

internal static unsafe class Guards
{
    public const uint MinBytes = 16;

    /// <summary>A block may be larger by much more than the guard needs: that much of it is looked at.</summary>
    private const ulong MaxBytes = 128;

    /// <summary>So much of a huge freed object is filled and looked at: whoever writes into it begins at its beginning, mostly.</summary>
    private const ulong MaxFill = 1 << 20;

    private const byte GuardPattern = 0xFD;
    private const byte FreedPattern = 0xDD;
    private const byte FreshPattern = 0xCD;

    /// <summary>Fills the guard, and the payload of a type whose objects are not zeroed.</summary>
    public static void Fill(void* payload, TypeDescriptor* type, ulong payloadBytes)
    {
        FillGuard(payload, type, payloadBytes);
        if ((type->Flags & Abi.TypeFlags.Unzeroed) != 0)
        {
            new Span<byte>(payload, Length(payloadBytes)).Fill(FreshPattern);
        }
    }

    public static void FillGuard(void* payload, TypeDescriptor* type, ulong payloadBytes)
    {
        Span<byte> zone = Zone(payload, type, payloadBytes);
        Show(zone);
        zone.Fill(GuardPattern);
        Hide(zone);
    }

    /// <summary>How many bytes behind the payload's end something was written; -1 if nothing was.</summary>
    public static int FindOverrun(void* payload, CheckRecord* record)
    {
        TypeDescriptor* type = TypeRegistry.Get((Abi.TypeId)record->Type);
        Span<byte> zone = Zone(payload, type, record->PayloadBytes);
        Show(zone);
        int offset = zone.IndexOfAnyExcept(GuardPattern);
        Hide(zone);

        // The item count lies behind the guard: whoever jumps over that writes it.
        bool isCounted = !type->HasItems || type->Size + (ObjectSize.ItemCount(payload) * type->ItemSize) == record->PayloadBytes;
        return offset >= 0 || isCounted ? offset : (int)(BlockEnd(payload) - 8 - ((byte*)payload + record->PayloadBytes));
    }

    /// <summary>Fills the payload of a freed object.</summary>
    public static void FillFreed(void* payload)
    {
        Span<byte> freed = Freed(payload);
        Show(freed);
        freed.Fill(FreedPattern);
        Hide(freed);
    }

    /// <summary>At which offset a freed object was written to; -1 if it was not.</summary>
    public static int FindWrite(void* payload)
    {
        Span<byte> freed = Freed(payload);
        Show(freed);
        int offset = freed.IndexOfAnyExcept(FreedPattern);
        Hide(freed);
        return offset;
    }

    /// <summary>Bytes from the payload to the end of its block.</summary>
    public static ulong Room(void* payload) => (ulong)(BlockEnd(payload) - (byte*)payload);

    // Memory checkers hold guards and freed objects for nobody's. What is looked at is shown to them first: see MemoryTools.

    private static void Show(Span<byte> memory) =>
        MemoryTools.Show(Unsafe.AsPointer(ref MemoryMarshal.GetReference(memory)), (ulong)memory.Length);

    private static void Hide(Span<byte> memory) =>
        MemoryTools.Hide(Unsafe.AsPointer(ref MemoryMarshal.GetReference(memory)), (ulong)memory.Length);

    private static Span<byte> Freed(void* payload) => new(payload, Length(Room(payload)));

    private static Span<byte> Zone(void* payload, TypeDescriptor* type, ulong payloadBytes)
    {
        byte* start = (byte*)payload + payloadBytes;
        ulong bytes = (ulong)(BlockEnd(payload) - (type->HasItems ? 8 : 0) - start);
        return new Span<byte>(start, (int)(bytes < MaxBytes ? bytes : MaxBytes));
    }

    private static byte* BlockEnd(void* payload) =>
        (byte*)payload - Core.Config.HeaderSize + Blocks.BytesOf(Segment.PageOf(payload));

    private static int Length(ulong bytes) => (int)(bytes < MaxFill ? bytes : MaxFill);
}
