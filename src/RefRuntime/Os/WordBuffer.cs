// A growable array of 32-bit words straight from the system. It grows by doubling, without copying, and a failure to grow
// leaves it as it was.

using System.Runtime.CompilerServices;

namespace RefRuntime.Os;

internal unsafe struct WordBuffer
{
    private const ulong FirstEntries = 16 * 1024;

    public uint* Items;
    public ulong Count;
    private ulong _capacity;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryPush(uint item)
    {
        if (Count == _capacity && !TryReserve(Count + 1))
        {
            return false;
        }

        Items[Count++] = item;
        return true;
    }

    /// <summary>Makes room for so many entries in all. What was not pushed yet is zero.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool TryReserve(ulong entries)
    {
        ulong capacity = _capacity == 0 ? FirstEntries : _capacity;
        while (capacity < entries)
        {
            capacity *= 2;
        }

        if (capacity == _capacity)
        {
            return true;
        }

        byte* items = Items == null
            ? Memory.Reserve(capacity * sizeof(uint), 16)
            : Memory.Grow((byte*)Items, _capacity * sizeof(uint), capacity * sizeof(uint));
        if (items == null)
        {
            return false;
        }

        Items = (uint*)items;
        _capacity = capacity;
        return true;
    }

    public void Free()
    {
        if (Items != null)
        {
            Memory.Release((byte*)Items, _capacity * sizeof(uint));
        }

        this = default;
    }
}
