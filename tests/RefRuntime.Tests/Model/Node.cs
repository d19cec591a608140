// An object as the oracle knows it. Plain managed C#: nothing here looks at the real heap.

using System.Collections.Generic;

namespace RefRuntime.Tests.Model;

/// <summary>What the finalizer of a node does. Effects of different finalizers commute, so that their order, which is the runtime's choice, does not matter.</summary>
internal enum Behaviour
{
    Look,
    Resurrect,
    Cut,

    /// <summary>Makes an object and puts it into its own first slot.</summary>
    SpawnInside,

    /// <summary>Makes an object that refers to the dying one, and keeps it.</summary>
    SpawnOutside,

    /// <summary>Gives back a reference that the program had to another object.</summary>
    DropVictim,
}

internal sealed class Node(int id, Kind kind, int slots)
{
    public int Id { get; } = id;

    public Kind Kind { get; } = kind;

    /// <summary>Where the real object lies.</summary>
    public nint Address { get; set; }

    public List<Node?> Slots { get; } = [.. new Node?[slots]];

    /// <summary>References that the program holds.</summary>
    public int Handles { get; set; }

    /// <summary>All references: handles, slots of other nodes, and the runtime's hold while finalizers run.</summary>
    public long Count { get; set; }

    public bool IsAlive { get; set; } = true;

    public bool IsImmortal { get; set; }

    public bool IsFrozen { get; set; }

    public bool IsUntracked { get; set; }

    public bool IsFinalized { get; set; }

    public bool IsDestroyed { get; set; }

    public Behaviour Behaviour { get; set; }

    /// <summary>What the finalizer makes, if it makes something.</summary>
    public Node? Spawn { get; set; }

    public Node? Victim { get; set; }

    /// <summary>The oracle's decision that the finalizer gives back the victim.</summary>
    public bool DropsVictim { get; set; }

    /// <summary>Live weak references to this node, oldest first.</summary>
    public List<Node> WeakReferences { get; } = [];

    /// <summary>Of a weak reference: what it refers to while that lives.</summary>
    public Node? Target { get; set; }

    /// <summary>Of a weak reference: what its callback gets as user pointer.</summary>
    public int TargetId { get; set; }

    public bool HasCallback { get; set; }

    /// <summary>The set with which the node died, counted within a step; 0: by counting.</summary>
    public int DeathSet { get; set; }

    /// <summary>Do collections pass by, while the node lives?</summary>
    public bool IsPassedBy => Kind == Kind.Acyclic || IsFrozen || IsUntracked || IsImmortal;

    public bool IsPlainLeaf => Kind == Kind.Bytes && WeakReferences.Count == 0;

    public override string ToString() => $"{Kind} #{Id} at 0x{Address:x}";
}
