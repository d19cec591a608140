// Trial deletion: which of a set of objects, and of all they reach, are held only by each other?
//
//   mark   on the first visit of an object trial := count; for each edge to v: trial[v] -= 1
//   live   whoever keeps trial > 0 is held from outside, and lives with all it reaches
//   rest   is dead
//
// If the sum of the counts equals the number of edges walked, nobody is held from outside and the live pass is skipped
// (Nim ORC). Lins, "Cyclic Reference Counting with Lazy Mark-Scan", 1992; Bacon and Rajan, 2001. Unlike theirs, the trial
// counts lie beside the objects (SideData), so that counts stay exact and a run can be dropped at any point.
//
// A reference that no slot shows counts as held from outside. More edges than counts means that somebody wrote a borrowed
// pointer into a strong slot: the object is treated as live. Either mistake leaks; neither frees what is in use.
//
// Side word: bit 31 live, bit 30 visited, below: the trial count. In the live pass LiveBit alone means that life has been
// propagated from the object or is about to be.

using System.Runtime.CompilerServices;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Objects;

namespace RefRuntime.Cycles;

internal static unsafe class TrialDeletion
{
    private const uint LiveBit = 1u << 31;
    private const uint VisitedBit = 1u << 30;
    private const uint TrialMask = VisitedBit - 1;

    /// <summary>Adds a root to HeapState.Visited, once. <paramref name="held"/> of its references are the runtime's own. False = no memory.</summary>
    public static bool TryAddRoot(HeapState* heap, Page* page, void* payload, long held, ref Tally tally)
    {
        uint* side = SideData.TryGet(heap, page, payload);
        return side != null && (*side != 0 || TryVisit(heap, payload, side, held, ref tally));
    }

    /// <summary>
    /// Sorts HeapState.Visited, which holds the roots: the dead first, as many as returned, then the live. With
    /// <paramref name="expand"/> it is first extended by all they reach. Negative = no memory. The side data remain.
    /// </summary>
    public static long Run(HeapState* heap, bool expand, ref Tally tally)
    {
        MarkVisitor mark = new() { Heap = heap, Expand = expand, Tally = tally };
        for (ulong i = 0; i < heap->Visited.Count; i++)
        {
            void* payload = heap->Visited.Items[i];
            References.Visit(payload, ObjectLookup.TypeOf(payload), ref mark);
            if (mark.IsOutOfMemory)
            {
                return -1;
            }
        }

        tally = mark.Tally;
        if (!tally.HasForcedLive && tally.Counts == tally.Edges)
        {
            return (long)heap->Visited.Count;
        }

        return TryPropagateLife(heap) ? Partition(heap) : -1;
    }

    private static bool TryVisit(HeapState* heap, void* payload, uint* side, long held, ref Tally tally)
    {
        if (!heap->Visited.TryPush(payload))
        {
            return false;
        }

        long references = Header.References(Header.Count(payload)) - held;
        if (references > TrialMask)
        {
            *side = VisitedBit | LiveBit;
            tally.HasForcedLive = true;
            return true;
        }

        *side = VisitedBit | (uint)references;
        tally.Counts += (ulong)references;
        return true;
    }

    private static bool TryPropagateLife(HeapState* heap)
    {
        LiveVisitor live = new() { Heap = heap };
        for (ulong i = 0; i < heap->Visited.Count; i++)
        {
            uint* side = SideData.Get(heap->Visited.Items[i]);
            bool isPropagated = (*side & VisitedBit) == 0;
            bool isHeld = (*side & (TrialMask | LiveBit)) != 0;
            if (isPropagated || !isHeld)
            {
                continue;
            }

            *side = LiveBit;
            References.Visit(heap->Visited.Items[i], ObjectLookup.TypeOf(heap->Visited.Items[i]), ref live);
            while (heap->Live.Count != 0 && !live.IsOutOfMemory)
            {
                void* payload = heap->Live.Items[--heap->Live.Count];
                References.Visit(payload, ObjectLookup.TypeOf(payload), ref live);
            }

            if (live.IsOutOfMemory)
            {
                return false;
            }
        }

        return true;
    }

    private static long Partition(HeapState* heap)
    {
        void** items = heap->Visited.Items;
        ulong dead = 0;
        for (ulong i = 0; i < heap->Visited.Count; i++)
        {
            if ((*SideData.Get(items[i]) & LiveBit) == 0)
            {
                void* live = items[dead];
                items[dead] = items[i];
                items[i] = live;
                dead++;
            }
        }

        return (long)dead;
    }

    /// <summary>Sums over what was visited.</summary>
    public struct Tally
    {
        public ulong Counts;
        public ulong Edges;

        /// <summary>An object lives whatever its trial count says: its count is too large to try, or its edges are more than its count.</summary>
        public bool HasForcedLive;
    }

    private struct MarkVisitor : IReferenceVisitor
    {
        public HeapState* Heap;
        public Tally Tally;
        public bool Expand;
        public bool IsOutOfMemory;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Visit(void* child)
        {
            if (((ulong)child & (Config.Alignment - 1)) != 0 || !SegmentMap.Contains(child))
            {
                return;
            }

            Page* page = Segment.PageOf(child);
            if (Segment.Of(child)->Heap != Heap || !ObjectLookup.IsObjectInSegment(child, page))
            {
                return;
            }

            if (Expand ? (Header.Word(child) & HeaderFlags.Skipped) != 0 : page->Side == null)
            {
                return;
            }

            uint* side = SideData.TryGet(Heap, page, child);
            if (side == null || (*side == 0 && Expand && !TryVisit(Heap, child, side, 0, ref Tally)))
            {
                IsOutOfMemory = true;
                return;
            }

            if (*side == 0)
            {
                return;
            }

            if ((*side & TrialMask) == 0)
            {
                *side |= LiveBit;
                Tally.HasForcedLive = true;
                return;
            }

            (*side)--;
            Tally.Edges++;
        }
    }

    private struct LiveVisitor : IReferenceVisitor
    {
        public HeapState* Heap;
        public bool IsOutOfMemory;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public void Visit(void* child)
        {
            if (((ulong)child & (Config.Alignment - 1)) != 0 || !SegmentMap.Contains(child))
            {
                return;
            }

            Page* page = Segment.PageOf(child);
            if (Segment.Of(child)->Heap != Heap || page->Side == null || !ObjectLookup.IsObjectInSegment(child, page))
            {
                return;
            }

            // Visited and not yet propagated from; LiveBit alone means that it was.
            uint* side = page->Side + Blocks.IndexOf(page, child);
            if ((*side & VisitedBit) != 0)
            {
                *side = LiveBit;
                IsOutOfMemory |= !Heap->Live.TryPush(child);
            }
        }
    }
}
