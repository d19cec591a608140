// Checks what holds between objects.
//
//   O1  every object has a type that exists
//   O2  every reference leads to a live object of the same heap
//   O3  no object has more references in slots than its count says
//   C2  what its header calls logged has its bit, and as many are logged as the heap has candidates
//   W1  a live weak reference's target is an object whose header says that it has weak references
//
// In a checked heap what is broken is reported as misuse, with what is known of the objects; and first comes what plain writes do to
// objects: guards, headers and what is in quarantine are as the library has left them.

using RefRuntime.Abi;
using RefRuntime.Checking;
using RefRuntime.Counting;
using RefRuntime.Cycles;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Inspection;

internal static unsafe class GraphVerify
{
    private const string Function = "rr_heap_verify";

    public static Status Check(HeapState* heap)
    {
        bool isIntact = heap->IsChecked == 0 || IsUndamaged(heap);
        ObjectChecker objects = new() { Heap = heap };
        HeapWalk.Objects(heap, ref objects);
        CountChecker counts = new() { Heap = heap };
        if (objects.Edges.Status == Status.Ok && heap->CallbackDepth == 0 && objects.Logged != heap->Candidates)
        {
            objects.Edges.Status = LastError.Bound(
                Status.Corrupt, Function, "C2: objects in the log,", objects.Logged, "differ from the heap's number,", heap->Candidates);
        }

        if (objects.Edges.Status == Status.Ok)
        {
            HeapWalk.Objects(heap, ref counts);
        }

        ScratchData.Reset(heap);
        Status status = objects.Edges.Status != Status.Ok ? objects.Edges.Status : counts.Status;
        return status == Status.Ok && !isIntact ? Status.Corrupt : status;
    }

    /// <summary>Looks at what lies around and in place of the objects of a checked heap.</summary>
    private static bool IsUndamaged(HeapState* heap)
    {
        DamageChecker damage = new() { Heap = heap, IsIntact = Quarantine.IsIntact(heap) };
        HeapWalk.Objects(heap, ref damage);
        return damage.IsIntact;
    }

    private static Status ReportEdges(HeapState* heap, void* payload, ulong edges)
    {
        const int Most = 8;
        void** holders = stackalloc void*[Most];
        long count = Neighbours.Referrers(heap, payload, holders, Most);
        return Misuse.Edges(heap, payload, edges, holders, (int)(count < Most ? count : Most));
    }

    private static Status Broken(string invariant, void* payload, string problem) =>
        LastError.Pointer(Status.Corrupt, Function, invariant, payload, problem);

    private struct DamageChecker : IBlockVisitor
    {
        public HeapState* Heap;
        public bool IsIntact;

        public bool Visit(Page* page, void* payload)
        {
            IsIntact &= Damage.CheckObject(Heap, payload, CheckRecords.Of(payload));
            return true;
        }
    }

    private struct ObjectChecker : IBlockVisitor
    {
        public HeapState* Heap;
        public EdgeChecker Edges;
        public ulong Logged;

        public bool Visit(Page* page, void* payload)
        {
            ulong word = Header.Word(payload);
            TypeDescriptor* type = TypeRegistry.Find(Header.TypeOf(word));
            if (type == null)
            {
                Edges.Status = Broken("O1: object", payload, "has a type that does not exist");
                return false;
            }

            // What is dying may be half taken apart.
            if (Header.Count(payload) == 0)
            {
                return true;
            }

            bool isLogged = CandidateLog.Contains(payload);
            Logged += isLogged ? 1ul : 0;
            if (!isLogged && CandidateLog.IsLogged(word) && (word & HeaderFlags.Held) == 0 && Heap->CallbackDepth == 0)
            {
                Edges.Status = Broken("C2: object", payload, "is a candidate by its header, and has no bit");
                return false;
            }

            if (type->Id == TypeId.WeakRef)
            {
                CheckWeak((WeakRefPayload*)payload);
            }

            Edges.Heap = Heap;
            Edges.Holder = payload;
            References.Visit(payload, type, ref Edges);
            return Edges.Status == Status.Ok;
        }

        private void CheckWeak(WeakRefPayload* weak)
        {
            void* target = weak->Target;
            if (target != null && (!ObjectLookup.IsObject(target) || (Header.Word(target) & HeaderFlags.HasWeak) == 0))
            {
                Edges.Status = Broken("W1: weak reference", weak, "has a target that does not know of it");
            }
        }
    }

    private struct EdgeChecker : IReferenceVisitor
    {
        public HeapState* Heap;
        public void* Holder;
        public Status Status;

        public void Visit(void* child)
        {
            if (Status != Status.Ok)
            {
                return;
            }

            if (!ObjectLookup.IsObject(child) || ObjectLookup.HeapOf(child) != Heap)
            {
                Status = Heap->IsChecked == 0 ? Broken("O2: object", Holder, "refers to something that is no live object of its heap")
                    : ObjectHistory.TryLocate(child, out Located place) && place.Offset == 0 && ObjectLookup.HeapOf(child) == Heap ? Misuse.Slot(Heap, Holder, child)
                    : Misuse.Stray(Heap, Holder, child);
                return;
            }

            uint* side = ScratchData.TryGet(Heap, Segment.PageOf(child), child);
            if (side == null)
            {
                Status = LastError.Pointer(Status.NoMemory, Function, "heap", Heap, "needs memory for its check that the system does not have");
            }
            else if (*side != uint.MaxValue)
            {
                (*side)++;
            }
        }
    }

    private struct CountChecker : IBlockVisitor
    {
        public HeapState* Heap;
        public Status Status;

        public bool Visit(Page* page, void* payload)
        {
            int count = Header.Count(payload);
            if (page->Scratch != null && count != 0 && *ScratchData.Get(payload) > Header.References(count))
            {
                Status = Heap->IsChecked != 0
                    ? ReportEdges(Heap, payload, *ScratchData.Get(payload))
                    : Broken("O3: object", payload, "is in more slots than it has references");
            }

            return Status == Status.Ok;
        }
    }
}
