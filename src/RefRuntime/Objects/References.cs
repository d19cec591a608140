// The strong references of an object, for every shape. A visitor is a struct, so that the loops are compiled for each with
// nothing called per edge; only types with a traverse callback pay for calls.
//
// Nulls are passed over. Nothing is checked: a visitor that can't trust slots looks the pointer up itself.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Heap;
using RefRuntime.Os;

namespace RefRuntime.Objects;

internal interface IReferenceVisitor
{
    unsafe void Visit(void* child);
}

internal static unsafe class References
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Visit<T>(void* payload, TypeDescriptor* type, ref T visitor)
        where T : struct, IReferenceVisitor => Visit(payload, type, type->Shape, ref visitor);

    /// <summary>Only those that <paramref name="shape"/>, a part of the type's, speaks of.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Visit<T>(void* payload, TypeDescriptor* type, Shape shape, ref T visitor)
        where T : struct, IReferenceVisitor
    {
        if ((shape & ~(Shape.Offsets | Shape.Items)) != 0)
        {
            if ((shape & Shape.OffsetValues) != 0)
            {
                for (uint i = 0; i < type->OffsetCount; i++)
                {
                    VisitValue((byte*)payload + type->Offsets[i], type, ref visitor);
                }
            }

            if ((shape & ~(Shape.Offsets | Shape.Items | Shape.OffsetValues)) != 0)
            {
                VisitOther(payload, type, shape, ref visitor);
            }
        }

        if ((shape & Shape.Offsets) != 0)
        {
            uint count = type->OffsetCount;
            uint* offsets = type->Offsets;
            for (uint i = 0; i < count; i++)
            {
                void* child = *(void**)((byte*)payload + offsets[i]);
                if (child != null)
                {
                    visitor.Visit(child);
                }
            }
        }

        if ((shape & Shape.Items) != 0)
        {
            VisitSlots((void**)((byte*)payload + type->Size), ObjectSize.ItemCount(payload), ref visitor);
        }
    }

    /// <summary>Only what the type's traverse callback reports.</summary>
    public static void VisitTraversed<T>(void* payload, TypeDescriptor* type, ref T visitor)
        where T : struct, IReferenceVisitor
    {
        TraverseFrame frame;
        frame.Visit = &Dispatch<T>;
        frame.State = Unsafe.AsPointer(ref visitor);
        HeapState* heap = ObjectLookup.HeapOf(payload);
        HostThread.CallbackDepth++;
        HeapAccess.EnterTraverse(heap);
        type->Traverse(payload, &OnVisit, &frame, type->User);
        HeapAccess.LeaveTraverse(heap);
        HostThread.CallbackDepth--;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void VisitOther<T>(void* payload, TypeDescriptor* type, Shape shape, ref T visitor)
        where T : struct, IReferenceVisitor
    {
        if ((shape & Shape.ItemValues) != 0)
        {
            ulong count = ObjectSize.ItemCount(payload);
            byte* value = (byte*)payload + type->Size;
            for (ulong i = 0; i < count; i++, value += type->ItemSize)
            {
                VisitValue(value, type, ref visitor);
            }
        }

        if ((shape & Shape.List) != 0)
        {
            ListPayload* list = (ListPayload*)payload;
            VisitSlots(list->Items, list->Count, ref visitor);
        }

        if ((shape & Shape.Traverse) != 0)
        {
            VisitTraversed(payload, type, ref visitor);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void VisitSlots<T>(void** slots, ulong count, ref T visitor)
        where T : struct, IReferenceVisitor
    {
        for (ulong i = 0; i < count; i++)
        {
            if (slots[i] != null)
            {
                visitor.Visit(slots[i]);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void VisitValue<T>(byte* value, TypeDescriptor* type, ref T visitor)
        where T : struct, IReferenceVisitor
    {
        void* child = type->ReferenceIn(value);
        if (child != null)
        {
            visitor.Visit(child);
        }
    }

    /// <summary>What the callback's <c>arg</c> points to: the way back to the visitor.</summary>
    private struct TraverseFrame
    {
        public delegate*<void*, void*, void> Visit;
        public void* State;
    }

    private static void Dispatch<T>(void* child, void* state)
        where T : struct, IReferenceVisitor => Unsafe.AsRef<T>(state).Visit(child);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnVisit(void* child, void* arg) => Forward(child, (TraverseFrame*)arg);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Forward(void* child, TraverseFrame* frame)
    {
        if (child != null)
        {
            frame->Visit(child, frame->State);
        }
    }
}
