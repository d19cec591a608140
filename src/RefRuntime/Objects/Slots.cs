// Is there a slot, a place that holds a plain strong reference, at this offset of this object?

namespace RefRuntime.Objects;

internal static unsafe class Slots
{
    /// <summary>Looks at the declared offsets and the items; places that only traverse knows are none, nor are tagged values.</summary>
    public static bool IsSlot(void* payload, TypeDescriptor* type, ulong offset)
    {
        if ((type->Shape & Shape.Offsets) != 0)
        {
            for (uint i = 0; i < type->OffsetCount; i++)
            {
                if (type->Offsets[i] == offset)
                {
                    return true;
                }
            }
        }

        return (type->Shape & Shape.Items) != 0
            && offset >= type->Size
            && (offset - type->Size) % type->ItemSize == 0
            && (offset - type->Size) / type->ItemSize < ObjectSize.ItemCount(payload);
    }
}
