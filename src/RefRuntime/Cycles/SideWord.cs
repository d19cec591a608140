// What a collection knows of one object: a 32-bit word beside its page.
//
//    31                           4      3       2        1      0
//   |  edges seen - count, mod 2^28  | live | outside | done | seen |
//
//   0         not seen
//   waiting   (outside without done, in trials only) its header was read; its edges were not walked, or not yet
//   outside   seen, but no member: a plain leaf, acyclic, untracked, frozen, immortal, or no object at all
//   done      its header was read and its edges were walked
//   value     0 when all its references come from members (dead, unless something live reaches it); negative, when some
//             come from outside; positive, when a borrowed pointer stands in a strong slot (then it is taken for live)
//
// The value meets edges and count in any order, so an edge is one addition and touches only this word, not the object. It
// stands above the flags, so that it may wrap: for a wrong 0 somebody would have to write 2^28 borrowed pointers to one
// object into strong slots. Counts above MaxCount are not tried: such objects are live without done until life has been
// propagated from them, whatever their value.

using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace RefRuntime.Cycles;

internal static unsafe class SideWord
{
    public const uint Seen = 1;
    public const uint Done = 2;
    public const uint Outside = 4;
    public const uint Live = 8;
    public const uint Edge = 16;
    private const uint ValueMask = ~(Edge - 1);

    /// <summary>Larger counts than this are not tried: their objects are taken for live.</summary>
    public const uint MaxCount = 1 << 26;

    /// <summary>A member whose references all come from members, and that nothing live reaches.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsDead(uint side) => side == (Done | Seen);

    /// <summary>What a round's commit writes over the word of somebody dead whom it has looked at, and left, in this pass, from 1: the value serves for that.</summary>
    public static uint DeadIn(uint pass) => Done | Seen | (pass * Edge);

    /// <summary>A member that is dead, and that no earlier look than one of this pass has left.</summary>
    public static bool IsDeadBefore(uint side, uint pass) => (side & ~ValueMask) == (Done | Seen) && side < DeadIn(pass);

    /// <summary>A member that lives by itself, and whose life has not been propagated yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsLiveRoot(uint side) =>
        ((side & (Outside | Live | Done)) == Done && (side & ValueMask) != 0) || (side & (Live | Done)) == Live;

    /// <summary>A member not known to be live.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsUndecidedMember(uint side) => (side & (Outside | Live | Done)) == Done;

    /// <summary>One more edge.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint AddEdge(uint side) => (side | Seen) + Edge;

    /// <summary>The object has been read: <paramref name="references"/> are to be explained by edges.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Visited(uint side, uint references) => (side | Seen | Done) - (references * Edge);

    /// <summary>The object has been read, and lives whatever its edges say. Not done: life is still to be propagated.</summary>
    public static uint VisitedLive(uint side) => (side | Seen | Live) & ~Done;

    /// <summary>The object has been read: its edges are still to be walked, if ever.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Waiting(uint side, uint references) => (side | Seen | Outside) - (references * Edge);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsWaiting(uint side) => (side & (Outside | Done)) == Outside;

    /// <summary>Waiting, and all its references come from members.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsExplained(uint side) => side == (Outside | Seen);

    /// <summary>Added to the dead that have been put into the list of those that die, see TrialTable.GatherDead. Who is outside never lives.</summary>
    public const uint Gathered = Outside | Live;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool IsGathered(uint side) => side == (Done | Seen | Gathered);

    /// <summary>It waits no longer: its edges are walked. One that is taken for live stays so.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint Walked(uint side) => (side & Live) != 0 ? side & ~Outside : (side & ~Outside) | Done;

    /// <summary>
    /// How many of the words are those of members, and of dead ones. Four at a time: a collection of dead rings takes 8 % longer when it is
    /// one.
    /// </summary>
    public static void Count(uint* words, uint count, out uint members, out uint dead)
    {
        Vector128<uint> memberLanes = default;
        Vector128<uint> deadLanes = default;
        uint i = 0;
        for (; i + (uint)Vector128<uint>.Count <= count; i += (uint)Vector128<uint>.Count)
        {
            // True is all ones, -1.
            Vector128<uint> lanes = Vector128.Load(words + i);
            Vector128<uint> isRead = ~Vector128.Equals(lanes & Vector128.Create(Live | Done), Vector128<uint>.Zero);
            memberLanes -= isRead & Vector128.Equals(lanes & Vector128.Create(Outside), Vector128<uint>.Zero);
            deadLanes -= Vector128.Equals(lanes, Vector128.Create(Done | Seen));
        }

        members = Vector128.Sum(memberLanes);
        dead = Vector128.Sum(deadLanes);
        for (; i < count; i++)
        {
            members += (words[i] & Outside) == 0 && (words[i] & (Live | Done)) != 0 ? 1u : 0;
            dead += IsDead(words[i]) ? 1u : 0;
        }
    }
}
