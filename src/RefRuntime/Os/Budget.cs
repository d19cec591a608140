// How long a slice of work may still go on. The clock is read once for every few units of work, so a unit should be
// short: an object, the words of a page.

using System.Runtime.CompilerServices;
using RefRuntime.Core;

namespace RefRuntime.Os;

internal struct Budget
{
    private readonly ulong _deadline;
    private uint _units;
    private bool _isSpent;

    private Budget(ulong deadline)
    {
        _deadline = deadline;
        _units = UnitsOf(deadline);
    }

    /// <summary>Never spent.</summary>
    public static Budget Unlimited => new(ulong.MaxValue);

    /// <summary>Spent at this time of the monotonic clock, and not before one unit of work is done.</summary>
    public static Budget Until(ulong deadline) => new(deadline);

    /// <summary>The same, so long after another time; whatever is beyond the clock's end is its end.</summary>
    public static Budget From(ulong begun, ulong nanoseconds) =>
        Until(nanoseconds < ulong.MaxValue - begun ? begun + nanoseconds : ulong.MaxValue - 1);

    public readonly bool IsUnlimited => _deadline == ulong.MaxValue;

    /// <summary>One unit more is done. Is the time over?</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsSpent() => --_units == 0 && IsSpentNow();

    /// <summary>The same after a long unit: the clock is read.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public bool IsSpentNow()
    {
        _units = UnitsOf(_deadline);
        _isSpent = !IsUnlimited && (Config.IsSliced || _isSpent || Clock.Nanoseconds() >= _deadline);
        return _isSpent;
    }

    /// <summary>Is the time over, or will it be before something is done that takes so long? Then the budget is spent.</summary>
    public bool IsSpentBefore(ulong nanoseconds)
    {
        _isSpent = IsSpentNow() || (!IsUnlimited && Clock.Nanoseconds() + nanoseconds >= _deadline);
        return _isSpent;
    }

    /// <summary>Nanoseconds left at a time of the monotonic clock.</summary>
    public readonly ulong LeftAt(ulong now) => IsUnlimited ? ulong.MaxValue : now < _deadline ? _deadline - now : 0;

    private static uint UnitsOf(ulong deadline) =>
        deadline == ulong.MaxValue ? uint.MaxValue : Config.IsSliced ? 1 : Config.UnitsPerClock;
}
