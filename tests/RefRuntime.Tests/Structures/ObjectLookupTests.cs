// Of all addresses in a page exactly the payloads of live objects are objects.

using System.Collections.Generic;
using NUnit.Framework;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Structures;

public sealed unsafe class ObjectLookupTests
{
    private static IEnumerable<int> Classes()
    {
        for (int i = 0; i < SizeClass.Count; i++)
        {
            yield return i;
        }
    }

    [TestCaseSource(nameof(Classes))]
    public void Exactly_the_payloads_of_live_objects_are_objects(int sizeClass)
    {
        using var heap = new TestHeap();
        uint overhead = Config.HeaderSize + 8;
        uint items = SizeClass.BlockSize(sizeClass) - overhead;
        var live = new HashSet<nint>();
        for (int i = 0; i < 40; i++)
        {
            void* payload = heap.AllocItems(TypeId.Bytes, items);
            live.Add((nint)payload);
            if (i % 3 == 1)
            {
                CountOperations.Decref(payload);
                live.Remove((nint)payload);
            }
        }

        var pages = new HashSet<nint>();
        foreach (nint payload in live)
        {
            Page* page = Segment.PageOf((void*)payload);
            Assert.That(page->SizeClass, Is.EqualTo(sizeClass));
            pages.Add((nint)Segment.Memory(Segment.Of(page), Segment.IndexOf(page)));
        }

        foreach (nint page in pages)
        {
            for (nint address = page - 8; address < page + Config.PageSize + 8; address += 4)
            {
                bool isOther = address < page || address >= page + Config.PageSize;
                int expected = live.Contains(address) ? 1 : 0;
                if (!isOther && ObjectOperations.IsObject((void*)address) != expected)
                {
                    Assert.Fail($"class {sizeClass}, offset {address - page}: expected {expected}");
                }
            }
        }
    }

    [Test]
    public void Heads_free_pages_raw_blocks_and_tails_of_spans_hold_no_objects()
    {
        using var heap = new TestHeap();
        void* raw = RawOperations.Alloc(heap.Handle, 100);
        void* span = heap.AllocItems(TypeId.Bytes, 3 * Config.PageSize);
        byte* segment = (byte*)Segment.Of(span);
        int found = 0;
        for (byte* address = segment; address < segment + Config.SegmentSize; address += Config.Alignment)
        {
            found += ObjectOperations.IsObject(address);
        }

        Assert.That(found, Is.EqualTo(1));
        Assert.That(ObjectOperations.IsObject(span), Is.EqualTo(1));
        Assert.That(ObjectOperations.IsObject(raw), Is.Zero);
    }
}
