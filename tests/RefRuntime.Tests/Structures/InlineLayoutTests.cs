// What is told to inline callers is what the structures are: they can't be asked at compile time, so they are here.

using System;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using NUnit.Framework;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Structures;

public sealed unsafe class InlineLayoutTests
{
    [Test]
    public void Offsets_are_those_of_the_structures()
    {
        using (Assert.EnterMultipleScope())
        {
            Assert.That(InlineLayout.HeapBins, Is.EqualTo(OffsetInHeap(nameof(HeapState.InlineBins))));
            Assert.That(HeapState.InlineBin(0) * 8, Is.EqualTo(OffsetInHeap(nameof(HeapState.Bins)) - OffsetInHeap(nameof(HeapState.NoBin))));
            Assert.That(InlineLayout.HeapCandidates, Is.EqualTo(OffsetInHeap(nameof(HeapState.Candidates))));
            Assert.That(InlineLayout.HeapTrap, Is.EqualTo(OffsetInHeap(nameof(HeapState.CandidateTrap))));
            Assert.That(InlineLayout.SegmentHeap, Is.EqualTo((uint)Marshal.OffsetOf<Segment>(nameof(Segment.Heap))));
            Assert.That(1 << (int)InlineLayout.BitmapShift, Is.EqualTo(Segment.BitmapWords * 8));
            Assert.That(InlineLayout.PageStart, Is.EqualTo(OffsetInPage(nameof(Page.Start))));
            Assert.That(InlineLayout.PageReciprocal, Is.EqualTo(OffsetInPage(nameof(Page.Reciprocal))));
            Assert.That(InlineLayout.PageFree, Is.EqualTo(OffsetInPage(nameof(Page.Free))));
            Assert.That(InlineLayout.PageCountdown, Is.EqualTo(OffsetInPage(nameof(Page.Countdown))));
            Assert.That(InlineLayout.PageCandidates, Is.EqualTo(OffsetInPage(nameof(Page.CandidateCount))));
            Assert.That(1 << (int)InlineLayout.PageEntryShift, Is.EqualTo(sizeof(Page)));
            Assert.That(1ul << (int)InlineLayout.PageShift, Is.EqualTo((ulong)Config.PageSize));
        }
    }

    [Test]
    public void A_plain_leaf_is_born_with_the_value_that_says_so()
    {
        using var heap = new TestHeap();
        Assert.That(Header.Word(heap.Alloc(TestTypes.Leaf)) & Header.StateMask, Is.EqualTo(InlineLayout.LeafValue));
        Assert.That(Header.Word(heap.AllocItems(TypeId.Bytes, 5)) & Header.StateMask, Is.EqualTo(InlineLayout.LeafValue));
        Assert.That(Header.Word(heap.Alloc(TestTypes.Pair)) & Header.StateMask, Is.EqualTo(1));
        Assert.That(Header.Word(heap.Alloc(TestTypes.Finalized)) & Header.StateMask, Is.EqualTo(1));
    }

    [Test]
    public void A_heap_fits_where_it_lies() => Assert.That(sizeof(HeapState), Is.EqualTo(HeapState.Size));

    [Test]
    public void The_fingerprint_covers_every_constant_in_order()
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (FieldInfo field in Constants.Where(field => field.Name != nameof(InlineLayout.Fingerprint)))
        {
            hash = unchecked((hash ^ Convert.ToUInt64(field.GetRawConstantValue())) * 0x100000001B3);
        }

        Assert.That(hash, Is.EqualTo(InlineLayout.Fingerprint));
    }

    // The shrunken structures of RR_TINY are such another layout.
    [Test]
    public void The_librarys_own_c_is_enabled_by_this_layout_and_by_no_other() =>
        Assert.That(FastCalls.TryEnable(), Is.EqualTo(Config.PageShift == 16));

    [Test]
    public void The_structure_tells_every_constant()
    {
        var info = new LayoutInfo { StructSize = (uint)sizeof(LayoutInfo) };
        Assert.That(LayoutOperations.Layout(&info), Is.EqualTo(Status.Ok));
        object boxed = info;
        foreach (FieldInfo field in Constants.Where(field => field.Name != nameof(InlineLayout.Types)))
        {
            object told = typeof(LayoutInfo).GetField(field.Name)!.GetValue(boxed)!;
            Assert.That(told, Is.EqualTo(field.GetRawConstantValue()), field.Name);
        }

        Assert.That(info.TypeCount, Is.EqualTo(InlineLayout.Types));
    }

    [Test]
    public void Inline_callers_find_no_block_where_the_heap_must_hear_of_them()
    {
        using var synchronized = new TestHeap(HeapFlags.Synchronized);
        synchronized.Alloc(TestTypes.Leaf);
        Assert.That(InlineSeesBlocks(synchronized.State), Is.False, "synchronized");

        using var heap = new TestHeap();
        heap.Alloc(TestTypes.Leaf);
        Assert.That(InlineSeesBlocks(heap.State), Is.True, "open");
        HeapAccess.EnterTraverse(heap.State);
        Assert.That(InlineSeesBlocks(heap.State), Is.False, "traverse");
        HeapAccess.LeaveTraverse(heap.State);
        Assert.That(InlineSeesBlocks(heap.State), Is.True, "after traverse");
        Blocks.TrapBins(heap.State);
        Assert.That(InlineSeesBlocks(heap.State), Is.False, "trapped");
    }

    [Test]
    public void What_is_cleared_covers_the_payload_and_stays_in_the_block()
    {
        for (uint size = 1; size <= 300; size++)
        {
            TypeId id = TestTypes.Define(default, slots: 0, size);
            LayoutType* entry = InlineTypes.Table + (uint)id;
            TypeDescriptor* type = TypeRegistry.Get(id);
            Assert.That(entry->Header, Is.EqualTo(entry->BinOffset == 0 ? 0 : type->NewHeader));
            Assert.That(entry->BinOffset == 0, Is.EqualTo(size > 248));
            if (entry->BinOffset != 0)
            {
                Assert.That(entry->ClearBytes % 16, Is.EqualTo(8), $"{size} bytes");
                Assert.That(entry->ClearBytes, Is.GreaterThanOrEqualTo(size), $"{size} bytes");
                Assert.That(entry->ClearBytes + Config.HeaderSize, Is.LessThanOrEqualTo(SizeClass.BlockSize(type->FixedClass)), $"{size} bytes");
            }
        }
    }

    private static FieldInfo[] Constants =>
        [.. typeof(InlineLayout).GetFields(BindingFlags.Static | BindingFlags.Public).Where(constant => constant.IsLiteral)];

    private static uint OffsetInHeap(string field) => (uint)Marshal.OffsetOf<HeapState>(field);

    private static uint OffsetInPage(string field) => (uint)Marshal.OffsetOf<Page>(field);

    private static bool InlineSeesBlocks(HeapState* heap)
    {
        for (int i = 0; i < SizeClass.Count; i++)
        {
            if (heap->InlineBins[HeapState.InlineBin(i)] != null)
            {
                return true;
            }
        }

        return false;
    }
}
