// What RR_HEAP_REPORT_LEAKS prints when a heap is freed with objects left: how many of each type, on standard error.

using System;
using System.Text.Unicode;
using RefRuntime.Abi;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Inspection;

internal static unsafe class LeakSummary
{
    private const int LineBytes = 512;

    /// <summary>Prints nothing if nothing is left.</summary>
    public static void Print(HeapState* heap)
    {
        Stats stats = HeapStatistics.Read(heap);
        if (stats.LiveObjects == 0)
        {
            return;
        }

        byte* line = stackalloc byte[LineBytes];
        Utf8.TryWrite(new Span<byte>(line, LineBytes), $"refruntime: heap 0x{(ulong)heap:x} is freed with {stats.LiveObjects} objects, {stats.LiveBytes} bytes left\n", out int written);
        StandardError.Write(line, written);

        // By type, in the order of the table: one walk for each type that has an object, found by its first one.
        for (TypeId type = Next(heap, TypeId.None); type != TypeId.None; type = Next(heap, type))
        {
            long count = Neighbours.Objects(heap, type, null, 0);
            ReadOnlySpan<byte> name = System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(TypeRegistry.Get(type)->Name);
            name = name.Length > LineBytes / 2 ? name[..(LineBytes / 2)] : name;
            Span<byte> rest = new(line, LineBytes);
            "refruntime:   "u8.CopyTo(rest);
            name.CopyTo(rest[14..]);
            Utf8.TryWrite(rest[(14 + name.Length)..], $": {count}\n", out written);
            StandardError.Write(line, 14 + name.Length + written);
        }
    }

    /// <summary>The lowest type above <paramref name="after"/> of which an object is left.</summary>
    private static TypeId Next(HeapState* heap, TypeId after)
    {
        LowestType finder = new() { After = after };
        HeapWalk.Objects(heap, ref finder);
        return finder.Lowest;
    }

    private struct LowestType : IBlockVisitor
    {
        public TypeId After;
        public TypeId Lowest;

        public bool Visit(Page* page, void* payload)
        {
            TypeId type = Header.TypeOf(Header.Word(payload));
            if (type > After && (Lowest == TypeId.None || type < Lowest))
            {
                Lowest = type;
            }

            return true;
        }
    }
}
