// Where a collection starts: the candidates; for a complete one also the objects in young pages.

using System.Runtime.CompilerServices;
using RefRuntime.Counting;
using RefRuntime.Heap;
using RefRuntime.Objects;

namespace RefRuntime.Cycles;

internal static unsafe class Roots
{
    /// <summary>Puts the roots into HeapState.Visited. False = no memory; the log is as it was.</summary>
    public static bool TryGather(HeapState* heap, bool isComplete, ref TrialDeletion.Tally tally)
    {
        Gatherer gatherer = new() { Heap = heap, Tally = tally };
        bool isDone = CandidateLog.Visit(heap, ref gatherer);
        if (isComplete && isDone && heap->HasYoung != 0)
        {
            gatherer.FromYoungPage = true;
            for (Segment* segment = heap->Segments; segment != null && isDone; segment = segment->Next)
            {
                isDone = HeapWalk.Pages(segment, segment->YoungPages, ref gatherer);
            }
        }

        tally = gatherer.Tally;
        return isDone;
    }

    /// <summary>The roots have been looked at: the log is empty again and, after a complete collection, no page is young.</summary>
    public static void Forget(HeapState* heap, bool isComplete)
    {
        Forgetter forgetter = new() { Heap = heap };
        CandidateLog.Visit(heap, ref forgetter);
        if (isComplete)
        {
            for (Segment* segment = heap->Segments; segment != null; segment = segment->Next)
            {
                segment->YoungPages = 0;
            }

            // What lies in the bins is handed out unseen: hide it, so that its page becomes young again when it is used.
            heap->HasYoung = 0;
            Blocks.TrapBins(heap);
        }
    }

    private struct Gatherer : IBlockVisitor
    {
        public HeapState* Heap;
        public TrialDeletion.Tally Tally;
        public bool FromYoungPage;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        public bool Visit(Page* page, void* payload)
        {
            // In a young page only what could be a candidate but is none yet: candidates have been added already.
            if (FromYoungPage && (Header.Word(payload) & (HeaderFlags.Quiet | HeaderFlags.Skipped)) != 0)
            {
                return true;
            }

            return TrialDeletion.TryAddRoot(Heap, page, payload, held: 0, ref Tally);
        }
    }

    private struct Forgetter : IBlockVisitor
    {
        public HeapState* Heap;

        public bool Visit(Page* page, void* payload)
        {
            CandidateLog.Remove(Heap, payload);
            Header.Word(payload) &= ~HeaderFlags.Quiet;
            return true;
        }
    }
}
