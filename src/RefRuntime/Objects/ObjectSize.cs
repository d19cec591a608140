// How large objects are. The number of trailing items stands in the last word of the block, so that items begin at exactly
// the type's size and the header stays eight bytes.

using System.Runtime.CompilerServices;
using RefRuntime.Core;
using RefRuntime.Heap;

namespace RefRuntime.Objects;

internal static unsafe class ObjectSize
{
    /// <summary>Payload bytes of an object with <paramref name="items"/> items; false when the sum is larger than any payload.</summary>
    public static bool TryPayloadBytes(TypeDescriptor* type, ulong items, out ulong bytes)
    {
        bytes = 0;
        if (type->ItemSize != 0 && items > (Config.MaxPayload - type->Size) / type->ItemSize)
        {
            return false;
        }

        bytes = type->Size + (items * type->ItemSize);
        return true;
    }

    /// <summary>Block bytes for a payload: header and, where items trail, their count.</summary>
    public static ulong BlockBytes(TypeDescriptor* type, ulong payloadBytes)
    {
        ulong bytes = Config.HeaderSize + payloadBytes;
        if (type->HasItems)
        {
            bytes = Bits.AlignUp(bytes, 8) + 8;
        }

        return bytes < Config.Alignment ? Config.Alignment : bytes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref ulong ItemCount(void* payload)
    {
        // Blocks end on a multiple of 8 (LargeBytes too: BlockBytes rounds), so the word is aligned.
        ulong bytes = Blocks.BytesOf(Segment.PageOf(payload));
        return ref *(ulong*)((byte*)payload - Config.HeaderSize + bytes - 8);
    }

    public static ulong PayloadBytes(void* payload, TypeDescriptor* type) =>
        type->HasItems ? type->Size + (ItemCount(payload) * type->ItemSize) : type->Size;
}
