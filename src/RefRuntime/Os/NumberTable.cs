// A hash table from numbers (addresses, packed keys) to 32-bit numbers, in memory straight from the system. Open addressing with linear
// probing; what is removed leaves no mark (Knuth, TAOCP 3, section 6.4, algorithm R).
//
// Invariants: keys are not 0, which marks a free place; at most three quarters of the places are taken; from the place where a key
// belongs to the place where it lies none is free.

using System.Numerics;

namespace RefRuntime.Os;

internal unsafe struct NumberTable
{
    private const ulong FirstPlaces = 256;

    private Entry* _entries;
    private ulong _places;

    public ulong Count { get; private set; }

    /// <summary>What the key stands for; 0 = it is not there.</summary>
    public readonly uint Find(ulong key)
    {
        if (_entries == null)
        {
            return 0;
        }

        Entry* entry = Place(key);
        return entry->Key == key ? entry->Value : 0;
    }

    /// <summary>Adds a key that is not there. False when the system has no memory: nothing changed then.</summary>
    public bool TryAdd(ulong key, uint value)
    {
        if ((Count + 1) * 4 > _places * 3 && !TryGrow())
        {
            return false;
        }

        *Place(key) = new Entry { Key = key, Value = value };
        Count++;
        return true;
    }

    /// <summary>Takes a key out. Returns what it stood for; 0 = it was not there.</summary>
    public uint Remove(ulong key)
    {
        if (_entries == null || Place(key)->Key != key)
        {
            return 0;
        }

        ulong hole = (ulong)(Place(key) - _entries);
        uint value = _entries[hole].Value;
        for (ulong next = Next(hole); _entries[next].Key != 0; next = Next(next))
        {
            // Whoever would not be found any more, if the hole stayed where it is, moves into it.
            ulong home = Home(_entries[next].Key);
            if (((next - home) & (_places - 1)) >= ((next - hole) & (_places - 1)))
            {
                _entries[hole] = _entries[next];
                hole = next;
            }
        }

        _entries[hole] = default;
        Count--;
        return value;
    }

    public void Free()
    {
        if (_entries != null)
        {
            Memory.Release((byte*)_entries, _places * (ulong)sizeof(Entry));
        }

        this = default;
    }

    /// <summary>Fibonacci hashing: the upper bits of the product are the place.</summary>
    private readonly ulong Home(ulong key) => (key * 0x9E37_79B9_7F4A_7C15) >> (64 - BitOperations.Log2(_places));

    private readonly ulong Next(ulong place) => (place + 1) & (_places - 1);

    /// <summary>Where the key is, or would be.</summary>
    private readonly Entry* Place(ulong key)
    {
        ulong place = Home(key);
        while (_entries[place].Key != key && _entries[place].Key != 0)
        {
            place = Next(place);
        }

        return _entries + place;
    }

    private bool TryGrow()
    {
        NumberTable larger = default;
        larger._places = _places == 0 ? FirstPlaces : 2 * _places;
        larger._entries = (Entry*)Memory.Reserve(larger._places * (ulong)sizeof(Entry), 16);
        if (larger._entries == null)
        {
            return false;
        }

        for (ulong i = 0; i < _places; i++)
        {
            if (_entries[i].Key != 0)
            {
                *larger.Place(_entries[i].Key) = _entries[i];
            }
        }

        larger.Count = Count;
        Free();
        this = larger;
        return true;
    }

    private struct Entry
    {
        public ulong Key;
        public uint Value;
    }
}
