// Sorts an array in place, without memory and without recursion (Williams, "Algorithm 232: Heapsort", 1964). The library's
// own sort would allocate comparers on the managed heap.

using System.Runtime.CompilerServices;

namespace RefRuntime.Core;

internal interface IOrder<T>
    where T : unmanaged
{
    /// <summary>Comes <paramref name="left"/> before <paramref name="right"/>?</summary>
    bool IsBefore(in T left, in T right);
}

internal static unsafe class HeapSort
{
    public static void Sort<T, TOrder>(T* items, ulong count, TOrder order)
        where T : unmanaged
        where TOrder : struct, IOrder<T>
    {
        for (ulong i = count / 2; i != 0; i--)
        {
            Sift(items, i - 1, count, order);
        }

        for (ulong end = count; end > 1; end--)
        {
            (items[0], items[end - 1]) = (items[end - 1], items[0]);
            Sift(items, 0, end - 1, order);
        }
    }

    /// <summary>Lets an item sink to its place in the heap, whose root is the last in the order.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Sift<T, TOrder>(T* items, ulong hole, ulong count, TOrder order)
        where T : unmanaged
        where TOrder : struct, IOrder<T>
    {
        T item = items[hole];
        for (ulong child; (child = (2 * hole) + 1) < count; hole = child)
        {
            if (child + 1 < count && order.IsBefore(items[child], items[child + 1]))
            {
                child++;
            }

            if (!order.IsBefore(item, items[child]))
            {
                break;
            }

            items[hole] = items[child];
        }

        items[hole] = item;
    }
}
