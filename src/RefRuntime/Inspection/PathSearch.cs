// The breadth-first search behind RetainingPath: from many roots to one target, each object in the order in which it was reached.
//
// Side words: the highest bit says that the object was reached; below it is the tally of edges that found the roots.
//
// An edge waits for Delay others while the side word of its child is fetched, and an object for Ahead others while it is fetched
// itself. Both keep the order, so what is found first is still nearest.

using System.Runtime.CompilerServices;
using RefRuntime.Cycles;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Inspection;

internal unsafe struct PathSearch : IReferenceVisitor
{
    private const uint ReachedBit = 1u << 31;

    /// <summary>Tallies stop here: more than any count but an immortal's.</summary>
    public const uint MaxTally = ReachedBit - 1;

    /// <summary>A power of two.</summary>
    private const uint Delay = 16;

    private const uint Ahead = 8;

    /// <summary>Entries that the queue asks memory for at a time: page faults, one for each 4 KiB, cost more than all else.</summary>
    private const ulong PopulateEntries = 128 * 1024;

    private readonly HeapState* _heap;
    private readonly void* _target;

    /// <summary>Two entries for each object in the queue: itself, and the index behind its parent's entries, so that null is a root.</summary>
    private PointerBuffer _queue;

    /// <summary>So many entries have been populated.</summary>
    private ulong _ready;

    /// <summary>The index behind the target's entries, once it is reached.</summary>
    private ulong _found;

    /// <summary>The index behind the entries of the object whose edges are walked.</summary>
    private ulong _parent;

    private uint _next;
    private fixed ulong _children[(int)Delay];
    private fixed ulong _sides[(int)Delay];
    private fixed ulong _from[(int)Delay];

    public PathSearch(HeapState* heap, void* target)
    {
        _heap = heap;
        _target = target;
    }

    public bool IsOutOfMemory { get; private set; }

    /// <summary>An object that is held from outside.</summary>
    public void AddRoot(void* payload, uint* side) => Add(payload, side, 0);

    /// <summary>Searches until the target is found or nothing is left. False when the system has no memory.</summary>
    public bool TryRun()
    {
        TypeGuess type = new();
        for (ulong i = 0; _found == 0 && !IsOutOfMemory; i += 2)
        {
            if (i == _queue.Count)
            {
                Drain();
                if (i == _queue.Count)
                {
                    break;
                }
            }

            if (i + (2 * Ahead) < _queue.Count)
            {
                Prefetch.Header(_queue.Items[i + (2 * Ahead)]);
            }

            // A slot may hold anything: only now it is known whether an object is there.
            void* payload = _queue.Items[i];
            ulong word = Header.Word(payload);
            if ((int)word != 0)
            {
                _parent = i + 2;
                References.Visit(payload, type.Of(word), ref this);
            }
        }

        return !IsOutOfMemory;
    }

    /// <summary>An edge of the object in hand.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Visit(void* child)
    {
        if (!Edge.TryLocate(_heap, child, out Page* page, out uint index) || page->Scratch == null)
        {
            return;
        }

        uint* side = page->Scratch + index;
        Prefetch.Line(side);
        uint slot = _next++ % Delay;
        void* oldChild = (void*)_children[slot];
        uint* oldSide = (uint*)_sides[slot];
        ulong oldParent = _from[slot];
        _children[slot] = (ulong)child;
        _sides[slot] = (ulong)side;
        _from[slot] = _parent;
        if (oldChild != null)
        {
            Reach(oldChild, oldSide, oldParent);
        }
    }

    /// <summary>Writes the chain, as far as there is room, and returns its length; 0 if the target was not found.</summary>
    public readonly long Emit(void** results, ulong capacity)
    {
        ulong length = 0;
        for (ulong i = _found; i != 0; i = (ulong)_queue.Items[i - 1])
        {
            length++;
        }

        ulong position = length;
        for (ulong i = _found; i != 0; i = (ulong)_queue.Items[i - 1])
        {
            position--;
            if (position < capacity)
            {
                results[position] = _queue.Items[i - 2];
            }
        }

        return (long)length;
    }

    public void Free() => _queue.Free();

    /// <summary>Handles the edges that are still on their way.</summary>
    private void Drain()
    {
        for (uint i = 0; i < Delay; i++)
        {
            uint slot = _next++ % Delay;
            if (_children[slot] != 0)
            {
                Reach((void*)_children[slot], (uint*)_sides[slot], _from[slot]);
                _children[slot] = 0;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Reach(void* child, uint* side, ulong parent)
    {
        if ((*side & ReachedBit) == 0)
        {
            Add(child, side, parent);
        }
    }

    private void Add(void* payload, uint* side, ulong parent)
    {
        *side |= ReachedBit;
        if (_queue.Count >= _ready && !TryPopulate())
        {
            IsOutOfMemory = true;
            return;
        }

        _queue.Items[_queue.Count] = payload;
        _queue.Items[_queue.Count + 1] = (void*)parent;
        _queue.Count += 2;
        if (payload == _target && _found == 0)
        {
            _found = _queue.Count;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryPopulate()
    {
        if (!_queue.TryReserve(_queue.Count + 2))
        {
            return false;
        }

        ulong entries = _queue.Capacity - _ready;
        entries = entries < PopulateEntries ? entries : PopulateEntries;
        Memory.Populate((byte*)(_queue.Items + _ready), entries * 8);
        _ready += entries;
        return true;
    }
}
