// The growable array: what it gives back, and what it keeps.

using NUnit.Framework;
using RefRuntime.Os;

namespace RefRuntime.Tests.Structures;

public sealed unsafe class PointerBufferTests
{
    private const ulong Million = 1 << 20;

    [Test]
    public void It_shrinks_a_piece_at_a_time_down_to_its_entries([Values(0ul, 1ul, 100_000ul, Million)] ulong kept)
    {
        PointerBuffer buffer = default;
        Fill(ref buffer, Million);
        buffer.Count = kept;
        ulong pieces = 0;
        for (ulong before = buffer.Capacity; buffer.TryShrink(); before = buffer.Capacity)
        {
            Assert.That(before - buffer.Capacity, Is.InRange(1ul, Million / 8));
            pieces++;
        }

        Assert.That(buffer.Capacity, Is.InRange(kept, kept + (Million / 16)));
        Assert.That(pieces > 5, Is.EqualTo(kept != Million));

        // What is left is as it was, and it grows again.
        Fill(ref buffer, 2 * Million);
        ulong different = 0;
        for (ulong i = 0; i < buffer.Count; i++)
        {
            different += (ulong)buffer.Items[i] != i ? 1ul : 0;
        }

        Assert.That(different, Is.Zero);
        buffer.Free();
    }

    private static void Fill(ref PointerBuffer buffer, ulong count)
    {
        bool isDone = true;
        while (isDone && buffer.Count < count)
        {
            isDone = buffer.TryPush((void*)buffer.Count);
        }

        Assert.That(isDone);
    }
}
