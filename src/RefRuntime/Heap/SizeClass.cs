// Size classes: steps of 16 bytes up to 512, then eight steps to each doubling, so that rounding wastes at most an eighth.

using System.Numerics;
using System.Runtime.CompilerServices;
using RefRuntime.Core;

namespace RefRuntime.Heap;

internal static class SizeClass
{
    private const int LinearLimit = 512;
    private const int LinearShift = 4;
    private const int StepsShift = 3;
    private const int LinearClasses = LinearLimit >> LinearShift;

    /// <summary>How many classes there are: the class of the largest small block, plus one.</summary>
    public static int Count => Of(Config.MaxSmallBlock) + 1;

    /// <summary>The class of the smallest block that holds <paramref name="bytes"/> bytes, 1 to MaxSmallBlock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Of(uint bytes) =>
        bytes <= LinearLimit ? (int)((bytes + 15) >> LinearShift) - 1 : Geometric(bytes);

    /// <summary>Bytes of a block of class <paramref name="sizeClass"/>.</summary>
    public static uint BlockSize(int sizeClass)
    {
        if (sizeClass < LinearClasses)
        {
            return (uint)(sizeClass + 1) << LinearShift;
        }

        int step = sizeClass - LinearClasses;
        int doubling = step >> StepsShift;
        uint unit = (uint)(LinearLimit >> StepsShift) << doubling;
        return ((uint)LinearLimit << doubling) + (unit * (uint)((step & 7) + 1));
    }

    private static int Geometric(uint bytes)
    {
        // bytes - 1 lies in [2^power, 2^(power+1)): the doubling; its next three bits are the step.
        int power = BitOperations.Log2(bytes - 1);
        int step = (int)((bytes - 1) >> (power - StepsShift)) & 7;
        return LinearClasses + ((power - 9) << StepsShift) + step;
    }
}
