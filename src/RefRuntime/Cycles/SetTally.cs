// A set's counts against the edges within it: the first half of asking whether anybody else holds it.
//
// The words of all pages of the set are made before the first member is added, since an edge counts only where there are words. Who is no
// member has edges and no count there, and nobody asks for him.

using System.Runtime.CompilerServices;
using RefRuntime.Heap;
using RefRuntime.Objects;

namespace RefRuntime.Cycles;

internal unsafe struct SetTally : IReferenceVisitor
{
    private readonly HeapState* _heap;

    /// <summary>The page of the member whose edges are being walked.</summary>
    private PageView _near;
    private EdgeDelay _far;
    private TypeGuess _type;

    public SetTally(HeapState* heap)
    {
        _heap = heap;
        _type = new TypeGuess();
    }

    /// <summary>Makes the words of the page that the member lies in. False = no memory.</summary>
    public static bool TryTouch(HeapState* heap, void* member)
    {
        Page* page = Segment.PageOf(member);
        return page->Side != null || SideData.TryTouch(heap, page);
    }

    /// <summary>A member, whose page has words, and which the runtime holds <paramref name="holds"/> times.</summary>
    public void Add(void* member, uint holds)
    {
        Page* page = Segment.PageOf(member);
        _near = new PageView(page);
        ulong word = Header.Word(member);
        uint* side = page->Side + Blocks.IndexOf(page, member);

        // Immortal by now: it lives.
        long references = Header.References((int)word) - holds;
        *side = references > SideWord.MaxCount ? SideWord.VisitedLive(*side) : SideWord.Visited(*side, (uint)references);
        References.Visit(member, _type.Of(word), ref this);
    }

    /// <summary>Tallies the edges that are still on their way.</summary>
    public void Drain()
    {
        for (uint i = 0; i < EdgeDelay.Length; i++)
        {
            if (_far.TryTake(out _, out uint* side, out _))
            {
                *side = SideWord.AddEdge(*side);
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Visit(void* child)
    {
        if (!_near.Contains(child))
        {
            VisitFar(child);
        }
        else if (_near.TryIndexOf(child, out uint index))
        {
            _near.Side[index] = SideWord.AddEdge(_near.Side[index]);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void VisitFar(void* child)
    {
        if (Edge.TryLocate(_heap, child, out Page* page, out uint index) && page->Side != null)
        {
            uint* side = page->Side + index;
            bool unused = false;
            if (_far.TryExchange(ref child, ref side, ref unused))
            {
                *side = SideWord.AddEdge(*side);
            }
        }
    }
}
