// Bit arithmetic against naive versions.

using System;
using NUnit.Framework;
using RefRuntime.Core;

namespace RefRuntime.Tests.Structures;

public sealed class BitsTests
{
    [Test]
    public void FindRun_finds_the_lowest_run()
    {
        var random = new Random(1);
        for (int i = 0; i < 200_000; i++)
        {
            // Dense words, so that long runs occur.
            ulong word = (ulong)random.NextInt64() | (ulong)random.NextInt64() | ((ulong)random.NextInt64() << random.Next(64));
            int length = 1 + random.Next(64);
            Assert.That(Bits.FindRun(word, length), Is.EqualTo(NaiveRun(word, length)), $"{word:x}, {length}");
        }
    }

    [TestCase(0ul, 1, -1)]
    [TestCase(ulong.MaxValue, 64, 0)]
    [TestCase(ulong.MaxValue >> 1, 64, -1)]
    [TestCase(1ul << 63, 1, 63)]
    [TestCase(3ul << 62, 2, 62)]
    [TestCase(3ul << 62, 3, -1)]
    public void FindRun_at_the_ends_of_a_word(ulong word, int length, int expected) =>
        Assert.That(Bits.FindRun(word, length), Is.EqualTo(expected));

    [Test]
    public void Run_sets_exactly_its_bits()
    {
        for (int first = 0; first < 64; first++)
        {
            for (int length = 1; first + length <= 64; length++)
            {
                ulong expected = 0;
                for (int i = first; i < first + length; i++)
                {
                    expected |= 1ul << i;
                }

                Assert.That(Bits.Run(first, length), Is.EqualTo(expected), $"{first}, {length}");
            }
        }
    }

    [TestCase(0ul, 0ul)]
    [TestCase(1ul, 16ul)]
    [TestCase(16ul, 16ul)]
    [TestCase(17ul, 32ul)]
    public void AlignUp_rounds_up(ulong value, ulong expected) => Assert.That(Bits.AlignUp(value, 16), Is.EqualTo(expected));

    private static int NaiveRun(ulong word, int length)
    {
        for (int first = 0; first + length <= 64; first++)
        {
            bool isRun = true;
            for (int i = first; i < first + length && isRun; i++)
            {
                isRun = ((word >> i) & 1) != 0;
            }

            if (isRun)
            {
                return first;
            }
        }

        return -1;
    }
}
