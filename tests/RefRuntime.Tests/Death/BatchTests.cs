// Batches: each element goes the way of a single one, and the first that is refused ends the batch.

using NUnit.Framework;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Death;

public sealed unsafe class BatchTests
{
    [Test]
    public void A_batch_ends_at_the_first_refusal_and_says_how_far_it_came()
    {
        using var heap = new TestHeap();
        void** objects = stackalloc void*[4];
        Assert.That((ulong)BatchOperations.AllocMany(heap.Handle, TestTypes.Pair, 4, objects), Is.EqualTo(4ul));
        void* third = objects[2];
        objects[2] = (byte*)third + 8;
        Assert.That((ulong)BatchOperations.IncrefMany(objects, 4), Is.EqualTo(2ul));
        Assert.That(LibraryOperations.LastStatus(), Is.EqualTo(Status.NotObject));
        Assert.That(CountOperations.GetRefCount(objects[1]), Is.EqualTo(2));
        Assert.That(CountOperations.GetRefCount(objects[3]), Is.EqualTo(1));
        objects[2] = third;
        Assert.That((ulong)BatchOperations.DecrefMany(objects, 2), Is.EqualTo(2ul));
        Assert.That((ulong)BatchOperations.StoreMany(objects, 8, objects, 4), Is.EqualTo(4ul));
        Assert.That((ulong)BatchOperations.StoreMany(objects, 24, objects, 4), Is.Zero);
        Assert.That((ulong)BatchOperations.DecrefMany(objects, 4), Is.EqualTo(4ul));
        Assert.That(CollectOperations.Collect(heap.Handle), Is.EqualTo(4));
        Assert.That(heap.LiveObjects, Is.Zero);
    }

    [Test]
    public void A_store_may_be_the_end_of_the_object_that_is_stored_into()
    {
        using var heap = new TestHeap();
        void* holder = heap.AllocItems(TypeId.Tuple, 2 * Config.SegmentSize / 8);
        *(void**)holder = heap.Alloc(TestTypes.Finalized);
        nint last = (nint)holder;
        Hooks.Finalize = _ => CountOperations.Decref((void*)last);
        void* nothing = null;
        Assert.That((ulong)BatchOperations.StoreMany(&holder, 0, &nothing, 1), Is.EqualTo(1ul));
        Assert.That(heap.LiveObjects, Is.Zero);
    }
}
