// Who may use a heap now. The test on every call is one compare with Owner; rarer reasons to refuse a call hide behind it:
// while a traverse callback runs, Owner is a token that no thread has, so that whoever then changes the heap is refused.
//
// Inline callers test nothing: what they see while the heap refuses, or has to be locked, are bins without a block.

using System.Runtime.CompilerServices;
using RefRuntime.Os;

namespace RefRuntime.Heap;

internal static unsafe class HeapAccess
{
    private static void* Nobody => (void*)-1;

    private static void* Lost => (void*)-2;

    /// <summary>May this thread change the heap?</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool MayChange(HeapState* heap) => heap->Owner == null || heap->Owner == HostThread.Token;

    /// <summary>May this thread read the heap?</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool MayRead(HeapState* heap) => heap->Owner == null || heap->Owner == HostThread.Token || MayReadSlow(heap);

    public static bool IsInTraverse(HeapState* heap) => heap->Owner == Nobody;

    public static void EnterTraverse(HeapState* heap)
    {
        heap->Owner = Nobody;
        heap->InlineBins = (void**)heap->NoBins;
    }

    public static void LeaveTraverse(HeapState* heap)
    {
        heap->Owner = heap->TrueOwner;
        SetInlineBins(heap);
    }

    /// <summary>Sets what inline callers may pop from. To be called when something has changed that decides it.</summary>
    public static void SetInlineBins(HeapState* heap)
    {
        bool isOpen = heap->IsGuarded == 0 && heap->InDestroy == 0 && !IsInTraverse(heap) && !IsLost(heap);
        heap->InlineBins = isOpen ? (void**)&heap->NoBin : (void**)heap->NoBins;
    }

    /// <summary>Was the heap in use by a thread that this process, a forked child, does not have?</summary>
    public static bool IsLost(HeapState* heap) => heap->Owner == Lost;

    /// <summary>Refuses the heap to every thread, for good.</summary>
    public static void Lose(HeapState* heap) => SetOwner(heap, Lost);

    /// <summary>Makes the token's thread the owner, also from inside a callback; null = any thread.</summary>
    public static void SetOwner(HeapState* heap, void* token)
    {
        heap->TrueOwner = token;
        heap->Owner = token;
        SetInlineBins(heap);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool MayReadSlow(HeapState* heap) =>
        IsInTraverse(heap) && (heap->TrueOwner == null || heap->TrueOwner == HostThread.Token);
}
