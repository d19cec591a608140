// Heaps that several threads use at a time.

using System;
using System.Threading;
using System.Threading.Tasks;
using NUnit.Framework;

namespace RefRuntime.Native.Tests;

public sealed class ThreadTests
{
    private const int Threads = 4;

    [Test]
    public void Threads_share_a_heap([Values(HeapSharing.Serialized, HeapSharing.Synchronized)] HeapSharing sharing)
    {
        using Heap heap = new(new HeapOptions { Sharing = sharing });
        int finalized = 0;
        ObjectType<int> type = ObjectType.Define<int>("shared", ["next"], _ => Interlocked.Increment(ref finalized));
        using HeapObject<int> root = heap.New(type);
        RunOnThreads(number =>
        {
            for (int i = 0; i < 5000; i++)
            {
                using HeapObject<int> node = heap.New(type, number);
                node.Set("next", node);
                root.Set("next", node);
                using HeapObject<int>? found = root.Get<HeapObject<int>>("next");
                found?.Set("next", null);
                if (i % 1000 == 0)
                {
                    heap.Collect();
                    GC.Collect();
                }
            }
        });
        root.Set("next", null);
        heap.Collect();
        Assert.That(heap.GetStatistics().LiveObjects, Is.EqualTo(1));
        Assert.That(finalized, Is.EqualTo(Threads * 5000));
        heap.Verify();
    }

    [Test]
    public void Each_thread_may_have_a_heap_of_its_own() => RunOnThreads(number =>
    {
        using Heap heap = new();
        for (int i = 0; i < 2000; i++)
        {
            using HeapObject<long> node = heap.New(Types.Node, number);
            node.Set("left", node);
        }

        heap.Collect();
        Assert.That(heap.GetStatistics().LiveObjects, Is.Zero);
    });

    [Test]
    public void Disposing_of_a_heap_lets_others_out_first([Values(HeapSharing.Serialized, HeapSharing.Synchronized)] HeapSharing sharing)
    {
        for (int round = 0; round < 20; round++)
        {
            Heap heap = new(new HeapOptions { Sharing = sharing });
            HeapList list = heap.NewList();
            Task[] users = new Task[Threads];
            for (int i = 0; i < Threads; i++)
            {
                users[i] = Task.Run(() =>
                {
                    while (true)
                    {
                        using HeapObject<long> node = heap.New(Types.Node);
                        list.Add(node);
                        list.Get(0).Dispose();
                    }
                });
            }

            Thread.Sleep(2);
            heap.Dispose();
            foreach (Task user in users)
            {
                Assert.That(Assert.ThrowsAsync<ObjectDisposedException>(() => user), Is.Not.Null);
            }
        }
    }

    private static void RunOnThreads(Action<int> work)
    {
        Task[] tasks = new Task[Threads];
        for (int i = 0; i < Threads; i++)
        {
            int number = i;
            tasks[i] = Task.Factory.StartNew(() => work(number), TaskCreationOptions.LongRunning);
        }

        Task.WaitAll(tasks);
    }
}
