// The objects that a trial looks at, in the order in which they were met, each with the word that SideWord describes. A hash index
// finds them by address (linear probing). The edges between them are noted, those of one object together, so that life is passed on
// without another look at the objects. Tables of some thousand objects stay in the processor's cache.

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Lifetime;
using RefRuntime.Os;

namespace RefRuntime.Cycles;

/// <summary>An object of the table.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Place
{
    public void* Payload;
    public uint Side;

    /// <summary>The next place of some list, + 1; 0 = none. Lists are used one after the other, and empty in between.</summary>
    public uint Next;

    /// <summary>Its edges: from First on, before End.</summary>
    public uint FirstEdge;
    public uint EndEdge;
}

internal unsafe struct TrialTable
{
    /// <summary>Slots of the hash index for each place: at most half of them are in use.</summary>
    private const ulong IndexRatio = 2;

    /// <summary>Edges noted for each place, on average. What an edge that finds no room leads to is taken for live.</summary>
    private const ulong EdgeRatio = 4;

    private const ulong BytesPerPlace = 24 + 8 + (IndexRatio * 4) + (EdgeRatio * 4);

    /// <summary>The objects.</summary>
    public Place* Places;
    public uint Count;

    /// <summary>One pointer for each place, at the trial's disposal.</summary>
    public void** List;

    public uint EdgeCount;

    private uint* _index;
    private uint* _edges;
    private ulong _indexMask;
    private int _indexShift;
    private uint _edgeLimit;
    private uint _limit;

    public readonly bool IsFull => Count == _limit;

    /// <summary>Makes an empty table for so many objects out of the heap's memory for tables. False = no memory.</summary>
    public bool TryMake(HeapState* heap, uint places)
    {
        ulong capacity = BitOperations.RoundUpToPowerOf2((ulong)places);
        if (heap->TrialCapacity < capacity)
        {
            byte* memory = Memory.Reserve(capacity * BytesPerPlace, Config.OsPageSize);
            if (memory == null)
            {
                return false;
            }

            Free(heap);
            heap->TrialMemory = memory;
            heap->TrialCapacity = capacity;
        }

        Places = (Place*)heap->TrialMemory;
        List = (void**)(Places + heap->TrialCapacity);
        _index = (uint*)(List + heap->TrialCapacity);
        _edges = _index + (heap->TrialCapacity * IndexRatio);
        _edgeLimit = (uint)(heap->TrialCapacity * EdgeRatio);
        _indexMask = (capacity * IndexRatio) - 1;
        _indexShift = 64 - BitOperations.Log2(capacity * IndexRatio);
        _limit = places;
        Clear();
        return true;
    }

    public void Clear()
    {
        NativeMemory.Clear(_index, (nuint)((_indexMask + 1) * sizeof(uint)));
        Count = 0;
        EdgeCount = 0;
    }

    /// <summary>Gives the heap's memory for tables back.</summary>
    public static void Free(HeapState* heap)
    {
        if (heap->TrialMemory != null)
        {
            Memory.Release(heap->TrialMemory, heap->TrialCapacity * BytesPerPlace);
            heap->TrialMemory = null;
            heap->TrialCapacity = 0;
        }
    }

    /// <summary>The object's place + 1, or 0 and the index slot for it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly uint Find(void* payload, out ulong slot)
    {
        slot = ((ulong)payload >> 4) * 0x9E3779B97F4A7C15 >> _indexShift;
        uint place;
        while ((place = _index[slot]) != 0 && Places[place - 1].Payload != payload)
        {
            slot = (slot + 1) & _indexMask;
        }

        return place;
    }

    /// <summary>Adds an object that Find has not found, in a table that is not full. Returns its place + 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Append(void* payload, ulong slot)
    {
        Places[Count] = new Place { Payload = payload };
        return _index[slot] = ++Count;
    }

    /// <summary>Adds an object that is not in the table.</summary>
    public void Insert(void* payload)
    {
        _ = Find(payload, out ulong slot);
        Append(payload, slot);
    }

    /// <summary>Notes one edge more to the object, for the one whose edges are being walked. False = there is no room: the object is taken for live.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryAddEdge(Place* to, uint place)
    {
        uint side = SideWord.AddEdge(to->Side);
        bool hasRoom = EdgeCount < _edgeLimit;
        if (hasRoom)
        {
            _edges[EdgeCount++] = place - 1;
        }
        else
        {
            side = SideWord.VisitedLive(side);
        }

        to->Side = side;
        return hasRoom;
    }

    /// <summary>Whoever is held from outside the table lives, with all of the table that it reaches.</summary>
    public readonly void PropagateLife()
    {
        for (uint i = 0; i < Count; i++)
        {
            if (!SideWord.IsLiveRoot(Places[i].Side))
            {
                continue;
            }

            Places[i].Side |= SideWord.Live;
            for (uint next = i + 1; next != 0;)
            {
                Place* place = Places + next - 1;
                next = place->Next;
                for (uint e = place->FirstEdge; e < place->EndEdge; e++)
                {
                    Place* child = Places + _edges[e];
                    if (SideWord.IsUndecidedMember(child->Side))
                    {
                        child->Side |= SideWord.Live;
                        child->Next = next;
                        next = _edges[e] + 1;
                    }
                }
            }
        }
    }

    /// <summary>
    /// Lists the dead in List, each before those that it refers to, what hangs together together. Returns how many they are; and the
    /// first of the places that refer to something else too, a list through Place.Next.
    /// </summary>
    public readonly uint GatherDead(out uint holders)
    {
        holders = 0;
        uint dead = 0;
        for (uint i = 0; i < Count; i++)
        {
            if (!SideWord.IsDead(Places[i].Side))
            {
                continue;
            }

            Places[i].Side |= SideWord.Gathered;
            for (uint next = i + 1; next != 0;)
            {
                uint number = next;
                Place* place = Places + number - 1;
                next = place->Next;
                List[dead++] = place->Payload;
                bool isHolder = false;
                for (uint e = place->EndEdge; e-- > place->FirstEdge;)
                {
                    Place* child = Places + _edges[e];
                    if (SideWord.IsDead(child->Side))
                    {
                        child->Side |= SideWord.Gathered;
                        child->Next = next;
                        next = _edges[e] + 1;
                    }
                    else if (!SideWord.IsGathered(child->Side))
                    {
                        isHolder = true;
                        Prefetch.LogWord(child->Payload);
                    }
                }

                if (isHolder)
                {
                    place->Next = holders;
                    holders = number;
                }
            }
        }

        return dead;
    }

    /// <summary>Releases what the gathered holders refer to outside the set.</summary>
    public readonly void ReleaseHeld(uint holders, ref ChildRelease release)
    {
        while (holders != 0)
        {
            Place* place = Places + holders - 1;
            holders = place->Next;
            for (uint e = place->EndEdge; e-- > place->FirstEdge;)
            {
                Place* child = Places + _edges[e];
                if (!SideWord.IsGathered(child->Side))
                {
                    release.Release(child->Payload);
                }
            }
        }
    }

    /// <summary>Lists the dead in List. Returns how many they are.</summary>
    public readonly ulong ListDead()
    {
        ulong dead = 0;
        for (uint i = 0; i < Count; i++)
        {
            if (SideWord.IsDead(Places[i].Side))
            {
                List[dead++] = Places[i].Payload;
            }
        }

        return dead;
    }
}
