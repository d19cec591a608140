// Keeps byte strings, each once, and gives out a number for it: the stacks of a million allocations come from some hundred
// places. What is kept is kept for good, in memory straight from the system.
//
//   entry: | next: uint | hash: uint | length: uint | spare | bytes, up to a multiple of 16 |
//
// Entries lie in chunks, never across two; a number counts units of 16 bytes from the first chunk's beginning. Unit 0 is spare,
// so that 0 means "not known": no memory, or nothing to keep.
//
// Invariant: an entry never changes once its number is out, so that reading needs no lock; adding takes the gate.

using System;
using System.Runtime.CompilerServices;
using System.Threading;
using RefRuntime.Core;

namespace RefRuntime.Os;

internal unsafe struct Depot
{
    private const int UnitShift = 4;
    private const int ChunkShift = 20;
    private const uint ChunkBytes = 1u << ChunkShift;
    private const int UnitsPerChunkShift = ChunkShift - UnitShift;
    private const int MaxChunks = 1 << (32 - UnitsPerChunkShift - 4);
    private const int Buckets = 1 << 16;
    private const ulong TableBytes = (MaxChunks * 8) + (Buckets * 4);
    private const int HeadBytes = 16;

    /// <summary>Held while something is added. Around a fork too, see Operations/ForkGuard.</summary>
    public Gate Gate;

    /// <summary>MaxChunks pointers, then the heads of the chains of Buckets hash values. Null until the first use.</summary>
    private byte** _chunks;
    private int _chunkCount;

    /// <summary>Bytes used of the newest chunk.</summary>
    private uint _used;

    /// <summary>Distinct strings kept.</summary>
    public uint Count { get; private set; }

    /// <summary>The number of the string, which is added if it is not there; 0 if it is empty, too long, or there is no memory.</summary>
    public uint Intern(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty || bytes.Length > ChunkBytes / 4)
        {
            return 0;
        }

        uint hash = Hash(bytes);
        Gate.Enter();
        uint id = TryPrepare() ? FindOrAdd(bytes, hash) : 0;
        Gate.Exit();
        return id;
    }

    /// <summary>What the number stands for; empty for 0.</summary>
    public readonly ReadOnlySpan<byte> Get(uint id)
    {
        if (id == 0)
        {
            return default;
        }

        byte* entry = Entry(id);
        return new ReadOnlySpan<byte>(entry + HeadBytes, (int)((uint*)entry)[2]);
    }

    private readonly byte* Entry(uint id) =>
        _chunks[id >> UnitsPerChunkShift] + ((ulong)(id & ((1u << UnitsPerChunkShift) - 1)) << UnitShift);

    private readonly uint* Bucket(uint hash) => (uint*)(_chunks + MaxChunks) + (hash & (Buckets - 1));

    private bool TryPrepare()
    {
        if (_chunks == null)
        {
            _chunks = (byte**)Memory.Reserve(TableBytes, Config.OsPageSize);
            _used = ChunkBytes;
        }

        return _chunks != null;
    }

    private uint FindOrAdd(ReadOnlySpan<byte> bytes, uint hash)
    {
        uint* bucket = Bucket(hash);
        for (uint id = *bucket; id != 0; id = *(uint*)Entry(id))
        {
            if (((uint*)Entry(id))[1] == hash && Get(id).SequenceEqual(bytes))
            {
                return id;
            }
        }

        uint size = (uint)Bits.AlignUp((ulong)(HeadBytes + bytes.Length), 1u << UnitShift);
        if (_used + size > ChunkBytes && !TryAddChunk())
        {
            return 0;
        }

        uint added = ((uint)(_chunkCount - 1) << UnitsPerChunkShift) + (_used >> UnitShift);
        uint* entry = (uint*)Entry(added);
        entry[0] = *bucket;
        entry[1] = hash;
        entry[2] = (uint)bytes.Length;
        bytes.CopyTo(new Span<byte>((byte*)entry + HeadBytes, bytes.Length));
        _used += size;
        Count++;
        Volatile.Write(ref *bucket, added);
        return added;
    }

    private bool TryAddChunk()
    {
        byte* chunk = _chunkCount < MaxChunks ? Memory.Reserve(ChunkBytes, Config.OsPageSize) : null;
        if (chunk == null)
        {
            return false;
        }

        _used = _chunkCount == 0 ? 1u << UnitShift : 0;
        _chunks[_chunkCount++] = chunk;
        return true;
    }

    /// <summary>FNV-1a, eight bytes at a time, and mixed at the end.</summary>
    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        ulong hash = 0xcbf29ce484222325;
        int i = 0;
        for (; i + 8 <= bytes.Length; i += 8)
        {
            hash = (hash ^ Unsafe.ReadUnaligned<ulong>(in bytes[i])) * 0x100000001b3;
        }

        for (; i < bytes.Length; i++)
        {
            hash = (hash ^ bytes[i]) * 0x100000001b3;
        }

        hash ^= hash >> 32;
        hash *= 0xd6e8feb86659fd93;
        return (uint)(hash >> 32);
    }
}
