// The 8 bytes before each payload.
//
//    63            44 43        32 31                             0
//   | type index (20) | flags (12) |        count (int32)          |
//
// The count decides alone who must go out of line (the trap):
//
//   count        meaning                                       who may touch it inline
//   >= 1         local count                                   everybody: +1, and -1 while it stays positive
//   0            free (whole word 0), or dying                 nobody
//   [-2^30, -1]  guarded count, n = -count: guarded heap       nobody: the library decides (a lock, checks)
//   < -2^30      immortal                                      nobody
//
// A local count that overflows becomes -2^31 by itself, which is immortal; a guarded one becomes immortal when it would
// leave its range. So a count never wraps.

using System.Runtime.CompilerServices;
using RefRuntime.Abi;

namespace RefRuntime.Objects;

/// <summary>Flags of the header, as bits of the whole word.</summary>
internal static class HeaderFlags
{
    /// <summary>A decrement to nonzero logs nothing: the object is a candidate already, or can never be one.</summary>
    public const ulong Quiet = 1ul << 32;

    /// <summary>Collections pass by: a plain leaf, an acyclic type, untracked, frozen or immortal.</summary>
    public const ulong Skipped = 1ul << 33;

    /// <summary>No slots, no callbacks, no weak references: death is giving back the block.</summary>
    public const ulong PlainLeaf = 1ul << 34;

    /// <summary>The finalizer has run.</summary>
    public const ulong Finalized = 1ul << 35;

    /// <summary>Weak references to the object exist.</summary>
    public const ulong HasWeak = 1ul << 36;

    /// <summary>Past its finalizer: nobody can get a new reference.</summary>
    public const ulong Dying = 1ul << 37;

    /// <summary>Member of a set that a collection takes apart: its counts no longer matter.</summary>
    public const ulong InSet = 1ul << 38;

    /// <summary>Left out of collections by rr_gc_freeze.</summary>
    public const ulong Frozen = 1ul << 39;

    /// <summary>Left out of collections by rr_gc_untrack.</summary>
    public const ulong Untracked = 1ul << 40;

    /// <summary>The runtime holds one count: the finalizer runs, or the object's set is not settled.</summary>
    public const ulong Held = 1ul << 41;

    /// <summary>Waits for death in the page's bitmap.</summary>
    public const ulong Spilled = 1ul << 42;

    /// <summary>A diagnostic wants to hear when the object's block is given back, see <c>Lifetime.ObjectMemory.Free</c>. No inline call and no
    /// fast path frees such an object: its state is not the one that they look for.</summary>
    public const ulong Watched = 1ul << 43;

    /// <summary>The object's death is more than its type says.</summary>
    public const ulong OwnDuties = HasWeak | Watched;
}

internal static unsafe class Header
{
    public const int TypeShift = 44;

    /// <summary>Count and flags, without the type.</summary>
    public const ulong StateMask = (1ul << TypeShift) - 1;
    public const int ImmortalCount = unchecked((int)0xA0000000);
    public const int GuardedMinimum = -(1 << 30);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref ulong Word(void* payload) => ref ((ulong*)payload)[-1];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ref int Count(void* payload) => ref ((int*)payload)[-2];

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TypeId TypeOf(ulong word) => (TypeId)(uint)(word >> TypeShift);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsImmortal(int count) => count < GuardedMinimum;

    /// <summary>The references counted, whichever range they are kept in.</summary>
    public static long References(int count) =>
        count >= 0 ? count : IsImmortal(count) ? AbiConstants.ImmortalCount : -(long)count;

    /// <summary>The count field for <paramref name="references"/> references; too many make it immortal.</summary>
    public static int Encode(long references, bool isGuarded) =>
        !isGuarded ? (references <= int.MaxValue ? (int)references : ImmortalCount)
        : references <= -(long)GuardedMinimum ? (int)-references
        : ImmortalCount;
}
