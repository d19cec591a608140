// Trial deletion of some candidates and what lies near them, in one short go: what automatic collections do as long as the
// heap does not grow.
//
// The candidates are taken out of the log and looked at together with what they refer to, up to a bound. What lies
// beyond counts as outside, so that the dead that are found are dead; a dead structure that reaches farther is left to the next
// complete collection. So a trial costs what its candidates are, however large the graph that they belong to: a small dead
// cycle that points into a large live graph is found without a walk through that graph.
//
// Whose references are all explained by edges so far is walked on from at once: it may be dead. The others wait: most of them are
// held by something far away, and what lies beyond them is live, and cold. So do candidates with more than one reference left: a
// dead cycle that is only a cycle has one to each member. Some of those that wait are walked on from in the end, as many as
// pays (TrialReach), candidates first.
//
// The pages' side data stays free for a collection that runs in slices meanwhile; its commit uses trials too.
//
// Bacon and Rajan, "Concurrent Cycle Collection in Reference Counted Systems", 2001, for the candidates; the bounds are ours.

using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Core;
using RefRuntime.Counting;
using RefRuntime.Heap;
using RefRuntime.Lifetime;
using RefRuntime.Objects;

namespace RefRuntime.Cycles;

internal unsafe struct Trial : IReferenceVisitor
{
    private readonly HeapState* _heap;
    private TrialTable _table;
    private TypeGuess _type;

    /// <summary>Places whose references have been explained after all while they were waiting: a list through Place.Next. WalkWaiting may have walked them since.</summary>
    private uint _ready;

    /// <summary>Places that wait, in the order in which they were looked at: in the table's List.</summary>
    private uint _waiting;

    /// <summary>The next place to be looked at.</summary>
    private uint _next;

    /// <summary>Edges that may still be walked.</summary>
    private int _edgesLeft;

    private bool _mayAdd;

    /// <summary>Somebody that was walked has duties, or owns raw memory.</summary>
    private bool _hasDuties;

    /// <summary>Some edge is not noted in the table.</summary>
    private bool _isPartial;

    /// <summary>Only who looks dead by side data is looked at.</summary>
    private bool _isCommit;

    private Trial(HeapState* heap)
    {
        _heap = heap;
        _type = new TypeGuess();
        _edgesLeft = Config.TrialEdges;
    }

    /// <summary>Candidates that it took from the log.</summary>
    public uint Candidates { get; private set; }

    /// <summary>Objects looked at.</summary>
    public readonly uint Visited => _next;

    /// <summary>Containers that died.</summary>
    public ulong Collected { get; private set; }

    /// <summary>Members that finalizers brought back.</summary>
    public ulong Resurrected { get; private set; }

    /// <summary>Takes up to so many candidates from the log and lets die what is dead near them. False = no memory: the log is as it was.</summary>
    public static bool TryRun(HeapState* heap, uint wanted, out Trial trial)
    {
        trial = new Trial(heap) { _mayAdd = true };
        uint candidates = heap->Candidates < wanted ? (uint)heap->Candidates : wanted;
        if (!trial._table.TryMake(heap, Config.TrialPlaces))
        {
            return false;
        }

        candidates = TrialSample.Take(heap, ref trial._table, candidates);
        trial.Candidates = candidates;
        trial.Explore(roots: candidates);
        uint walked = trial.WalkWaiting(TrialReach.Places(heap, candidates));
        trial._table.PropagateLife();
        trial.LeaveToComplete(candidates);
        TrialReach.Adapt(heap, candidates, walked, trial.Extent(walked));
        trial.Die();
        return true;
    }

    /// <summary>
    /// For a round, which has listed in HeapState.Visited who looks dead: verifies the next of them, from RoundPosition on until so many
    /// objects have been looked at, with all of the list that they reach, and lets die what is dead indeed, or begin to die: then the
    /// round goes on with HeapState.Dying. The others are put together at the front of the list, up to RoundKept. False = no memory:
    /// nothing has happened.
    /// </summary>
    public static bool TryCommit(HeapState* heap, uint wanted, out Trial trial)
    {
        trial = new Trial(heap) { _mayAdd = true, _isCommit = true };
        if (!trial._table.TryMake(heap, Config.TrialPlaces))
        {
            return false;
        }

        ulong listed = trial.TakeListed(wanted);
        trial._table.PropagateLife();
        trial.KeepListed(listed);
        trial.Die();
        return true;
    }

    /// <summary>An edge: one more that comes from an object of the table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Visit(void* child)
    {
        _edgesLeft--;
        uint place = _table.Find(child, out ulong slot);
        if (place == 0)
        {
            if (!Edge.IsInHeap(_heap, child))
            {
                return;
            }

            if (!_mayAdd || _table.IsFull || (_isCommit && !LooksDead(child)))
            {
                _isPartial = true;
                return;
            }

            place = Append(child, slot);
        }

        Place* to = _table.Places + place - 1;
        if (!_table.TryAddEdge(to, place))
        {
            _isPartial = true;
        }

        if (SideWord.IsExplained(to->Side))
        {
            to->Next = _ready;
            _ready = place;
        }
    }

    /// <summary>Adds an object that is not in the table yet. Its memory is asked for now, unless Look will do so in time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Append(void* payload, ulong slot)
    {
        Prefetch.PageEntry(payload);
        if (_table.Count - _next < Prefetch.Distance)
        {
            Prefetch.Header(payload);
        }

        return _table.Append(payload, slot);
    }

    /// <summary>Looks at the objects that nobody has looked at, and at those that are met. The first <paramref name="roots"/> places are candidates.</summary>
    private void Explore(uint roots)
    {
        while (_next < _table.Count || _ready != 0)
        {
            if (_ready != 0)
            {
                Place* place = _table.Places + _ready - 1;
                _ready = place->Next;
                place->Next = 0;
                if (SideWord.IsWaiting(place->Side))
                {
                    Walk(place);
                }
            }
            else
            {
                uint index = _next++;
                Look(index, index < roots);
            }
        }
    }

    /// <summary>Sets the object's count against the edges to it, and decides whether it is walked on from now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Look(uint index, bool isRoot)
    {
        Place* place = _table.Places + index;
        if (index + Prefetch.Distance < _table.Count)
        {
            Prefetch.Header(place[Prefetch.Distance].Payload);
        }

        if (isRoot && _edgesLeft < 0)
        {
            // Not in this trial: back into the log, where its header says that it is.
            CandidateLog.SetBit(place->Payload);
            _heap->Candidates++;
            place->Side |= SideWord.Outside | SideWord.Done | SideWord.Seen;
            return;
        }

        if (!isRoot && !Blocks.TryIndexOf(Segment.PageOf(place->Payload), place->Payload, out _))
        {
            // Some slot was written plainly with what is no object.
            place->Side |= SideWord.Outside | SideWord.Done | SideWord.Seen;
            return;
        }

        ulong word = Header.Word(place->Payload);
        if (isRoot)
        {
            // No longer logged: the next decrement logs it again.
            Header.Word(place->Payload) = word & ~HeaderFlags.Quiet;
        }

        long references = (int)word > 0 ? (int)word : Header.References((int)word);
        if ((word & HeaderFlags.Skipped) != 0 || references == 0 || references > SideWord.MaxCount)
        {
            place->Side |= SideWord.Outside | SideWord.Done | SideWord.Seen;
            return;
        }

        place->Side = SideWord.Waiting(place->Side, (uint)references);
        if ((isRoot && references == 1) || _isCommit || SideWord.IsExplained(place->Side))
        {
            Walk(place);
        }
        else
        {
            _table.List[_waiting++] = place;
        }
    }

    /// <summary>Walks the object's edges, unless too many have been walked: then it is taken for live, and those that it refers to are short of an edge and live too.</summary>
    private void Walk(Place* place)
    {
        if (_edgesLeft < 0)
        {
            place->Side = SideWord.VisitedLive(place->Side) & ~SideWord.Outside;
            return;
        }

        place->Side = SideWord.Walked(place->Side);
        ulong word = Header.Word(place->Payload);
        TypeDescriptor* type = _type.Of(word);
        if (type->HasDuties || (type->Shape & Shape.List) != 0 || (word & HeaderFlags.OwnDuties) != 0)
        {
            _hasDuties = true;
        }

        place->FirstEdge = _table.EdgeCount;
        References.Visit(place->Payload, type, ref this);
        place->EndEdge = _table.EdgeCount;
    }

    /// <summary>Walks on from so many of those that wait, oldest first. Returns from how many it was.</summary>
    private uint WalkWaiting(uint wanted)
    {
        uint walked = 0;
        while (walked < wanted && walked < _waiting)
        {
            // Some at a time: what they refer to then comes from memory together.
            uint left = (wanted < _waiting ? wanted : _waiting) - walked;
            for (uint i = left < Prefetch.Distance ? left : Prefetch.Distance; i != 0; i--)
            {
                Place* place = (Place*)_table.List[walked++];
                if (SideWord.IsWaiting(place->Side))
                {
                    Walk(place);
                }
            }

            Explore(roots: 0);
        }

        return walked;
    }

    /// <summary>From how many of those that waited the search had to walk on to find nearly all of the dead among them.</summary>
    private readonly uint Extent(uint walked)
    {
        uint dead = 0;
        for (uint i = 0; i < walked; i++)
        {
            dead += SideWord.IsDead(((Place*)_table.List[i])->Side) ? 1u : 0;
        }

        uint left = dead - (dead / 16);
        uint extent = 0;
        while (left != 0)
        {
            left -= SideWord.IsDead(((Place*)_table.List[extent++])->Side) ? 1u : 0;
        }

        return extent;
    }

    /// <summary>What survives, or was not walked on from, may yet belong to something dead that reaches farther: the next complete collection will look at it.</summary>
    private readonly void LeaveToComplete(uint roots)
    {
        for (uint i = 0; i < roots; i++)
        {
            uint side = _table.Places[i].Side;
            if ((side & SideWord.Live) != 0 || SideWord.IsWaiting(side))
            {
                Blocks.MarkYoung(_heap, Segment.PageOf(_table.Places[i].Payload));
            }
        }
    }

    private void Die()
    {
        if (!_hasDuties && !_isPartial)
        {
            Collected = TrialSweep.Run(_heap, _table);
            return;
        }

        ulong dead = _table.ListDead();
        void** members = _table.List;
        if (_hasDuties && Finalization.IsAnyDue(members, dead))
        {
            Finalization.Hold(_heap, members, dead);
            for (ulong i = 0; i < dead; i++)
            {
                Finalization.Run(_heap, members[i]);
            }

            ulong all = dead;
            dead = SortDead(dead);
            Resurrected = all - dead;
            Finalization.LetGo(_heap, members + dead, Resurrected);
        }

        if (dead != 0 && (!_isCommit || !TryBeginDeath(members, dead)))
        {
            Collected = SetDeath.Run(_heap, members, dead);
        }
    }

    /// <summary>Leaves it to the round to let the members die, slice by slice. False = there is no memory to list them.</summary>
    private readonly bool TryBeginDeath(void** members, ulong count)
    {
        if (!_heap->Batch.TryReserve(count))
        {
            return false;
        }

        NativeMemory.Copy(members, _heap->Batch.Items, (nuint)count * (nuint)sizeof(void*));
        SetDeath.Begin(_heap, ref _heap->Dying, _heap->Batch.Items, count);
        return true;
    }

    /// <summary>After the finalizers: looks again at the members, each of which is held once, and puts the dead first. Returns how many they are.</summary>
    private ulong SortDead(ulong count)
    {
        _table.Clear();
        _edgesLeft = int.MaxValue;
        _mayAdd = false;
        for (ulong i = 0; i < count; i++)
        {
            _table.Insert(_table.List[i]);
        }

        for (ulong i = 0; i < count; i++)
        {
            Place* place = _table.Places + i;
            long references = Header.References(Header.Count(place->Payload)) - 1;
            place->Side = references > SideWord.MaxCount
                ? SideWord.VisitedLive(place->Side)
                : SideWord.Waiting(place->Side, (uint)references);
            Walk(place);
        }

        _table.PropagateLife();
        ulong dead = 0;
        ulong live = count;
        for (ulong i = 0; i < count; i++)
        {
            // The members stand in the table too: nothing is lost.
            _table.List[SideWord.IsDead(_table.Places[i].Side) ? dead++ : --live] = _table.Places[i].Payload;
        }

        return dead;
    }

    /// <summary>
    /// Does the collection in slices take the object for dead, and no trial of this pass has looked at it yet? Its side word says so; that
    /// the block is in use at all is left to Look, which has asked for its header in time.
    /// </summary>
    private readonly bool LooksDead(void* child) =>
        Edge.TryLocate(_heap, child, out Page* page, out uint index) && page->Side != null
        && SideWord.IsDeadBefore(page->Side[index], _heap->RoundPass);

    /// <summary>Puts the next members of the round's list into the table, each with what it reaches. They wait at the front of the list; returns how
    /// many. Those that have gone since, or were looked at, cost next to nothing, but there may be millions in a row: so some thousands are the end too.</summary>
    private ulong TakeListed(uint wanted)
    {
        ref ulong position = ref _heap->RoundPosition;
        void** list = _heap->Visited.Items;
        ulong listed = 0;
        ulong end = Math.Min(position + Config.TrialPlaces, _heap->Visited.Count);
        while (position < end && _table.Count < wanted && _edgesLeft >= 0)
        {
            void* payload = list[position++];
            if (!Edge.IsTouchedObject(_heap, payload))
            {
                continue;
            }

            list[_heap->RoundKept + listed++] = payload;
            if (LooksDead(payload) && _table.Find(payload, out ulong slot) == 0)
            {
                Append(payload, slot);
                Explore(roots: 0);
            }
        }

        return listed;
    }

    /// <summary>Leaves those in the list who live, and tells side data who has been looked at.</summary>
    private readonly void KeepListed(ulong listed)
    {
        void** list = _heap->Visited.Items + _heap->RoundKept;
        for (ulong i = 0; i < listed; i++)
        {
            uint place = _table.Find(list[i], out _);
            if (place == 0 || !SideWord.IsDead(_table.Places[place - 1].Side))
            {
                _heap->Visited.Items[_heap->RoundKept++] = list[i];
            }
        }

        for (uint i = 0; i < _table.Count; i++)
        {
            *SideData.Get(_table.Places[i].Payload) = SideWord.DeadIn(_heap->RoundPass);
        }
    }
}
