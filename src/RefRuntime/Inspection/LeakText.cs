// A leak report for people. LeakJson has the same for programs, and more of it.

using System;
using System.Runtime.CompilerServices;
using RefRuntime.Checking;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Inspection;

internal static unsafe class LeakText
{
    /// <summary>Groups and types that are shown; what is behind is only added up.</summary>
    private const ulong MostRows = 40;

    /// <summary>Members of a group that are shown.</summary>
    private const ulong MostMembers = 3;

    private const int MostFrames = 8;

    // Columns: how wide.
    private const int Bytes = 14;
    private const int Objects = 14;
    private const int References = 12;

    public static void Write(ref OutputFile file, in Leaks leaks)
    {
        file.Write("RefRuntime: heap "u8);
        file.WriteHex((ulong)leaks.Heap);
        file.Write(" holds "u8);
        WriteCount(ref file, leaks.Left.Objects, "object"u8);
        file.Write(" of "u8);
        WriteCount(ref file, leaks.Left.Bytes, "byte"u8);
        file.Write("\n"u8);
        WriteHolders(ref file, leaks);
        if (leaks.Garbage.Objects != 0)
        {
            file.Write("\nIn dead cycles, which a collection frees: "u8);
            WriteCount(ref file, leaks.Garbage.Objects, "object"u8);
            file.Write(" of "u8);
            WriteCount(ref file, leaks.Garbage.Bytes, "byte"u8);
            file.Write("\n"u8);
            WriteTypes(ref file, leaks, isGarbage: true);
        }

        if (leaks.TypeCount != 0)
        {
            file.Write("\nAll by type\n"u8);
            WriteTypes(ref file, leaks, isGarbage: false);
        }
    }

    private static void WriteHolders(ref OutputFile file, in Leaks leaks)
    {
        if (leaks.HolderCount == 0)
        {
            file.Write("\nNothing is held from outside.\n"u8);
            return;
        }

        file.Write("\nHeld from outside: "u8);
        WriteCount(ref file, leaks.HolderCount, "object"u8);
        file.Write("\n    bytes kept  objects kept  references\n"u8);
        Kept rest = default;
        for (ulong i = 0; i < leaks.GroupCount; i++)
        {
            HolderGroup* group = leaks.Groups + i;
            if (i < MostRows)
            {
                WriteGroup(ref file, leaks, group);
            }
            else
            {
                rest.Bytes += group->Kept.Bytes;
                rest.Objects += group->Kept.Objects;
            }
        }

        if (rest.Objects != 0)
        {
            WriteKept(ref file, rest);
            Pad(ref file, References);
            WriteCount(ref file, leaks.GroupCount - MostRows, "  more kind"u8);
            file.Write("\n"u8);
        }

        if (leaks.Shared.Objects != 0)
        {
            WriteKept(ref file, leaks.Shared);
            Pad(ref file, References);
            file.Write("  kept by more than one of these\n"u8);
        }
    }

    private static void WriteGroup(ref OutputFile file, in Leaks leaks, HolderGroup* group)
    {
        Holder* first = leaks.Holders + group->First;
        if (group->Count == 1)
        {
            WriteHolder(ref file, first, group->Kept, indent: 0);
            WriteTrace(ref file, first->Trace);
            return;
        }

        WriteKept(ref file, group->Kept);
        WriteReferences(ref file, group->References, group->Immortals == group->Count);
        file.Write("  "u8);
        file.Write(group->Count);
        file.Write(" x "u8);
        file.Write(TypeRegistry.Get(first->Type)->Name);
        if (group->Immortals != 0 && group->Immortals != group->Count)
        {
            file.Write(", "u8);
            file.Write(group->Immortals);
            file.Write(" immortal"u8);
        }

        file.Write(group->Count > MostMembers ? ", the largest:\n"u8 : ":\n"u8);
        for (ulong i = 0; i < group->Count && i < MostMembers; i++)
        {
            WriteHolder(ref file, first + i, first[i].Kept, indent: 2);
        }

        WriteTrace(ref file, first->Trace);
    }

    private static void WriteHolder(ref OutputFile file, Holder* holder, in Kept kept, int indent)
    {
        WriteKept(ref file, kept);
        WriteReferences(ref file, holder->References, holder->IsImmortal);
        Pad(ref file, indent + 2);
        file.Write(TypeRegistry.Get(holder->Type)->Name);
        file.Write(" at "u8);
        file.WriteHex((ulong)holder->Payload);
        file.Write(holder->References < 0 ? ", in more slots than it has references\n"u8 : "\n"u8);
        TagWriter tags = new() { File = Unsafe.AsPointer(ref file) };
        Ledger.VisitOpen(holder->Payload, ref tags);
    }

    private static void WriteReferences(ref OutputFile file, long references, bool isImmortal)
    {
        if (isImmortal)
        {
            file.Write("    immortal"u8);
            return;
        }

        Pad(ref file, References - (references < 0 ? 1 : 0) - Digits(references < 0 ? 0 - (ulong)references : (ulong)references));
        file.Write(references);
    }

    /// <summary>Where the holders were allocated, if that is known.</summary>
    private static void WriteTrace(ref OutputFile file, uint trace)
    {
        ReadOnlySpan<nint> frames = TraceDepot.Frames(trace);
        for (int i = 0; i < frames.Length && i < MostFrames; i++)
        {
            CodePlace place;
            Backtrace.Describe((void*)frames[i], &place);
            Pad(ref file, Bytes + Objects + References + 4);
            file.Write(i == 0 ? "allocated by "u8 : "          by "u8);
            if (!place.Function.IsEmpty)
            {
                file.Write(place.Function);
                file.Write(" "u8);
            }

            file.Write("("u8);
            file.Write(place.Module);
            file.Write("+"u8);
            file.WriteHex(place.ModuleOffset);
            file.Write(")\n"u8);
        }
    }

    private static void WriteTypes(ref OutputFile file, in Leaks leaks, bool isGarbage)
    {
        file.Write("         bytes       objects  type\n"u8);
        ulong rows = 0;
        Kept rest = default;
        for (ulong i = 0; i < leaks.TypeCount; i++)
        {
            Kept kept = isGarbage ? leaks.Types[i].Garbage : leaks.Types[i].Left;
            if (kept.Objects != 0 && rows++ < MostRows)
            {
                WriteKept(ref file, kept);
                file.Write("  "u8);
                file.Write(TypeRegistry.Get(leaks.Types[i].Type)->Name);
                file.Write("\n"u8);
            }
            else
            {
                rest.Bytes += kept.Bytes;
                rest.Objects += kept.Objects;
            }
        }

        if (rest.Objects != 0)
        {
            WriteKept(ref file, rest);
            WriteCount(ref file, rows - MostRows, "  more type"u8);
            file.Write("\n"u8);
        }
    }

    private static void WriteKept(ref OutputFile file, in Kept kept)
    {
        WriteRight(ref file, kept.Bytes, Bytes);
        WriteRight(ref file, kept.Objects, Objects);
    }

    /// <summary>"1 object", "2 objects"; a noun that begins with spaces is for a row of its own: "  2 more types".</summary>
    private static void WriteCount(ref OutputFile file, ulong number, ReadOnlySpan<byte> noun)
    {
        while (!noun.IsEmpty && noun[0] == ' ')
        {
            file.Write((byte)' ');
            noun = noun[1..];
        }

        file.Write(number);
        file.Write((byte)' ');
        file.Write(noun);
        file.Write(number == 1 ? ""u8 : "s"u8);
    }

    private static void WriteRight(ref OutputFile file, ulong number, int width)
    {
        Pad(ref file, width - Digits(number));
        file.Write(number);
    }

    private static void Pad(ref OutputFile file, int width)
    {
        for (; width > 0; width--)
        {
            file.Write((byte)' ');
        }
    }

    /// <summary>A line for each tag under which references were taken and not given back.</summary>
    private struct TagWriter : ITagVisitor
    {
        public void* File;

        public readonly void Visit(ReadOnlySpan<byte> tag, uint references, uint trace)
        {
            ref OutputFile file = ref Unsafe.AsRef<OutputFile>(File);
            Pad(ref file, Bytes + Objects + References + 4);
            WriteCount(ref file, references, "reference"u8);
            file.Write(" tagged "u8);
            file.Write(tag);
            file.Write("\n"u8);
        }
    }

    private static int Digits(ulong number)
    {
        int digits = 1;
        for (; number >= 10; number /= 10)
        {
            digits++;
        }

        return digits;
    }
}
