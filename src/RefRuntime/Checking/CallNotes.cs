// The call from outside that a checked heap is in: its name for reports, and its stack, which all objects that it makes and
// releases share. The stack is walked when somebody first wants it, and once per call.

using RefRuntime.Heap;
using RefRuntime.Os;

namespace RefRuntime.Checking;

internal static unsafe class CallNotes
{
    /// <summary>A call of <paramref name="function"/> begins. Whoever lets foreign code run keeps the old note and puts it back.</summary>
    public static void Begin(HeapState* heap, string function)
    {
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
