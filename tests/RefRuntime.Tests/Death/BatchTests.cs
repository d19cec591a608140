// Batches: each element goes the way of a single one, and the first that is refused ends the batch.

using NUnit.Framework;
using RefRuntime.Abi;
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
}
