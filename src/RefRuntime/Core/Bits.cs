// Arithmetic on addresses and sizes.

using System.Runtime.CompilerServices;

namespace RefRuntime.Core;

internal static class Bits
{
    /// <summary>Rounds up to a power of two.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ulong AlignUp(ulong value, ulong alignment) => (value + (alignment - 1)) & ~(alignment - 1);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsAligned(ulong value, ulong alignment) => (value & (alignment - 1)) == 0;

    /// <summary>The lowest position at which <paramref name="length"/> consecutive bits of <paramref name="word"/> are set, or -1.</summary>
    public static int FindRun(ulong word, int length)
    {
        // After k rounds a bit says that `covered` bits from there on are all set (Hacker's Delight, 6-2).
        int covered = 1;
        while (covered < length && word != 0)
        {
            int shift = covered < length - covered ? covered : length - covered;
            word &= word >> shift;
            covered += shift;
        }

        return word == 0 ? -1 : System.Numerics.BitOperations.TrailingZeroCount(word);
    }

    /// <summary>A word with <paramref name="length"/> bits set from <paramref name="first"/> on.</summary>
    public static ulong Run(int first, int length) => (length == 64 ? ulong.MaxValue : (1ul << length) - 1) << first;
}
