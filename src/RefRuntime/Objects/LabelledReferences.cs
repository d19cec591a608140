// The strong references of an object once more, now with the place that each one stands in: for those who show them to people.
// References.cs is the one that collections use.

using System.Runtime.CompilerServices;

namespace RefRuntime.Objects;

/// <summary>What kind of place a reference stands in.</summary>
internal enum Place
{
    /// <summary>A slot at a fixed offset; the index is that among TypeDescriptor.Offsets.</summary>
    Slot,

    /// <summary>A trailing item, or an item of a list.</summary>
    Item,

    /// <summary>One that traverse reported; the index counts on from the items.</summary>
    Reported,
}

internal interface ILabelledVisitor
{
    unsafe void Visit(Place place, ulong index, void* child);
}

internal static unsafe class LabelledReferences
{
    public static void Visit<T>(void* payload, TypeDescriptor* type, ref T visitor)
        where T : struct, ILabelledVisitor
    {
        for (uint i = 0; (type->Shape & (Shape.Offsets | Shape.OffsetValues)) != 0 && i < type->OffsetCount; i++)
        {
            byte* slot = (byte*)payload + type->Offsets[i];
            void* child = (type->Shape & Shape.Offsets) != 0 ? *(void**)slot : type->ReferenceIn(slot);
            if (child != null)
            {
                visitor.Visit(Place.Slot, i, child);
            }
        }

        ulong count = 0;
        if (type->Shape == Shape.List)
        {
            count = ((ListPayload*)payload)->Count;
            VisitItems(((ListPayload*)payload)->Items, count, ref visitor);
        }
        else if ((type->Shape & (Shape.Items | Shape.ItemValues)) != 0)
        {
            count = ObjectSize.ItemCount(payload);
            byte* items = (byte*)payload + type->Size;
            if ((type->Shape & Shape.Items) != 0)
            {
                VisitItems((void**)items, count, ref visitor);
            }
            else
            {
                VisitValues(items, count, type, ref visitor);
            }
        }

        if ((type->Shape & Shape.Traverse) != 0)
        {
            Relay<T> relay = new() { Visitor = Unsafe.AsPointer(ref visitor), Next = count };
            References.VisitTraversed(payload, type, ref relay);
        }
    }

    private static void VisitItems<T>(void** items, ulong count, ref T visitor)
        where T : struct, ILabelledVisitor
    {
        for (ulong i = 0; i < count; i++)
        {
            if (items[i] != null)
            {
                visitor.Visit(Place.Item, i, items[i]);
            }
        }
    }

    private static void VisitValues<T>(byte* values, ulong count, TypeDescriptor* type, ref T visitor)
        where T : struct, ILabelledVisitor
    {
        for (ulong i = 0; i < count; i++)
        {
            void* child = type->ReferenceIn(values + (i * type->ItemSize));
            if (child != null)
            {
                visitor.Visit(Place.Item, i, child);
            }
        }
    }

    /// <summary>Hands on what traverse reports.</summary>
    private struct Relay<T> : IReferenceVisitor
        where T : struct, ILabelledVisitor
    {
        public void* Visitor;
        public ulong Next;

        public void Visit(void* child) => Unsafe.AsRef<T>(Visitor).Visit(Place.Reported, Next++, child);
    }
}
