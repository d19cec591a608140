// The call from outside that a checked heap is in: its name for reports, and its stack, which all objects that it makes and
// releases share. The stack is walked when somebody first wants it, and once per call.

using System.Runtime.CompilerServices;
using RefRuntime.Heap;
using RefRuntime.Os;

namespace RefRuntime.Checking;

internal static unsafe class CallNotes
{
    /// <summary>
    /// A call of <paramref name="function"/> begins. Whoever lets foreign code run keeps the old note and puts it back; not so for an error
    /// handler, whose calls leave no note: what it hears of may be one of several things wrong with the call that is under way.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Begin(HeapState* heap, string function)
    {
        if (HostThread.CallbackKind == HostThread.InErrorHandler)
        {
            return;
        }

        heap->Call.Trace = 0;
        int length = function.Length < CallNote.NameBytes ? function.Length : CallNote.NameBytes - 1;
        for (int i = 0; i < length; i++)
        {
            heap->Call.Name[i] = (byte)function[i];
        }

        heap->Call.Name[length] = 0;
    }

    /// <summary>The stack of the call, in TraceDepot; 0 if it is not to be had.</summary>
    public static uint Trace(HeapState* heap)
    {
        if (heap->Call.Trace == 0)
        {
            heap->Call.Trace = TraceDepot.Capture();
        }

        return heap->Call.Trace;
    }
}
