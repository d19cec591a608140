// A leak report for programs: one JSON object.
//
// Its form stands in the header, at rr_leak_report: new fields may come, what is there stays. Addresses are strings, since many parsers keep numbers as doubles.

using System;
using System.Runtime.CompilerServices;
using RefRuntime.Checking;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Inspection;

internal static unsafe class LeakJson
{
    /// <summary>Members of each group that are listed.</summary>
    private const ulong MostMembers = 100;

    public static void Write(ref OutputFile file, in Leaks leaks)
    {
        file.Write("{\"heap\": \""u8);
        file.WriteHex((ulong)leaks.Heap);
        file.Write("\", "u8);
        WriteKept(ref file, "objects"u8, "bytes"u8, leaks.Left);
        file.Write(",\n\"held\": ["u8);
        for (ulong i = 0; i < leaks.GroupCount && file.IsSound; i++)
        {
            file.Write(i == 0 ? "\n"u8 : ",\n"u8);
            WriteGroup(ref file, leaks, leaks.Groups + i);
        }

        file.Write("],\n\"shared\": {"u8);
        WriteKept(ref file, "objects"u8, "bytes"u8, leaks.Shared);
        file.Write("},\n\"garbage\": {"u8);
        WriteKept(ref file, "objects"u8, "bytes"u8, leaks.Garbage);
        file.Write("},\n\"types\": ["u8);
        for (ulong i = 0; i < leaks.TypeCount && file.IsSound; i++)
        {
            file.Write(i == 0 ? "\n"u8 : ",\n"u8);
            TypeTotal* type = leaks.Types + i;
            file.Write("{\"type\": "u8);
            file.WriteJson(TypeRegistry.Get(type->Type)->Name);
            file.Write(", "u8);
            WriteKept(ref file, "objects"u8, "bytes"u8, type->Left);
            file.Write(", "u8);
            WriteKept(ref file, "garbage_objects"u8, "garbage_bytes"u8, type->Garbage);
            file.Write("}"u8);
        }

        file.Write("]}\n"u8);
    }

    private static void WriteGroup(ref OutputFile file, in Leaks leaks, HolderGroup* group)
    {
        Holder* first = leaks.Holders + group->First;
        file.Write("{\"type\": "u8);
        file.WriteJson(TypeRegistry.Get(first->Type)->Name);
        file.Write(", \"objects\": "u8);
        file.Write(group->Count);
        file.Write(", \"immortal\": "u8);
        file.Write(group->Immortals);
        file.Write(", \"references\": "u8);
        file.Write(group->References);
        file.Write(", "u8);
        WriteKept(ref file, "objects_kept"u8, "bytes_kept"u8, group->Kept);
        file.Write(", \"allocated_by\": ["u8);
        ReadOnlySpan<nint> frames = TraceDepot.Frames(first->Trace);
        for (int i = 0; i < frames.Length; i++)
        {
            file.Write(i == 0 ? ""u8 : ", "u8);
            WritePlace(ref file, (void*)frames[i]);
        }

        file.Write("],\n \"largest\": ["u8);
        for (ulong i = 0; i < group->Count && i < MostMembers; i++)
        {
            file.Write(i == 0 ? ""u8 : ",\n  "u8);
            WriteHolder(ref file, first + i);
        }

        file.Write("]}"u8);
    }

    private static void WriteHolder(ref OutputFile file, Holder* holder)
    {
        file.Write("{\"object\": \""u8);
        file.WriteHex((ulong)holder->Payload);
        file.Write("\", \"references\": "u8);
        if (holder->IsImmortal)
        {
            file.Write("null"u8);
        }
        else
        {
            file.Write(holder->References);
        }

        file.Write(", "u8);
        WriteKept(ref file, "objects_kept"u8, "bytes_kept"u8, holder->Kept);
        file.Write(", \"tags\": ["u8);
        TagWriter tags = new() { File = Unsafe.AsPointer(ref file) };
        Ledger.VisitOpen(holder->Payload, ref tags);
        file.Write("]}"u8);
    }

    /// <summary>The tags under which references were taken and not given back.</summary>
    private struct TagWriter : ITagVisitor
    {
        public void* File;
        private bool _isBehind;

        public void Visit(ReadOnlySpan<byte> tag, uint references, uint trace)
        {
            ref OutputFile file = ref Unsafe.AsRef<OutputFile>(File);
            file.Write(_isBehind ? ", {\"tag\": "u8 : "{\"tag\": "u8);
            _isBehind = true;
            file.WriteJson(tag);
            file.Write(", \"references\": "u8);
            file.Write((ulong)references);
            file.Write("}"u8);
        }
    }

    private static void WritePlace(ref OutputFile file, void* address)
    {
        CodePlace place;
        Backtrace.Describe(address, &place);
        file.Write("{\"function\": "u8);
        if (place.Function.IsEmpty)
        {
            file.Write("null"u8);
        }
        else
        {
            file.WriteJson(place.Function);
        }

        file.Write(", \"module\": "u8);
        file.WriteJson(place.Module);
        file.Write(", \"offset\": \""u8);
        file.WriteHex(place.ModuleOffset);
        file.Write("\"}"u8);
    }

    private static void WriteKept(ref OutputFile file, ReadOnlySpan<byte> objects, ReadOnlySpan<byte> bytes, in Kept kept)
    {
        file.WriteJson(objects);
        file.Write(": "u8);
        file.Write(kept.Objects);
        file.Write(", "u8);
        file.WriteJson(bytes);
        file.Write(": "u8);
        file.Write(kept.Bytes);
    }
}
