// What a report says of objects, stacks and slots.

using System;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Checking;

internal static unsafe class HistoryText
{
    /// <summary>An object of a checked heap and how it came to be, living or not.</summary>
    public static void AppendObject(ref TextBuffer text, string role, void* payload)
    {
        CheckRecord* record = CheckRecords.Of(payload);
        bool isLive = record->State == CheckState.Live;
        text.Append("  ");
        text.Append(role);
        text.Append(" ");
        text.AppendHex((ulong)payload);
        text.Append(isLive ? ": a \"" : ": was a \"");
        text.Append(ObjectHistory.TypeName(record));
        text.Append("\" of ");
        text.Append(record->PayloadBytes);
        text.Append(" bytes in heap ");
        text.AppendHex((ulong)ObjectLookup.HeapOf(payload));
        if (isLive)
        {
            AppendCount(ref text, Header.Word(payload));
        }

        text.Append(record->State == CheckState.Freed ? "; its memory may be in use again soon\n" : "\n");
        AppendTrace(ref text, "allocated by", record->BornAt);
        if (record->ReleasedAt != 0 || !isLive)
        {
            AppendTrace(ref text, isLive ? "last released by" : "freed by", record->ReleasedAt);
        }

        Ledger.AppendOpen(ref text, ObjectLookup.HeapOf(payload), record);
    }

    /// <summary>A stack, one line for each frame, below a line that says whose it is.</summary>
    public static void AppendTrace(ref TextBuffer text, string role, uint trace)
    {
        text.Append("    ");
        text.Append(role);
        ReadOnlySpan<nint> frames = TraceDepot.Frames(trace);
        text.Append(frames.IsEmpty ? ": not known\n" : "\n");
        bool isBeyond = false;
        for (int i = 0; i < frames.Length && !isBeyond; i++)
        {
            isBeyond = AppendFrame(ref text, i, (void*)frames[i]);
        }
    }

    /// <summary>Where in the holder the reference stands.</summary>
    public static void AppendSlot(ref TextBuffer text, void* holder, void* child)
    {
        TypeDescriptor* type = ObjectLookup.TypeOf(holder);
        for (uint i = 0; i < type->OffsetCount; i++)
        {
            byte* slot = (byte*)holder + type->Offsets[i];
            bool isValue = (type->Shape & Shape.OffsetValues) != 0;
            if ((isValue ? type->ReferenceIn(slot) : *(void**)slot) == child)
            {
                text.Append("in its slot at offset ");
                text.Append((ulong)type->Offsets[i]);
                return;
            }
        }

        bool isList = (type->Shape & Shape.List) != 0;
        ulong items = isList ? ((ListPayload*)holder)->Count
            : (type->Shape & (Shape.Items | Shape.ItemValues)) != 0 ? ObjectSize.ItemCount(holder) : 0;
        for (ulong i = 0; i < items; i++)
        {
            void* item = isList ? ((ListPayload*)holder)->Items[i]
                : (type->Shape & Shape.ItemValues) != 0 ? type->ReferenceIn((byte*)holder + type->Size + (i * type->ItemSize))
                : ((void**)((byte*)holder + type->Size))[i];
            if (item == child)
            {
                text.Append("as its item ");
                text.Append(i);
                return;
            }
        }

        text.Append("by what its traverse callback reports");
    }

    /// <summary>True if whoever called that is no code of the host's.</summary>
    private static bool AppendFrame(ref TextBuffer text, int index, void* address)
    {
        CodePlace place;
        Backtrace.Describe(address, &place);
        text.Append("      #");
        text.Append((ulong)index);
        text.Append(" ");
        if (!place.Function.IsEmpty)
        {
            text.Append(place.Function);
            text.Append("+");
            text.AppendHex(place.FunctionOffset);
            text.Append("  ");
        }

        if (*place.Module != 0)
        {
            text.Append(place.Module);
            text.Append("+");
        }

        text.AppendHex(place.ModuleOffset);
        text.Append("\n");
        return place.Function.SequenceEqual("main"u8);
    }

    private static void AppendCount(ref TextBuffer text, ulong word)
    {
        int count = (int)word;
        text.Append(count == 0 ? ", dying" : Header.IsImmortal(count) ? ", immortal" : ", references: ");
        if (count != 0 && !Header.IsImmortal(count))
        {
            text.Append(Header.References(count));
        }
    }
}
