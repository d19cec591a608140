// The table against a dictionary, with keys that collide and come and go.

using System;
using System.Collections.Generic;
using System.Linq;
using NUnit.Framework;
using RefRuntime.Os;

namespace RefRuntime.Tests.Structures;

public sealed class NumberTableTests
{
    [Test]
    public void It_is_a_dictionary([Values(1, 2, 3)] int seed, [Values(100, 5000)] int keys)
    {
        Random random = new(seed);
        Dictionary<ulong, uint> oracle = [];
        NumberTable table = default;
        for (uint i = 1; i < 40_000; i++)
        {
            // Addresses: multiples of 16, some of which differ in their upper bits alone.
            ulong key = ((ulong)random.Next(1, keys) << 4) | ((ulong)random.Next(4) << 44);
            if (oracle.Remove(key, out uint value))
            {
                Assert.That(table.Remove(key), Is.EqualTo(value));
            }
            else
            {
                Assert.That(table.Remove(key), Is.Zero);
                Assert.That(table.TryAdd(key, i), Is.True);
                oracle[key] = i;
            }

            Assert.That(table.Count, Is.EqualTo((ulong)oracle.Count));
            if (i % 1000 == 0)
            {
                Assert.That(oracle.All(entry => table.Find(entry.Key) == entry.Value), Is.True);
            }
        }

        table.Free();
        Assert.That(table.Find(16), Is.Zero);
    }
}
