// The statistics of a heap as a page of text: what it holds, where its memory is, which types have it, and how long it has paused.

using System;
using RefRuntime.Abi;
using RefRuntime.Heap;
using RefRuntime.Inspection;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Diagnostics;

internal static unsafe class StatisticsText
{
    /// <summary>Types beyond so many are summed up in a line.</summary>
    private const uint MostTypes = 30;

    private const int NumberWidth = 14;
    private const int BytesWidth = 12;
    private const int BarWidth = 40;

    /// <summary>Writes the page to a file; null is standard error.</summary>
    public static Status Write(HeapState* heap, string function, byte* path)
    {
        if (!TypeUsages.TryRead(heap, out TypeUsages types))
        {
            return LastError.Pointer(Status.NoMemory, function, "heap", heap, "needs memory for a table of the types that the system does not have");
        }

        OutputFile file = default;
        Status status = file.Open(function, path);
        if (status == Status.Ok)
        {
            Stats stats = HeapStatistics.Read(heap);
            Totals(ref file, heap, stats);
            Classes(ref file, heap);
            Types(ref file, types, stats.LiveObjects);
            Pauses(ref file, heap);
            status = file.Close();
        }

        types.Free();
        return status;
    }

    private static void Totals(ref OutputFile file, HeapState* heap, in Stats stats)
    {
        file.Write("heap "u8);
        file.WriteHex((ulong)heap);
        Line(ref file, "\n  objects      "u8, stats.LiveObjects, " live, "u8, stats.ObjectsAllocated, " allocated, "u8, stats.ObjectsFreed, " freed"u8);
        file.Write("\n  memory       "u8);
        Bytes(ref file, stats.LiveBytes, 0);
        file.Write(" in objects, "u8);
        Bytes(ref file, stats.RawBytes, 0);
        file.Write(" raw, "u8);
        Bytes(ref file, stats.ExternalBytes, 0);
        file.Write(" external; "u8);
        Bytes(ref file, stats.CommittedBytes, 0);
        file.Write(" from the system, "u8);
        Bytes(ref file, stats.PeakBytes, 0);
        file.Write(" at most"u8);
        Line(ref file, "\n  collections  "u8, stats.Collections, ": "u8, stats.ObjectsCollected, " found dead, "u8, stats.ObjectsResurrected, " resurrected, "u8);
        file.Write(stats.ObjectsVisited);
        file.Write(" looked at; "u8);
        Time(ref file, stats.GcNsTotal, 0);
        file.Write(" in all, longest pause "u8);
        Time(ref file, stats.GcNsMax, 0);
        Line(ref file, "\n  besides      "u8, stats.Candidates, " candidates, "u8, stats.WeakrefsLive, " weak references, "u8, stats.FinalizersRun, " finalizers run\n"u8);
    }

    private static void Classes(ref OutputFile file, HeapState* heap)
    {
        ClassUsage* classes = stackalloc ClassUsage[ClassUsages.Count];
        ClassUsages.Read(heap, classes);
        file.Write("\n  block                 memory     live blocks          free   never used   in use\n"u8);
        for (int i = 0; i < ClassUsages.Count; i++)
        {
            ref ClassUsage usage = ref classes[i];
            if (usage.PageBytes == 0)
            {
                continue;
            }

            file.Write("  "u8);
            if (usage.BlockBytes != 0)
            {
                Number(ref file, usage.BlockBytes, 6);
                file.Write(" B "u8);
            }
            else
            {
                file.Write("   large "u8);
            }

            file.Write(usage.IsRaw != 0 ? "raw"u8 : "   "u8);
            Bytes(ref file, usage.PageBytes, 14);
            Number(ref file, usage.LiveBlocks, 16);
            Number(ref file, usage.FreeBlocks, NumberWidth);
            Number(ref file, usage.FreshBlocks, 13);
            Number(ref file, usage.LiveBytes * 100 / usage.PageBytes, 7);
            file.Write(" %\n"u8);
        }
    }

    private static void Types(ref OutputFile file, in TypeUsages types, ulong objects)
    {
        if (types.Count == 0)
        {
            return;
        }

        file.Write("\n         objects       bytes  of all  type\n"u8);
        ulong others = objects;
        for (uint i = 0; i < types.Count && i < MostTypes; i++)
        {
            ref TypeUsage usage = ref types.Items[i];
            file.Write("  "u8);
            Number(ref file, usage.Objects, NumberWidth);
            Bytes(ref file, usage.Bytes, BytesWidth);
            Number(ref file, objects == 0 ? 0 : usage.Objects * 100 / objects, 6);
            file.Write(" %  "u8);
            file.Write(TypeRegistry.Get(usage.Type)->Name);
            file.Write((byte)'\n');
            others -= usage.Objects < others ? usage.Objects : others;
        }

        if (types.Count > MostTypes)
        {
            file.Write("  "u8);
            Number(ref file, others, NumberWidth);
            file.Write("              of "u8);
            file.Write((ulong)(types.Count - MostTypes));
            file.Write(" more types\n"u8);
        }
    }

    private static void Pauses(ref OutputFile file, HeapState* heap)
    {
        ulong most = 0;
        for (int i = 0; i < HeapState.PauseBuckets; i++)
        {
            most = heap->Pauses[i] > most ? heap->Pauses[i] : most;
        }

        if (most == 0)
        {
            return;
        }

        file.Write("\n  pauses from          number\n"u8);
        for (int i = 0; i < HeapState.PauseBuckets; i++)
        {
            if (heap->Pauses[i] == 0)
            {
                continue;
            }

            file.Write("  "u8);
            Time(ref file, 1ul << i, 11);
            Number(ref file, heap->Pauses[i], 16);
            file.Write("  "u8);
            for (ulong bar = 1 + ((heap->Pauses[i] - 1) * BarWidth / most); bar != 0; bar--)
            {
                file.Write((byte)'#');
            }

            file.Write((byte)'\n');
        }
    }

    private static void Line(
        ref OutputFile file, ReadOnlySpan<byte> head, ulong a, ReadOnlySpan<byte> afterA, ulong b, ReadOnlySpan<byte> afterB, ulong c, ReadOnlySpan<byte> end)
    {
        file.Write(head);
        file.Write(a);
        file.Write(afterA);
        file.Write(b);
        file.Write(afterB);
        file.Write(c);
        file.Write(end);
    }

    private static void Number(ref OutputFile file, ulong number, int width)
    {
        Pad(ref file, width - Digits(number));
        file.Write(number);
    }

    private static void Bytes(ref OutputFile file, ulong bytes, int width)
    {
        const ulong Kibi = 1024;
        if (bytes < 10 * Kibi)
        {
            Number(ref file, bytes, width - 2);
            file.Write(" B"u8);
        }
        else if (bytes < 10 * Kibi * Kibi)
        {
            Tenths(ref file, bytes * 10 / Kibi, " KiB"u8, width);
        }
        else
        {
            Tenths(ref file, bytes / Kibi * 10 / Kibi, " MiB"u8, width);
        }
    }

    private static void Time(ref OutputFile file, ulong nanoseconds, int width)
    {
        if (nanoseconds < 10_000)
        {
            Number(ref file, nanoseconds, width - 3);
            file.Write(" ns"u8);
        }
        else if (nanoseconds < 10_000_000)
        {
            Tenths(ref file, nanoseconds / 100, " us"u8, width);
        }
        else
        {
            Tenths(ref file, nanoseconds / 100_000, " ms"u8, width);
        }
    }

    private static void Tenths(ref OutputFile file, ulong tenths, ReadOnlySpan<byte> unit, int width)
    {
        Number(ref file, tenths / 10, width - 2 - unit.Length);
        file.Write((byte)'.');
        file.Write(tenths % 10);
        file.Write(unit);
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

    private static void Pad(ref OutputFile file, int spaces)
    {
        for (; spaces > 0; spaces--)
        {
            file.Write((byte)' ');
        }
    }
}
