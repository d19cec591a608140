// Many objects in one call, for callers to whom the call is what costs. Each element goes the way of a single one, with its
// checks and its error; the first that is refused ends the batch, and the answer tells how many are done.

using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Operations;

internal static unsafe class BatchOperations
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static nuint AllocMany(HeapHandle* heap, TypeId type, nuint count, void** result)
    {
        if (!IsArray("rr_alloc_many", "out", result, count))
        {
            return 0;
        }

        for (nuint i = 0; i < count; i++)
        {
            void* payload = ObjectOperations.Alloc("rr_alloc_many", heap, type);
            if (payload == null)
            {
                return i;
            }

            result[i] = payload;
        }

        return count;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static nuint IncrefMany(void** objects, nuint count)
    {
        nuint done = 0;
        if (IsArray("rr_incref_many", "objects", objects, count))
        {
            while (done < count && (objects[done] == null || CountOperations.Increment("rr_incref_many", objects[done]) == Status.Ok))
            {
                done++;
            }
        }

        return done;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static nuint DecrefMany(void** objects, nuint count)
    {
        nuint done = 0;
        if (IsArray("rr_decref_many", "objects", objects, count))
        {
            while (done < count && CountOperations.Decrement("rr_decref_many", objects[done]) == Status.Ok)
            {
                done++;
            }
        }

        return done;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static nuint StoreMany(void** objects, nuint offset, void** values, nuint count)
    {
        if (!IsArray("rr_store_many", "objects", objects, count) || !IsArray("rr_store_many", "values", values, count))
        {
            return 0;
        }

        if (!Bits.IsAligned(offset, 8))
        {
            LastError.Number(Status.Argument, "rr_store_many", "offset", offset, "is no multiple of 8");
            return 0;
        }

        nuint done = 0;
        while (done < count && StoreAt(objects[done], offset, values[done]) == Status.Ok)
        {
            done++;
        }

        return done;
    }

    private static Status StoreAt(void* payload, nuint offset, void* value)
    {
        const string Function = "rr_store_many";
        Status status = Access.Enter("rr_store_many", "object", payload);
        if (status != Status.Ok)
        {
            return status;
        }

        // The store may be the end of the object that is stored into.
        HeapState* heap = ObjectLookup.HeapOf(payload);
        TypeDescriptor* type = ObjectLookup.TypeOf(payload);
        if (!Slots.IsSlot(payload, type, offset))
        {
            status = LastError.Bound(Status.Argument, Function, "offset", offset, "is no slot of an object of type", (uint)type->Id);
        }
        else if (Header.Count(payload) == 0 && value != null)
        {
            status = Access.Dying(Function, "object", payload);
        }
        else
        {
            status = CountOperations.Write(Function, (void**)((byte*)payload + offset), value, isMove: false);
        }

        Access.Exit(heap);
        return status;
    }

    private static bool IsArray(string function, string argument, void** array, nuint count) =>
        (array != null && Bits.IsAligned((ulong)array, 8)) || count == 0
        || LastError.Pointer(Status.Argument, function, argument, array, "is no array of pointers") == Status.Ok;
}
