// What a sampled heap remembers: for each place that allocates (stack, type, size class) how much it has allocated, and how much of it
// lives. Which allocations are samples is decided in Heap/Sampling.
//
// A sampled object has HeaderFlags.Watched, which takes its end off every fast path; it is looked up here then. Sums are of weights:
// a sample stands for as many objects as Sampling.WeightOf says, which depends on its size and the mean alone, so that what a birth
// has added its death subtracts.
//
// Invariants
//   Live has each live sampled object, and the number of its site
//   a profile that was stopped still hears of its samples' ends: what is in use stays right until the next one begins

using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Lifetime;

/// <summary>A place that allocates.</summary>
internal struct AllocationSite
{
    public uint Trace;
    public TypeId Type;

    /// <summary>Bytes of a block; 0 = large ones of several sizes.</summary>
    public uint BlockBytes;

    public double ObjectsAllocated;
    public double BytesAllocated;
    public double ObjectsInUse;
    public double BytesInUse;
}

/// <summary>Lies in memory of its own, see HeapState.Profile.</summary>
internal unsafe struct AllocationProfile
{
    private const ulong FirstSites = 64;
    private const ulong LargeClass = 255;

    /// <summary>The sites, numbered from 1.</summary>
    public AllocationSite* Sites;
    public uint SiteCount;

    /// <summary>Samples that there was no memory for.</summary>
    public ulong Lost;

    /// <summary>When it began: nanoseconds since 1970, and by the monotonic clock.</summary>
    public ulong StartedAt;
    public ulong Begun;
    public ulong MeanBytes;

    private ulong _siteCapacity;
    private NumberTable _siteNumbers;
    private NumberTable _live;
    private SampleState _sampler;

    private static ulong Bytes => Bits.AlignUp((ulong)sizeof(AllocationProfile), Config.OsPageSize);

    /// <summary>Begins a new profile, in place of the last one. False when the system has no memory: nothing changed then.</summary>
    public static bool TryStart(HeapState* heap, ulong meanBytes)
    {
        AllocationProfile* profile = (AllocationProfile*)Memory.Reserve(Bytes, Config.OsPageSize);
        if (profile == null)
        {
            return false;
        }

        Backtrace.TryStart();
        Free(heap);
        profile->MeanBytes = meanBytes;
        profile->StartedAt = Clock.SinceEpoch();
        profile->Begun = Clock.Nanoseconds();
        heap->Profile = profile;
        Sampling.Start(heap, &profile->_sampler, meanBytes, profile->StartedAt ^ (ulong)heap);
        return true;
    }

    /// <summary>Ends sampling; what is known stays.</summary>
    public static void Stop(HeapState* heap) => Sampling.Stop(heap);

    public static void Free(HeapState* heap)
    {
        Sampling.Stop(heap);
        AllocationProfile* profile = (AllocationProfile*)heap->Profile;
        heap->Profile = null;
        if (profile != null)
        {
            profile->_siteNumbers.Free();
            profile->_live.Free();
            if (profile->Sites != null)
            {
                Memory.Release((byte*)profile->Sites, profile->_siteCapacity * (ulong)sizeof(AllocationSite));
            }

            Memory.Release((byte*)profile, Bytes);
        }
    }

    /// <summary>A sampled object has been made.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void NoteBirth(HeapState* heap, void* payload)
    {
        AllocationProfile* profile = (AllocationProfile*)heap->Profile;
        uint site = profile->SiteOf(payload);
        if (site == 0 || !profile->_live.TryAdd((ulong)payload, site))
        {
            profile->Lost++;
            return;
        }

        Header.Word(payload) |= HeaderFlags.Watched;
        ulong bytes = Blocks.BytesOf(Segment.PageOf(payload));
        double weight = Sampling.WeightOf(profile->MeanBytes, bytes);
        AllocationSite* entry = profile->Sites + (site - 1);
        entry->ObjectsAllocated += weight;
        entry->BytesAllocated += weight * bytes;
        entry->ObjectsInUse += weight;
        entry->BytesInUse += weight * bytes;
    }

    /// <summary>A watched object has died; whether it was a sample is seen here.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void NoteDeath(HeapState* heap, void* payload)
    {
        AllocationProfile* profile = (AllocationProfile*)heap->Profile;
        uint site = profile->_live.Remove((ulong)payload);
        if (site != 0)
        {
            ulong bytes = Blocks.BytesOf(Segment.PageOf(payload));
            double weight = Sampling.WeightOf(profile->MeanBytes, bytes);
            profile->Sites[site - 1].ObjectsInUse -= weight;
            profile->Sites[site - 1].BytesInUse -= weight * bytes;
        }
    }

    /// <summary>The number of the site that allocates now; 0 = no memory.</summary>
    private uint SiteOf(void* payload)
    {
        uint trace = TraceDepot.Capture();
        TypeId type = Header.TypeOf(Header.Word(payload));
        Page* page = Segment.PageOf(payload);
        ulong sizeClass = page->Kind == PageKind.Small ? page->SizeClass : LargeClass;
        ulong key = ((ulong)trace << 28) | ((ulong)type << 8) | sizeClass;

        // 0 is no key of the table.
        uint site = _siteNumbers.Find(key + 1);
        if (site != 0)
        {
            return site;
        }

        if ((SiteCount == _siteCapacity && !TryGrowSites()) || !_siteNumbers.TryAdd(key + 1, SiteCount + 1))
        {
            return 0;
        }

        Sites[SiteCount] = new AllocationSite { Trace = trace, Type = type, BlockBytes = page->BlockSize };
        return ++SiteCount;
    }

    private bool TryGrowSites()
    {
        ulong capacity = _siteCapacity == 0 ? FirstSites : 2 * _siteCapacity;
        ulong size = (ulong)sizeof(AllocationSite);
        byte* sites = Sites == null
            ? Memory.Reserve(capacity * size, Config.OsPageSize)
            : Memory.Grow((byte*)Sites, _siteCapacity * size, capacity * size);
        if (sites == null)
        {
            return false;
        }

        Sites = (AllocationSite*)sites;
        _siteCapacity = capacity;
        return true;
    }
}
