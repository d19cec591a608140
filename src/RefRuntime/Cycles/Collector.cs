// A collection: find what is dead, let it die.
//
// Complete: starts from the candidates and from everything that was allocated since the last complete collection (known
// by page), since a cycle can also close without any decrement, by plain writes into new objects. Otherwise from the
// candidates alone. Nothing logged and nothing allocated: nothing to do, in constant time.
//
// Collections never nest, and none starts inside a callback (Operations see to both).

using RefRuntime.Abi;
using RefRuntime.Heap;
using RefRuntime.Lifetime;
using RefRuntime.Os;

namespace RefRuntime.Cycles;

internal static unsafe class Collector
{
    /// <summary>Returns how many containers died, or RR_E_NO_MEMORY; then nothing has changed.</summary>
    public static long Run(HeapState* heap, GcReason reason, bool isComplete)
    {
        bool hasWork = heap->Candidates != 0 || (isComplete && heap->HasYoung != 0);
        if (!hasWork && heap->GcCallback == null)
        {
            // Even the clock would cost more than this.
            NoteDone(heap, isComplete);
            return 0;
        }

        heap->Collecting = 1;
        GcEvent gcEvent = new() { StructSize = (uint)sizeof(GcEvent), Phase = GcPhase.Start, Reason = reason };
        Notify(heap, ref gcEvent);

        ulong begun = Clock.Nanoseconds();
        // Asked again: the callback may have changed the heap.
        hasWork = heap->Candidates != 0 || (isComplete && heap->HasYoung != 0);
        bool isDone = !hasWork || TryCollect(heap, isComplete, ref gcEvent);
        heap->Visited.Reset();
        heap->Live.Reset();

        if (isDone)
        {
            NoteDone(heap, isComplete);
        }
        else
        {
            Triggers.BackOff(heap);
        }

        gcEvent.DurationNs = Clock.Nanoseconds() - begun;
        heap->GcNanosecondsTotal += gcEvent.DurationNs;
        heap->GcNanosecondsMax = gcEvent.DurationNs > heap->GcNanosecondsMax ? gcEvent.DurationNs : heap->GcNanosecondsMax;
        heap->ObjectsCollected += gcEvent.Collected;
        heap->ObjectsResurrected += gcEvent.Resurrected;
        heap->ObjectsVisited += gcEvent.Visited;
        gcEvent.Phase = GcPhase.Stop;
        Notify(heap, ref gcEvent);
        heap->Collecting = 0;
        Triggers.SetTrap(heap);
        return isDone ? (long)gcEvent.Collected : (long)Status.NoMemory;
    }

    private static bool TryCollect(HeapState* heap, bool isComplete, ref GcEvent gcEvent)
    {
        heap->Visited.Count = 0;
        heap->Live.Count = 0;
        Marking marking = new(heap);
        LifePropagation life = new(heap);
        bool isKnown = marking.TryRun(isComplete) && life.TryRun() && (!marking.SawDuties || DeadSet.TryGather(heap));
        if (!isKnown)
        {
            SideData.Reset(heap);
            return false;
        }

        gcEvent.Visited = life.LiveMembers + life.DeadMembers;
        if (!isComplete)
        {
            Triggers.Adapt(heap, life.LiveMembers, life.DeadMembers);
        }

        LogReset.Run(heap, isComplete);
        if (marking.SawDuties)
        {
            SideData.Reset(heap);
            gcEvent.Collected = DeadSet.Die(heap, out ulong resurrected);
            gcEvent.Resurrected = resurrected;
        }
        else
        {
            gcEvent.Collected = life.DeadMembers;
            Sweep.Run(heap, mayReferOutside: life.LiveMembers != 0 || marking.SawOutside || marking.SawList);
        }

        return true;
    }

    private static void NoteDone(HeapState* heap, bool isComplete)
    {
        ulong used = HeapState.UsedBytes(heap) + heap->ExternalBytes;
        heap->BytesAfterCollection = used;
        if (isComplete)
        {
            heap->BytesAfterComplete = used;
            Triggers.EndBackOff(heap);
        }

        heap->BytesSinceCollection = 0;
        heap->Collections++;
    }

    private static void Notify(HeapState* heap, ref GcEvent gcEvent)
    {
        if (heap->GcCallback != null)
        {
            // A copy: what the host writes into it stays its own.
            GcEvent copy = gcEvent;
            ForeignCode.GcEvent(heap, &copy);
        }
    }
}
