// A queue of pointers in chunks straight from the system: its memory follows what waits in it, nothing is ever moved, and a
// failure to grow leaves it as it was. A chunk that is used up becomes the next one to be filled.
//
// Invariant: First is null iff Last is; Count = what lies in the chunks from Taken in First to Added in Last.

using System.Runtime.CompilerServices;

namespace RefRuntime.Os;

internal unsafe struct PointerQueue
{
    private const uint Entries = 8191;

    public ulong Count;

    /// <summary>Entries taken from the first chunk, and put into the last one.</summary>
    private uint _taken;
    private uint _added;
    private Chunk* _first;
    private Chunk* _last;

    /// <summary>A chunk in reserve, or null.</summary>
    private Chunk* _spare;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAdd(void* item)
    {
        if ((_last == null || _added == Entries) && !TryAddChunk())
        {
            return false;
        }

        _last->Items[_added++] = (ulong)item;
        Count++;
        return true;
    }

    /// <summary>Takes the oldest; there is one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void* Take()
    {
        void* item = (void*)_first->Items[_taken++];
        Count--;
        if (_taken == Entries || Count == 0)
        {
            DropFirst();
        }

        return item;
    }

    /// <summary>The item that will be taken so many after the next one, or some item, or null: for a hint.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void* Peek(uint distance) =>
        distance < Count && _taken + distance < Entries ? (void*)_first->Items[_taken + distance] : null;

    /// <summary>Empties the queue; one chunk is kept.</summary>
    public void Clear()
    {
        while (_first != null)
        {
            _taken = Entries;
            DropFirst();
        }

        Count = 0;
    }

    public void Free()
    {
        Clear();
        if (_spare != null)
        {
            Release(_spare);
            _spare = null;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private bool TryAddChunk()
    {
        Chunk* chunk = _spare != null ? _spare : (Chunk*)Memory.Reserve((ulong)sizeof(Chunk), 16);
        if (chunk == null)
        {
            return false;
        }

        _spare = null;
        chunk->Next = null;
        if (_last != null)
        {
            _last->Next = chunk;
        }
        else
        {
            _first = chunk;
            _taken = 0;
        }

        _last = chunk;
        _added = 0;
        return true;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void DropFirst()
    {
        Chunk* chunk = _first;
        _first = chunk->Next;
        _taken = 0;
        if (_first == null)
        {
            _last = null;
        }

        if (_spare == null)
        {
            _spare = chunk;
        }
        else
        {
            Release(chunk);
        }
    }

    private static void Release(Chunk* chunk) => Memory.Release((byte*)chunk, (ulong)sizeof(Chunk));

    private struct Chunk
    {
        public Chunk* Next;
        public fixed ulong Items[(int)Entries];
    }
}
