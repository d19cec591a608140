// The second half of trial deletion: whoever is held from outside lives, with all it reaches. Then the dead are counted,
// page by page.

using System.Runtime.CompilerServices;
using RefRuntime.Heap;
using RefRuntime.Objects;

namespace RefRuntime.Cycles;

internal unsafe struct LifePropagation : IReferenceVisitor
{
    private readonly HeapState* _heap;

    /// <summary>The page of the object whose edges are being walked.</summary>
    private PageView _near;
    private TypeGuess _type;
    private bool _isOutOfMemory;

    public LifePropagation(HeapState* heap)
    {
        _heap = heap;
        _type = new TypeGuess();
    }

    /// <summary>Members that live.</summary>
    public ulong LiveMembers { get; private set; }

    /// <summary>Members that are dead.</summary>
    public ulong DeadMembers { get; private set; }

    /// <summary>Decides for every member. False = no memory.</summary>
    public bool TryRun()
    {
        for (Page* page = _heap->Touched; page != null; page = page->NextTouched)
        {
            uint* side = page->Side;
            uint carved = Blocks.CarvedOf(page);
            uint dead = 0;
            for (uint i = 0; i < carved; i++)
            {
                if (SideWord.IsDead(side[i]))
                {
                    dead++;
                }
                else if (SideWord.IsLiveRoot(side[i]))
                {
                    side[i] |= SideWord.Live | SideWord.Done;
                    Propagate(Blocks.PayloadAt(page, i));
                }
            }

            page->DeadBlocks = dead;
            DeadMembers += dead;
            if (_isOutOfMemory)
            {
                return false;
            }
        }

        if (LiveMembers != 0)
        {
            // Some that looked dead have turned out to be reached from a later page.
            CountDead();
        }

        return true;
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
            Enqueue(child, _near.Side + index);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void VisitFar(void* child)
    {
        if (Edge.TryLocate(_heap, child, out Page* page, out uint index) && page->Side != null
            && SideWord.IsUndecidedMember(page->Side[index]))
        {
            Enqueue(child, page->Side + index);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Enqueue(void* child, uint* side)
    {
        *side |= SideWord.Live | SideWord.Done;
        if (!_heap->Live.TryPush(child))
        {
            _isOutOfMemory = true;
        }
    }

    private void Walk(void* payload)
    {
        LiveMembers++;
        _near = new PageView(Segment.PageOf(payload));
        References.Visit(payload, _type.Of(Header.Word(payload)), ref this);
    }

    /// <summary>Breadth first: what comes next is known long enough before to be fetched.</summary>
    private void Propagate(void* payload)
    {
        Walk(payload);
        for (ulong i = 0; i < _heap->Live.Count && !_isOutOfMemory; i++)
        {
            Prefetch.QueuedHeader(_heap->Live, i);
            Walk(_heap->Live.Items[i]);
        }

        _heap->Live.Count = 0;
    }

    private void CountDead()
    {
        DeadMembers = 0;
        for (Page* page = _heap->Touched; page != null; page = page->NextTouched)
        {
            uint carved = Blocks.CarvedOf(page);
            uint dead = 0;
            for (uint i = 0; i < carved; i++)
            {
                dead += SideWord.IsDead(page->Side[i]) ? 1u : 0;
            }

            page->DeadBlocks = dead;
            DeadMembers += dead;
        }
    }
}
