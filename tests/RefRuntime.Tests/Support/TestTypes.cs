// Types that tests share. All but Leaf have reference slots at 0 and 8, and 8 bytes behind them.

using NUnit.Framework;
using RefRuntime.Abi;
using RefRuntime.Operations;

namespace RefRuntime.Tests;

internal static unsafe class TestTypes
{
    private static TypeId s_pair;
    private static TypeId s_leaf;
    private static TypeId s_destroyed;
    private static TypeId s_finalized;
    private static TypeId s_releasing;

    /// <summary>No callbacks.</summary>
    public static TypeId Pair => s_pair != TypeId.None ? s_pair : s_pair = Define(default);

    /// <summary>24 bytes without references or callbacks.</summary>
    public static TypeId Leaf => s_leaf != TypeId.None ? s_leaf : s_leaf = Define(default, slots: 0);

    /// <summary>Destroy callback: Hooks.Destroy.</summary>
    public static TypeId Destroyed =>
        s_destroyed != TypeId.None ? s_destroyed : s_destroyed = Define(new TypeInfo { Destroy = &Hooks.OnDestroy });

    /// <summary>Finalizer and destroy callback.</summary>
    public static TypeId Finalized =>
        s_finalized != TypeId.None ? s_finalized : s_finalized = Define(new TypeInfo { Finalize = &Hooks.OnFinalize, Destroy = &Hooks.OnDestroy });

    /// <summary>Self-releasing: its slots are seen by traverse alone, and Hooks.Destroy must release them.</summary>
    public static TypeId Releasing =>
        s_releasing != TypeId.None
            ? s_releasing
            : s_releasing = Define(new TypeInfo { Flags = TypeFlags.SelfReleasing, Traverse = &Hooks.OnTraverse, Destroy = &Hooks.OnDestroy }, slots: 0);

    public static TypeId Define(TypeInfo info, uint slots = 2, uint size = 24)
    {
        uint* offsets = stackalloc uint[2] { 0, 8 };
        byte* name = stackalloc byte[5] { (byte)'t', (byte)'e', (byte)'s', (byte)'t', 0 };
        info.StructSize = (uint)sizeof(TypeInfo);
        info.Name = name;
        info.Size = size;
        info.RefOffsets = offsets;
        info.RefCount = slots;
        TypeId type = TypeOperations.New(&info);
        Assert.That(type, Is.Not.EqualTo(TypeId.None), NativeText.LastError());
        return type;
    }
}
