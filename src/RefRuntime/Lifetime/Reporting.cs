// What a traverse callback reports of a dying object, kept until destroy has run: destroy may free the storage that
// traverse reads.
//
// When the system has no memory for the buffer, a reference is released at once, a moment before destroy instead of after
// it; the child's own death still waits. Nothing is lost either way.

using RefRuntime.Heap;
using RefRuntime.Objects;

namespace RefRuntime.Lifetime;

internal static unsafe class Reporting
{
    /// <summary>Appends to HeapState.Reported what traverse reports, for types that don't release it themselves.</summary>
    public static void Collect(HeapState* heap, void* payload, TypeDescriptor* type)
    {
        if ((type->Shape & Shape.Traverse) == 0 || type->IsSelfReleasing)
        {
            return;
        }

        Recorder recorder = new() { Heap = heap };
        References.VisitTraversed(payload, type, ref recorder);
    }

    private struct Recorder : IReferenceVisitor
    {
        public HeapState* Heap;

        public void Visit(void* child)
        {
            if (!Heap->Reported.TryPush(child))
            {
                ChildRelease release = new() { Heap = Heap };
                release.Release(child);
                if (release.Next != null)
                {
                    DeathQueue.Push(Heap, release.Next);
                }
            }
        }
    }
}
