// Growable lists. Each change comes in rr_store's order: the list first, then the release of what left it, so that a
// finalizer that looks at the list finds it whole.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Counting;
using RefRuntime.Heap;
using RefRuntime.Lifetime;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Operations;

internal static unsafe class ListOperations
{
    private const ulong FirstCapacity = 4;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void* New(HeapHandle* handle)
    {
        HeapState* heap = Access.EnterHeap("rr_list_new", handle);
        if (heap == null)
        {
            return null;
        }

        void* list = ObjectOperations.AllocateChecked("rr_list_new", heap, TypeId.List, 0);
        Access.Exit(heap);
        return list;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Append(void* list, void* item)
    {
        Status status = Enter("rr_list_append", list);
        if (status != Status.Ok)
        {
            return status;
        }

        status = InsertAt("rr_list_append", (ListPayload*)list, ((ListPayload*)list)->Count, item);
        Access.Exit(list);
        return status;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Insert(void* list, nuint index, void* item)
    {
        Status status = Enter("rr_list_insert", list);
        if (status != Status.Ok)
        {
            return status;
        }

        ulong count = ((ListPayload*)list)->Count;
        status = index <= count
            ? InsertAt("rr_list_insert", (ListPayload*)list, index, item)
            : LastError.Bound(Status.Argument, "rr_list_insert", "index", index, "is greater than the count,", count);
        Access.Exit(list);
        return status;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Set(void* list, nuint index, void* item)
    {
        Status status = Enter("rr_list_set", list);
        if (status != Status.Ok)
        {
            return status;
        }

        HeapState* heap = ObjectLookup.HeapOf(list);
        status = CheckIndex("rr_list_set", (ListPayload*)list, index);
        status = status == Status.Ok ? CheckItem("rr_list_set", heap, item) : status;
        if (status == Status.Ok)
        {
            void** slot = ((ListPayload*)list)->Items + index;
            void* old = *slot;
            Counts.Increment(heap, item);
            *slot = item;
            Death.Release(heap, old);
        }

        Access.Exit(heap);
        return status;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Remove(void* list, nuint index)
    {
        Status status = Enter("rr_list_remove", list);
        if (status != Status.Ok)
        {
            return status;
        }

        HeapState* heap = ObjectLookup.HeapOf(list);
        ListPayload* payload = (ListPayload*)list;
        status = CheckIndex("rr_list_remove", payload, index);
        if (status == Status.Ok)
        {
            void* old = payload->Items[index];
            payload->Count--;
            Move(payload->Items + index, payload->Items + index + 1, payload->Count - index);
            Death.Release(heap, old);
        }

        Access.Exit(heap);
        return status;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Clear(void* list)
    {
        Status status = Enter("rr_list_clear", list);
        if (status != Status.Ok)
        {
            return status;
        }

        // The list is empty before the first item goes: foreign code that runs then may use it again.
        HeapState* heap = ObjectLookup.HeapOf(list);
        ListPayload old = *(ListPayload*)list;
        *(ListPayload*)list = default;
        for (ulong i = 0; i < old.Count; i++)
        {
            Death.Release(heap, old.Items[i]);
        }

        if (old.Items != null)
        {
            RawMemory.Free(heap, old.Items);
        }

        Access.Exit(heap);
        return Status.Ok;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void* Get(void* list, nuint index)
    {
        if (EnterToRead("rr_list_get", list) != Status.Ok)
        {
            return null;
        }

        ListPayload* payload = (ListPayload*)list;
        void* item = CheckIndex("rr_list_get", payload, index) == Status.Ok ? payload->Items[index] : null;
        Access.Exit(list);
        return item;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static long Count(void* list)
    {
        Status status = EnterToRead("rr_list_count", list);
        if (status != Status.Ok)
        {
            return (long)status;
        }

        long count = (long)((ListPayload*)list)->Count;
        Access.Exit(list);
        return count;
    }

    private static Status Enter(string function, void* list)
    {
        Status status = Access.Enter(function, "list", list);
        return status != Status.Ok ? status : CheckList(function, list, Header.Count(list) == 0);
    }

    private static Status EnterToRead(string function, void* list)
    {
        Status status = Access.EnterToRead(function, "list", list);
        return status != Status.Ok ? status : CheckList(function, list, isDying: false);
    }

    /// <summary>Leaves the object again if it is no list that may be used.</summary>
    private static Status CheckList(string function, void* list, bool isDying)
    {
        Status status = Status.Ok;
        if (Header.TypeOf(Header.Word(list)) != TypeId.List)
        {
            status = LastError.Pointer(Status.Type, function, "list", list, "is no list");
        }
        else if (isDying)
        {
            status = Access.Dying(function, "list", list);
        }

        if (status != Status.Ok)
        {
            Access.Exit(list);
        }

        return status;
    }

    private static Status CheckIndex(string function, ListPayload* list, ulong index) =>
        index < list->Count
            ? Status.Ok
            : LastError.Bound(Status.Argument, function, "index", index, "is not less than the count,", list->Count);

    private static Status CheckItem(string function, HeapState* heap, void* item)
    {
        if (item == null)
        {
            return LastError.Pointer(Status.Argument, function, "object", item, "is NULL, which a list can't hold");
        }

        if (!ObjectLookup.IsObject(item))
        {
            return Access.NotObject(function, "object", item);
        }

        if (ObjectLookup.HeapOf(item) != heap)
        {
            return LastError.Pointer(Status.Argument, function, "object", item, "belongs to another heap than the list");
        }

        return Header.Count(item) != 0 ? Status.Ok : Access.Dying(function, "object", item);
    }

    private static Status InsertAt(string function, ListPayload* list, ulong index, void* item)
    {
        HeapState* heap = ObjectLookup.HeapOf(list);
        Status status = CheckItem(function, heap, item);
        if (status == Status.Ok && list->Count == list->Capacity)
        {
            status = TryGrow(function, heap, list);
        }

        if (status != Status.Ok)
        {
            return status;
        }

        Move(list->Items + index + 1, list->Items + index, list->Count - index);
        Counts.Increment(heap, item);
        list->Items[index] = item;
        list->Count++;
        return Status.Ok;
    }

    private static Status TryGrow(string function, HeapState* heap, ListPayload* list)
    {
        if (!Access.IsAllocationAllowed(function, heap))
        {
            return Status.Busy;
        }

        ulong capacity = list->Capacity == 0 ? FirstCapacity : list->Capacity + (list->Capacity / 2);
        if (capacity > Config.MaxPayload / 8)
        {
            return LastError.Number(Status.Overflow, function, "capacity", capacity, "is more than a list can have");
        }

        void** items = (void**)RawOperations.TryAllocate(heap, capacity * 8);
        if (items == null)
        {
            return ObjectOperations.NoMemory(function, heap, capacity * 8);
        }

        Move(items, list->Items, list->Count);
        if (list->Items != null)
        {
            RawMemory.Free(heap, list->Items);
        }

        list->Items = items;
        list->Capacity = capacity;
        return Status.Ok;
    }

    private static void Move(void** destination, void** source, ulong count)
    {
        if (count != 0)
        {
            NativeMemory.Copy(source, destination, (nuint)(count * 8));
        }
    }
}
