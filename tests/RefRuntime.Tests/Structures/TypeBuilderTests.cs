// Every rule for a type's description: the refusal names the field, and the same description without the mistake passes.

using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using NUnit.Framework;
using RefRuntime.Abi;
using RefRuntime.Objects;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Structures;

public sealed unsafe class TypeBuilderTests
{
    /// <summary>A description in native memory that a case spoils.</summary>
    private struct Draft
    {
        public TypeInfo* Info;
        public ValueFormat* Values;
        public uint* Offsets;
    }

    private delegate void Mistake(Draft draft);

    private static readonly (string Name, string Field, Mistake Spoil)[] s_plain =
    [
        ("a struct_size that is too small", "struct_size", draft => draft.Info->StructSize = TypeInfo.FirstSize - 1),
        ("unknown flags", "flags", draft => draft.Info->Flags |= (TypeFlags)16),
        ("a reserved field that is set", "reserved", draft => draft.Info->Reserved = 1),
        ("no name", "name", draft => draft.Info->Name = null),
        ("an empty name", "name", draft => draft.Info->Name[0] = 0),
        ("items that are references of another size", "item_size", draft => draft.Info->ItemSize = 4),
        ("items that would be misaligned", "size", draft => draft.Info->Size = 36),
        ("a count without offsets", "ref_offsets", draft => draft.Info->RefOffsets = null),
        ("an offset that is misaligned", "offset 4", draft => draft.Offsets[1] = 4),
        ("an offset outside the payload", "offset 40", draft => draft.Offsets[1] = 40),
        ("an offset far outside the payload", "offset 4294967288", draft => draft.Offsets[1] = uint.MaxValue - 7),
        ("an offset twice", "overlaps", draft => draft.Offsets[1] = 0),
        ("more offsets than the payload has room for", "ref_count", draft => draft.Info->RefCount = 6),
        ("an unzeroed type with references", "UNZEROED", draft => draft.Info->Flags |= TypeFlags.Unzeroed),
        ("a self-releasing type without callbacks", "SELF_RELEASING", draft => draft.Info->Flags |= TypeFlags.SelfReleasing),
    ];

    private static readonly (string Name, string Field, Mistake Spoil)[] s_tagged =
    [
        ("a value format whose struct_size is too small", "struct_size", draft => draft.Values->StructSize = 8),
        ("a value size that is neither 8 nor 16", "value_size", draft => draft.Values->ValueSize = 12),
        ("a tag outside the value", "tag_offset", draft => draft.Values->TagOffset = 16),
        ("a tag that is misaligned", "tag_offset", draft => draft.Values->TagOffset = 4),
        ("a pointer outside the value", "pointer_offset", draft => draft.Values->PointerOffset = 16),
        ("low above high", "low", draft => draft.Values->Low = 9),
        ("a mask without a pointer", "pointer_mask", draft => draft.Values->PointerMask = 0),
        ("items that are no values", "item_size", draft => draft.Info->ItemSize = 8),
        ("values that overlap", "overlaps", draft => draft.Offsets[1] = 8),
        ("a value that leaves the payload", "offset 32", draft => draft.Offsets[1] = 32),
        ("a format without a value", "values", draft => (draft.Info->RefCount, draft.Info->ItemSize) = (0, 0)),
    ];

    private static IEnumerable<TestCaseData> Mistakes()
    {
        for (int i = 0; i < s_plain.Length + s_tagged.Length; i++)
        {
            yield return new TestCaseData(i).SetArgDisplayNames((i < s_plain.Length ? s_plain[i] : s_tagged[i - s_plain.Length]).Name);
        }
    }

    [TestCaseSource(nameof(Mistakes))]
    public void A_mistake_is_refused_by_name(int index)
    {
        bool isTagged = index >= s_plain.Length;
        (_, string field, Mistake spoil) = isTagged ? s_tagged[index - s_plain.Length] : s_plain[index];
        WithDraft(isTagged, draft =>
        {
            Assert.That(TypeOperations.New(draft.Info), Is.Not.EqualTo(TypeId.None), NativeText.LastError());
            spoil(draft);
            Assert.That(TypeOperations.New(draft.Info), Is.EqualTo(TypeId.None));
            Assert.That(LibraryOperations.LastStatus(), Is.EqualTo(Status.Argument));
            Assert.That(NativeText.LastError(), Does.StartWith("rr_type_new: ").And.Contains(field));
        });
    }

    [Test]
    public void No_description_is_refused()
    {
        Assert.That(TypeOperations.New(null), Is.EqualTo(TypeId.None));
        Assert.That(LibraryOperations.LastStatus(), Is.EqualTo(Status.Argument));
    }

    [Test]
    public void Names_and_offsets_are_copied() =>
        WithDraft(isTagged: false, draft =>
        {
            TypeId type = TypeOperations.New(draft.Info);
            draft.Info->Name[0] = (byte)'X';
            draft.Offsets[0] = 8;
            Assert.That(NativeText.Of(TypeOperations.Name(type)), Is.EqualTo("draft"));
            Assert.That(TypeRegistry.Get(type)->Offsets[0], Is.Zero);
        });

    [Test]
    public void Types_get_consecutive_numbers_and_are_found()
    {
        TypeId first = TestTypes.Define(default);
        for (uint i = 1; i < 3000; i++)
        {
            TypeId type = TestTypes.Define(default);
            Assert.That(type, Is.EqualTo(first + i));
            Assert.That(TypeRegistry.Find(type)->Id, Is.EqualTo(type));
        }

        Assert.That((ulong)TypeRegistry.Find(first + 3000), Is.Zero);
        Assert.That((ulong)TypeOperations.Name(TypeId.None), Is.Zero);
        Assert.That((ulong)TypeOperations.Name((TypeId)9), Is.Zero);
        Assert.That((ulong)TypeOperations.Name((TypeId)uint.MaxValue), Is.Zero);
    }

    private static void WithDraft(bool isTagged, Action<Draft> test)
    {
        var draft = new Draft
        {
            Info = (TypeInfo*)NativeMemory.AllocZeroed((nuint)sizeof(TypeInfo)),
            Values = (ValueFormat*)NativeMemory.AllocZeroed((nuint)sizeof(ValueFormat)),
            Offsets = (uint*)NativeMemory.AllocZeroed(8, 4),
        };
        byte* name = (byte*)NativeMemory.AllocZeroed(8);
        "draft"u8.CopyTo(new Span<byte>(name, 8));
        *draft.Values = new ValueFormat { StructSize = (uint)sizeof(ValueFormat), ValueSize = 16, PointerOffset = 8, Mask = 7, Low = 1, High = 2, PointerMask = ulong.MaxValue };
        draft.Offsets[1] = isTagged ? 16u : 8u;
        *draft.Info = new TypeInfo
        {
            StructSize = (uint)sizeof(TypeInfo),
            Name = name,
            Size = 40,
            ItemSize = isTagged ? 16u : 8u,
            Flags = isTagged ? TypeFlags.None : TypeFlags.ItemsAreRefs,
            RefOffsets = draft.Offsets,
            RefCount = 2,
            Values = isTagged ? draft.Values : null,
        };
        try
        {
            test(draft);
        }
        finally
        {
            NativeMemory.Free(draft.Info);
            NativeMemory.Free(draft.Values);
            NativeMemory.Free(draft.Offsets);
            NativeMemory.Free(name);
        }
    }
}
