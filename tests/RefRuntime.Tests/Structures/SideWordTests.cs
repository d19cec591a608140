// Words of members, counted four at a time against one at a time.

using NUnit.Framework;
using RefRuntime.Cycles;

namespace RefRuntime.Tests.Structures;

public sealed unsafe class SideWordTests
{
    private const uint Flags = 16;

    [Test]
    public void Count_knows_every_kind_of_word_at_every_place()
    {
        uint* words = stackalloc uint[11];
        for (uint place = 0; place < 11; place++)
        {
            for (uint word = 0; word < 2 * Flags; word++)
            {
                for (uint i = 0; i < 11; i++)
                {
                    words[i] = 0;
                }

                words[place] = word;
                SideWord.Count(words, 11, out uint members, out uint dead);
                Assert.That((members, dead), Is.EqualTo((IsMember(word) ? 1u : 0, word == (SideWord.Done | SideWord.Seen) ? 1u : 0)), $"{word} at {place}");
            }
        }
    }

    [Test]
    public void Count_counts_all_of_them_and_none_behind_them()
    {
        uint* words = stackalloc uint[20];
        for (uint i = 0; i < 20; i++)
        {
            words[i] = SideWord.Done | SideWord.Seen;
        }

        for (uint count = 0; count <= 20; count++)
        {
            SideWord.Count(words, count, out uint members, out uint dead);
            Assert.That((members, dead), Is.EqualTo((count, count)));
        }
    }

    /// <summary>Outside and unseen words are no members', nor those of which only edges were met.</summary>
    private static bool IsMember(uint word) =>
        (word % Flags) switch
        {
            SideWord.Done or (SideWord.Done | SideWord.Seen) => true,
            SideWord.Live or (SideWord.Live | SideWord.Seen) => true,
            (SideWord.Live | SideWord.Done) or (SideWord.Live | SideWord.Done | SideWord.Seen) => true,
            _ => false,
        };
}
