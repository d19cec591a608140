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
            Assert.That(InlineLayout.HeapBins, Is.EqualTo((uint)Marshal.OffsetOf<HeapState>(nameof(HeapState.InlineBins))));
            Assert.That(InlineLayout.PageFree, Is.EqualTo(OffsetInPage(nameof(Page.Free))));
            Assert.That(InlineLayout.PageFreeCount, Is.EqualTo(OffsetInPage(nameof(Page.FreeCount))));
            Assert.That(InlineLayout.PageCarved, Is.EqualTo(OffsetInPage(nameof(Page.Carved))));
            Assert.That(InlineLayout.PageState, Is.EqualTo(OffsetInPage(nameof(Page.Kind))));
            Assert.That(1 << (int)InlineLayout.PageEntryShift, Is.EqualTo(sizeof(Page)));
            Assert.That(1ul << (int)InlineLayout.PageShift, Is.EqualTo((ulong)Config.PageSize));
        }
    }

    [Test]
    public void A_page_gives_iff_its_state_says_so()
    {
        foreach (PageKind kind in Enum.GetValues<PageKind>())
        {
            for (byte isAvailable = 0; isAvailable < 2; isAvailable++)
            {
                var page = new Page { Kind = kind, IsAvailable = isAvailable, Domain = Domain.Raw, SizeClass = 0xFF };
                uint state = *(uint*)((byte*)&page + InlineLayout.PageState);
                Assert.That(
                    (state & InlineLayout.PageStateMask) == InlineLayout.PageStateValue,
                    Is.EqualTo(kind == PageKind.Small && isAvailable != 0),
                    $"{kind} {isAvailable}");
            }
        }
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

    [Test]
    public void The_structure_tells_every_constant()
    {
        var info = new LayoutInfo { StructSize = (uint)sizeof(LayoutInfo) };
        Assert.That(LayoutOperations.Layout(&info), Is.EqualTo(Status.Ok));
        object boxed = info;
        foreach (FieldInfo field in Constants.Where(field => field.Name is not (nameof(InlineLayout.Revision) or nameof(InlineLayout.Types))))
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

    private static FieldInfo[] Constants =>
        [.. typeof(InlineLayout).GetFields(BindingFlags.Static | BindingFlags.Public).Where(constant => constant.IsLiteral)];

    private static uint OffsetInPage(string field) => (uint)Marshal.OffsetOf<Page>(field);

    private static bool InlineSeesBlocks(HeapState* heap)
    {
        for (int i = 0; i < SizeClass.Count; i++)
        {
            if (heap->InlineBins[i] != null)
            {
                return true;
            }
        }

        return false;
    }
}
