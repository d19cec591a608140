// The constants that shape the heap, each defined once. RR_TINY builds the same code with shrunken structures, so that
// boundaries which a normal run reaches after millions of steps are met after a few. RR_SLICED and RR_SWEEP build it so that
// every collection goes one of its ways, whatever the clock and the candidates say. RR_COVERAGE, for fuzzing, shrinks all but
// the page, which inline calls know, and chooses the ways while it runs.
//
// Invariants: PageSize and SegmentSize are powers of two, SegmentSize = PagesPerSegment * PageSize, one 64-bit word has
// a bit for each page of a segment, a page has at most 2^16 - 1 blocks, block sizes are multiples of 16.

namespace RefRuntime.Core;

internal static class Config
{
#if RR_TINY
    /// <summary>log2 of the page size: a page holds blocks of one size class.</summary>
    public const int PageShift = 10;

    /// <summary>Bytes of the smallest and the largest chunk of the collector's side data. A chunk has room for what a page needs.</summary>
    public const ulong MinSideChunkBytes = 4096;
    public const ulong MaxSideChunkBytes = 8192;
#else
    /// <summary>log2 of the page size: a page holds blocks of one size class.</summary>
    public const int PageShift = 16;

    /// <summary>Bytes of the smallest and the largest chunk of the collector's side data. A chunk has room for what a page needs.</summary>
    public const ulong MinSideChunkBytes = 64 * 1024;
    public const ulong MaxSideChunkBytes = 1024 * 1024;
#endif

#if RR_TINY || RR_COVERAGE
    /// <summary>Entries of the death queue before it spills into the pages' bitmaps.</summary>
    public const int DeathQueueLength = 4;

    /// <summary>How many callbacks deep releases let their object die at once; deeper, it dies when the innermost callback has returned: each needs about a kilobyte of stack.</summary>
    public const int MaxCallbackDepth = 3;

    /// <summary>Bytes that one extension of a page's free list puts into service.</summary>
    public const int CarveBytes = 64;

    /// <summary>A full page gives blocks again when one in so many is free.</summary>
    public const int WakeFraction = 8;

    /// <summary>Bytes of blocks of one class that a page should have before the same ones go round and round.</summary>
    public const int BriefBytes = 128;

    /// <summary>Candidates that start an automatic collection, unless the user sets another number.</summary>
    public const ulong DefaultThreshold = 1;

    /// <summary>Heap size in bytes below which growth alone never forces a complete collection.</summary>
    public const ulong GrowthFloorBytes = 8 * 1024;

    /// <summary>Free pages whose memory a heap always keeps.</summary>
    public const int KeepFreePages = 2;

    /// <summary>How long it keeps those beyond.</summary>
    public const ulong KeepNanoseconds = 0;

    /// <summary>Candidates that one trial takes at most, how many objects it may look at, from how many that wait it walks on, for each
    /// candidate at most and in all at least.</summary>
    public const uint TrialCandidates = 4;
    public const uint TrialPlaces = 32;
    public const int TrialEdges = 4 * (int)TrialPlaces;
    public const uint TrialReach = 4;
    public const uint LeastTrialReach = 8;

    /// <summary>Candidates that a trial takes at least, and objects that a round verifies together at least.</summary>
    public const uint LeastTrial = 2;

    /// <summary>More of a round's list than this are not left to its commit without another look.</summary>
    public const uint LeastSifted = 2;

    /// <summary>Units of a collection's work (an object, a page's words) from one look at the clock to the next.</summary>
    public const uint UnitsPerClock = 2;

    /// <summary>Objects leave their bit in the log behind wherever they die, as those that die inline do.</summary>
    public static bool LeavesBits => true;
#else
    /// <summary>Entries of the death queue before it spills into the pages' bitmaps.</summary>
    public const int DeathQueueLength = 1024;

    /// <summary>How many callbacks deep releases let their object die at once; deeper, it dies when the innermost callback has returned: each needs about a kilobyte of stack.</summary>
    public const int MaxCallbackDepth = 24;

    /// <summary>Bytes that one extension of a page's free list puts into service.</summary>
    public const int CarveBytes = 4096;

    /// <summary>A full page gives blocks again when one in so many is free: so much memory may lie idle where a program frees here and there.</summary>
    public const int WakeFraction = 16;

    /// <summary>Bytes of blocks of one class that a page should have before the same ones go round and round: half of a first-level cache.</summary>
    public const int BriefBytes = 16 * 1024;

    /// <summary>Candidates that start an automatic collection, unless the user sets another number.</summary>
    public const ulong DefaultThreshold = 4096;

    /// <summary>Heap size in bytes below which growth alone never forces a complete collection.</summary>
    public const ulong GrowthFloorBytes = 8ul * 1024 * 1024;

    /// <summary>Free pages whose memory a heap always keeps: a MiB.</summary>
    public const int KeepFreePages = 16;

    /// <summary>For how long it watches those beyond before some go back: a second of its use.</summary>
    public const ulong KeepNanoseconds = 1_000_000_000;

    /// <summary>Candidates that one trial takes at most, how many objects it may look at, from how many that wait it walks on, for each
    /// candidate at most and in all at least.</summary>
    public const uint TrialCandidates = 1024;
    public const uint TrialPlaces = 8192;
    public const int TrialEdges = 4 * (int)TrialPlaces;
    public const uint TrialReach = 4;
    public const uint LeastTrialReach = 64;

    /// <summary>Candidates that a trial takes at least, and objects that a round verifies together at least: that takes some ten microseconds.</summary>
    public const uint LeastTrial = 64;

    /// <summary>More of a round's list than this are not left to its commit without another look: to verify so many takes some ten microseconds.</summary>
    public const uint LeastSifted = 512;

    /// <summary>Units of a collection's work (an object, a page's words) from one look at the clock to the next: a few microseconds.</summary>
    public const uint UnitsPerClock = 64;

    /// <summary>Objects that the library frees take their bit in the log along.</summary>
    public static bool LeavesBits => false;
#endif

#if RR_COVERAGE
    /// <summary>As the program that fuzzes says: see Coverage.cs.</summary>
    public static bool IsSliced => Coverage.IsSliced;
#elif RR_SLICED
    /// <summary>Every budget is spent after one unit of work, and what is done in one go is done so. For tests.</summary>
    public static bool IsSliced => true;
#else
    /// <summary>Budgets are spent by the clock.</summary>
    public static bool IsSliced => false;
#endif

#if RR_COVERAGE
    /// <summary>As the program that fuzzes says: see Coverage.cs.</summary>
    public static uint SweepRatio => Coverage.SweepRatio == 0 ? 4 : Coverage.SweepRatio;
#elif RR_SWEEP
    /// <summary>Every page with a candidate is swept. For tests.</summary>
    public const uint SweepRatio = uint.MaxValue;
#else
    /// <summary>A page is swept when at least one in this many of its blocks is a candidate.</summary>
    public const uint SweepRatio = 4;
#endif

    /// <summary>Nanoseconds that an automatic collection takes at a time, unless the user sets another number; with RR_HEAP_BOUNDED.</summary>
    public const ulong DefaultPauseGoal = 5_000_000;
    public const ulong BoundedPauseGoal = 500_000;

    /// <summary>Bytes in use from which on the system is asked for all of a new page at once, instead of by a fault for each 4 KiB that is
    /// carved: building large structures takes half to three quarters of the time, and what may lie unused is 64 KiB for each size class.</summary>
    public const ulong PopulateFrom = 128ul << PageShift;

    /// <summary>Bytes from which on a heap asks for large pages of the system's: random access to hundreds of megabytes is a fifth faster,
    /// and the 2 MiB that may lie unused in the last one no longer matter.</summary>
    public const ulong LargePagesFrom = 64ul * 1024 * 1024;

    public const int PagesPerSegment = 64;
    public const int SegmentShift = PageShift + 6;
    public const int PageSize = 1 << PageShift;
    public const int SegmentSize = 1 << SegmentShift;
    public const ulong PageMask = PageSize - 1;
    public const ulong SegmentMask = SegmentSize - 1;

    /// <summary>Payloads are aligned to this; the header lies in the 8 bytes before.</summary>
    public const int Alignment = 16;
    public const int HeaderSize = 8;

    /// <summary>Largest block that shares a page with others; larger ones get spans of pages.</summary>
    public const int MaxSmallBlock = PageSize / 16 * 7;

    /// <summary>Largest span, in pages, that is cut from a shared segment; larger blocks get mappings of their own.</summary>
    public const int MaxSpanPages = 32;

    /// <summary>Upper bound of the number of size classes (SizeClass computes how many there are).</summary>
    public const int MaxClasses = 80;

    /// <summary>A payload can't be larger than this: sums of sizes then never overflow 64 bits.</summary>
    public const ulong MaxPayload = 1ul << 46;

    /// <summary>User addresses end here: 47 bits on x86-64, 48 on arm64, unless a mapping asks for more.</summary>
    public const int AddressBits = 48;

    /// <summary>The least that an OS page has: byte counts are rounded to it for the system, which rounds further where its pages are larger (arm64: up
    /// to 64 KiB, so that no page of a heap is a part of one).</summary>
    public const ulong OsPageSize = 4096;
}
