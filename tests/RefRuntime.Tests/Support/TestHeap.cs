// A heap for one test. It must verify at the end.

using System;
using NUnit.Framework;
using RefRuntime.Abi;
using RefRuntime.Heap;
using RefRuntime.Operations;

namespace RefRuntime.Tests;

internal sealed unsafe class TestHeap : IDisposable
{
    public TestHeap(HeapFlags flags = HeapFlags.ManualGc, ulong maxBytes = 0)
    {
        var options = new HeapOptions { StructSize = (uint)sizeof(HeapOptions), Flags = flags, MaxBytes = maxBytes };
        Handle = HeapOperations.New(&options);
        Assert.That((ulong)Handle, Is.Not.Zero, NativeText.LastError());
    }

    public HeapHandle* Handle { get; }

    public HeapState* State => (HeapState*)Handle;

    public Stats Stats
    {
        get
        {
            var stats = new Stats { StructSize = (uint)sizeof(Stats) };
            Assert.That(HeapOperations.Stats(Handle, &stats), Is.EqualTo(Status.Ok));
            return stats;
        }
    }

    public ulong LiveObjects => Stats.LiveObjects;

    public void* Alloc(TypeId type)
    {
        void* payload = ObjectOperations.Alloc(Handle, type);
        Assert.That((ulong)payload, Is.Not.Zero, NativeText.LastError());
        return payload;
    }

    public void* AllocItems(TypeId type, ulong count)
    {
        void* payload = ObjectOperations.AllocItems(Handle, type, (nuint)count);
        Assert.That((ulong)payload, Is.Not.Zero, NativeText.LastError());
        return payload;
    }

    public void Verify() => Assert.That(HeapOperations.Verify(Handle), Is.EqualTo(Status.Ok), NativeText.LastError());

    public void Dispose()
    {
        Status verified = HeapOperations.Verify(Handle);
        string problem = NativeText.LastError();
        Hooks.Clear();
        Status freed = HeapOperations.Free(Handle);
        Assert.That(verified, Is.EqualTo(Status.Ok), problem);
        Assert.That(freed, Is.EqualTo(Status.Ok), NativeText.LastError());
    }
}
