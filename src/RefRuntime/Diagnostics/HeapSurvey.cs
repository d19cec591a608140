// What can be known of a whole heap without changing anything: who is held from outside, who is reached from there, and what is
// garbage that waits for a collection. Snapshots and pictures are drawn from it.
//
//   held      more references are counted than stand in slots; or immortal; or a container that collections pass by because it is
//             frozen or untracked
//   reached   held, or a strong reference leads to it from an object that is reached
//   garbage   everything else. An entry is a piece of garbage from which a part of it is reached, so that all garbage is reached
//             from entries
//
// Each object's references are walked once to count and once to mark. Memory: four bytes and four bits for each object, and a stack
// of fixed size. When that is full, objects are marked without being stacked; the words of the bitmaps say later which were
// marked but not yet looked at (Knuth, TAOCP 1, section 2.3.5, algorithm C, whose marking recovers from a full stack in that way).
//
// Invariants
//   Scanned ⊆ Reached ∪ Garbage; both are disjoint, and in the end Scanned is all of them
//   bits stand for numbers of ObjectNumbers

using System.Numerics;
using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Counting;
using RefRuntime.Heap;
using RefRuntime.Inspection;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Diagnostics;

internal unsafe struct HeapSurvey
{
    private const ulong StackEntries = 16 * 1024;

    public HeapState* Heap;
    public ObjectNumbers Numbers;

    /// <summary>For each object, in how many slots of live objects it stands; stops at its maximum.</summary>
    public uint* Edges;

    /// <summary>References that lead to objects of the heap.</summary>
    public ulong EdgeCount;

    /// <summary>Weak references whose target lives.</summary>
    public ulong WeakCount;

    /// <summary>Lists that have storage, and the bytes of its blocks.</summary>
    public ulong StorageCount;
    public ulong StorageBytes;

    /// <summary>Bytes of the blocks of all numbered objects.</summary>
    public ulong ObjectBytes;

    public ulong HeldCount;
    public ulong EntryCount;
    public ulong GarbageCount;

    private byte* _memory;
    private ulong _bytes;
    private ulong* _reached;
    private ulong* _garbage;
    private ulong* _scanned;
    private ulong* _entries;
    private ulong _words;
    private void** _stack;
    private ulong _stacked;
    private bool _isStackShort;

    /// <summary>Looks at the heap; ends with <see cref="Free"/> in either case. False when the system has no memory.</summary>
    public static bool TryBuild(HeapState* heap, out HeapSurvey survey)
    {
        survey = default;
        survey.Heap = heap;
        if (!ObjectNumbers.TryBuild(heap, out survey.Numbers))
        {
            return false;
        }

        ulong count = survey.Numbers.Count;
        survey._words = (count + 63) / 64;
        survey._bytes = (StackEntries * 8) + (survey._words * 4 * 8) + (count * sizeof(uint));
        survey._memory = Memory.Reserve(survey._bytes, 16);
        if (survey._memory == null)
        {
            return false;
        }

        survey._stack = (void**)survey._memory;
        survey._reached = (ulong*)(survey._stack + StackEntries);
        survey._garbage = survey._reached + survey._words;
        survey._scanned = survey._garbage + survey._words;
        survey._entries = survey._scanned + survey._words;
        survey.Edges = (uint*)(survey._entries + survey._words);
        survey.Count();
        survey.Mark();
        return true;
    }

    public void Free()
    {
        Numbers.Free();
        if (_memory != null)
        {
            Memory.Release(_memory, _bytes);
        }

        this = default;
    }

    public readonly bool IsReached(uint number) => Has(_reached, number);

    public readonly bool IsEntry(uint number) => Has(_entries, number);

    /// <summary>References from outside: those counted that stand in no slot. 0 for an immortal object.</summary>
    public readonly ulong OutsideReferences(void* payload, uint number)
    {
        int count = Header.Count(payload);
        long outside = Counts.ReferencesOfOthers(payload) - Edges[number];
        return Header.IsImmortal(count) || outside < 0 ? 0 : (ulong)outside;
    }

    /// <summary>Is it held by something that is no object of the heap?</summary>
    public readonly bool IsHeld(void* payload, uint number) =>
        Counts.ReferencesOfOthers(payload) > Edges[number]
        || ((Header.Word(payload) & (HeaderFlags.Frozen | HeaderFlags.Untracked)) != 0 && ObjectLookup.TypeOf(payload)->IsContainer);

    /// <summary>The number of a weak reference's target, if it has one.</summary>
    public readonly bool TryTarget(void* payload, TypeDescriptor* type, out uint number)
    {
        number = 0;
        return type->Id == TypeId.WeakRef && Numbers.TryGet(((WeakRefPayload*)payload)->Target, out number);
    }

    /// <summary>The bytes of a list's storage; 0 if this is none, or an empty one.</summary>
    public static ulong StorageOf(void* payload, TypeDescriptor* type)
    {
        void* items = type->Shape == Shape.List ? ((ListPayload*)payload)->Items : null;
        return items != null ? Blocks.BytesOf(Segment.PageOf(items)) : 0;
    }

    private static bool Has(ulong* bits, uint number) => (bits[number / 64] & (1ul << (int)(number % 64))) != 0;

    private static void Set(ulong* bits, uint number) => bits[number / 64] |= 1ul << (int)(number % 64);

    private void Count()
    {
        EdgeCounter counter = new() { Survey = (HeapSurvey*)Unsafe.AsPointer(ref this) };
        HeapWalk.Objects(Heap, ref counter);
    }

    private void Mark()
    {
        Marker marker = new() { Survey = (HeapSurvey*)Unsafe.AsPointer(ref this), Bits = _reached };
        HeldMarker held = new() { Marker = marker };
        HeapWalk.Objects(Heap, ref held);
        held.Marker.Finish();
        marker.Bits = _garbage;
        EntryMarker entries = new() { Marker = marker };
        HeapWalk.Objects(Heap, ref entries);
    }

    /// <summary>Counts edges and sizes.</summary>
    private struct EdgeCounter : IBlockVisitor, IReferenceVisitor
    {
        public HeapSurvey* Survey;

        public bool Visit(Page* page, void* payload)
        {
            if (Survey->Numbers.TryGet(payload, out _))
            {
                TypeDescriptor* type = ObjectLookup.TypeOf(payload);
                ulong storage = StorageOf(payload, type);
                Survey->StorageBytes += storage;
                Survey->StorageCount += storage != 0 ? 1u : 0;
                Survey->ObjectBytes += Blocks.BytesOf(page);
                Survey->WeakCount += Survey->TryTarget(payload, type, out _) ? 1u : 0;
                References.Visit(payload, type, ref this);
            }

            return true;
        }

        public void Visit(void* child)
        {
            if (Survey->Numbers.TryGet(child, out uint number))
            {
                Survey->EdgeCount++;
                Survey->Edges[number] += Survey->Edges[number] != uint.MaxValue ? 1u : 0;
            }
        }
    }

    /// <summary>Marks whom references lead to, from a stack that may be too short.</summary>
    private struct Marker : IReferenceVisitor
    {
        public HeapSurvey* Survey;
        public ulong* Bits;

        public void Visit(void* child)
        {
            if (Survey->Numbers.TryGet(child, out uint number) && !Has(Survey->_reached, number) && !Has(Survey->_garbage, number))
            {
                Push(child, number);
            }
        }

        /// <summary>Marks the object, which is not yet marked, and all that it leads to, as far as the stack reaches.</summary>
        public void From(void* payload, uint number)
        {
            Push(payload, number);
            Drain();
        }

        /// <summary>Looks at those for whom the stack was too short. Some of these lie before those that led to them: hence the loop.</summary>
        public void Finish()
        {
            while (Survey->_isStackShort)
            {
                Survey->_isStackShort = false;
                for (ulong word = 0; word < Survey->_words; word++)
                {
                    ulong waiting;
                    while ((waiting = Bits[word] & ~Survey->_scanned[word]) != 0)
                    {
                        uint number = (uint)(word * 64) + (uint)BitOperations.TrailingZeroCount(waiting);
                        Scan(Survey->Numbers.ObjectAt(number), number);
                        Drain();
                    }
                }
            }
        }

        private readonly void Push(void* payload, uint number)
        {
            Set(Bits, number);
            if (Survey->_stacked < StackEntries)
            {
                Survey->_stack[Survey->_stacked++] = payload;
            }
            else
            {
                Survey->_isStackShort = true;
            }
        }

        private void Drain()
        {
            while (Survey->_stacked != 0)
            {
                void* payload = Survey->_stack[--Survey->_stacked];
                uint number = ObjectNumbers.Of(payload);
                if (!Has(Survey->_scanned, number))
                {
                    Scan(payload, number);
                }
            }
        }

        private void Scan(void* payload, uint number)
        {
            Set(Survey->_scanned, number);
            References.Visit(payload, ObjectLookup.TypeOf(payload), ref this);
        }
    }

    /// <summary>Marks what is held, and what that reaches.</summary>
    private struct HeldMarker : IBlockVisitor
    {
        public Marker Marker;

        public bool Visit(Page* page, void* payload)
        {
            HeapSurvey* survey = Marker.Survey;
            if (survey->Numbers.TryGet(payload, out uint number) && survey->IsHeld(payload, number))
            {
                survey->HeldCount++;
                if (!Has(survey->_reached, number))
                {
                    Marker.From(payload, number);
                }
            }

            return true;
        }
    }

    /// <summary>Marks the garbage.</summary>
    private struct EntryMarker : IBlockVisitor
    {
        public Marker Marker;

        public bool Visit(Page* page, void* payload)
        {
            HeapSurvey* survey = Marker.Survey;
            if (survey->Numbers.TryGet(payload, out uint number) && !Has(survey->_reached, number))
            {
                survey->GarbageCount++;
                if (!Has(survey->_garbage, number))
                {
                    Set(survey->_entries, number);
                    survey->EntryCount++;
                    Marker.From(payload, number);
                    Marker.Finish();
                }
            }

            return true;
        }
    }
}
