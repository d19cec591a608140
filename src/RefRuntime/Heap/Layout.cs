// The structures of a heap: what its parts are called, and what is always true of them. All of them are plain data; who may change
// what is said above each group. The large ones have files of their own: Segment.cs, Page.cs, HeapState.cs.
//
// Glossary
//   segment   SegmentSize bytes, aligned to their size, from the system. Its first pages (the head) hold the tables.
//   page      PageSize bytes of a segment, in use for blocks of one size class, or for a part of one span.
//   span      consecutive pages that hold one large block. A block larger than a span has a segment of its own (huge).
//   block     what is handed out: an 8-byte header, then the payload. Payloads are 16-byte aligned, so a block starts 8
//             past a multiple of 16. A free block's header is zero; its first payload word links to the next free one.
//   bin       the free list of a size class from which allocation pops. All its blocks belong to one page.
//   domain    objects or raw memory: each page belongs to one, so that a raw block is never taken for an object.
//   stash     where a bin's list waits while the bin is emptied to force the next allocation onto the slow path.
//
//   segment: | Segment | Page[64] | bitmap[64] | HeapState (used in the first segment only) | pages ...
//
// Invariants (HeapVerify checks them in this order)
//   S1  segment.Heap is the heap; the segment's bit in SegmentMap is set
//   S2  a page's bit in FreePages is set iff its Kind is Free; DirtyPages ⊇ pages in use
//   P1  Kind Small: BlockSize = size of SizeClass, Carved <= Capacity, Limit = Carved * BlockSize
//   P2  the local free list has FreeCount blocks, each inside the page, below Carved, with a zero header
//   P3  a page that is not in the available list of its class has Carved = Capacity and FreeCount < WakeCount. A large block's
//       Countdown is 1
//   P4  FreeCount + blocks of the page in bin or stash + in quarantine + blocks with a header = Carved
//   B1  a bin's or stash's blocks belong to its BinPage and have zero headers
//   C1  a candidate bit is set only on a block in service; CandidateCount = bits set >= Candidates; the page's bit in CandidatePages
//       says whether any is. Bits of dead objects may be left: see CandidateLog
//   H1  UsedPages = pages in use over all segments; RawBytes = block bytes of live raw blocks

namespace RefRuntime.Heap;

internal enum PageKind : byte
{
    /// <summary>In no use. All other fields are meaningless, Limit is 0.</summary>
    Free = 0,

    /// <summary>A part of the segment's head.</summary>
    Head,

    /// <summary>Blocks of one size class.</summary>
    Small,

    /// <summary>First page of a span, or the only page of a huge segment: one block.</summary>
    Large,

    /// <summary>A later page of a span.</summary>
    Tail,
}

internal enum Domain : byte
{
    Objects = 0,
    Raw = 1,
}

/// <summary>Memory for side words: chunks, the newest and largest in hand. See SideData.</summary>
internal unsafe struct SideChunks
{
    public byte* Newest;
    public ulong Used;
}

/// <summary>A set that dies, and how far it has come. See SetDeath.</summary>
internal unsafe struct DyingSet
{
    public void** Members;
    public ulong Count;

    /// <summary>The stage of its death, and the next member of that stage.</summary>
    public int Stage;
    public ulong Position;

    /// <summary>Where its own part of HeapState.Reported begins.</summary>
    public ulong ReportedBase;

    /// <summary>1 when some member has a destroy callback or a traverse callback.</summary>
    public int HasCallbacks;

    /// <summary>Containers among the members that are not acyclic, of those that have been freed.</summary>
    public ulong Collected;
}

/// <summary>A call from outside, for reports. See Checking/CallNotes.cs.</summary>
internal unsafe struct CallNote
{
    public const int NameBytes = 44;

    /// <summary>The stack that it came from, in TraceDepot; 0 = nobody has asked for it yet.</summary>
    public uint Trace;

    /// <summary>The name of the function, ending with a zero.</summary>
    public fixed byte Name[NameBytes];
}
