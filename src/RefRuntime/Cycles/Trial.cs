// Trial deletion of some candidates and what lies near them, in one short go: what automatic collections do as long as the
// heap does not grow.
//
// The candidates are taken out of the log and looked at together with what they refer to, breadth first, up to a bound
// for each candidate: as far as the last trials found something, and now and then farther. What lies beyond counts as outside, so that the dead that are found are dead; a dead structure that reaches
// farther is left to the next complete collection. So a trial costs what its candidates are, however large the graph that they
// belong to: a small dead cycle that points into a large live graph is found without a walk through that graph.
//
// The objects stand in a table in the order in which they were met (which is the queue of the search), with the word that
// SideWord describes; a hash index finds them by address (linear probing). Edges within the table are noted as they are met, those
// of one object together, so that life is passed on without another look at the objects. The tables stay in the processor's
// cache, and the pages' side data stays free for a collection that runs in slices meanwhile.
//
// Bacon and Rajan, "Concurrent Cycle Collection in Reference Counted Systems", 2001, for the candidates; the bound is ours.

using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Lifetime;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Cycles;

internal unsafe struct Trial : IReferenceVisitor
{
    /// <summary>Slots of the hash index for each place of the table: at most half of them are in use.</summary>
    private const ulong IndexRatio = 2;

    /// <summary>Edges noted for each place of the table, on average. What an edge that finds no room leads to is taken for live.</summary>
    private const ulong EdgeRatio = 4;

    private const ulong BytesPerPlace = 24 + 8 + (IndexRatio * 4) + (EdgeRatio * 4);

    private readonly HeapState* _heap;
    private Place* _places;
    private uint* _index;
    private uint* _edges;
    private void** _members;
    private int _indexShift;
    private uint _edgeCount;
    private uint _edgeLimit;
    private uint _count;
    private uint _limit;
    private TypeGuess _type;
    private bool _mayAdd;

    /// <summary>Only who looks dead by side data is looked at.</summary>
    private bool _isCommit;

    private Trial(HeapState* heap)
    {
        _heap = heap;
        _type = new TypeGuess();
    }

    /// <summary>Objects looked at.</summary>
    public readonly uint Visited => _count;

    /// <summary>Containers that died.</summary>
    public ulong Collected { get; private set; }

    /// <summary>Members that finalizers brought back.</summary>
    public ulong Resurrected { get; private set; }

    /// <summary>Takes up to Config.TrialCandidates from the log and lets die what is dead near them. False = no memory: the log is as it was.</summary>
    public static bool TryRun(HeapState* heap, out Trial trial)
    {
        trial = new Trial(heap);
        uint candidates = heap->Candidates < Config.TrialCandidates ? (uint)heap->Candidates : Config.TrialCandidates;
        if (!trial.TryMakeTables(TrialReach.Places(heap, candidates)))
        {
            return false;
        }

        trial.TakeCandidates(candidates);
        uint roots = trial._count;
        trial._mayAdd = true;
        bool hasDuties = trial.Explore(0, roots);
        trial.PropagateLife();
        trial.LeaveToComplete(roots);
        ulong dead = trial.ListDead();
        TrialReach.Adapt(heap, roots, trial._count, trial.Extent(dead));
        if (dead != 0)
        {
            trial.Die(dead, hasDuties);
        }

        return true;
    }

    /// <summary>
    /// For a round, which has listed in HeapState.Visited who looks dead: verifies the next of them, from RoundPosition on, with all of
    /// the list that they reach, and lets die what is dead indeed. The others are put together at the front of the list, up to
    /// RoundKept. False = no memory: nothing has happened.
    /// </summary>
    public static bool TryCommit(HeapState* heap, out Trial trial)
    {
        trial = new Trial(heap) { _isCommit = true };
        if (!trial.TryMakeTables(Config.TrialCandidates * Config.TrialReach))
        {
            return false;
        }

        trial._mayAdd = true;
        bool hasDuties = trial.TakeListed(out ulong roots);
        trial.PropagateLife();
        ulong dead = trial.ListDead();
        trial.KeepListed(roots);
        if (dead != 0)
        {
            trial.Die(dead, hasDuties);
        }

        return true;
    }

    /// <summary>Gives the tables back, outside a trial.</summary>
    public static void Free(HeapState* heap)
    {
        if (heap->TrialMemory != null)
        {
            Memory.Release(heap->TrialMemory, heap->TrialCapacity * BytesPerPlace);
            heap->TrialMemory = null;
            heap->TrialCapacity = 0;
        }
    }

    /// <summary>An edge: one more that comes from an object of the table.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Visit(void* child)
    {
        ulong slot = SlotOf(child);
        uint place;
        while ((place = _index[slot]) != 0)
        {
            if (_places[place - 1].Payload == child)
            {
                AddEdge(place - 1);
                return;
            }

            slot = (slot + 1) & ((1ul << (64 - _indexShift)) - 1);
        }

        if (_mayAdd && _count < _limit && Edge.IsInHeap(_heap, child) && (!_isCommit || LooksDead(child)))
        {
            Prefetch.PageEntry(child);
            Append(child, slot);
            AddEdge(_count - 1);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void AddEdge(uint place)
    {
        _places[place].Side = SideWord.AddEdge(_places[place].Side);
        if (_edgeCount < _edgeLimit)
        {
            _edges[_edgeCount++] = place;
        }
        else
        {
            _places[place].Side = SideWord.VisitedLive(_places[place].Side);
        }
    }

    private readonly ulong SlotOf(void* payload) => ((ulong)payload >> 4) * 0x9E3779B97F4A7C15 >> _indexShift;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Append(void* payload, ulong slot)
    {
        _places[_count] = new Place { Payload = payload };
        _index[slot] = ++_count;
    }

    private void Insert(void* payload)
    {
        ulong slot = SlotOf(payload);
        while (_index[slot] != 0)
        {
            slot = (slot + 1) & ((1ul << (64 - _indexShift)) - 1);
        }

        Append(payload, slot);
    }

    private readonly Place* Find(void* payload)
    {
        ulong slot = SlotOf(payload);
        uint place;
        while ((place = _index[slot]) != 0)
        {
            if (_places[place - 1].Payload == payload)
            {
                return _places + place - 1;
            }

            slot = (slot + 1) & ((1ul << (64 - _indexShift)) - 1);
        }

        return null;
    }

    /// <summary>Makes room for <paramref name="places"/> objects, and an empty index.</summary>
    private bool TryMakeTables(uint places)
    {
        ulong capacity = BitOperations.RoundUpToPowerOf2((ulong)places);
        if (_heap->TrialCapacity < capacity)
        {
            byte* memory = Memory.Reserve(capacity * BytesPerPlace, Config.OsPageSize);
            if (memory == null)
            {
                return false;
            }

            Free(_heap);
            _heap->TrialMemory = memory;
            _heap->TrialCapacity = capacity;
        }

        _places = (Place*)_heap->TrialMemory;
        _members = (void**)(_places + _heap->TrialCapacity);
        _index = (uint*)(_members + _heap->TrialCapacity);
        _edges = _index + (_heap->TrialCapacity * IndexRatio);
        _edgeLimit = (uint)(_heap->TrialCapacity * EdgeRatio);
        _indexShift = 64 - BitOperations.Log2(capacity * IndexRatio);
        _limit = places;
        ClearIndex();
        return true;
    }

    private void ClearIndex()
    {
        NativeMemory.Clear(_index, (nuint)(sizeof(uint) << (64 - _indexShift)));
        _count = 0;
        _edgeCount = 0;
    }

    /// <summary>Moves candidates from the log into the table, of each page the same part of those that it has: a fair sample of the log.</summary>
    private void TakeCandidates(uint wanted)
    {
        ulong all = _heap->Candidates;
        ulong due = 0;
        for (Segment* segment = _heap->Segments; segment != null; segment = segment->Next)
        {
            for (ulong pages = segment->CandidatePages; pages != 0; pages &= pages - 1)
            {
                Page* page = Segment.PageTable(segment) + BitOperations.TrailingZeroCount(pages);
                due += (ulong)page->CandidateCount * wanted;
                if (due >= all)
                {
                    TakeFrom(page, (uint)(due / all));
                    due %= all;
                }
            }
        }
    }

    private void TakeFrom(Page* page, uint wanted)
    {
        ulong* bitmap = Segment.Bitmap(page);
        uint taken = 0;
        for (uint w = 0; taken < wanted && taken < page->CandidateCount; w++)
        {
            ulong bits = bitmap[w];
            for (; bits != 0 && taken < wanted; bits &= bits - 1)
            {
                Insert(Blocks.PayloadAt(page, (w * 64) + (uint)BitOperations.TrailingZeroCount(bits)));
                taken++;
            }

            bitmap[w] = bits;
        }

        _heap->Candidates -= taken;
        page->CandidateCount -= taken;
        if (page->CandidateCount == 0)
        {
            Segment.Of(page)->CandidatePages &= ~(1ul << Segment.IndexOf(page));
        }
    }

    /// <summary>
    /// Sets counts against edges, from the first place on and for what is reached as long as there is room. The first
    /// <paramref name="roots"/> places are candidates. True if some member has duties at its death.
    /// </summary>
    private bool Explore(uint first, uint roots)
    {
        bool hasDuties = false;
        for (uint i = first; i < _count; i++)
        {
            PlacePrefetch(i);
            Place* place = _places + i;
            place->FirstEdge = _edgeCount;
            if (i >= roots && !Edge.TryLocate(_heap, place->Payload, out _, out _))
            {
                // Some slot was written plainly with what is no object.
                place->Side |= SideWord.Outside | SideWord.Done | SideWord.Seen;
                continue;
            }

            ref ulong header = ref Header.Word(place->Payload);
            ulong word = header;
            if (i < roots)
            {
                // No longer logged: the next decrement logs it again.
                header = word & ~HeaderFlags.Quiet;
            }

            long references = Header.References((int)word);
            if ((word & HeaderFlags.Skipped) != 0 || references == 0 || references > SideWord.MaxCount)
            {
                place->Side |= SideWord.Outside | SideWord.Done | SideWord.Seen;
                continue;
            }

            TypeDescriptor* type = _type.Of(word);
            hasDuties |= type->HasDuties || (word & HeaderFlags.HasWeak) != 0;
            place->Side = (place->Side & SideWord.Live) != 0 ? place->Side : SideWord.Visited(place->Side, (uint)references);
            References.Visit(place->Payload, type, ref this);
        }

        return hasDuties;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly void PlacePrefetch(uint position)
    {
        if (position + Prefetch.Distance < _count)
        {
            Prefetch.Header(_places[position + Prefetch.Distance].Payload);
        }
    }

    /// <summary>Whoever is held from outside the table lives, with all of the table that it reaches.</summary>
    private readonly void PropagateLife()
    {
        for (uint i = 0; i < _count; i++)
        {
            if (!SideWord.IsLiveRoot(_places[i].Side))
            {
                continue;
            }

            _places[i].Side |= SideWord.Live;
            for (uint next = i + 1; next != 0;)
            {
                Place* place = _places + next - 1;
                next = place->NextLive;
                uint end = place + 1 == _places + _count ? _edgeCount : place[1].FirstEdge;
                for (uint e = place->FirstEdge; e < end; e++)
                {
                    Place* child = _places + _edges[e];
                    if (SideWord.IsUndecidedMember(child->Side))
                    {
                        child->Side |= SideWord.Live;
                        child->NextLive = next;
                        next = _edges[e] + 1;
                    }
                }
            }
        }
    }

    /// <summary>The table was full: what survives may yet belong to something dead, which the next complete collection will look at.</summary>
    private readonly void LeaveToComplete(uint roots)
    {
        if (_count < _limit)
        {
            return;
        }

        for (uint i = 0; i < roots; i++)
        {
            if ((_places[i].Side & SideWord.Live) != 0)
            {
                Blocks.MarkYoung(_heap, Segment.PageOf(_places[i].Payload));
            }
        }
    }

    private readonly ulong ListDead()
    {
        ulong dead = 0;
        for (uint i = 0; i < _count; i++)
        {
            if (SideWord.IsDead(_places[i].Side))
            {
                _members[dead++] = _places[i].Payload;
            }
        }

        return dead;
    }

    /// <summary>How far the search had to go to find nearly all of the dead.</summary>
    private readonly uint Extent(ulong dead)
    {
        ulong left = dead - (dead / 16);
        uint extent = 0;
        while (left != 0)
        {
            left -= SideWord.IsDead(_places[extent++].Side) ? 1u : 0;
        }

        return extent;
    }

    private void Die(ulong dead, bool hasDuties)
    {
        uint visited = _count;
        if (hasDuties && Finalization.IsAnyDue(_members, dead))
        {
            Finalization.Hold(_heap, _members, dead);
            for (ulong i = 0; i < dead; i++)
            {
                Finalization.Run(_heap, _members[i]);
            }

            ulong all = dead;
            dead = SortDead(dead);
            Resurrected = all - dead;
            Finalization.LetGo(_heap, _members + dead, Resurrected);
        }

        Collected = SetDeath.Run(_heap, _members, dead);
        _count = visited;
    }

    /// <summary>After the finalizers: looks again at the members, each of which is held once, and puts the dead first. Returns how many they are.</summary>
    private ulong SortDead(ulong count)
    {
        ClearIndex();
        _mayAdd = false;
        for (ulong i = 0; i < count; i++)
        {
            Insert(_members[i]);
        }

        for (ulong i = 0; i < count; i++)
        {
            _places[i].FirstEdge = _edgeCount;
            long references = Header.References(Header.Count(_members[i])) - 1;
            _places[i].Side = references > SideWord.MaxCount || (_places[i].Side & SideWord.Live) != 0
                ? SideWord.VisitedLive(_places[i].Side)
                : SideWord.Visited(_places[i].Side, (uint)references);
            References.Visit(_members[i], ObjectLookup.TypeOf(_members[i]), ref this);
        }

        PropagateLife();
        ulong dead = 0;
        ulong live = count;
        for (ulong i = 0; i < count; i++)
        {
            if (SideWord.IsDead(_places[i].Side))
            {
                _members[dead++] = _places[i].Payload;
            }
            else
            {
                // From the end, where it overwrites nobody: the members stand in the table too.
                _members[--live] = _places[i].Payload;
            }
        }

        return dead;
    }

    /// <summary>Does the collection in slices take the object for dead, and no trial has looked at it yet?</summary>
    private readonly bool LooksDead(void* payload) =>
        Edge.IsTouchedObject(_heap, payload) && SideWord.IsDead(*SideData.Get(payload));

    /// <summary>Puts the next members of the round's list into the table, each with what it reaches. They wait at the front of the list.</summary>
    private bool TakeListed(out ulong roots)
    {
        bool hasDuties = false;
        ref ulong position = ref _heap->RoundPosition;
        void** list = _heap->Visited.Items;
        roots = 0;
        while (position < _heap->Visited.Count && _count < Config.TrialCandidates)
        {
            void* payload = list[position++];
            if (!Edge.IsTouchedObject(_heap, payload))
            {
                continue;
            }

            list[_heap->RoundKept + roots++] = payload;
            if (LooksDead(payload) && Find(payload) == null)
            {
                uint first = _count;
                Insert(payload);
                hasDuties |= Explore(first, roots: 0);
            }
        }

        return hasDuties;
    }

    /// <summary>Leaves those in the list who live, and tells side data who has been looked at.</summary>
    private readonly void KeepListed(ulong roots)
    {
        void** list = _heap->Visited.Items + _heap->RoundKept;
        for (ulong i = 0; i < roots; i++)
        {
            Place* place = Find(list[i]);
            if (place == null || !SideWord.IsDead(place->Side))
            {
                _heap->Visited.Items[_heap->RoundKept++] = list[i];
            }
        }

        for (uint i = 0; i < _count; i++)
        {
            if (Edge.IsTouchedObject(_heap, _places[i].Payload))
            {
                *SideData.Get(_places[i].Payload) |= SideWord.Live;
            }
        }
    }

    /// <summary>An object of the table.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Place
    {
        public void* Payload;
        public uint Side;

        /// <summary>The next object through which life is to be passed on: its place + 1, or 0.</summary>
        public uint NextLive;

        /// <summary>Its first edge; the others follow, up to the first one of the next place.</summary>
        public uint FirstEdge;
    }
}
