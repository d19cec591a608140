// Exports: the cycle collector of a heap. Single objects and the collector are in TrackExports.cs, in the same section.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Operations;

namespace RefRuntime.Exports;

/// <summary>
/// Counting alone never frees objects that refer to each other in a circle. The collector does. It starts from candidates,
/// objects that lost a reference and lived on, so that its work follows what changed and not the size of the heap.
/// </summary>
/// <remarks>
/// <para><b>When.</b> An automatic collection begins when an object is made and there are many candidates, the heap has
/// grown, or its limit is reached. rr_decref() never collects, and collections never nest.</para>
/// <para><b>What.</b> With many candidates these are looked at with what lies near them, some thousand objects at a time: that finds
/// small dead cycles, also those that point into a large live graph. When the heap has doubled since the last complete
/// collection, from 8 MiB on, a complete one begins that also finds large dead structures. It goes in slices, one for every so
/// many bytes allocated, each about as long as the heap's pause goal (rr_gc_set_pause_goal()), and ends before the heap has grown by
/// about half. At the limit a complete one runs in one go.</para>
/// <para><b>Pauses.</b> The goal is an aim: a slice can be longer by the time for one object's slots, for one page of 64 KiB, for the
/// callbacks of some thousand objects that die together, for what dies by counting since a dead set held it, or for what dead structures of over 8000
/// objects that hang together there are, which are looked at once more in one go before they die (some 20 nanoseconds for each object).
/// On a machine that gives the slices no time, the rest of a collection is done in one go when the heap has grown to three times its
/// size.</para>
/// <para><b>Order at death</b>, the same for one object that dies by counting and for everything that one rr_collect() found
/// dead, independent cycles together (automatic collections and steps may take independent cycles one after the other):</para>
/// <list type="number">
/// <item><description>All finalizers run, on intact objects, each once in the life of its object.</description></item>
/// <item><description>Whoever was resurrected leaves the set, with all it reaches.</description></item>
/// <item><description>Weak references to the dead are cleared.</description></item>
/// <item><description>Weak callbacks run, the newest of each object first; those of weak references that are dead themselves
/// are dropped.</description></item>
/// <item><description>Destroy callbacks run.</description></item>
/// <item><description>What the dead referred to is released.</description></item>
/// <item><description>The memory is returned.</description></item>
/// </list>
/// <para>A set of dead objects may be taken apart in several slices. Members that still wait look dead to weak references, and
/// other functions refuse them as they refuse dying objects.</para>
/// <para><b>What is counted.</b> The number that a collection reports is that of dead containers that it found: objects whose type has slots,
/// reference items or a traverse callback, also when they hold nothing, tails of a cycle included, and those too that died
/// because a finalizer cut their cycle. It leaves out the resurrected, leaves such as bytes and weak references, and
/// objects of RR_TYPE_ACYCLIC types.</para>
/// <para><b>Mistakes.</b> A counted reference that stands in no slot counts as held from outside: forgetting to declare one
/// leaks, it does not crash.</para>
/// </remarks>
[Section(Section.Cycles)]
internal static unsafe class CollectExports
{
    /// <summary>Collects <paramref name="heap"/> completely: every unreachable object in it dies.</summary>
    /// <remarks>It also finds a cycle that was closed by plain writes into new objects, without any decref. Automatic
    /// collections start from candidates alone and may leave such a cycle to the next complete collection, which comes by
    /// itself at the latest when the heap has doubled, from 8 MiB on. A collection in slices that is under way is finished
    /// or dropped first. What becomes unreachable only
    /// while the dead are taken apart (a cycle that an acyclic or untracked object among them was holding, or that a callback
    /// cut loose) is logged then and goes with the next collection: rr_gc_pending() says so.</remarks>
    /// <returns>How many containers died; 0 from inside a callback, where nothing is done; a negative rr_status on
    /// error.</returns>
    /// <errors>RR_E_NO_MEMORY when the system has no memory for the collection itself.</errors>
    /// <callbacks>May run finalizers, weak callbacks, destroy callbacks and the heap's rr_gc_fn.</callbacks>
    /// <cost>Proportional to what the candidates, and the objects allocated since the last complete collection, can reach;
    /// constant time when nothing changed since.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_collect", CallConvs = [typeof(CallConvCdecl)])]
    public static long Collect(HeapHandle* heap) => CollectOperations.Collect(heap);

    /// <summary>Does one slice of collecting <paramref name="heap"/>, aiming at <paramref name="budgetNs"/>
    /// nanoseconds.</summary>
    /// <remarks>For callers with a frame to meet. A slice looks at the candidates first, then it goes on with a complete
    /// collection; between two slices the program may do what it likes. Nothing is left to do when it returns 0 and rr_gc_pending() is 0.
    /// The budget is an aim, as the pause goal of automatic slices is; 0 = the least that makes progress.</remarks>
    /// <returns>How many containers were freed in this slice; 0 from inside a callback, where nothing is done; a negative
    /// rr_status on error.</returns>
    /// <errors>RR_E_NO_MEMORY when the system has no memory for the collection itself: it starts anew with the next step.</errors>
    /// <callbacks>May run finalizers, weak callbacks, destroy callbacks and the heap's rr_gc_fn.</callbacks>
    /// <cost>About <paramref name="budgetNs"/>; constant time when nothing is pending.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_collect_step", CallConvs = [typeof(CallConvCdecl)])]
    public static long CollectStep(HeapHandle* heap, ulong budgetNs) => CollectOperations.CollectStep(heap, budgetNs);

    /// <summary>Whether a step would have work in <paramref name="heap"/>.</summary>
    /// <returns>1 or 0.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_gc_pending", CallConvs = [typeof(CallConvCdecl)])]
    public static int Pending(HeapHandle* heap) => CollectOperations.Pending(heap);

    /// <summary>Switches automatic collection of <paramref name="heap"/> on again. A heap made with RR_HEAP_MANUAL_GC has
    /// none, and stays so.</summary>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_gc_enable", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Enable(HeapHandle* heap) => CollectOperations.Enable(heap);

    /// <summary>Switches automatic collection of <paramref name="heap"/> off. rr_collect() works all the same.</summary>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_gc_disable", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Disable(HeapHandle* heap) => CollectOperations.Disable(heap);

    /// <summary>Whether <paramref name="heap"/> is collected automatically.</summary>
    /// <returns>1 or 0; always 0 for a heap made with RR_HEAP_MANUAL_GC.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_gc_is_enabled", CallConvs = [typeof(CallConvCdecl)])]
    public static int IsEnabled(HeapHandle* heap) => CollectOperations.IsEnabled(heap);

    /// <summary>Sets with how many <paramref name="candidates"/> an automatic collection of <paramref name="heap"/> is due;
    /// 0 = their number never matters.</summary>
    /// <remarks>The number is a minimum: while next to none of the candidates turn out to be dead, the library waits for more, up to
    /// 16384, and leaves them to the next complete collection after a look at a sample.</remarks>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_gc_set_threshold", CallConvs = [typeof(CallConvCdecl)])]
    public static Status SetThreshold(HeapHandle* heap, ulong candidates) => CollectOperations.SetThreshold(heap, candidates);

    /// <summary>The threshold of <paramref name="heap"/>, as it was set.</summary>
    /// <returns>A number of candidates; 0 on error too.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_gc_get_threshold", CallConvs = [typeof(CallConvCdecl)])]
    public static ulong GetThreshold(HeapHandle* heap) => CollectOperations.GetThreshold(heap);

    /// <summary>Sets how long an automatic collection of <paramref name="heap"/> may take at a time:
    /// <paramref name="nanoseconds"/>, as an aim; 0 = as long as it needs.</summary>
    /// <remarks>A heap begins with 5 ms, one made with RR_HEAP_BOUNDED with 500 microseconds. Shorter slices cost more in all, and garbage
    /// waits longer. 5 ms are the default since most programs have no frames to meet, and whole collections of a large
    /// heap would be felt in all of them.</remarks>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_gc_set_pause_goal", CallConvs = [typeof(CallConvCdecl)])]
    public static Status SetPauseGoal(HeapHandle* heap, ulong nanoseconds) => CollectOperations.SetPauseGoal(heap, nanoseconds);

    /// <summary>The pause goal of <paramref name="heap"/>.</summary>
    /// <returns>Nanoseconds; 0 = none, and on error.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_gc_get_pause_goal", CallConvs = [typeof(CallConvCdecl)])]
    public static ulong GetPauseGoal(HeapHandle* heap) => CollectOperations.GetPauseGoal(heap);

    /// <summary>How many possible cycle roots <paramref name="heap"/> has logged since the last collection.</summary>
    /// <returns>A number of candidates; 0 on error too.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_gc_get_candidates", CallConvs = [typeof(CallConvCdecl)])]
    public static ulong GetCandidates(HeapHandle* heap) => CollectOperations.GetCandidates(heap);

    /// <summary>Has <paramref name="callback"/> called, with <paramref name="user"/>, when a collection of
    /// <paramref name="heap"/>, or a slice of one, starts and when it stops.</summary>
    /// <remarks>A heap has one such callback; NULL takes it away.</remarks>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_gc_set_callback", CallConvs = [typeof(CallConvCdecl)])]
    public static Status SetCallback(
        HeapHandle* heap,
        [Callback(typeof(GcFn))] delegate* unmanaged[Cdecl]<HeapHandle*, GcEvent*, void*, void> callback,
        void* user) =>
        CollectOperations.SetCallback(heap, callback, user);

    /// <summary>Tells <paramref name="heap"/> that its objects keep <paramref name="deltaBytes"/> more foreign memory alive,
    /// or less when negative.</summary>
    /// <remarks>Reported memory makes collections come sooner and counts towards max_bytes, as if it were the heap's own. The sum
    /// stops at 0.</remarks>
    /// <errors>RR_E_OVERFLOW if the sum is not representable.</errors>
    /// <cost>Constant time; never collects by itself.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_report_external", CallConvs = [typeof(CallConvCdecl)])]
    public static Status ReportExternal(HeapHandle* heap, long deltaBytes) => CollectOperations.ReportExternal(heap, deltaBytes);
}
