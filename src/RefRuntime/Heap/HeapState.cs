// All that a heap knows. Words and invariants: Layout.cs.

using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Os;

namespace RefRuntime.Heap;

/// <summary>
/// A heap. It lies in the head of its first segment, so that "is this a live heap" is the same O(1) test as "is this an
/// object", and freeing the heap is giving back its segments.
/// </summary>
[StructLayout(LayoutKind.Sequential, Size = Size)]
internal unsafe struct HeapState
{
    public const int PauseBuckets = 40;

    /// <summary>Room for the structure in the head, with some to grow.</summary>
    public const int Size = 7168 + (Config.DeathQueueLength * 8);

    // Used by inline callers too.

    /// <summary>The bins from which inline callers pop, beginning at NoBin: Bins, or NoBins while they have to come to the library. See HeapAccess.</summary>
    public void** InlineBins;

    /// <summary>Objects logged as possible cycle roots.</summary>
    public ulong Candidates;

    /// <summary>Candidates that trap the bins, so that the next allocation polls. ulong.MaxValue = never.</summary>
    public ulong CandidateTrap;

    /// <summary>Null for ever: where inline callers look for a block of a type that they can't make.</summary>
    public ulong NoBin;

    /// <summary>Free list of each size class, objects then raw: payload of the first block, or null.</summary>
    public fixed ulong Bins[2 * Config.MaxClasses];

    // Fixed when the heap is made, but for Owner.

    public HeapFlags Flags;

    /// <summary>1 when each call takes the lock. Such a heap is guarded.</summary>
    public int IsSynchronized;

    /// <summary>1 when counts are kept in the trap range and inline callers see no block: every call comes to the library.</summary>
    public int IsGuarded;

    /// <summary>1 when misuse is looked for (RR_HEAP_CHECKED). Such a heap is guarded, and all its objects are Watched.</summary>
    public int IsChecked;

    /// <summary>Bytes that each object's block has more than the object needs: 0 unless checked.</summary>
    public uint GuardBytes;

    /// <summary>Token of the thread that may change the heap; null = any thread. No thread's while a traverse callback runs: see HeapAccess.</summary>
    public void* Owner;

    /// <summary>Token of the thread that owns the heap; null = any thread.</summary>
    public void* TrueOwner;

    public ulong MaxBytes;
    public Mutex Lock;

    /// <summary>How often the thread that holds the lock has taken it.</summary>
    public int LockDepth;

    /// <summary>1 while the lock is taken for a fork.</summary>
    public int IsLockedForFork;

    /// <summary>The next heap with a lock, see SynchronizedHeaps.</summary>
    public HeapState* NextSynchronized;

    // The allocator's.

    /// <summary>Lists taken out of the bins by <c>Blocks.TrapBins</c> (objects only).</summary>
    public fixed ulong Stash[Config.MaxClasses];

    /// <summary>What NoBin and the bins of objects are, but empty for ever.</summary>
    public fixed ulong NoBins[1 + Config.MaxClasses];

    /// <summary>The page of the blocks in each bin or stash.</summary>
    public fixed ulong BinPages[2 * Config.MaxClasses];

    /// <summary>First page of each class that can give blocks.</summary>
    public fixed ulong Available[2 * Config.MaxClasses];

    public Segment* Segments;

    /// <summary>Where the last free page was found.</summary>
    public Segment* Hint;

    /// <summary>1 when the last request for pages was refused because of MaxBytes, not by the system.</summary>
    public int IsAtLimit;

    public ulong UsedPages;
    public ulong HugeBytes;
    public ulong FreeDirtyPages;

    /// <summary>When more pages than PageDecay.KeepLimit were seen to be free and dirty last, by the clock; 0 = they are not.</summary>
    public ulong ExcessSeen;

    /// <summary>For how long of the heap's use it has been watched how many they are, how many they were at least, and how many are still to go back.</summary>
    public ulong ExcessNanoseconds;
    public ulong ExcessLeast;
    public ulong ExcessGoing;
    public ulong ReservedBytes;
    public ulong PeakBytes;

    /// <summary>Bytes of blocks of raw memory that the user holds.</summary>
    public ulong RawBytes;

    /// <summary>Objects put into bins so far: allocations, plus what still lies in bins.</summary>
    public ulong ObjectsBinned;

    /// <summary>Bytes put into service, of both domains, since the last collection.</summary>
    public ulong BytesSinceCollection;

    /// <summary>Set while pages may not be given back: somebody walks them.</summary>
    public int PinPages;

    // A profile of allocations.

    /// <summary>Which allocations are samples; null when none are taken, see Sampling.</summary>
    public SampleState* Sampler;

    /// <summary>What is known of them: Lifetime.AllocationProfile. Null as long as there was no profile.</summary>
    public void* Profile;

    // What foreign code has reported.

    public ulong ExternalBytes;

    // Weak references: open addressing, see WeakTable.

    public void** WeakSlots;
    public ulong WeakCapacity;
    public ulong WeakCount;
    public ulong WeakReferencesLive;

    // Death.

    /// <summary>Destroy callbacks of this heap that are running now.</summary>
    public int InDestroy;

    /// <summary>1 while rr_heap_free takes the heap apart.</summary>
    public int Closing;

    /// <summary>Callbacks of this heap that are running now.</summary>
    public int CallbackDepth;

    /// <summary>1 when objects wait for death in the pages' bitmaps, since the queue was full.</summary>
    public int QueueSpilled;
    public ulong QueueTop;

    /// <summary>References that traverse reported of dying objects, released after destroy.</summary>
    public PointerBuffer Reported;

    // Checked heaps.

    /// <summary>The call from outside that is under way.</summary>
    public CallNote Call;

    /// <summary>Freed objects that are kept from being used again, the oldest first; see Quarantine.</summary>
    public void* QuarantineFirst;
    public void* QuarantineLast;
    public ulong QuarantineBytes;
    public ulong QuarantineObjects;

    /// <summary>References that were taken under a tag, see Ledger.</summary>
    public LedgerPool Ledger;

    // Cycles: when.

    public ulong Threshold;
    public int AutomaticDisabled;

    /// <summary>1 while a collection or a slice of one runs: no other starts.</summary>
    public int Collecting;

    /// <summary>The threshold as Triggers has raised it.</summary>
    public ulong RaisedThreshold;

    /// <summary>How many more candidates it was raised for the last time.</summary>
    public ulong ThresholdStep;

    /// <summary>1 when it was raised because a collection had no memory.</summary>
    public int IsBackedOff;

    /// <summary>1 when some segment has YoungPages.</summary>
    public int HasYoung;

    /// <summary>Bytes in use after the last complete collection.</summary>
    public ulong BytesAfterComplete;

    /// <summary>Bytes in use after the last collection of any kind.</summary>
    public ulong BytesAfterCollection;

    /// <summary>The next segment that the census counts, and the bytes of objects that it has found; see Census.</summary>
    public Segment* CensusNext;
    public ulong CensusBytes;

    /// <summary>What the census between two complete collections is for, see Triggers; 0 = none is under way.</summary>
    public int CensusPhase;

    /// <summary>BytesSinceRound from which on the next one is due.</summary>
    public ulong CensusDue;

    /// <summary>Bytes that lived after the last complete collection, and what of them nobody had looked at.</summary>
    public ulong LiveAfterComplete;
    public ulong LiveGrown;

    /// <summary>Nanoseconds that an automatic collection may take at a time; 0 = as long as it needs.</summary>
    public ulong PauseGoal;

    // Cycles: a collection in slices, see Round.

    /// <summary>Where the round is; 0 = none is under way.</summary>
    public int RoundPhase;

    /// <summary>The next page of the list of touched ones that the phase looks at. TouchedPages keeps it valid.</summary>
    public Page* RoundPage;

    /// <summary>The page that marking sweeps; it may have been given back.</summary>
    public Page* RoundSwept;

    /// <summary>The next entry of Visited, or block of RoundSwept, that the phase looks at.</summary>
    public ulong RoundPosition;

    /// <summary>How many of Visited a commit in batches, or a sifting, has looked at and left, in this pass, and which pass it is, from 1.</summary>
    public ulong RoundKept;
    public uint RoundPass;

    /// <summary>How many the last sifting began with; the largest number = there was none.</summary>
    public ulong RoundListed;

    /// <summary>BytesSinceRound when the last slice ended.</summary>
    public ulong RoundServed;

    /// <summary>Bytes put into service, of both domains, since the round began.</summary>
    public ulong BytesSinceRound;

    /// <summary>Bytes in use when it began, and the time its slices have taken.</summary>
    public ulong RoundUsed;
    public ulong RoundNanoseconds;

    /// <summary>Bytes that lived when it began: those in use, until they are counted.</summary>
    public ulong RoundLive;

    /// <summary>By how much the heap, and what lives in it, had grown when the round knew what was dead: nobody has looked at that.</summary>
    public ulong RoundGrown;
    public ulong RoundLiveGrown;

    /// <summary>Nanoseconds that a round takes for 1024 bytes in use, as the last ones did; 0 = not known yet.</summary>
    public ulong RoundCost;

    /// <summary>Candidates that were left when the last step on request ended.</summary>
    public ulong CandidatesAfterStep;

    /// <summary>What a candidate of a trial costs, with the deaths that follow, and an object of a batch, without those that are sliced.</summary>
    public Pace TrialPace;
    public Pace BatchPace;

    /// <summary>The set that dies slice by slice: Visited, or Batch.</summary>
    public DyingSet Dying;

    // Cycles: their work space.

    /// <summary>The dead that a collection has listed.</summary>
    public PointerBuffer Visited;

    /// <summary>What of it has been verified and is dying, see Round.</summary>
    public PointerBuffer Batch;

    /// <summary>Objects whose edges are still to be walked.</summary>
    public PointerQueue Grey;

    /// <summary>1 while a sweep frees what it finds: pages stay where they are until it is over.</summary>
    public int Sweeping;

    /// <summary>1 when a page became empty meanwhile.</summary>
    public int RetireDeferred;
    public Page* Touched;
    public SideChunks Side;
    public Page* ScratchPages;
    public SideChunks ScratchSide;

    /// <summary>The tables of the last trial, and how many objects they hold; see Trial.</summary>
    public byte* TrialMemory;
    public ulong TrialCapacity;

    /// <summary>How far the next trial looks, in sixteenths of an object for each candidate; 0 = not known yet.</summary>
    public uint TrialReach;
    public ulong FrozenObjects;
    public delegate* unmanaged[Cdecl]<HeapHandle*, GcEvent*, void*, void> GcCallback;
    public void* GcUser;

    // Statistics.

    public ulong Collections;
    public ulong ObjectsCollected;
    public ulong ObjectsResurrected;
    public ulong ObjectsVisited;
    public ulong FinalizersRun;
    public ulong GcNanosecondsTotal;
    public ulong GcNanosecondsMax;

    /// <summary>Element i: pauses of 2^i nanoseconds and more, and less than twice that. The last one has all longer ones too.</summary>
    public fixed ulong Pauses[PauseBuckets];

    /// <summary>1 while several collections in a row make up one pause.</summary>
    public int InPause;

    /// <summary>When the pause that is going on began, by the clock, and its last collection ended. Begun is 0 when there is none.</summary>
    public ulong PauseBegun;
    public ulong PauseEnded;

    /// <summary>Candidates when the last collection began.</summary>
    public ulong CandidatesBefore;

    /// <summary>The heap's track in the trace that is being written, and when its live bytes are counted next; see Cycles/Timeline.</summary>
    public ulong TimelineTrack;
    public ulong TimelineDue;

    /// <summary>Objects whose count is 0 and that wait to die. The queue of nested releases starts where the outer one's ends.</summary>
    public fixed ulong Queue[Config.DeathQueueLength];

    /// <summary>Where the bin of a class of objects is among InlineBins.</summary>
    public static uint InlineBin(int sizeClass) => (uint)sizeClass + 1;

    /// <summary>Bytes in use: pages and huge blocks, the unit of the limit.</summary>
    public static ulong UsedBytes(HeapState* heap) => (heap->UsedPages << Config.PageShift) + heap->HugeBytes;

    /// <summary>Bytes that the system has given: heads, pages in use, free pages that were not given back, huge blocks.</summary>
    public static ulong CommittedBytes(HeapState* heap)
    {
        ulong segments = (heap->ReservedBytes - heap->HugeBytes) >> Config.SegmentShift;
        return ((heap->UsedPages + heap->FreeDirtyPages + (segments * Segment.HeadPages)) << Config.PageShift) + heap->HugeBytes;
    }
}
