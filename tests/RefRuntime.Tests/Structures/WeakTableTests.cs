// The table from objects to weak references, against a Dictionary.

using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Weak;

namespace RefRuntime.Tests.Structures;

public sealed unsafe class WeakTableTests
{
    [TestCase(1, 300)]
    [TestCase(2, 3000)]
    [TestCase(3, 40)]
    public void It_agrees_with_a_dictionary(int seed, int keys)
    {
        using var heap = new TestHeap();
        HeapState* state = heap.State;
        var random = new Random(seed);
        var expected = new Dictionary<nint, nint>();

        // Keys of a narrow range collide; no entry is ever followed.
        for (int step = 0; step < 60_000; step++)
        {
            nint key = 0x7000_0000 + (16 * random.Next(keys));
            switch (random.Next(3))
            {
                case 0:
                    Assert.That(WeakTable.TryReserve(state), Is.True);
                    nint value = 16 * (1 + random.Next(1000));
                    WeakTable.Set(state, (void*)key, (WeakRefPayload*)value);
                    expected[key] = value;
                    break;
                case 1 when expected.Remove(key):
                    WeakTable.Remove(state, (void*)key);
                    break;
                default:
                    Assert.That((ulong)WeakTable.Find(state, (void*)key), Is.EqualTo((ulong)expected.GetValueOrDefault(key)));
                    break;
            }

            Assert.That(state->WeakCount, Is.EqualTo(expected.Count));
        }

        foreach ((nint key, nint value) in expected)
        {
            Assert.That((ulong)WeakTable.Find(state, (void*)key), Is.EqualTo((ulong)value));
        }

        expected.Keys.ToList().ForEach(key => WeakTable.Remove(state, (void*)key));
        Assert.That(state->WeakCount, Is.Zero);
        for (ulong i = 0; i < 2 * state->WeakCapacity; i++)
        {
            Assert.That((ulong)state->WeakSlots[i], Is.Zero);
        }
    }
}
