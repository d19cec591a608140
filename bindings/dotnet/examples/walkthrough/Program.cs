// The well-known article on how Python manages memory, line by line, in C#; bindings/python/examples/walkthrough.py tells it beside CPython.
//
// Counts are exact: Python's sys.getrefcount() answers one more, since its argument is a reference too while it counts. A handle owns one
// reference, and Dispose gives it back.

using System;
using RefRuntime.Native;

ObjectType<long> numberType = ObjectType.Define<long>("number");
ObjectType<long> nodeType = ObjectType.Define<long>("node", ["next"]);
using Heap heap = new(new HeapOptions { ManualCollection = true });

using (HeapList x = NewNumbers())
{
    Console.WriteLine($"Memory address of x: {x.Address}"); // objects never move: the address is the identity
    Console.WriteLine($"Reference count of x: {x.ReferenceCount}");
} // the list and its numbers die here, so that the collector, which is there for cycles, finds nothing
Console.WriteLine($"Garbage collector: collected {heap.Collect()} objects");

using (HeapList a = NewNumbers())
{
    Console.WriteLine($"Initial ref count: {a.ReferenceCount}");
    using (HeapList b = a.Duplicate()) // b = a would be a second name for the handle; this is a second reference to the list
    {
        Console.WriteLine($"Ref count after b = a: {a.ReferenceCount}");
    }

    Console.WriteLine($"Ref count after del b: {a.ReferenceCount}");
}

using (HeapObject<long> node = heap.New(nodeType, 1))
{
    node.Set("next", node); // its own successor
    Console.WriteLine($"Garbage collector before deleting node: {heap.Collect()}");
} // its count is still 1, its own reference: only the collector sees that nobody else is left
Console.WriteLine($"Garbage collector after deleting node: {heap.Collect()}");

using (HeapObject<long> cycle = heap.New(nodeType, 2))
{
    cycle.Set("next", cycle);
}

Console.WriteLine($"Garbage collector run: {heap.Collect()}");

using (HeapList list = heap.NewList())
{
    list.Add(list); // a list that contains itself
    Console.WriteLine($"Garbage collector run: {heap.Collect()}");
}

Console.WriteLine($"Garbage collector run: {heap.Collect()}");

using (HeapList list = heap.NewList())
{
    list.Add(list);
    list.Clear(); // opens the cycle: counting alone frees it
}

Console.WriteLine($"Garbage collector run after clearing: {heap.Collect()}");

HeapStatistics statistics = heap.GetStatistics();
Console.WriteLine($"Live objects: {statistics.LiveObjects}");
Console.WriteLine($"Objects allocated: {statistics.ObjectsAllocated}");
Console.WriteLine($"Objects freed: {statistics.ObjectsFreed}");
Console.WriteLine($"Objects collected: {statistics.ObjectsCollected}");
Console.WriteLine($"Collections: {statistics.Collections}");

// [1, 2, 3]
HeapList NewNumbers()
{
    HeapList list = heap.NewList();
    for (long value = 1; value <= 3; value++)
    {
        using HeapObject<long> number = heap.New(numberType, value); // the list has a reference of its own
        list.Add(number);
    }

    return list;
}
