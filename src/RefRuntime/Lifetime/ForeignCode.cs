// Entering the host's callbacks. Everything that runs foreign code does so from here, so that what is allowed inside is
// known: a thread whose innermost callback is a destroy callback may not allocate; while any callback runs, no collection
// starts and no heap is freed.

using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Lifetime;

internal static unsafe class ForeignCode
{
    // HostThread.CallbackKind.
    private const int Other = 0;
    private const int Destroying = 1;
    private const int SelfReleasing = 2;

    /// <summary>Is this thread in a destroy callback, and in no other callback inside of it?</summary>
    public static bool IsDestroying(HeapState* heap) => heap->InDestroy != 0 && HostThread.CallbackKind != Other;

    /// <summary>
    /// Is the innermost callback the destroy callback of a type that releases its children itself, or are there so many within each other
    /// that one more might take the last of the stack? What dies in it then waits until it has returned. The thread is asked too, since under
    /// a GIL callbacks of many threads may be under way in a heap.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static bool MustReturnFirst(HeapState* heap) =>
        (heap->InDestroy != 0 && HostThread.CallbackKind == SelfReleasing)
        || (heap->CallbackDepth >= Config.MaxCallbackDepth && HostThread.CallbackDepth >= Config.MaxCallbackDepth);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Finalize(HeapState* heap, TypeDescriptor* type, void* payload)
    {
        Entered saved = Enter(heap, Other);
        type->Finalize(payload, type->User);
        Leave(heap, saved);
        heap->FinalizersRun++;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Destroy(HeapState* heap, TypeDescriptor* type, void* payload)
    {
        heap->InDestroy++;
        Entered saved = Enter(heap, type->IsSelfReleasing ? SelfReleasing : Destroying);
        type->Destroy(payload, type->User);
        heap->InDestroy--;
        Leave(heap, saved);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void WeakCallback(HeapState* heap, WeakRefPayload* weak)
    {
        Entered saved = Enter(heap, Other);
        weak->Callback(weak, weak->User);
        Leave(heap, saved);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void GcEvent(HeapState* heap, GcEvent* gcEvent)
    {
        Entered saved = Enter(heap, Other);
        heap->GcCallback((HeapHandle*)heap, gcEvent, heap->GcUser);
        Leave(heap, saved);
    }

    private static Entered Enter(HeapState* heap, int kind)
    {
        Unsafe.SkipInit(out Entered saved);
        saved.Kind = HostThread.CallbackKind;
        if (heap->IsChecked != 0)
        {
            saved.Call = heap->Call;
        }

        HostThread.CallbackKind = kind;
        HostThread.CallbackDepth++;
        heap->CallbackDepth++;
        HeapAccess.SetInlineBins(heap);
        return saved;
    }

    private static void Leave(HeapState* heap, in Entered saved)
    {
        if (heap->IsChecked != 0)
        {
            heap->Call = saved.Call;
        }

        HeapAccess.SetInlineBins(heap);
        heap->CallbackDepth--;
        HostThread.CallbackDepth--;
        HostThread.CallbackKind = saved.Kind;
    }

    /// <summary>What was before the callback.</summary>
    private struct Entered
    {
        public int Kind;

        /// <summary>In a checked heap.</summary>
        public CallNote Call;
    }
}
