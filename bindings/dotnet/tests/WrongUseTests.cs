// Wrong use is refused with .NET's own exceptions, in words that name what was wrong, and nothing is changed.

using System;
using System.Collections.Generic;
using System.IO;
using System.Threading;
using NUnit.Framework;

namespace RefRuntime.Native.Tests;

public sealed class WrongUseTests
{
    private Heap _heap = null!;

    [SetUp]
    public void MakeHeap() => _heap = new Heap();

    [TearDown]
    public void FreeHeap()
    {
        _heap.Verify();
        _heap.Dispose();
    }

    [Test]
    public void A_handle_that_was_disposed_of_is_refused()
    {
        HeapList list = _heap.NewList();
        HeapObject<long> node = _heap.New(Types.Node);
        node.Dispose();
        Assert.Throws<ObjectDisposedException>(() => node.Value = 1);
        Assert.Throws<ObjectDisposedException>(() => node.Lease().Dispose());
        Assert.Throws<ObjectDisposedException>(() => node.Duplicate());
        Assert.Throws<ObjectDisposedException>(() => node.Set("left", list));
        Assert.Throws<ObjectDisposedException>(() => list.Add(node));
        Assert.Throws<ObjectDisposedException>(() => _heap.NewTuple(list, node));
        Assert.Throws<ObjectDisposedException>(() => _heap.NewWeakReference(node));
        Assert.That(list.ReferenceCount, Is.EqualTo(1));
        list.Dispose();
        Assert.That(_heap.GetStatistics().LiveObjects, Is.Zero);
    }

    [Test]
    public void A_heap_that_was_disposed_of_is_refused_and_so_are_its_handles()
    {
        Heap heap = new();
        HeapObject<long> node = heap.New(Types.Node);
        heap.Dispose();
        heap.Dispose();
        Assert.That(Assert.Throws<ObjectDisposedException>(() => _ = node.Value)!.ObjectName, Is.EqualTo(typeof(Heap).FullName));
        Assert.Throws<ObjectDisposedException>(() => heap.NewList());
        Assert.Throws<ObjectDisposedException>(() => heap.GetLeakReport());
        Assert.Throws<ObjectDisposedException>(heap.Attach);
        Assert.Throws<ObjectDisposedException>(() => _ = heap.Address);
        using HeapList list = _heap.NewList();
        Assert.Throws<ObjectDisposedException>(() => list.Add(node));
        node.Dispose();
    }

    [Test]
    public void An_index_out_of_range_is_named()
    {
        using HeapList list = _heap.NewList();
        list.Add(list);
        ArgumentOutOfRangeException? thrown = Assert.Throws<ArgumentOutOfRangeException>(() => list.Get(3));
        Assert.That(thrown!.Message, Does.Contain("rr_list_get"));
        Assert.That(thrown.ActualValue, Is.EqualTo(3));
        foreach (Action use in new Action[] { () => list.Get(-5), () => list.Set(-5, list), () => list.Insert(-5, list), () => list.RemoveAt(-5) })
        {
            thrown = Assert.Throws<ArgumentOutOfRangeException>(use);
            Assert.That(thrown!.Message, Does.StartWith("index -5 is negative"));
            Assert.That(thrown.ActualValue, Is.EqualTo(-5));
        }

        Assert.Throws<ArgumentOutOfRangeException>(() => list.RemoveAt(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => list.Set(1, list));
        Assert.Throws<ArgumentOutOfRangeException>(() => list.Insert(2, list));
        using HeapTuple tuple = _heap.NewTuple(list);
        Assert.Throws<ArgumentOutOfRangeException>(() => tuple.Get(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => tuple.Get(-1));
        using HeapObject<long> node = _heap.New(Types.Node);
        Assert.Throws<ArgumentOutOfRangeException>(() => node.Get(2));
        Assert.Throws<ArgumentOutOfRangeException>(() => node.Set(-1, null));
        Assert.That(Assert.Throws<ArgumentException>(() => node.Get("middle"))!.Message, Does.Contain("'middle'"));
        Assert.That(list.ReferenceCount, Is.EqualTo(3));
        list.Clear();
    }

    [Test]
    public void An_object_of_another_class_is_refused_and_released()
    {
        using HeapList list = _heap.NewList();
        using HeapObject<long> node = _heap.New(Types.Node);
        node.Set("left", list);
        Assert.That(Assert.Throws<InvalidCastException>(() => node.Get<HeapTuple>("left"))!.Message, Does.Contain("list"));
        Assert.That(Assert.Throws<InvalidCastException>(() => node.Get<HeapObject<long>>("left"))!.Message, Does.Contain("HeapObject<Int64>"));
        Assert.That(list.ReferenceCount, Is.EqualTo(2));
        using HeapWeakReference weak = _heap.NewWeakReference(node);
        Assert.Throws<InvalidCastException>(() => weak.TryGetTarget(out HeapList? _));
        Assert.That(node.ReferenceCount, Is.EqualTo(1));
    }

    [Test]
    public void An_object_of_another_heap_is_refused_in_the_librarys_words()
    {
        using Heap other = new();
        using HeapObject<long> foreign = other.New(Types.Node);
        using HeapObject<long> node = _heap.New(Types.Node);
        Assert.That(Assert.Throws<ArgumentException>(() => node.Set("left", foreign))!.Message, Does.StartWith("rr_store"));
        Assert.Throws<ArgumentException>(() => _heap.NewTuple(node, foreign));
        Assert.Throws<ArgumentException>(() => _heap.NewWeakReference(foreign));
        Assert.That(node.ReferenceCount, Is.EqualTo(1));
    }

    [Test]
    public void Another_thread_is_refused_until_it_attaches()
    {
        using HeapObject<long> node = _heap.New(Types.Node, 1);
        HeapBytes bytes = _heap.NewBytes(3);
        var thrown = new List<Exception>();
        OnThread(() =>
        {
            foreach (Action use in new Action[]
            {
                () => _heap.NewList(), () => _ = node.Value, () => node.Set("left", null), () => bytes.Lease().Dispose(), () => _heap.Collect(), _heap.Dispose,
            })
            {
                thrown.Add(Assert.Throws<InvalidOperationException>(use)!);
            }

            _heap.Attach();
            node.Value = 2;
        });
        Assert.That(thrown, Has.Count.EqualTo(6).And.All.Message.StartsWith("the heap belongs to thread"));
        Assert.Throws<InvalidOperationException>(() => _ = node.Value);
        _heap.Attach();
        Assert.That(node.Value, Is.EqualTo(2));
        bytes.Dispose();
    }

    [Test]
    public void A_heap_with_an_open_lease_is_not_disposed_of()
    {
        Heap heap = new();
        HeapBytes bytes = heap.NewBytes(10);
        using (Lease<byte> lease = bytes.Lease())
        {
            Assert.Throws<InvalidOperationException>(heap.Dispose);
            lease.Span[9] = 1;
        }

        Assert.That(bytes.ToArray()[9], Is.EqualTo(1));
        heap.Dispose();
    }

    [Test]
    public void A_lease_that_was_disposed_of_is_refused_and_disposing_of_it_twice_is_fine()
    {
        using HeapObject<long> node = _heap.New(Types.Node, 7);
        Lease<long> lease = node.Lease();
        lease.Value = 8;
        lease.Dispose();
        lease.Dispose();
        bool refused = false;
        try
        {
            lease.Value = 9;
        }
        catch (ObjectDisposedException)
        {
            refused = true;
        }

        Assert.That(refused);
        using (Lease<long> early = node.Lease())
        {
            early.Dispose();
        }

        Assert.That(node.Value, Is.EqualTo(8));
    }

    [Test]
    public void A_heap_is_not_disposed_of_in_a_callback([Values] HeapSharing sharing)
    {
        using Heap heap = new(new HeapOptions { Sharing = sharing });
        Exception? thrown = null;
        ObjectType<int> type = ObjectType.Define<int>("closer", finalizer: self => thrown = Assert.Throws<InvalidOperationException>(self.Heap.Dispose));
        heap.New(type).Dispose();
        Assert.That(thrown!.Message, Does.StartWith("rr_heap_free"));
        Assert.That(heap.IsDisposed, Is.False);
        heap.NewList().Dispose();
    }

    [Test]
    public void The_default_heap_stays()
    {
        Assert.Throws<InvalidOperationException>(Heap.Default.Dispose);
        using HeapList list = Heap.Default.NewList();
        Assert.That(list.Count, Is.Zero);
    }

    [Test]
    public void A_heap_at_its_limit_is_short_of_memory()
    {
        using Heap heap = new(new HeapOptions { MaxBytes = 1 << 20 });
        using HeapList list = heap.NewList();
        Assert.That(
            Assert.Throws<InsufficientMemoryException>(() => heap.NewBytes(8 << 20))!.Message, Does.StartWith("rr_alloc_items"));
        Assert.That(heap.GetStatistics().LiveObjects, Is.EqualTo(1));
    }

    [Test]
    public void Arguments_are_checked()
    {
        using HeapList list = _heap.NewList();
        Assert.Throws<ArgumentNullException>(() => list.Add(null!));
        Assert.Throws<ArgumentNullException>(() => _heap.NewWeakReference(null!));
        Assert.Throws<ArgumentNullException>(() => _heap.New<long>(null!));
        Assert.Throws<ArgumentOutOfRangeException>(() => _heap.NewBytes(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => _heap.CollectStep(TimeSpan.FromTicks(-1)));
        Assert.Throws<ArgumentException>(() => ObjectType.Define<int>(""));
        Assert.Throws<ArgumentException>(() => ObjectType.Define<int>("a\0b"));
        Assert.Throws<ArgumentException>(() => ObjectType.Define<int>("twice", ["a", "a"]));
        Assert.Throws<ArgumentException>(() => ObjectType.Define<int>("nameless", [null!]));
        Assert.Throws<ArgumentException>(() => _heap.WriteSnapshot("a\0b"));
        Assert.That(Assert.Throws<IOException>(() => _heap.WriteSnapshot("/nowhere/a.heapsnapshot"))!.Message, Does.Contain("/nowhere"));
    }

    private static void OnThread(Action work)
    {
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                work();
            }
            catch (Exception exception)
            {
                failure = exception;
            }
        });
        thread.Start();
        thread.Join();
        Assert.That(failure, Is.Null);
    }
}
