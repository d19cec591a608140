// References under tags. In a checked heap the ledger follows the count; in others they are plain references.

using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Checking;
using RefRuntime.Counting;
using RefRuntime.Heap;
using RefRuntime.Lifetime;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Operations;

internal static unsafe class LedgerOperations
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Incref(void* payload, byte* tag)
    {
        const string Function = "rr_incref_tagged";
        if (payload == null)
        {
            return Status.Ok;
        }

        Status status = tag == null ? NoTag(Function, tag) : Access.Enter(Function, "object", payload);
        if (status != Status.Ok)
        {
            return status;
        }

        HeapState* heap = ObjectLookup.HeapOf(payload);
        if (Header.Count(payload) == 0)
        {
            status = Access.Dying(Function, "object", payload);
        }
        else if (heap->IsChecked != 0 && !Ledger.TryOpen(heap, payload, tag))
        {
            status = LastError.Pointer(Status.NoMemory, Function, "object", payload, "needs memory for its ledger that the system does not have");
        }
        else
        {
            Counts.Increment(heap, payload);
        }

        Access.Exit(heap);
        return status;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Decref(void* payload, byte* tag)
    {
        const string Function = "rr_decref_tagged";
        if (payload == null)
        {
            return Status.Ok;
        }

        Status status = tag == null ? NoTag(Function, tag) : Access.Enter(Function, "object", payload);
        if (status != Status.Ok)
        {
            return status;
        }

        // What the count refuses is refused before the ledger is written.
        HeapState* heap = ObjectLookup.HeapOf(payload);
        status = CountOperations.CheckDecref(Function, heap, payload, out bool isIgnored);
        if (status == Status.Ok && !isIgnored)
        {
            if (heap->IsChecked != 0 && !Ledger.TryClose(heap, payload, tag))
            {
                status = Misuse.Tag(heap, payload, tag);
            }
            else
            {
                Death.Release(heap, payload);
            }
        }

        Access.Exit(heap);
        return status;
    }

    private static Status NoTag(string function, void* tag) => LastError.Pointer(Status.Argument, function, "tag", tag, "is NULL");
}
