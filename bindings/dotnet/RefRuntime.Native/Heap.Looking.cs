// What a heap shows of itself.

using System;
using System.Collections.Generic;
using System.IO;

namespace RefRuntime.Native;

public sealed unsafe partial class Heap
{
    /// <summary>A function that writes objects to a room of some capacity and returns how many there are.</summary>
    internal delegate long Look(void** room, nuint capacity);

    private delegate int Writer(rr_heap* heap, byte* path);

    internal bool IsSynchronized => _sharing == HeapSharing.Synchronized;

    /// <summary>What the heap holds and has done. Cheap enough for every frame.</summary>
    public HeapStatistics GetStatistics()
    {
        using Entry entry = Enter();
        rr_stats stats = new() { struct_size = (uint)sizeof(rr_stats) };
        Errors.Check(Raw.rr_heap_stats(_pointer, &stats));
        return new HeapStatistics(stats);
    }

    /// <summary>New handles for all objects of the heap, or for those of one type. Walks the heap.</summary>
    public HeapObject[] GetObjects(ObjectType? type = null)
    {
        using Entry entry = Enter();
        uint id = type?.Id ?? Raw.RR_TYPE_NONE;
        return TakeAll((room, capacity) => Raw.rr_get_objects(_pointer, id, room, capacity));
    }

    /// <summary>Checks every invariant of the heap. Walks it.</summary>
    /// <exception cref="RefRuntimeException">One is broken; the message says which.</exception>
    public void Verify()
    {
        using Entry entry = Enter();
        Errors.Check(Raw.rr_heap_verify(_pointer));
    }

    /// <summary>Gives free memory back to the system.</summary>
    public void Trim()
    {
        using Entry entry = Enter();
        Errors.Check(Raw.rr_heap_trim(_pointer));
    }

    /// <summary>Who holds what is left, and what each holder keeps alive, as text to read. Open handles are holders.</summary>
    /// <exception cref="InvalidOperationException">Inside a callback of the heap.</exception>
    public string GetLeakReport()
    {
        string path = Path.GetTempFileName();
        try
        {
            WriteLeakReport(path);
            return File.ReadAllText(path);
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Writes that report to a file: JSON if its name ends in .json, else text.</summary>
    /// <exception cref="IOException">The file can't be written.</exception>
    public void WriteLeakReport(string path) => Write(path, Raw.rr_leak_report);

    /// <summary>Writes the statistics as a page of text to a file.</summary>
    /// <exception cref="IOException">The file can't be written.</exception>
    public void WriteStatistics(string path) => Write(path, Raw.rr_heap_print_stats);

    /// <summary>Writes the whole heap for the Memory panel of Chrome's DevTools; call the file something.heapsnapshot.</summary>
    /// <exception cref="IOException">The file can't be written.</exception>
    public void WriteSnapshot(string path) => Write(path, Raw.rr_heap_snapshot);

    /// <summary>Draws at most so many objects as a graph for Graphviz.</summary>
    /// <exception cref="IOException">The file can't be written.</exception>
    public void WriteDot(string path, int maxObjects = 200)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxObjects);
        Write(path, (heap, name) => Raw.rr_heap_dot(heap, name, (uint)maxObjects));
    }

    /// <summary>New handles for all objects that <paramref name="look"/> tells of. Who died meanwhile, in a synchronized heap, is left out.</summary>
    internal HeapObject[] TakeAll(Look look)
    {
        void*[] room = new void*[16];
        while (true)
        {
            fixed (void** start = room)
            {
                long count = Errors.Check(look(start, (nuint)room.Length));
                if (count <= room.Length)
                {
                    var handles = new List<HeapObject>((int)count);
                    for (int i = 0; i < count; i++)
                    {
                        if (Raw.rr_try_incref(start[i]) != 0)
                        {
                            handles.Add(Wrap(start[i]));
                        }
                    }

                    return [.. handles];
                }

                room = new void*[count];
            }
        }
    }

    private void Write(string path, Writer writer)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using Entry entry = Enter();
        fixed (byte* name = Utf8.Encode(path))
        {
            Errors.Check(writer(_pointer, name));
        }
    }
}
