// Finalizers, destroy callbacks, weak callbacks, and what becomes of exceptions in them.

using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.CompilerServices;
using NUnit.Framework;

namespace RefRuntime.Native.Tests;

public sealed class CallbackTests
{
    private readonly List<Exception> _thrown = [];
    private Heap _heap = null!;

    [SetUp]
    public void MakeHeap()
    {
        _heap = new Heap();
        _thrown.Clear();
        _heap.CallbackException += (_, arguments) => _thrown.Add(arguments.Exception);
    }

    [TearDown]
    public void FreeHeap()
    {
        _heap.Verify();
        _heap.Dispose();
    }

    [Test]
    public void A_finalizer_sees_an_intact_object_and_destroy_its_value()
    {
        List<string> told = [];
        void Tell(HeapObject<int> self)
        {
            using HeapObject<int> next = self.Get<HeapObject<int>>("next")!;
            told.Add($"finalize {self.Value}, next {next.Value}");
        }

        ObjectType<int> type = ObjectType.Define<int>("told", ["next"], Tell, value => told.Add($"destroy {value}"));
        using (HeapObject<int> first = _heap.New(type, 1))
        using (HeapObject<int> second = _heap.New(type, 2))
        {
            first.Set("next", second);
            second.Set("next", first);
        }

        Assert.That(told, Is.Empty);
        Assert.That(_heap.Collect(), Is.EqualTo(2));
        Assert.That(told, Is.EquivalentTo(["finalize 1, next 2", "finalize 2, next 1", "destroy 1", "destroy 2"]));
        Assert.That(told[0], Does.StartWith("finalize"));
        Assert.That(told[1], Does.StartWith("finalize"));
        Assert.That(_heap.GetStatistics().LiveObjects, Is.Zero);
    }

    [Test]
    public void A_handle_that_a_finalizer_forgets_brings_back_until_it_is_collected_itself()
    {
        ObjectType<int> type = ObjectType.Define<int>("forgetful", ["next"], self => self.Get("next"));
        using (HeapObject<int> node = _heap.New(type))
        {
            node.Set("next", node);
        }

        Assert.That(_heap.Collect(), Is.Zero);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Assert.That(_heap.Collect(), Is.EqualTo(1));
    }

    [Test]
    public void Who_keeps_a_duplicate_resurrects()
    {
        HeapObject<int>? saved = null;
        ObjectType<int> type = ObjectType.Define<int>("lazarus", finalizer: self => saved = self.Duplicate());
        _heap.New(type, 7).Dispose();
        Assert.That(saved!.Value, Is.EqualTo(7));
        Assert.That(saved.IsFinalized, Is.True);
        HeapObject<int> again = saved;
        saved = null;
        again.Dispose();
        Assert.That(saved, Is.Null, "a second finalization");
        Assert.That(_heap.GetStatistics().LiveObjects, Is.Zero);
    }

    [Test]
    public void The_handle_of_a_finalizer_ends_with_it()
    {
        HeapObject<int>? kept = null;
        ObjectType<int> type = ObjectType.Define<int>("kept", finalizer: self => kept = self);
        _heap.New(type).Dispose();
        Assert.Throws<ObjectDisposedException>(() => _ = kept!.Value);
        Assert.That(_heap.GetStatistics().LiveObjects, Is.Zero);
    }

    [Test]
    public void Destroy_may_make_nothing()
    {
        ObjectType<int> type = ObjectType.Define<int>("greedy", destroy: _ => _heap.NewList());
        _heap.New(type).Dispose();
        Assert.That(_thrown, Has.Count.EqualTo(1).And.All.InstanceOf<InvalidOperationException>());
        Assert.That(_heap.GetStatistics().LiveObjects, Is.Zero);
    }

    [Test]
    public void A_weak_callback_hears_of_the_end_of_its_target()
    {
        List<bool> alive = [];
        HeapObject<long> node = _heap.New(Types.Node);
        using HeapWeakReference weak = _heap.NewWeakReference(node, self => alive.Add(self.IsAlive));
        _heap.NewWeakReference(node, _ => alive.Add(true)).Dispose();
        node.Dispose();
        Assert.That(alive, Is.EqualTo([false]));
    }

    [Test]
    public void Callbacks_of_weak_references_that_are_gone_are_let_go()
    {
        using HeapObject<long> node = _heap.New(Types.Node);
        List<WeakReference> captured = [];
        for (int i = 0; i < 1000; i++)
        {
            captured.Add(Watch(node));
        }

        GC.Collect();
        Assert.That(captured.FindAll(reference => reference.IsAlive), Has.Count.LessThan(200));
    }

    [Test]
    public void An_exception_ends_its_callback_and_nothing_else()
    {
        ObjectType<int> type = ObjectType.Define<int>(
            "failing", null, _ => throw new InvalidDataException("finalizer"), _ => throw new InvalidDataException("destroy"));
        HeapObject<int> target = _heap.New(type);
        using HeapWeakReference weak = _heap.NewWeakReference(target, _ => throw new InvalidDataException("weak"));
        target.Dispose();
        Assert.That(_thrown.ConvertAll(exception => exception.Message), Is.EqualTo(["finalizer", "weak", "destroy"]));
        Assert.That(weak.IsAlive, Is.False);
        Assert.That(_heap.GetStatistics().LiveObjects, Is.EqualTo(1));
    }

    [Test]
    public void Without_a_handler_or_in_one_exceptions_go_to_standard_error([Values] bool inHandler)
    {
        ObjectType<int> type = ObjectType.Define<int>("failing", finalizer: _ => throw new InvalidDataException("in a finalizer"));
        using Heap heap = new();
        if (inHandler)
        {
            heap.CallbackException += (_, _) => throw new InvalidDataException("in a handler");
        }

        TextWriter before = Console.Error;
        using StringWriter written = new();
        Console.SetError(written);
        try
        {
            heap.New(type).Dispose();
        }
        finally
        {
            Console.SetError(before);
        }

        Assert.That(written.ToString(), Does.Contain("in a finalizer"));
        Assert.That(written.ToString().Contains("in a handler", StringComparison.Ordinal), Is.EqualTo(inHandler));
        Assert.That(heap.GetStatistics().LiveObjects, Is.Zero);
    }

    [Test]
    public void A_chain_that_is_deep_with_callbacks_dies()
    {
        int finalized = 0;
        ObjectType<int> type = ObjectType.Define<int>("link", ["next"], _ => finalized++);
        const int Links = 100_000;
        HeapObject<int> head = _heap.New(type);
        for (int i = 1; i < Links; i++)
        {
            HeapObject<int> next = _heap.New(type);
            next.Set("next", head);
            head.Dispose();
            head = next;
        }

        head.Dispose();
        Assert.That(finalized, Is.EqualTo(Links));
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private WeakReference Watch(HeapObject target)
    {
        object captured = new();
        _heap.NewWeakReference(target, _ => captured.GetHashCode()).Dispose();
        return new WeakReference(captured);
    }
}
