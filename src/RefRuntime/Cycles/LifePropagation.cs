// The second half of trial deletion: whoever is held from outside lives, with all it reaches.
//
// In one go, who looks dead is counted first: when life has reached all of them the rest of the edges need not be walked. Of a tree that
// is the half that belongs to the leaves.
//
// In slices: HeapState.RoundPage is the next page to look at, Grey holds those whose life is still to be passed on.

using System.Runtime.CompilerServices;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Cycles;

internal unsafe struct LifePropagation : IReferenceVisitor
{
    private readonly HeapState* _heap;

    /// <summary>The page of the object whose edges are being walked.</summary>
    private PageView _near;
    private EdgeDelay _far;
    private GreyQueue _grey;
    private TypeGuess _type;
    private bool _isOutOfMemory;

    /// <summary>Members that look dead and that life may yet reach. In slices nobody knows, as the program goes on between them.</summary>
    private ulong _left;

    public LifePropagation(HeapState* heap)
    {
        _heap = heap;
        _grey = new GreyQueue(heap);
        _type = new TypeGuess();
        _left = ulong.MaxValue;
    }

    /// <summary>Members that live: all after TryRun, else those whose life has been passed on in this slice.</summary>
    public ulong LiveMembers { get; private set; }

    /// <summary>Members that are dead; known after TryRun, page by page too (Page.DeadBlocks).</summary>
    public ulong DeadMembers { get; private set; }

    /// <summary>The system has no memory for the queue: the collection can't go on.</summary>
    public readonly bool IsOutOfMemory => _isOutOfMemory;

    /// <summary>Before the first slice.</summary>
    public static void Start(HeapState* heap)
    {
        heap->RoundPage = heap->Touched;
        heap->Grey.Clear();
    }

    /// <summary>Decides for every member in one go, and counts the dead. False = no memory.</summary>
    public bool TryRun()
    {
        Start(_heap);
        ulong members = CountDead();
        _left = DeadMembers;
        if (DeadMembers != members)
        {
            Budget unlimited = Budget.Unlimited;
            TryRunSlice(ref unlimited);
        }

        if (_left != DeadMembers)
        {
            CountDead();
        }

        LiveMembers = members - DeadMembers;
        return !_isOutOfMemory;
    }

    /// <summary>One slice. True when life has reached all that it can reach; false = budget spent, or no memory.</summary>
    public bool TryRunSlice(ref Budget budget)
    {
        while (TryFollow(ref budget) && _heap->RoundPage != null && _left != 0)
        {
            Page* page = _heap->RoundPage;
            _heap->RoundPage = page->NextTouched;
            AddRoots(page);
            if (budget.IsSpentNow())
            {
                return false;
            }
        }

        return _heap->RoundPage == null && _grey.IsEmpty && !_isOutOfMemory;
    }

    /// <summary>An edge from something that lives. Most lead into the page that is being walked.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Visit(void* child)
    {
        if (!_near.Contains(child))
        {
            VisitFar(child);
        }
        else if (_near.TryIndexOf(child, out uint index) && SideWord.IsUndecidedMember(_near.Side[index]))
        {
            Add(child, _near.Side + index);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void VisitFar(void* child)
    {
        if (!Edge.TryLocate(_heap, child, out Page* page, out uint index) || page->Side == null)
        {
            return;
        }

        uint* side = page->Side + index;
        bool unused = false;
        if (_far.TryExchange(ref child, ref side, ref unused) && SideWord.IsUndecidedMember(*side))
        {
            Add(child, side);
        }
    }

    /// <summary>Follows the edges that are still on their way.</summary>
    private void Drain()
    {
        for (uint i = 0; i < EdgeDelay.Length; i++)
        {
            if (_far.TryTake(out void* child, out uint* side, out _) && SideWord.IsUndecidedMember(*side))
            {
                Add(child, side);
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Add(void* child, uint* side)
    {
        _left -= SideWord.IsDead(*side) ? 1ul : 0;
        *side |= SideWord.Live | SideWord.Done;
        if (!_grey.TryAdd(child))
        {
            _isOutOfMemory = true;
        }
    }

    /// <summary>Puts those of the page that live by themselves into the queue.</summary>
    private void AddRoots(Page* page)
    {
        uint* side = page->Side;
        uint carved = Blocks.CarvedOf(page);
        for (uint i = 0; i < carved; i++)
        {
            if (SideWord.IsLiveRoot(side[i]))
            {
                Add(Blocks.PayloadAt(page, i), side + i);
            }
        }
    }

    /// <summary>Passes life on as far as it goes. False = budget spent, or no memory.</summary>
    private bool TryFollow(ref Budget budget)
    {
        while (!_isOutOfMemory && _left != 0)
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
                LiveMembers++;
                _near = new PageView(Segment.PageOf(payload));
                References.Visit(payload, _type.Of(Header.Word(payload)), ref this);
            }

            if (budget.IsSpent())
            {
                Drain();
                return false;
            }
        }

        return !_isOutOfMemory;
    }

    /// <summary>Counts the members that look dead, page by page. Returns how many members there are.</summary>
    private ulong CountDead()
    {
        ulong members = 0;
        DeadMembers = 0;
        for (Page* page = _heap->Touched; page != null; page = page->NextTouched)
        {
            SideWord.Count(page->Side, Blocks.CarvedOf(page), out uint inPage, out uint dead);
            members += inPage;
            page->DeadBlocks = dead;
            DeadMembers += dead;
        }

        return members;
    }
}
