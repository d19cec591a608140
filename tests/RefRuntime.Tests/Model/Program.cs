// A random program: a seed, a profile, and operations whose operands are plain random numbers. What an operand means is
// decided when the operation runs ("the n-th handle, modulo how many there are"), so that every subsequence of a program
// is a program too: that is what shrinking needs.

using System;
using System.Collections.Generic;
using System.Linq;
using RefRuntime.Abi;

namespace RefRuntime.Tests.Model;

internal enum Code : byte
{
    Alloc,
    AllocInto,
    SelfLoop,
    Incref,
    Decref,
    Store,
    StoreNull,
    Take,
    ListInsert,
    ListSet,
    ListRemove,
    ListClear,
    WeakNew,
    WeakGet,
    Immortal,
    Freeze,
    Unfreeze,
    Track,
    Untrack,
    Candidate,
    Collect,
    Threshold,
    Trim,
    Verify,
    Look,
    RawAlloc,
    RawRealloc,
    RawFree,
    External,
}

internal readonly record struct Operation(Code Code, uint A, uint B, uint C);

/// <summary>The kind of heap that a program runs in.</summary>
internal sealed record Profile(string Name)
{
    public HeapFlags Flags { get; init; }

    public ulong MaxBytes { get; init; }

    /// <summary>Watches collections by the heap's callback; needed where they start by themselves.</summary>
    public bool IsWatched { get; init; }

    public bool CollectsBeforeAllocation { get; init; }

    /// <summary>Only types without callbacks: whole pages then die at once.</summary>
    public bool IsQuiet { get; init; }

    /// <summary>Programs grow to about this many handles.</summary>
    public int Handles { get; init; } = 40;

    public override string ToString() => Name;
}

internal sealed class Program
{
    private static readonly (Code Code, int Weight)[] s_weights =
    [
        (Code.Alloc, 120), (Code.AllocInto, 40), (Code.SelfLoop, 10), (Code.Incref, 40), (Code.Decref, 150),
        (Code.Store, 160), (Code.StoreNull, 30), (Code.Take, 40), (Code.ListInsert, 40), (Code.ListSet, 10),
        (Code.ListRemove, 15), (Code.ListClear, 4), (Code.WeakNew, 40), (Code.WeakGet, 20), (Code.Immortal, 1),
        (Code.Freeze, 1), (Code.Unfreeze, 3), (Code.Track, 8), (Code.Untrack, 4), (Code.Candidate, 5), (Code.Collect, 8),
        (Code.Threshold, 2), (Code.Trim, 2), (Code.Verify, 10), (Code.Look, 10), (Code.RawAlloc, 8), (Code.RawRealloc, 6),
        (Code.RawFree, 8), (Code.External, 2),
    ];

    private static readonly Code[] s_table = [.. s_weights.SelectMany(entry => Enumerable.Repeat(entry.Code, entry.Weight))];

    public required int Seed { get; init; }

    public required Profile Profile { get; init; }

    public required IReadOnlyList<Operation> Operations { get; init; }

    public static Program Generate(int seed, Profile profile, int steps)
    {
        var random = new Random(seed);
        var operations = new Operation[steps];
        for (int i = 0; i < steps; i++)
        {
            operations[i] = new Operation(s_table[random.Next(s_table.Length)], Word(random), Word(random), Word(random));
        }

        return new Program { Seed = seed, Profile = profile, Operations = operations };
    }

    public Program With(IReadOnlyList<Operation> operations) => new() { Seed = Seed, Profile = Profile, Operations = operations };

    private static uint Word(Random random) => (uint)random.NextInt64(1L << 32);
}
