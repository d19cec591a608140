// rr_debug_print: what a pointer leads to, as text for a person in front of a debugger.
//
// It may be called wherever the program stands, so it takes no lock, asks for no owner, sets no error, calls nothing of the
// host's, and believes no pointer and no number of an object's before it has looked where it leads. Nothing is changed.

using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Checking;
using RefRuntime.Counting;
using RefRuntime.Heap;
using RefRuntime.Inspection;
using RefRuntime.Objects;
using RefRuntime.Os;
using RefRuntime.Weak;

namespace RefRuntime.Diagnostics;

internal static unsafe class PointerReport
{
    private const int LineBytes = 512;
    private const int HistoryBytes = 8 * 1024;

    /// <summary>References that are shown of one object.</summary>
    private const ulong MaxReferences = 24;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Print(void* pointer)
    {
        byte* memory = stackalloc byte[LineBytes];
        TextBuffer line = new(memory, LineBytes);
        line.AppendHex((ulong)pointer);
        Whereabouts found = Whereabouts.Of(pointer);
        bool isObject = found.Place == MemoryPlace.LiveBlock && found.Page->Domain == Domain.Objects;
        switch (found.Place)
        {
            case MemoryPlace.Outside:
                line.Append(pointer == null ? " is NULL" : " is no memory of a heap");
                break;
            case MemoryPlace.Tables:
                line.Append(" lies in the tables of a heap");
                break;
            case MemoryPlace.Heap:
                PrintHeap(ref line, found.Heap);
                return Status.NotObject;
            case MemoryPlace.Unused:
                line.Append(" lies in a part of a heap that is not in use");
                break;
            default:
                AppendBlock(ref line, found);
                break;
        }

        if (found.Heap != null)
        {
            line.Append(", heap ");
            line.AppendHex((ulong)found.Heap);
        }

        End(ref line);
        if (isObject && TypeRegistry.Find(Header.TypeOf(Header.Word(found.Payload))) != null)
        {
            PrintState(ref line, found);
            PrintReferences(ref line, found);
        }

        PrintHistory(found);
        return isObject && found.Offset == 0 ? Status.Ok : Status.NotObject;
    }

    /// <summary>What a checked heap remembers of the object that is or was there.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void PrintHistory(in Whereabouts found)
    {
        CheckRecord* record = found.Payload != null && found.Page->Domain == Domain.Objects ? CheckRecords.Of(found.Payload) : null;
        if (record == null || record->State == CheckState.None)
        {
            return;
        }

        byte* memory = stackalloc byte[HistoryBytes];
        TextBuffer text = new(memory, HistoryBytes);
        HistoryText.AppendObject(ref text, "object", found.Payload);
        StandardError.Write(text.Text, text.Length);
    }

    /// <summary>Writes the line to standard error, and begins the next one.</summary>
    private static void End(ref TextBuffer line)
    {
        // One write, so that lines of other threads don't come between.
        line.Text[line.Length] = (byte)'\n';
        StandardError.Write(line.Text, line.Length + 1);
        line.Clear();
    }

    private static void AppendBlock(ref TextBuffer line, in Whereabouts found)
    {
        bool isLive = found.Place == MemoryPlace.LiveBlock;
        if (found.Offset < 0)
        {
            line.Append(" lies in the header of ");
            line.AppendHex((ulong)found.Payload);
            line.Append(",");
        }
        else if (found.Offset > 0)
        {
            line.Append(" lies ");
            line.Append(found.Offset);
            line.Append(" bytes inside ");
            line.AppendHex((ulong)found.Payload);
            line.Append(",");
        }

        line.Append(" ");
        if (found.Page->Domain == Domain.Raw)
        {
            AppendRaw(ref line, found.Payload, isLive);
        }
        else if (isLive)
        {
            line.Append("object of type ");
            AppendType(ref line, Header.TypeOf(Header.Word(found.Payload)));
            line.Append(", ");
            AppendCount(ref line, Header.Word(found.Payload));
        }
        else
        {
            line.Append("free block for objects: freed, or not handed out yet");
        }

        line.Append(", block of ");
        line.Append(Blocks.BytesOf(found.Page));
        line.Append(" bytes");
    }

    private static void AppendRaw(ref TextBuffer line, void* payload, bool isLive)
    {
        if (!isLive)
        {
            line.Append("free block for raw memory: freed, or not handed out yet");
            return;
        }

        line.Append("raw memory of ");
        line.Append(RawMemory.SizeOf(payload));
        line.Append(" bytes");
    }

    private static void AppendType(ref TextBuffer line, TypeId id)
    {
        TypeDescriptor* type = TypeRegistry.Find(id);
        if (type == null)
        {
            line.Append((uint)id);
            line.Append(", which is none (its header has been overwritten)");
            return;
        }

        // Names may be longer than a line.
        System.ReadOnlySpan<byte> name = CString.Text(type->Name);
        line.Append(name.Length > LineBytes / 4 ? name[..(LineBytes / 4)] : name);
        line.Append(" (");
        line.Append((uint)id);
        line.Append(")");
    }

    private static void AppendCount(ref TextBuffer line, ulong word)
    {
        int count = (int)word;
        if (Header.IsImmortal(count))
        {
            line.Append("immortal");
            return;
        }

        long references = Header.References(count);
        line.Append(references);
        line.Append(references == 1 ? " reference" : " references");
    }

    private static void PrintState(ref TextBuffer line, in Whereabouts found)
    {
        ulong word = Header.Word(found.Payload);
        TypeDescriptor* type = TypeRegistry.Get(Header.TypeOf(word));
        line.Append("  ");
        line.Append(ObjectSize.PayloadBytes(found.Payload, type));
        line.Append(" bytes");
        AppendIf(ref line, (word & HeaderFlags.Dying) != 0 || (int)word == 0, ", dying");
        AppendIf(ref line, (word & HeaderFlags.InSet) != 0, ", in a set that a collection takes apart");
        AppendIf(ref line, (word & HeaderFlags.Finalized) != 0, ", finalizer has run");
        AppendIf(ref line, (word & HeaderFlags.Held) != 0, ", held by the runtime");
        AppendIf(ref line, (word & HeaderFlags.Frozen) != 0, ", frozen");
        AppendIf(ref line, (word & HeaderFlags.Untracked) != 0, ", untracked");
        AppendIf(ref line, CandidateLog.Contains(found.Payload), ", candidate of the next collection");
        AppendIf(ref line, (int)word < 0 && !Header.IsImmortal((int)word), ", counted by the library alone");
        ulong weak = 0;
        for (WeakRefPayload* each = (word & HeaderFlags.HasWeak) != 0 ? WeakTable.Find(found.Heap, found.Payload) : null;
            ObjectLookup.IsObject(each); each = each->Next)
        {
            weak++;
        }

        if (weak != 0)
        {
            line.Append(", weak references: ");
            line.Append(weak);
        }

        End(ref line);
    }

    private static void AppendIf(ref TextBuffer line, bool condition, string text)
    {
        if (condition)
        {
            line.Append(text);
        }
    }

    private static void PrintReferences(ref TextBuffer line, in Whereabouts found)
    {
        byte* payload = (byte*)found.Payload;
        TypeDescriptor* type = ObjectLookup.TypeOf(payload);
        ulong shown = 0;
        for (uint i = 0; (type->Shape & (Shape.Offsets | Shape.OffsetValues)) != 0 && i < type->OffsetCount; i++)
        {
            byte* slot = payload + type->Offsets[i];
            line.Append("  +");
            line.Append((ulong)type->Offsets[i]);
            PrintTarget(ref line, (type->Shape & Shape.OffsetValues) != 0 ? type->ReferenceIn(slot) : *(void**)slot, ref shown);
        }

        bool isList = (type->Shape & Shape.List) != 0;
        if (isList || (type->Shape & (Shape.Items | Shape.ItemValues)) != 0)
        {
            // The list's storage is asked about as any other pointer is.
            byte* items = isList ? (byte*)((ListPayload*)payload)->Items : payload + type->Size;
            ulong step = isList ? (ulong)sizeof(void*) : type->ItemSize;
            ulong count = isList ? ((ListPayload*)payload)->Count : ObjectSize.ItemCount(payload);
            Whereabouts storage = Whereabouts.Of(items);
            ulong room = storage.Payload == null ? 0 : Blocks.BytesOf(storage.Page) - (ulong)(items - (byte*)storage.Payload) - 8;
            count = count <= room / step ? count : room / step;
            for (ulong i = 0; i < count; i++)
            {
                line.Append("  [");
                line.Append(i);
                line.Append("]");
                byte* item = items + (i * step);
                PrintTarget(ref line, (type->Shape & Shape.ItemValues) != 0 ? type->ReferenceIn(item) : *(void**)item, ref shown);
            }
        }

        if (Header.TypeOf(Header.Word(payload)) == TypeId.WeakRef)
        {
            line.Append("  weakly");
            PrintTarget(ref line, ((WeakRefPayload*)payload)->Target, ref shown);
        }

        if (shown > MaxReferences)
        {
            line.Append("  and ");
            line.Append(shown - MaxReferences);
            line.Append(" more");
            End(ref line);
        }

        if ((type->Shape & Shape.Traverse) != 0)
        {
            line.Append("  and what its traverse callback reports, which is not called here");
            End(ref line);
        }
    }

    private static void PrintTarget(ref TextBuffer line, void* target, ref ulong shown)
    {
        if (target == null || shown++ >= MaxReferences)
        {
            line.Clear();
            return;
        }

        line.Append(" -> ");
        line.AppendHex((ulong)target);
        Whereabouts found = Whereabouts.Of(target);
        if (found.Place == MemoryPlace.LiveBlock && found.Page->Domain == Domain.Objects && found.Offset == 0)
        {
            line.Append(" ");
            AppendType(ref line, Header.TypeOf(Header.Word(target)));
            line.Append(", ");
            AppendCount(ref line, Header.Word(target));
        }
        else
        {
            line.Append(found.Place == MemoryPlace.FreeBlock ? " FREED, or not handed out yet" : " NO OBJECT");
        }

        End(ref line);
    }

    private static void PrintHeap(ref TextBuffer line, HeapState* heap)
    {
        Stats stats = HeapStatistics.Read(heap);
        line.Append(" is a heap: ");
        line.Append(stats.LiveObjects);
        line.Append(" objects of ");
        line.Append(stats.LiveBytes);
        line.Append(" bytes, ");
        line.Append(stats.RawBytes);
        line.Append(" bytes of raw memory, ");
        line.Append(stats.Candidates);
        line.Append(" candidates");
        AppendIf(ref line, heap->IsSynchronized != 0, ", synchronized");
        AppendIf(ref line, HeapAccess.IsInTraverse(heap), ", a traverse callback runs");
        AppendIf(ref line, heap->InDestroy != 0, ", a destroy callback runs");
        AppendIf(ref line, heap->Collecting != 0, ", a collection runs");
        End(ref line);
    }
}
