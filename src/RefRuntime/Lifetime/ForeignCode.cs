// Entering the host's callbacks. Everything that runs foreign code does so from here, so that what is allowed inside is
// known: the heap's InDestroy says that the innermost callback is a destroy callback (no allocation, no new references),
// the depths say that some callback runs (no collection starts, no heap is freed).

using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Lifetime;

internal static unsafe class ForeignCode
{
    /// <summary>HeapState.InDestroy inside the destroy callback of a self-releasing type.</summary>
    public const int SelfReleasing = 2;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Finalize(HeapState* heap, TypeDescriptor* type, void* payload)
    {
        int saved = Enter(heap, inDestroy: 0);
        type->Finalize(payload, type->User);
        Leave(heap, saved);
        heap->FinalizersRun++;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Destroy(HeapState* heap, TypeDescriptor* type, void* payload)
    {
        int saved = Enter(heap, inDestroy: type->IsSelfReleasing ? SelfReleasing : 1);
        type->Destroy(payload, type->User);
        Leave(heap, saved);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void WeakCallback(HeapState* heap, WeakRefPayload* weak)
    {
        int saved = Enter(heap, inDestroy: 0);
        weak->Callback(weak, weak->User);
        Leave(heap, saved);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void GcEvent(HeapState* heap, GcEvent* gcEvent)
    {
        int saved = Enter(heap, inDestroy: 0);
        heap->GcCallback((HeapHandle*)heap, gcEvent, heap->GcUser);
        Leave(heap, saved);
    }

    private static int Enter(HeapState* heap, int inDestroy)
    {
        int saved = heap->InDestroy;
        heap->InDestroy = inDestroy;
        HeapAccess.SetInlineBins(heap);
        heap->CallbackDepth++;
        HostThread.CallbackDepth++;
        return saved;
    }

    private static void Leave(HeapState* heap, int saved)
    {
        HostThread.CallbackDepth--;
        heap->CallbackDepth--;
        heap->InDestroy = saved;
        HeapAccess.SetInlineBins(heap);
    }
}
