// The collector of cycles.

using System;

namespace RefRuntime.Native;

public sealed unsafe partial class Heap
{
    /// <summary>Whether a step would have work.</summary>
    public bool IsCollectionPending
    {
        get
        {
            using Entry entry = Enter();
            return Raw.rr_gc_pending(_pointer) != 0;
        }
    }

    /// <summary>Whether collections begin by themselves, when objects are made.</summary>
    public bool CollectsAutomatically
    {
        get
        {
            using Entry entry = Enter();
            return Raw.rr_gc_is_enabled(_pointer) != 0;
        }

        set
        {
            using Entry entry = Enter();
            Errors.Check(value ? Raw.rr_gc_enable(_pointer) : Raw.rr_gc_disable(_pointer));
        }
    }

    /// <summary>With how many candidates (objects that lost a reference and lived on) an automatic collection is due; 0 = never by number.</summary>
    public ulong CollectionThreshold
    {
        get
        {
            using Entry entry = Enter();
            return Raw.rr_gc_get_threshold(_pointer);
        }

        set
        {
            using Entry entry = Enter();
            Errors.Check(Raw.rr_gc_set_threshold(_pointer, value));
        }
    }

    /// <summary>How long an automatic collection aims to take at a time; zero = as long as it needs.</summary>
    public TimeSpan PauseGoal
    {
        get
        {
            using Entry entry = Enter();
            return TimeSpan.FromTicks((long)(Raw.rr_gc_get_pause_goal(_pointer) / TimeSpan.NanosecondsPerTick));
        }

        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, TimeSpan.Zero);
            using Entry entry = Enter();
            Errors.Check(Raw.rr_gc_set_pause_goal(_pointer, Nanoseconds(value)));
        }
    }

    /// <summary>How many objects collections leave alone; see <see cref="Freeze"/>.</summary>
    public long FrozenCount
    {
        get
        {
            using Entry entry = Enter();
            return Errors.Check(Raw.rr_gc_freeze_count(_pointer));
        }
    }

    /// <summary>
    /// Collects completely: every unreachable object dies. Finalizers, weak callbacks and destroy callbacks run.
    /// </summary>
    /// <returns>How many containers died; 0 from inside a callback, where nothing is done.</returns>
    /// <exception cref="InsufficientMemoryException">The system has no memory for the collection itself.</exception>
    public long Collect()
    {
        using Entry entry = Enter();
        return Errors.Check(Raw.rr_collect(_pointer));
    }

    /// <summary>One slice of a collection, for about so long. Zero is the least that makes progress.</summary>
    /// <returns>How many containers were freed in this slice.</returns>
    /// <exception cref="InsufficientMemoryException">The system has no memory for the collection itself.</exception>
    public long CollectStep(TimeSpan budget)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(budget, TimeSpan.Zero);
        using Entry entry = Enter();
        return Errors.Check(Raw.rr_collect_step(_pointer, Nanoseconds(budget)));
    }

    /// <summary>Has collections leave alone all objects that are there now. They still die by counting.</summary>
    public void Freeze()
    {
        using Entry entry = Enter();
        Errors.Check(Raw.rr_gc_freeze(_pointer));
    }

    /// <summary>Gives all frozen objects back to the collector.</summary>
    public void Unfreeze()
    {
        using Entry entry = Enter();
        Errors.Check(Raw.rr_gc_unfreeze(_pointer));
    }

    /// <summary>Says that the objects keep so much more, or less, other memory alive. It makes collections come sooner and counts towards the limit.</summary>
    /// <exception cref="OverflowException">The sum does not fit.</exception>
    public void ReportExternal(long deltaBytes)
    {
        using Entry entry = Enter();
        Errors.Check(Raw.rr_report_external(_pointer, deltaBytes));
    }

    private static ulong Nanoseconds(TimeSpan time) => checked((ulong)time.Ticks * TimeSpan.NanosecondsPerTick);
}
