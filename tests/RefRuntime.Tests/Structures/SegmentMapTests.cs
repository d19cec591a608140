// Which addresses are ours.

using NUnit.Framework;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Structures;

public sealed unsafe class SegmentMapTests
{
    [Test]
    public void A_segment_is_known_from_its_first_byte_to_its_last_and_no_longer_than_it_lives()
    {
        byte* segment;
        using (var heap = new TestHeap())
        {
            segment = (byte*)Segment.Of(heap.State);
            Assert.That(SegmentMap.Contains(segment), Is.True);
            Assert.That(SegmentMap.Contains(segment + Config.SegmentSize - 1), Is.True);
        }

        Assert.That(SegmentMap.Contains(segment), Is.False);
        Assert.That(HeapOperations.Free((RefRuntime.Abi.HeapHandle*)(segment + Segment.HeapOffset)), Is.EqualTo(RefRuntime.Abi.Status.Argument));
    }

    [TestCase(0ul)]
    [TestCase(1ul)]
    [TestCase(1ul << 47)]
    [TestCase((1ul << 47) - 1)]
    [TestCase(0x8000_0000_0000_0000)]
    [TestCase(ulong.MaxValue)]
    public void Addresses_that_nobody_can_have_are_not_ours(ulong address)
    {
        Assert.That(SegmentMap.Contains((void*)address), Is.False);
        Assert.That(ObjectOperations.IsObject((void*)(address & ~15ul)), Is.Zero);
    }

    [Test]
    public void Of_a_huge_block_only_the_first_segment_is_known()
    {
        using var heap = new TestHeap();
        void* huge = heap.AllocItems(RefRuntime.Abi.TypeId.Bytes, 2 * Config.SegmentSize);
        Assert.That(SegmentMap.Contains(huge), Is.True);
        Assert.That(ObjectOperations.IsObject(huge), Is.EqualTo(1));
        Assert.That(ObjectOperations.IsObject((byte*)huge + Config.SegmentSize), Is.Zero);
        Assert.That(CountOperations.Decref(huge), Is.EqualTo(RefRuntime.Abi.Status.Ok));
        Assert.That(SegmentMap.Contains(huge), Is.False);
    }
}
