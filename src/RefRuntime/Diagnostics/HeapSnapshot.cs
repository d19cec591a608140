// A heap as V8 writes its own: the .heapsnapshot format, a JSON object of flat arrays that is documented by those who read it (Chrome's
// DevTools, memlab). It is written from front to back in walks over the heap; no node is kept.
//
//   node    0                the root; its edges lead to what is held from outside, each named after how it is held
//           1                "(GC roots)", which DevTools looks for by name; it has the nodes up to the first object
//           2                "(garbage ...)"; its edges lead to the entries of HeapSurvey
//           3 ...            raw memory without the storage of lists, external memory, what is dying
//           FirstObject ...  the objects, by number
//           FirstStorage ... the storage of lists, in the order of their lists
//
//   edges   a named slot is a property, an item an element; a list's storage is internal; a weak reference's target is weak
//   sizes   bytes of blocks: those of objects add up to live_bytes, all to live_bytes + raw_bytes + external_bytes
//   ids     an object's address / 16, its lower 32 bits: the same in the next snapshot, so that viewers can compare. Unique in a heap
//           whose segments lie within 64 GiB of addresses, and that they do: the system lays mappings side by side. The nodes that
//           are no objects have numbers that would be addresses in the head of a segment.
//
// Invariants
//   the edges of a node follow those of the node before it: nodes and edges are written in one order
//   every walk sees the same references. A traverse callback that reports others the second time would shift all that follows, so
//   the file is given up then

using System.Runtime.CompilerServices;
using RefRuntime.Abi;
using RefRuntime.Heap;
using RefRuntime.Inspection;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Diagnostics;

internal unsafe struct HeapSnapshot
{
    private const uint NodeFields = 7;
    private const uint FirstExtra = 3;

    // Indexes in node_types and edge_types.
    private const uint ArrayNode = 1;
    private const uint ObjectNode = 3;
    private const uint NativeNode = 8;
    private const uint SyntheticNode = 9;
    private const uint ElementEdge = 1;
    private const uint PropertyEdge = 2;
    private const uint InternalEdge = 3;
    private const uint WeakEdge = 6;

    /// <summary>Readers keep sizes in 32 bits.</summary>
    private const ulong LargestSize = uint.MaxValue & ~15u;

    /// <summary>What is reported may be any number. It is not to make as many nodes.</summary>
    private const ulong LargestExternal = 1024 * LargestSize;

    private HeapSurvey* _survey;
    private SnapshotStrings* _strings;
    private void* _file;
    private ulong _rawBytes;
    private ulong _externalBytes;
    private ulong _dyingBytes;
    private ulong _firstObject;
    private ulong _firstStorage;
    private bool _isFirst;

    /// <summary>Writes the heap to the file. False if a traverse callback contradicts itself; errors of the file stick to it.</summary>
    public static bool Write(HeapSurvey* survey, SnapshotStrings* strings, ref OutputFile file)
    {
        Stats stats = HeapStatistics.Read(survey->Heap);
        HeapSnapshot snapshot = new()
        {
            _survey = survey,
            _strings = strings,
            _file = Unsafe.AsPointer(ref file),
            _rawBytes = stats.RawBytes - survey->StorageBytes,
            _externalBytes = stats.ExternalBytes < LargestExternal ? stats.ExternalBytes : LargestExternal,
            _dyingBytes = stats.LiveBytes - survey->ObjectBytes,
        };
        snapshot._firstObject = FirstExtra + Parts(snapshot._rawBytes) + Parts(snapshot._externalBytes) + Parts(snapshot._dyingBytes);
        snapshot._firstStorage = snapshot._firstObject + survey->Numbers.Count;
        snapshot.WriteHead();
        ulong written = snapshot.WriteNodes();
        bool isWhole = snapshot.WriteEdges() == written;
        snapshot.WriteTail();
        return isWhole;
    }

    /// <summary>It lies on the stack of whoever writes.</summary>
    private readonly ref OutputFile File => ref Unsafe.AsRef<OutputFile>(_file);

    /// <summary>Nodes for so many bytes that are one thing.</summary>
    private static ulong Parts(ulong bytes) => (bytes + LargestSize - 1) / LargestSize;

    private readonly void WriteHead()
    {
        ulong nodes = _firstStorage + _survey->StorageCount;
        ulong edges = 1 + _survey->HeldCount + (_firstObject - 2) + _survey->EntryCount
            + _survey->EdgeCount + _survey->WeakCount + _survey->StorageCount;
        File.Write("""
            {"snapshot":{"meta":{"node_fields":["type","name","id","self_size","edge_count","trace_node_id","detachedness"],
            "node_types":[["hidden","array","string","object","code","closure","regexp","number","native","synthetic",
            "concatenated string","sliced string","symbol","bigint","object shape"],"string","number","number","number","number","number"],
            "edge_fields":["type","name_or_index","to_node"],
            "edge_types":[["context","element","property","internal","hidden","shortcut","weak"],"string_or_number","node"],
            "trace_function_info_fields":["function_id","name","script_name","script_id","line","column"],
            "trace_node_fields":["id","function_info_index","count","size","children"],
            "sample_fields":["timestamp_us","last_assigned_id"],
            "location_fields":["object_index","script_id","line","column"]},"node_count":
            """u8);
        File.Write(nodes);
        File.Write(",\"edge_count\":"u8);
        File.Write(edges);
        File.Write(",\"trace_function_count\":0},\n"u8);
    }

    private readonly void WriteTail()
    {
        File.Write("""
            "trace_function_infos":[],
            "trace_tree":[],
            "samples":[],
            "locations":[],
            "strings":[
            """u8);
        _strings->Write(ref File);
        File.Write("]}\n"u8);
    }

    /// <summary>Returns what stands for the edges that the objects were said to have.</summary>
    private ulong WriteNodes()
    {
        File.Write("\"nodes\":["u8);
        _isFirst = true;
        Node(SyntheticNode, SnapshotStrings.Root, 1, 0, 1 + _survey->HeldCount);
        Node(SyntheticNode, SnapshotStrings.GcRoots, 2, 0, _firstObject - 2);
        Node(SyntheticNode, SnapshotStrings.Garbage, 3, 0, _survey->EntryCount);
        ulong id = FirstExtra + 1;
        Extra(SnapshotStrings.RawMemory, _rawBytes, ref id);
        Extra(SnapshotStrings.ExternalMemory, _externalBytes, ref id);
        Extra(SnapshotStrings.Dying, _dyingBytes, ref id);

        ObjectNodes objects = new() { Snapshot = (HeapSnapshot*)Unsafe.AsPointer(ref this) };
        HeapWalk.Objects(_survey->Heap, ref objects);
        StorageNodes storage = new() { Snapshot = objects.Snapshot };
        HeapWalk.Objects(_survey->Heap, ref storage);
        File.Write("],\n"u8);
        return objects.Promised;
    }

    /// <summary>Returns what stands for the edges that the objects turned out to have.</summary>
    private ulong WriteEdges()
    {
        File.Write("\"edges\":["u8);
        _isFirst = true;
        Edge(ElementEdge, 1, 1);
        HeldEdges held = new() { Snapshot = (HeapSnapshot*)Unsafe.AsPointer(ref this) };
        HeapWalk.Objects(_survey->Heap, ref held);
        for (ulong node = 2; node < _firstObject; node++)
        {
            Edge(ElementEdge, node - 1, node);
        }

        EntryEdges entries = new() { Snapshot = held.Snapshot };
        HeapWalk.Objects(_survey->Heap, ref entries);
        ObjectEdges objects = new() { Snapshot = held.Snapshot };
        HeapWalk.Objects(_survey->Heap, ref objects);
        File.Write("],\n"u8);
        return objects.Written;
    }

    private void Extra(uint name, ulong bytes, ref ulong id)
    {
        for (; bytes != 0; id++)
        {
            ulong part = bytes < LargestSize ? bytes : LargestSize;
            Node(NativeNode, name, id, part, 0);
            bytes -= part;
        }
    }

    private void Node(uint type, uint name, ulong id, ulong bytes, ulong edges)
    {
        Separate();
        Field(type);
        Field(name);
        Field((uint)id);
        Field(bytes < LargestSize ? bytes : LargestSize);
        Field(edges);
        File.Write("0,0"u8);
    }

    private void Edge(uint type, ulong nameOrIndex, ulong node)
    {
        Separate();
        Field(type);
        Field(nameOrIndex);
        File.Write(node * NodeFields);
    }

    private readonly void Field(ulong number)
    {
        File.Write(number);
        File.Write((byte)',');
    }

    private void Separate()
    {
        File.Write(_isFirst ? "\n"u8 : ",\n"u8);
        _isFirst = false;
    }

    private static ulong IdOf(void* address) => (ulong)address / 16;

    /// <summary>Mixes the number of edges of one more node into what stands for all before.</summary>
    private static ulong Mix(ulong sum, ulong edges) => (sum ^ edges) * 0x100000001B3;

    /// <summary>Counts the edges of an object.</summary>
    private struct EdgeCounter : IReferenceVisitor
    {
        public HeapSurvey* Survey;
        public ulong Edges;

        public void Visit(void* child) => Edges += Survey->Numbers.TryGet(child, out _) ? 1u : 0;
    }

    private struct ObjectNodes : IBlockVisitor
    {
        public HeapSnapshot* Snapshot;
        public ulong Promised;

        public bool Visit(Page* page, void* payload)
        {
            HeapSurvey* survey = Snapshot->_survey;
            if (survey->Numbers.TryGet(payload, out _))
            {
                TypeDescriptor* type = ObjectLookup.TypeOf(payload);
                EdgeCounter counter = new() { Survey = survey };
                References.Visit(payload, type, ref counter);
                Promised = Mix(Promised, counter.Edges);
                ulong edges = counter.Edges
                    + (survey->TryTarget(payload, type, out _) ? 1u : 0) + (HeapSurvey.StorageOf(payload, type) != 0 ? 1u : 0);
                Snapshot->Node(ObjectNode, Snapshot->_strings->OfType(type), IdOf(payload), Blocks.BytesOf(page), edges);
            }

            return Snapshot->File.IsSound;
        }
    }

    private struct StorageNodes : IBlockVisitor
    {
        public HeapSnapshot* Snapshot;

        public readonly bool Visit(Page* page, void* payload)
        {
            ulong bytes = Snapshot->_survey->Numbers.TryGet(payload, out _) ? HeapSurvey.StorageOf(payload, ObjectLookup.TypeOf(payload)) : 0;
            if (bytes != 0)
            {
                Snapshot->Node(ArrayNode, SnapshotStrings.ListStorage, IdOf(((ListPayload*)payload)->Items), bytes, 0);
            }

            return Snapshot->File.IsSound;
        }
    }

    private struct HeldEdges : IBlockVisitor
    {
        public HeapSnapshot* Snapshot;

        public readonly bool Visit(Page* page, void* payload)
        {
            HeapSurvey* survey = Snapshot->_survey;
            if (survey->Numbers.TryGet(payload, out uint number) && survey->IsHeld(payload, number))
            {
                ulong references = survey->OutsideReferences(payload, number);
                uint name = references != 0 ? SnapshotStrings.OfHolders(references)
                    : Header.IsImmortal(Header.Count(payload)) ? SnapshotStrings.Immortal
                    : SnapshotStrings.LeftOut;
                Snapshot->Edge(PropertyEdge, name, Snapshot->_firstObject + number);
            }

            return Snapshot->File.IsSound;
        }
    }

    private struct EntryEdges : IBlockVisitor
    {
        public HeapSnapshot* Snapshot;
        public ulong Index;

        public bool Visit(Page* page, void* payload)
        {
            HeapSurvey* survey = Snapshot->_survey;
            if (survey->Numbers.TryGet(payload, out uint number) && survey->IsEntry(number))
            {
                Snapshot->Edge(ElementEdge, ++Index, Snapshot->_firstObject + number);
            }

            return Snapshot->File.IsSound;
        }
    }

    private struct ObjectEdges : IBlockVisitor, ILabelledVisitor
    {
        public HeapSnapshot* Snapshot;
        public ulong Written;
        private TypeDescriptor* _type;
        private ulong _edges;
        private ulong _storages;

        public bool Visit(Page* page, void* payload)
        {
            HeapSurvey* survey = Snapshot->_survey;
            if (survey->Numbers.TryGet(payload, out _))
            {
                _type = ObjectLookup.TypeOf(payload);
                _edges = 0;
                LabelledReferences.Visit(payload, _type, ref this);
                Written = Mix(Written, _edges);
                if (survey->TryTarget(payload, _type, out uint target))
                {
                    Snapshot->Edge(WeakEdge, SnapshotStrings.Target, Snapshot->_firstObject + target);
                }

                if (HeapSurvey.StorageOf(payload, _type) != 0)
                {
                    Snapshot->Edge(InternalEdge, SnapshotStrings.Storage, Snapshot->_firstStorage + _storages++);
                }
            }

            return Snapshot->File.IsSound;
        }

        public void Visit(Place place, ulong index, void* child)
        {
            if (Snapshot->_survey->Numbers.TryGet(child, out uint number))
            {
                _edges++;
                Snapshot->Edge(
                    place == Place.Slot ? PropertyEdge : ElementEdge,
                    place == Place.Slot ? Snapshot->_strings->OfSlot(_type, index) : index,
                    Snapshot->_firstObject + number);
            }
        }
    }
}
