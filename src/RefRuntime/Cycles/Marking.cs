// The first half of trial deletion: walk the edges of everything that the roots reach, and tally them against the counts.
//
// Pages in which most objects are roots are swept: their objects are visited in address order, and an edge into them is
// one addition to a side word. Everywhere else the search goes from the candidates along edges, breadth first, with the
// objects that come next prefetched.
//
// Lins, "Cyclic Reference Counting with Lazy Mark-Scan", 1992; Bacon and Rajan, "Concurrent Cycle Collection in Reference
// Counted Systems", 2001. Unlike theirs, the trial counts lie beside the objects: counts stay exact, and a collection can
// be dropped at any point.
//
// In slices: all pages with roots are swept, some blocks at a time, and the queue is followed as far as the budget reaches. Between
// two slices objects may die, be born and change. So what an earlier slice has queued is looked up anew, and what comes out is
// a guess, to be verified. No dead object is missed for that: the dead and what they refer to don't change.

using System;
using System.Numerics;
using System.Runtime.CompilerServices;
using RefRuntime.Core;
using RefRuntime.Counting;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Cycles;

internal unsafe struct Marking : IReferenceVisitor
{
    private readonly HeapState* _heap;

    /// <summary>The page of the object whose edges are being walked.</summary>
    private PageView _near;

    private EdgeDelay _far;
    private GreyQueue _grey;
    private TypeGuess _type;
    private bool _isOutOfMemory;

    public Marking(HeapState* heap)
    {
        _heap = heap;
        _grey = new GreyQueue(heap);
        _type = new TypeGuess();
    }

    /// <summary>Something was met that is no member: references may leave the set.</summary>
    public bool SawOutside { get; private set; }

    /// <summary>A member is a list: its storage is to be freed.</summary>
    public bool SawList { get; private set; }

    /// <summary>Dying means more for some member than releasing children.</summary>
    public bool SawDuties { get; private set; }

    /// <summary>The system has no memory for side data or queue: the collection can't go on.</summary>
    public readonly bool IsOutOfMemory => _isOutOfMemory;

    /// <summary>Tallies all that candidates and young pages reach, in one go. The log is left as it is. False = no memory.</summary>
    public bool TryRun()
    {
        Budget unlimited = Budget.Unlimited;
        return TryChoosePages() && TryVisitRoots() && TryFollow(ref unlimited);
    }

    /// <summary>Before the first slice: all pages with candidates and young ones are to be swept, and what is allocated from now on is young again.</summary>
    public static void ChooseRoots(HeapState* heap)
    {
        for (Segment* segment = heap->Segments; segment != null; segment = segment->Next)
        {
            segment->RootPages = segment->YoungPages | segment->CandidatePages;
            segment->LoggedPages = segment->CandidatePages;
            segment->YoungPages = 0;
        }

        heap->HasYoung = 0;

        // What lies in the bins is handed out unseen: hide it, so that its page becomes young again when it is used.
        Blocks.TrapBins(heap);
    }

    /// <summary>One slice: tallies what the chosen pages reach. True when all is done; false = budget spent, or no memory.</summary>
    public bool TryRunSlice(ref Budget budget)
    {
        for (Segment* segment = _heap->Segments; segment != null; segment = segment->Next)
        {
            while (segment->RootPages != 0)
            {
                int index = BitOperations.TrailingZeroCount(segment->RootPages);
                Page* page = Segment.PageTable(segment) + index;
                if (page->Side == null && page->Limit != 0 && !SideData.TryTouch(_heap, page))
                {
                    _isOutOfMemory = true;
                    return false;
                }

                if (!TrySweepSlice(page, ref budget))
                {
                    Drain();
                    return false;
                }

                segment->RootPages &= ~(1ul << index);
            }
        }

        return TryFollow(ref budget);
    }

    /// <summary>
    /// Sweeps the page from where the last slice left it. True when it is done; false = budget spent, or no memory. A page that has been given
    /// back meanwhile is no root any more: then the next one begins.
    /// </summary>
    private bool TrySweepSlice(Page* page, ref Budget budget)
    {
        if (_heap->RoundSwept != page)
        {
            _heap->RoundSwept = page;
            _heap->RoundPosition = 0;
        }

        while (page->Limit != 0 && _heap->RoundPosition < Blocks.CarvedOf(page))
        {
            uint first = (uint)_heap->RoundPosition;
            uint end = Math.Min(first + Config.UnitsPerClock, Blocks.CarvedOf(page));
            _heap->RoundPosition = end;
            if (!TrySweep(page, first, end) || budget.IsSpentNow())
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>An edge. Most lead into the page that is being walked; the others are looked up.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Visit(void* child)
    {
        if (!_near.Contains(child))
        {
            VisitFar(child);
        }
        else if (_near.TryIndexOf(child, out uint index))
        {
            Tally(child, _near.Side + index, _near.IsSwept);
        }
    }

    /// <summary>One addition; the first time the child joins the queue, unless a sweep comes by without being told.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Tally(void* child, uint* side, bool isSwept)
    {
        uint before = *side;
        *side = SideWord.AddEdge(before);
        if (before == 0 && !isSwept)
        {
            Enqueue(child);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void VisitFar(void* child)
    {
        if (!Edge.TryLocate(_heap, child, out Page* page, out uint index))
        {
            return;
        }

        if (page->Side == null && !SideData.TryTouch(_heap, page))
        {
            _isOutOfMemory = true;
            return;
        }

        uint* side = page->Side + index;
        bool isSwept = page->IsSwept != 0;
        if (_far.TryExchange(ref child, ref side, ref isSwept))
        {
            Tally(child, side, isSwept);
        }
    }

    /// <summary>Tallies the edges that are still on their way.</summary>
    private void Drain()
    {
        for (uint i = 0; i < EdgeDelay.Length; i++)
        {
            if (_far.TryTake(out void* child, out uint* side, out bool isSwept))
            {
                Tally(child, side, isSwept);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Enqueue(void* child)
    {
        if (!_grey.TryAdd(child))
        {
            _isOutOfMemory = true;
        }
    }

    /// <summary>Decides which pages are swept, before any edge is walked.</summary>
    private readonly bool TryChoosePages()
    {
        for (Segment* segment = _heap->Segments; segment != null; segment = segment->Next)
        {
            ulong young = segment->YoungPages;
            for (ulong pages = young | segment->CandidatePages; pages != 0; pages &= pages - 1)
            {
                int index = BitOperations.TrailingZeroCount(pages);
                Page* page = Segment.PageTable(segment) + index;
                bool isYoung = (young & (1ul << index)) != 0;
                if ((isYoung || page->CandidateCount >= Blocks.CarvedOf(page) / Config.SweepRatio) && page->Limit != 0)
                {
                    if (page->Side == null && !SideData.TryTouch(_heap, page))
                    {
                        return false;
                    }

                    page->IsSwept = 1;
                }
            }
        }

        return true;
    }

    private bool TryVisitRoots()
    {
        for (Segment* segment = _heap->Segments; segment != null; segment = segment->Next)
        {
            for (ulong pages = segment->YoungPages | segment->CandidatePages; pages != 0; pages &= pages - 1)
            {
                Page* page = Segment.PageTable(segment) + BitOperations.TrailingZeroCount(pages);
                if (!(page->IsSwept != 0 ? TrySweep(page, 0, Blocks.CarvedOf(page)) : TryVisitCandidates(page)))
                {
                    return false;
                }
            }
        }

        return true;
    }

    private bool TrySweep(Page* page, uint first, uint end)
    {
        _near = new PageView(page);
        uint* side = page->Side + first;
        byte* header = page->Start + (first * page->BlockSize);
        for (uint i = first; i < end; i++, header += page->BlockSize, side++)
        {
            if (*(ulong*)header != 0)
            {
                Process(header + Config.HeaderSize, side);
            }
        }

        return !_isOutOfMemory;
    }

    private bool TryVisitCandidates(Page* page)
    {
        if (page->CandidateCount == 0)
        {
            return true;
        }

        if (page->Side == null && !SideData.TryTouch(_heap, page))
        {
            return false;
        }

        _near = new PageView(page);
        ulong* bitmap = Segment.Bitmap(page);
        uint words = (Blocks.CarvedOf(page) + 63) / 64;
        for (uint w = 0; w < words; w++)
        {
            for (ulong bits = bitmap[w]; bits != 0; bits &= bits - 1)
            {
                uint index = (w * 64) + (uint)BitOperations.TrailingZeroCount(bits);
                void* payload = Blocks.PayloadAt(page, index);
                if ((page->Side[index] & SideWord.Done) == 0 && CandidateLog.IsLogged(Header.Word(payload)))
                {
                    Process(payload, page->Side + index);
                }
            }
        }

        return !_isOutOfMemory;
    }

    private bool TryFollow(ref Budget budget)
    {
        while (!_isOutOfMemory)
        {
            if (_grey.IsEmpty)
            {
                Drain();
                if (_grey.IsEmpty)
                {
                    break;
                }
            }

            void* payload = _grey.Take();
            if (payload != null)
            {
                Page* page = Segment.PageOf(payload);
                uint* side = page->Side + Blocks.IndexOf(page, payload);
                if ((*side & SideWord.Done) == 0)
                {
                    _near = new PageView(page);
                    Process(payload, side);
                }
            }

            if (budget.IsSpent())
            {
                Drain();
                return false;
            }
        }

        return !_isOutOfMemory;
    }

    /// <summary>Sets an object's count against the edges to it, and walks its own edges.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Process(void* payload, uint* side)
    {
        ulong word = Header.Word(payload);
        uint references = (uint)word;
        if ((word & HeaderFlags.Skipped) != 0 || references - 1 >= SideWord.MaxCount)
        {
            if (!IsMemberSlow(word, ref references))
            {
                *side |= SideWord.Outside | SideWord.Done | SideWord.Seen;
                SawOutside = true;
                return;
            }

            if (references > SideWord.MaxCount)
            {
                // Its edges are left out as well: what it refers to then looks held from outside, and lives.
                *side = SideWord.VisitedLive(*side);
                return;
            }
        }

        *side = SideWord.Visited(*side, references);
        TypeDescriptor* type = _type.Of(word);
        if ((type->Shape & ~(Shape.Offsets | Shape.Items)) != 0 || type->HasDuties || (word & HeaderFlags.OwnDuties) != 0)
        {
            SawDuties |= type->HasDuties || (word & HeaderFlags.OwnDuties) != 0;
            SawList |= (type->Shape & Shape.List) != 0;
        }

        References.Visit(payload, type, ref this);
    }

    /// <summary>For headers that are not those of a tracked object with a plain count.</summary>
    private static bool IsMemberSlow(ulong word, ref uint references)
    {
        long counted = Header.References((int)word);
        references = counted > SideWord.MaxCount ? SideWord.MaxCount + 1 : (uint)counted;
        return (word & HeaderFlags.Skipped) == 0 && counted != 0;
    }
}
