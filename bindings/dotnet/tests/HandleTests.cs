// Handles: what they own, when they give it back, and what of their objects can be reached through them.

using System;
using System.Linq;
using System.Runtime.CompilerServices;
using System.Threading;
using NUnit.Framework;

namespace RefRuntime.Native.Tests;

public sealed class HandleTests
{
    private const int Many = 1_000_000;

    private Heap _heap = null!;

    [SetUp]
    public void MakeHeap() => _heap = new Heap();

    [TearDown]
    public void FreeHeap()
    {
        if (!_heap.IsDisposed)
        {
            _heap.Verify();
            _heap.Dispose();
        }
    }

    [Test]
    public void A_value_comes_back_as_it_went_in()
    {
        using HeapObject<Types.Point> leaf = _heap.New(Types.Leaf, new Types.Point(1, 2.5, -3));
        Assert.That(leaf.Value, Is.EqualTo(new Types.Point(1, 2.5, -3)));
        leaf.Value = leaf.Value with { Y = 7 };
        Assert.That(leaf.Value, Is.EqualTo(new Types.Point(1, 2.5, 7)));
        Assert.That((long)leaf.Address % 16, Is.Zero);
        Assert.That(leaf.TypeName, Is.EqualTo("point"));
    }

    [Test]
    public void A_lease_changes_the_value_in_place()
    {
        using HeapObject<Types.Point> leaf = _heap.New(Types.Leaf);
        using (Lease<Types.Point> lease = leaf.Lease())
        {
            lease.Value.X = 9;
            Assert.That(lease.Span.Length, Is.EqualTo(1));
        }

        Assert.That(leaf.Value.X, Is.EqualTo(9));
    }

    [Test]
    public void Bytes_are_copied_in_and_leased_out()
    {
        using HeapBytes bytes = _heap.NewBytes("abc"u8);
        using (Lease<byte> lease = bytes.Lease())
        {
            lease.Span[1] = (byte)'x';
        }

        Assert.That(bytes.ToArray(), Is.EqualTo("axc"u8.ToArray()));
        using HeapBytes empty = _heap.NewBytes(0);
        Assert.That(empty.ToArray(), Is.Empty);
    }

    [Test]
    public void A_lease_keeps_the_object_of_a_handle_that_was_disposed_of()
    {
        HeapBytes bytes = _heap.NewBytes("abc"u8);
        using (Lease<byte> lease = bytes.Lease())
        {
            bytes.Dispose();
            Assert.That(_heap.GetStatistics().LiveObjects, Is.EqualTo(1));
            Assert.That(lease.Span.SequenceEqual("abc"u8), Is.True);
        }

        Assert.That(_heap.GetStatistics().LiveObjects, Is.Zero);
    }

    [Test]
    public void A_list_can_be_gone_through()
    {
        using HeapList list = _heap.NewList();
        for (int i = 0; i < 5; i++)
        {
            using HeapObject<long> node = _heap.New(Types.Node, i);
            list.Add(node);
        }

        long sum = 0;
        foreach (HeapObject item in list)
        {
            using (item)
            {
                sum += ((HeapObject<long>)item).Value;
            }
        }

        Assert.That(sum, Is.EqualTo(10));
        Assert.That(_heap.GetStatistics().LiveObjects, Is.EqualTo(6));
        using HeapObject<long> last = list.Get<HeapObject<long>>(4);
        Assert.That(last.Value, Is.EqualTo(4));
    }

    [Test]
    public void A_tuple_can_be_gone_through()
    {
        using HeapObject<long> node = _heap.New(Types.Node, 3);
        using HeapTuple tuple = _heap.NewTuple(node, null, node);
        Assert.That(tuple.Select(item => item is null).ToArray(), Is.EqualTo([false, true, false]));
        using HeapObject<long>? first = tuple.Get<HeapObject<long>>(0);
        Assert.That(first, Is.EqualTo(node));
        Assert.That(first!.GetHashCode(), Is.EqualTo(node.GetHashCode()));
    }

    [Test]
    public void A_handle_is_equal_to_nothing_once_it_is_disposed_of()
    {
        HeapObject<long> node = _heap.New(Types.Node);
        HeapObject<long> again = node.Duplicate();
        Assert.That(node.Equals(again), Is.True);
        again.Dispose();
        again.Dispose();
        Assert.That(node.Equals(again), Is.False);
        Assert.That(again.ToString(), Does.EndWith("disposed"));
        Assert.That(node.ReferenceCount, Is.EqualTo(1));
    }

    [Test]
    public void An_object_of_native_code_gets_a_handle_of_the_fitting_class()
    {
        using HeapObject<long> node = _heap.New(Types.Node, 5);
        using HeapObject again = _heap.FromAddress(node.Address);
        Assert.That(again, Is.InstanceOf<HeapObject<long>>().And.EqualTo(node));
        Assert.That(Assert.Throws<RefRuntimeException>(() => _heap.FromAddress(node.Address + 8))!.Status, Is.EqualTo(Status.NotObject));
        using Heap other = new();
        Assert.Throws<ArgumentException>(() => other.FromAddress(node.Address));
    }

    [Test]
    public void A_million_handles_leave_nothing()
    {
        for (int i = 0; i < Many; i++)
        {
            using HeapObject<long> node = _heap.New(Types.Node, i);
        }

        Assert.That(_heap.GetStatistics().LiveObjects, Is.Zero);
        Assert.That(_heap.GetStatistics().ObjectsAllocated, Is.EqualTo((ulong)Many));
    }

    [Test]
    public void A_million_handles_that_are_forgotten_leave_nothing()
    {
        Forget(Many);
        CollectManaged();
        Assert.That(_heap.GetStatistics().LiveObjects, Is.Zero);
        Assert.That(_heap.GetStatistics().ObjectsAllocated, Is.EqualTo((ulong)Many));
    }

    [Test]
    public void What_the_finalizer_thread_finds_is_given_back_by_the_owner()
    {
        int thread = 0;
        ObjectType<int> type = ObjectType.Define<int>("told", null, destroy: _ => thread = Environment.CurrentManagedThreadId);
        ForgetOne(type);
        CollectManaged();
        Assert.That(thread, Is.Zero, "nothing happens before the owner calls");
        Assert.That(_heap.GetStatistics().LiveObjects, Is.Zero);
        Assert.That(thread, Is.EqualTo(Environment.CurrentManagedThreadId));
    }

    [Test]
    public void What_another_thread_disposes_of_is_given_back_by_the_owner()
    {
        HeapObject<long> node = _heap.New(Types.Node);
        Thread thread = new(node.Dispose);
        thread.Start();
        thread.Join();
        Assert.Throws<ObjectDisposedException>(() => _ = node.Value);
        Assert.That(_heap.GetStatistics().LiveObjects, Is.Zero);
    }

    [Test]
    public void A_heap_that_is_forgotten_is_freed()
    {
        int destroyed = 0;
        ObjectType<int> type = ObjectType.Define<int>("in a forgotten heap", null, destroy: _ => destroyed++);
        ForgetHeap(type);
        CollectManaged();
        Assert.That(destroyed, Is.EqualTo(1));
    }

    [Test]
    public void The_leak_report_finds_a_forgotten_handle()
    {
        using HeapObject<long> holder = _heap.New(Types.Node);
        using (HeapObject<Types.Point> leaf = _heap.New(Types.Leaf))
        {
            holder.Set("left", leaf);
        }

        string report = _heap.GetLeakReport();
        Assert.That(report, Does.Contain("node").And.Contain("point"));
        holder.Set("left", null);
        holder.Dispose();
        Assert.That(_heap.GetLeakReport(), Does.Not.Contain("point"));
    }

    private static void CollectManaged()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ForgetHeap(ObjectType<int> type) => new Heap().New(type);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ForgetOne(ObjectType<int> type) => _heap.New(type);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Forget(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _heap.New(Types.Node, i);
        }
    }
}
