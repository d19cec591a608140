// What a scenario does that may run out of memory: every request is checked, what it got is given back in the end, which
// must work without memory.

using System;
using System.Collections.Generic;
using NUnit.Framework;
using RefRuntime.Abi;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Faults;

internal sealed class MemoryUsedUpException : Exception;

internal sealed unsafe class Attempt(HeapHandle* heap)
{
    private readonly HeapHandle* _heap = heap;
    private readonly List<nint> _owned = [];
    private readonly List<nint> _raw = [];

    public HeapHandle* Heap => _heap;

    /// <summary>Runs the scenario and gives back what it got. False if memory was used up.</summary>
    public static bool Run(HeapHandle* heap, Action<Attempt> scenario)
    {
        var attempt = new Attempt(heap);
        try
        {
            scenario(attempt);
            return true;
        }
        catch (MemoryUsedUpException)
        {
            return false;
        }
        finally
        {
            foreach (nint payload in attempt._owned)
            {
                Assert.That(CountOperations.Decref((void*)payload), Is.EqualTo(Status.Ok), NativeText.LastError());
            }

            foreach (nint memory in attempt._raw)
            {
                Assert.That(RawOperations.Free(heap, (void*)memory), Is.EqualTo(Status.Ok), NativeText.LastError());
            }
        }
    }

    public static void DemandNoMemory()
    {
        Assert.That(LibraryOperations.LastStatus(), Is.EqualTo(Status.NoMemory), NativeText.LastError());
        throw new MemoryUsedUpException();
    }

    public static void Check(Status status)
    {
        if (status != Status.Ok)
        {
            Assert.That(status, Is.EqualTo(Status.NoMemory), NativeText.LastError());
            DemandNoMemory();
        }
    }

    public static long Check(long result)
    {
        if (result < 0)
        {
            Check((Status)result);
        }

        return result;
    }

    public void* Own(void* payload)
    {
        if (payload == null)
        {
            DemandNoMemory();
        }

        _owned.Add((nint)payload);
        return payload;
    }

    public void* Alloc(TypeId type) => Own(ObjectOperations.Alloc(_heap, type));

    public void* AllocItems(TypeId type, ulong count) => Own(ObjectOperations.AllocItems(_heap, type, (nuint)count));

    public void* AllocRaw(ulong bytes)
    {
        void* memory = RawOperations.Alloc(_heap, (nuint)bytes);
        if (memory == null)
        {
            DemandNoMemory();
        }

        _raw.Add((nint)memory);
        return memory;
    }

    public void* Resize(void* memory, ulong bytes)
    {
        void* moved = RawOperations.Realloc(_heap, memory, (nuint)bytes);
        if (moved == null)
        {
            DemandNoMemory();
        }

        _raw.Remove((nint)memory);
        _raw.Add((nint)moved);
        return moved;
    }
}
