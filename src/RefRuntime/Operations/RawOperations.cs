// Raw memory, by malloc's rules.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Checking;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Lifetime;
using RefRuntime.Os;

namespace RefRuntime.Operations;

internal static unsafe class RawOperations
{
    /// <summary>A large block that grows in small steps becomes larger by one in so many of its bytes when it moves.</summary>
    private const ulong GrowthShare = 8;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void* Alloc(HeapHandle* handle, nuint size)
    {
        HeapState* heap = Access.EnterHeap("rr_mem_alloc", handle);
        if (heap == null)
        {
            return null;
        }

        void* memory = Allocate("rr_mem_alloc", heap, size);
        Access.Exit(heap);
        return memory;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void* Realloc(HeapHandle* handle, void* memory, nuint size)
    {
        HeapState* heap = Access.EnterHeap("rr_mem_realloc", handle);
        if (heap == null)
        {
            return null;
        }

        void* result = Resize(heap, memory, size);
        Access.Exit(heap);
        return result;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Free(HeapHandle* handle, void* memory)
    {
        HeapState* heap = Access.EnterHeap("rr_mem_free", handle);
        if (heap == null)
        {
            return LastError.Status;
        }

        Status status = Status.Ok;
        if (memory != null)
        {
            if (RawMemory.IsLive(heap, memory))
            {
                RawMemory.Free(heap, memory);
            }
            else
            {
                status = NotRaw("rr_mem_free", memory);
            }
        }

        Access.Exit(heap);
        return status;
    }

    private static void* Resize(HeapState* heap, void* memory, ulong size)
    {
        const string Function = "rr_mem_realloc";
        if (memory == null)
        {
            return Allocate(Function, heap, size);
        }

        if (!RawMemory.IsLive(heap, memory))
        {
            NotRaw(Function, memory);
            return null;
        }

        // In place while the block fits and is not mostly waste.
        ulong usable = RawMemory.UsableSize(heap, memory);
        if (size <= usable && size >= usable / 2)
        {
            RawMemory.SetSize(heap, memory, size);
            return memory;
        }

        void* moved = TryMakeRoom(heap, size, usable);
        if (moved == null)
        {
            moved = Allocate(Function, heap, size);
        }

        if (moved != null)
        {
            ulong kept = RawMemory.SizeOf(memory) < size ? RawMemory.SizeOf(memory) : size;
            NativeMemory.Copy(memory, moved, (nuint)kept);
            RawMemory.Free(heap, memory);
        }

        return moved;
    }

    /// <summary>
    /// A block for what outgrows a large one by little, with room to grow on: else each of many small steps would move it, which takes the
    /// square of its size. Null where that is not so, or not to be had. (Small blocks have room by their size classes.)
    /// </summary>
    private static void* TryMakeRoom(HeapState* heap, ulong size, ulong outgrown)
    {
        ulong room = outgrown + (outgrown / GrowthShare);
        if (outgrown < Config.MaxSmallBlock || size <= outgrown || size >= room || ForeignCode.IsDestroying(heap))
        {
            return null;
        }

        void* memory = RawMemory.TryAllocate(heap, room);
        if (memory != null)
        {
            RawMemory.SetSize(heap, memory, size);
        }

        return memory;
    }

    private static void* Allocate(string function, HeapState* heap, ulong size)
    {
        if (!Access.IsAllocationAllowed(function, heap))
        {
            return null;
        }

        if (size > Config.MaxPayload)
        {
            LastError.Number(Status.Overflow, function, "size", size, "is larger than any memory");
            return null;
        }

        void* memory = TryAllocate(heap, size);
        if (memory == null)
        {
            ObjectOperations.NoMemory(function, heap, size);
        }

        return memory;
    }

    /// <summary>As RawMemory.TryAllocate; before it fails, a checked heap gives back the objects in its quarantine.</summary>
    public static void* TryAllocate(HeapState* heap, ulong size)
    {
        void* memory = RawMemory.TryAllocate(heap, size);
        return memory == null && Quarantine.TryFlush(heap) ? RawMemory.TryAllocate(heap, size) : memory;
    }

    private static Status NotRaw(string function, void* memory) =>
        LastError.Pointer(Status.Argument, function, "memory", memory, "is no memory of this heap's (freed already, or never was)");
}
