// What a checked heap does about misuse: it says what happened to which object, who made it, who released it last and who is
// calling, to the host's error handler or else to standard error; and without a handler it ends the process, since what
// follows misuse explains nothing.
//
// The first line is the sentence that rr_last_error() keeps, as for errors of other heaps; the handler gets all of it.
//
// What is misuse, and what an ordinary error: header, section "Finding misuse". Operations call Pointer, which is an ordinary
// error where the heap is not checked; the layers below call Report, and only in checked heaps.

using System;
using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Checking;

internal static unsafe class Misuse
{
    private const int ReportBytes = 16 * 1024;

    /// <summary>A pointer argument that is wrong: as LastError.Pointer, and misuse if the heap is checked.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Pointer(HeapState* heap, Status status, string function, string argument, void* value, string problem)
    {
        if (!CheckedHeaps.IsChecked(heap))
        {
            return LastError.Pointer(status, function, argument, value, problem);
        }

        byte* memory = stackalloc byte[ReportBytes];
        TextBuffer text = Open(memory);
        text.Append(function);
        text.Append(": ");
        AppendArgument(ref text, argument, value, problem);
        return Close(ref text, status, value, ObjectHistory.TryLocate(value, out Located place) ? place.Payload : null, null);
    }

    /// <summary>A pointer that is no live object. NULL is an ordinary error; so is what leads into no heap, unless all heaps are checked.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status NotObject(string function, string argument, void* value)
    {
        HeapState* heap = CheckedHeaps.HeapAt(value);
        if (value == null || (!CheckedHeaps.IsChecked(heap) && !CheckedHeaps.IsForced))
        {
            return LastError.Pointer(Status.NotObject, function, argument, value, value == null
                ? "is no object: it is NULL"
                : "is no live object (freed already, not the start of a payload, or never allocated here)");
        }

        byte* memory = stackalloc byte[ReportBytes];
        TextBuffer text = Open(memory);
        text.Append(function);
        text.Append(": ");
        bool isKnown = ObjectHistory.TryLocate(value, out Located place);
        bool isFreed = isKnown && place.Record->State != CheckState.Live;
        AppendArgument(ref text, argument, value, !isKnown ? "is no live object: it leads into no object of any heap"
            : place.Offset != 0 ? "is no live object: it does not lead to the beginning of one, but to offset"
            : isFreed ? "is no live object: it was freed before (used after its end, or released once too often)"
            : "is no live object");
        if (isKnown && place.Offset != 0)
        {
            text.Append(" ");
            text.Append(place.Offset);
            text.Append(isFreed ? " of one that was freed before" : " of one");
        }

        return Close(ref text, Status.NotObject, value, isKnown ? place.Payload : null, null);
    }

    /// <summary>Something that was found wrong with an object, by whichever call is under way. <paramref name="offset"/> ends the sentence.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Report(HeapState* heap, Status status, void* payload, string problem, long offset)
    {
        byte* memory = stackalloc byte[ReportBytes];
        TextBuffer text = Open(memory);
        AppendFunction(ref text, heap);
        AppendArgument(ref text, "object", payload, problem);
        text.Append(" ");
        text.Append(offset);
        return Close(ref text, status, payload, payload, null);
    }

    /// <summary>A reference that nobody has counted: <paramref name="holder"/> (the heap: nobody knows who) has it, to an object that ended or that has no reference left for it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Slot(HeapState* heap, void* holder, void* payload)
    {
        byte* memory = stackalloc byte[ReportBytes];
        TextBuffer text = Open(memory);
        AppendFunction(ref text, heap);
        AppendArgument(ref text, "object", payload, ObjectHistory.IsFreed(payload)
            ? "was freed, and is still referred to: it was released once too often, or a borrowed pointer was put into a slot"
            : "has no reference left for one that refers to it: it was released once too often, or a borrowed pointer was put into a slot");
        bool isHeap = holder == heap;
        text.Append("\n  ");
        if (isHeap)
        {
            text.Append("the traverse callback of an object that dies has reported it");
        }
        else
        {
            AppendHolder(ref text, holder, payload);
        }

        return Close(ref text, Status.Corrupt, payload, payload, isHeap ? null : holder);
    }

    /// <summary>A value stands in a slot that is no object of the heap and never was one.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Stray(HeapState* heap, void* holder, void* value)
    {
        byte* memory = stackalloc byte[ReportBytes];
        TextBuffer text = Open(memory);
        AppendFunction(ref text, heap);
        AppendArgument(ref text, "value", value, ObjectLookup.IsObject(value)
            ? "is in a slot of another heap's object"
            : "is in a slot, and is no object");
        text.Append("\n  ");
        AppendHolder(ref text, holder, value);
        bool isKnown = ObjectHistory.TryLocate(value, out Located place);
        return Close(ref text, Status.Corrupt, value, isKnown ? place.Payload : null, holder);
    }

    /// <summary>More references to an object stand in slots than were counted. <paramref name="holders"/> are some of those that have them.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Edges(HeapState* heap, void* payload, ulong edges, void** holders, int holderCount)
    {
        byte* memory = stackalloc byte[ReportBytes];
        TextBuffer text = Open(memory);
        AppendFunction(ref text, heap);
        AppendArgument(ref text, "object", payload, "is in more slots than it has references");
        text.Append(": ");
        text.Append(edges);
        text.Append(" slots, ");
        text.Append(Header.References(Header.Count(payload)));
        text.Append(" references (a borrowed pointer was put into a slot, or it was released once too often)");
        for (int i = 0; i < holderCount; i++)
        {
            text.Append("\n  ");
            AppendHolder(ref text, holders[i], payload);
        }

        return Close(ref text, Status.Corrupt, payload, payload, null);
    }

    /// <summary>A reference is given back under a tag that has none open.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Tag(HeapState* heap, void* payload, byte* tag)
    {
        byte* memory = stackalloc byte[ReportBytes];
        TextBuffer text = Open(memory);
        AppendFunction(ref text, heap);
        AppendArgument(ref text, "object", payload, "has no open reference with the tag \"");
        text.Append(tag);
        text.Append("\"");
        return Close(ref text, Status.Argument, payload, payload, null);
    }

    private static TextBuffer Open(byte* memory)
    {
        TextBuffer text = new(memory, ReportBytes);
        text.Append(Prefix);
        return text;
    }

    /// <summary>What a line on standard error begins with, so that people know who speaks. The handler does not get it.</summary>
    private const string Prefix = "refruntime: ";

    private static void AppendFunction(ref TextBuffer text, HeapState* heap)
    {
        text.Append(heap->Call.Name);
        text.Append(": ");
    }

    private static void AppendArgument(ref TextBuffer text, string argument, void* value, string problem)
    {
        text.Append(argument);
        text.Append(" ");
        text.AppendHex((ulong)value);
        text.Append(" ");
        text.Append(problem);
    }

    private static void AppendHolder(ref TextBuffer text, void* holder, void* payload)
    {
        text.Append("held by a \"");
        text.Append(ObjectLookup.TypeOf(holder)->Name);
        text.Append("\", ");
        text.AppendHex((ulong)holder);
        text.Append(", ");
        HistoryText.AppendSlot(ref text, holder, payload);
    }

    /// <summary>Adds who is calling and what is known of the objects, and tells the host.</summary>
    private static Status Close(ref TextBuffer text, Status status, void* value, void* payload, void* holder)
    {
        ReadOnlySpan<byte> sentence = new(text.Text + Prefix.Length, text.Length - Prefix.Length);
        int end = sentence.IndexOf((byte)'\n');
        sentence = end < 0 ? sentence : sentence[..end];
        text.Append("\n");
        HistoryText.AppendTrace(ref text, "called by", TraceDepot.Capture());
        if (payload != null)
        {
            HistoryText.AppendObject(ref text, "object", payload);
        }

        if (holder != null && CheckRecords.Of(holder) != null)
        {
            HistoryText.AppendObject(ref text, "holder", holder);
        }

        LastError.Note(status, sentence);
        bool isTold = ErrorHandler.TryCall(status, text.Text + Prefix.Length, value);
        if (!isTold && HostThread.CallbackKind != HostThread.InErrorHandler)
        {
            StandardError.Write(text.Text, text.Length);
            ErrorHandler.Abort();
        }

        LastError.Note(status, sentence);
        return status;
    }
}
