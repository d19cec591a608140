// A heap, or what lies around one object, as a graph for Graphviz: boxes with type, address and count; arrows with the names of
// slots; what holds an object from outside; and in red what nothing outside leads to, so that collections free it.
//
// What is drawn
//   of a heap     garbage first, as far as it takes half of the room, then what is held and what that leads to, then more garbage;
//                 always what hangs together after each other
//   of an object  the object, who leads to it (hop by hop, as far as that takes half of the room), and what it leads to
//
//   A picture that leaves something out says so, at the top and at each object whose references lead to what is not drawn.
//
// Invariant: the objects of the picture are those in Chosen, and exactly their numbers are set in the bitmap.

using System;
using System.Runtime.CompilerServices;
using RefRuntime.Heap;
using RefRuntime.Objects;
using RefRuntime.Os;

namespace RefRuntime.Diagnostics;

internal unsafe struct HeapPicture
{
    /// <summary>How far the way to those who lead to an object is followed: each hop is a walk over the heap.</summary>
    private const int MaxHops = 8;

    /// <summary>References drawn of one object; a list may have a million of them.</summary>
    private const uint MaxArrows = 100;

    private HeapSurvey* _survey;
    private void** _chosen;
    private ulong* _isChosen;

    /// <summary>Of those chosen, who was so before the present walk.</summary>
    private ulong* _isKnown;
    private ulong _count;
    private ulong _limit;
    private byte* _memory;
    private ulong _bytes;
    private void* _file;

    /// <summary>Room for a picture of so many objects; ends with <see cref="Free"/> in either case. False when the system has no memory.</summary>
    public static bool TryBuild(HeapSurvey* survey, ulong objects, out HeapPicture picture)
    {
        picture = default;
        picture._survey = survey;
        picture._limit = objects < survey->Numbers.Count ? objects : survey->Numbers.Count;
        ulong words = (survey->Numbers.Count + 63ul) / 64;
        picture._bytes = (picture._limit + (2 * words)) * 8;
        picture._memory = picture._bytes != 0 ? Memory.Reserve(picture._bytes, 16) : null;
        picture._chosen = (void**)picture._memory;
        picture._isChosen = (ulong*)(picture._memory + (picture._limit * 8));
        picture._isKnown = picture._isChosen + words;
        return picture._bytes == 0 || picture._memory != null;
    }

    public void Free()
    {
        if (_memory != null)
        {
            Memory.Release(_memory, _bytes);
        }

        this = default;
    }

    /// <summary>Chooses objects of the whole heap.</summary>
    public void ChooseHeap()
    {
        ChooseFrom(_limit / 2, wantsGarbage: true);
        ChooseFrom(_limit, wantsGarbage: false);
        Follow(0, ulong.MaxValue, _limit);
        ChooseFrom(_limit, wantsGarbage: true);
    }

    /// <summary>Chooses objects around this one.</summary>
    public void ChooseAround(void* payload)
    {
        Choose(payload, _limit);
        HolderFinder holders = new() { Picture = (HeapPicture*)Unsafe.AsPointer(ref this), Limit = (_limit + 1) / 2 };
        ulong known = 0;
        for (int hop = 0; hop < MaxHops && known != _count && _count < holders.Limit; hop++)
        {
            for (; known < _count; known++)
            {
                _ = _survey->Numbers.TryGet(_chosen[known], out uint number);
                Set(_isKnown, number);
            }

            HeapWalk.Objects(_survey->Heap, ref holders);
        }

        // Its holders' other references are not followed, only its own.
        ulong children = _count;
        Follow(0, 1, _limit);
        Follow(children, ulong.MaxValue, _limit);
    }

    /// <summary>Writes the graph; <paramref name="subject"/>, if there is one, is drawn with a thick frame.</summary>
    public void Write(ref OutputFile file, void* subject)
    {
        _file = Unsafe.AsPointer(ref file);
        file.Write("""
            digraph heap {
              graph [rankdir=LR, labelloc=t, fontname="Helvetica", fontsize=11, label="
            """u8);
        WriteTitle(ref file);
        file.Write("""
            "];
              node [shape=box, style="rounded,filled", fillcolor="#eef4fb", color="#5b7ea6", fontname="Helvetica", fontsize=10];
              edge [color="#555555", fontname="Helvetica", fontsize=9];

            """u8);
        for (ulong i = 0; i < _count && file.IsSound; i++)
        {
            WriteObject(_chosen[i], _chosen[i] == subject);
        }

        file.Write("}\n"u8);
    }

    /// <summary>It lies on the stack of whoever writes.</summary>
    private readonly ref OutputFile File => ref Unsafe.AsRef<OutputFile>(_file);

    private readonly void WriteTitle(ref OutputFile file)
    {
        file.Write(_count);
        file.Write(_count == 1 ? " object"u8 : " objects"u8);
        if (_count < _survey->Numbers.Count)
        {
            file.Write(" of "u8);
            file.Write((ulong)_survey->Numbers.Count);
            file.Write(": not all are drawn"u8);
        }

        if (_survey->GarbageCount != 0)
        {
            file.Write("\\nred: "u8);
            file.Write(_survey->GarbageCount);
            file.Write(_survey->GarbageCount == 1 ? " object"u8 : " objects"u8);
            file.Write(" in all that nothing outside holds; a collection frees them"u8);
        }
    }

    private readonly void WriteObject(void* payload, bool isSubject)
    {
        ref OutputFile file = ref File;
        TypeDescriptor* type = ObjectLookup.TypeOf(payload);
        _ = _survey->Numbers.TryGet(payload, out uint number);
        Name("  n"u8, number);
        file.Write(" [label=\""u8);
        WriteText(CString.Text(type->Name));
        file.Write("\\n"u8);
        file.WriteHex((ulong)payload);
        int count = Header.Count(payload);
        file.Write(Header.IsImmortal(count) ? "\\nimmortal"u8 : "\\ncount "u8);
        if (!Header.IsImmortal(count))
        {
            file.Write(Header.References(count));
        }

        file.Write((byte)'"');
        file.Write(_survey->IsReached(number) ? ""u8 : ", fillcolor=\"#fbdcdc\", color=\"#c0392b\""u8);
        file.Write(isSubject ? ", penwidth=2.5"u8 : ""u8);
        file.Write("];\n"u8);
        WriteHolder(payload, number);

        EdgeWriter edges = new() { Picture = (HeapPicture*)Unsafe.AsPointer(ref Unsafe.AsRef(in this)), Type = type, Number = number };
        LabelledReferences.Visit(payload, type, ref edges);
        if (_survey->TryTarget(payload, type, out uint target))
        {
            edges.Write("weak"u8, target, ", style=dashed, constraint=false"u8);
        }

        if (edges.Hidden != 0)
        {
            Name("  m"u8, number);
            file.Write(" [shape=plaintext, style=\"\", label=\""u8);
            file.Write(edges.Hidden);
            file.Write(" more, not drawn\"]; "u8);
            Name("n"u8, number);
            Name(" -> m"u8, number);
            file.Write(" [style=dotted];\n"u8);
        }
    }

    /// <summary>What holds the object from outside, if something does.</summary>
    private readonly void WriteHolder(void* payload, uint number)
    {
        ref OutputFile file = ref File;
        ulong references = _survey->OutsideReferences(payload, number);
        bool isImmortal = Header.IsImmortal(Header.Count(payload));
        if (isImmortal || !_survey->IsHeld(payload, number))
        {
            return;
        }

        Name("  x"u8, number);
        file.Write(" [shape=ellipse, style=filled, fillcolor=\"#fff6d6\", color=\"#b08900\", label=\""u8);
        if (references != 0)
        {
            file.Write(references);
            file.Write(" from outside\"]; "u8);
        }
        else
        {
            file.Write("frozen or untracked\"]; "u8);
        }

        Name("x"u8, number);
        Name(" -> n"u8, number);
        file.Write(" [color=\"#b08900\"];\n"u8);
    }

    private readonly void Name(ReadOnlySpan<byte> prefix, uint number)
    {
        File.Write(prefix);
        File.Write((ulong)number);
    }

    /// <summary>Text within the quotes of a label. Bytes that are no UTF-8 become U+FFFD.</summary>
    private readonly void WriteText(ReadOnlySpan<byte> text)
    {
        ref OutputFile file = ref File;
        while (!text.IsEmpty)
        {
            bool isSound = System.Text.Rune.DecodeFromUtf8(text, out System.Text.Rune rune, out int consumed) == System.Buffers.OperationStatus.Done;
            if (!isSound || (rune.Value < ' ' && rune.Value != '\n'))
            {
                file.Write("\uFFFD"u8);
            }
            else if (rune.Value == '\n')
            {
                file.Write("\\n"u8);
            }
            else
            {
                file.Write(rune.Value is '"' or '\\' ? "\\"u8 : ""u8);
                file.Write(text[..consumed]);
            }

            text = text[consumed..];
        }
    }

    private bool Choose(void* payload, ulong limit)
    {
        if (_count >= limit || !_survey->Numbers.TryGet(payload, out uint number) || IsChosen(number))
        {
            return false;
        }

        Set(_isChosen, number);
        _chosen[_count++] = payload;
        return true;
    }

    private readonly bool IsChosen(uint number) => IsSet(_isChosen, number);

    private static void Set(ulong* bitmap, uint number) => bitmap[number / 64] |= 1ul << (int)(number % 64);

    private static bool IsSet(ulong* bitmap, uint number) => (bitmap[number / 64] & (1ul << (int)(number % 64))) != 0;

    /// <summary>Chooses what the objects from <paramref name="first"/> on lead to, and what that leads to.</summary>
    private void Follow(ulong first, ulong end, ulong limit)
    {
        Follower follower = new() { Picture = (HeapPicture*)Unsafe.AsPointer(ref this), Limit = limit };
        for (ulong i = first; i < _count && i < end && _count < limit; i++)
        {
            References.Visit(_chosen[i], ObjectLookup.TypeOf(_chosen[i]), ref follower);
        }
    }

    private void ChooseFrom(ulong limit, bool wantsGarbage)
    {
        Starter starter = new() { Picture = (HeapPicture*)Unsafe.AsPointer(ref this), Limit = limit, WantsGarbage = wantsGarbage };
        HeapWalk.Objects(_survey->Heap, ref starter);
    }

    /// <summary>Begins at each object that is held, or at each entry of garbage.</summary>
    private struct Starter : IBlockVisitor
    {
        public HeapPicture* Picture;
        public ulong Limit;
        public bool WantsGarbage;

        public readonly bool Visit(Page* page, void* payload)
        {
            HeapSurvey* survey = Picture->_survey;
            if (survey->Numbers.TryGet(payload, out uint number) && (WantsGarbage ? survey->IsEntry(number) : survey->IsHeld(payload, number)))
            {
                ulong first = Picture->_count;
                Picture->Choose(payload, Limit);
                Picture->Follow(first, ulong.MaxValue, Limit);
            }

            return Picture->_count < Limit;
        }
    }

    private struct Follower : IReferenceVisitor
    {
        public HeapPicture* Picture;
        public ulong Limit;

        public readonly void Visit(void* child) => Picture->Choose(child, Limit);
    }

    /// <summary>Chooses who refers to one of those that were chosen before this walk.</summary>
    private struct HolderFinder : IBlockVisitor, IReferenceVisitor
    {
        public HeapPicture* Picture;
        public ulong Limit;
        private bool _refers;

        public bool Visit(Page* page, void* payload)
        {
            if (Picture->_survey->Numbers.TryGet(payload, out uint number) && !Picture->IsChosen(number))
            {
                _refers = false;
                References.Visit(payload, ObjectLookup.TypeOf(payload), ref this);
                if (_refers)
                {
                    Picture->Choose(payload, Limit);
                }
            }

            return Picture->_count < Limit;
        }

        public void Visit(void* child) =>
            _refers = _refers || (Picture->_survey->Numbers.TryGet(child, out uint number) && IsSet(Picture->_isKnown, number));
    }

    /// <summary>Draws the references of one object, and counts those that lead out of the picture.</summary>
    private struct EdgeWriter : ILabelledVisitor
    {
        public HeapPicture* Picture;
        public TypeDescriptor* Type;
        public uint Number;
        public ulong Hidden;
        private uint _arrows;

        public void Visit(Place place, ulong index, void* child)
        {
            if (!Picture->_survey->Numbers.TryGet(child, out uint number))
            {
                return;
            }

            if (!Picture->IsChosen(number) || _arrows == MaxArrows)
            {
                Hidden++;
                return;
            }

            _arrows++;
            Begin(number);
            ref OutputFile file = ref Picture->File;
            if (place == Place.Slot && Type->SlotNames != null && Type->SlotNames[index] != null)
            {
                Picture->WriteText(CString.Text(Type->SlotNames[index]));
            }
            else if (place == Place.Slot)
            {
                file.Write((byte)'+');
                file.Write((ulong)Type->Offsets[index]);
            }
            else
            {
                file.Write((byte)'[');
                file.Write(index);
                file.Write((byte)']');
            }

            End(Picture->_survey->IsReached(Number) ? ""u8 : ", color=\"#c0392b\""u8);
        }

        public void Write(ReadOnlySpan<byte> label, uint number, ReadOnlySpan<byte> style)
        {
            if (Picture->IsChosen(number))
            {
                Begin(number);
                Picture->File.Write(label);
                End(style);
            }
            else
            {
                Hidden++;
            }
        }

        private readonly void Begin(uint number)
        {
            Picture->Name("  n"u8, Number);
            Picture->Name(" -> n"u8, number);
            Picture->File.Write(" [label=\""u8);
        }

        private readonly void End(ReadOnlySpan<byte> style)
        {
            Picture->File.Write((byte)'"');
            Picture->File.Write(style);
            Picture->File.Write("];\n"u8);
        }
    }
}
