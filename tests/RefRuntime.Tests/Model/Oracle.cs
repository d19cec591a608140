// The heap as it should be: exact counts, exact reachability, the order at death. Independent of how the library finds
// garbage: what is dead is what no path from a handle leads to.
//
// Deaths by counting are worked off from a list. The library works them off in another order; the outcome is the same,
// since what finalizers do commutes (Behaviour).

using System.Collections.Generic;

namespace RefRuntime.Tests.Model;

internal sealed class Oracle
{
    private readonly Stack<Node> _zero = new();
    private HashSet<Node>? _held;
    private int _nextId;
    private int _sets;

    public List<Node> Live { get; } = [];

    /// <summary>One entry for each reference that the program holds.</summary>
    public List<Node> Handles { get; } = [];

    /// <summary>What the operation that runs now works with: no finalizer gives it back.</summary>
    public Node? Pinned { get; set; }

    /// <summary>What must happen in the current step.</summary>
    public Expectations Expected { get; } = new();

    public ulong Resurrected { get; set; }

    public ulong FinalizersRun { get; private set; }

    public Node Add(Kind kind, int slots)
    {
        var node = new Node(++_nextId, kind, slots);
        Live.Add(node);
        return node;
    }

    public void AddHandle(Node node)
    {
        Handles.Add(node);
        node.Handles++;
        node.Count++;
    }

    public void DropHandle(Node node)
    {
        ForgetHandle(node);
        Decrement(node);
        Settle();
    }

    /// <summary>The reference stays, but the program no longer has it: it was moved into a slot.</summary>
    public void MoveHandle(Node node)
    {
        ForgetHandle(node);
        node.Count--;
    }

    public void SetSlot(Node node, int slot, Node? value)
    {
        Node? old = node.Slots[slot];
        node.Slots[slot] = value;
        Increment(value);
        Decrement(old);
        Settle();
    }

    public static void InsertItem(Node list, int index, Node value)
    {
        list.Slots.Insert(index, value);
        Increment(value);
    }

    public void RemoveItem(Node list, int index)
    {
        Node? old = list.Slots[index];
        list.Slots.RemoveAt(index);
        Decrement(old);
        Settle();
    }

    public void ClearList(Node list)
    {
        Node?[] old = [.. list.Slots];
        list.Slots.Clear();
        foreach (Node? item in old)
        {
            Decrement(item);
        }

        Settle();
    }

    /// <summary>What a complete collection must find: all that no reference from outside leads to.</summary>
    public List<Node> Garbage()
    {
        var reached = new HashSet<Node>();
        var pending = new Stack<Node>();
        foreach (Node node in Live)
        {
            if ((node.Handles > 0 || node.IsPassedBy) && reached.Add(node))
            {
                pending.Push(node);
            }
        }

        while (pending.TryPop(out Node? node))
        {
            foreach (Node? child in node.Slots)
            {
                if (child is not null && reached.Add(child))
                {
                    pending.Push(child);
                }
            }
        }

        return Live.FindAll(node => !reached.Contains(node) && !node.IsPlainLeaf);
    }

    /// <summary>A set dies that only holds itself. Returns how many of its members count as collected, and how many came back.</summary>
    public (long Collected, long Resurrected) Collect(List<Node> set)
    {
        List<Node> dead = set.Exists(IsFinalizerDue) ? FinalizeSet(set) : set;
        return (BurySet(dead, isOneSet: true), set.Count - dead.Count);
    }

    private long BurySet(List<Node> dead, bool isOneSet)
    {
        _sets++;
        foreach (Node node in dead)
        {
            // Who died in which of several sets, or by counting, is not known: then each is taken for itself.
            node.DeathSet = isOneSet ? _sets : 0;
            if (!isOneSet && node is { HasCallback: true, Target: not null })
            {
                Expected.MaybeCallbacks.Add((node, node.Target));
            }

            Detach(node);
        }

        long collected = 0;
        foreach (Node node in dead)
        {
            collected += node.Kind.IsCounted() ? 1 : 0;
            ClearWeakReferences(node);
            Bury(node);
        }

        // Members no longer count each other.
        var members = new HashSet<Node>(dead);
        foreach (Node node in dead)
        {
            foreach (Node? child in node.Slots)
            {
                if (child is not null && !members.Contains(child))
                {
                    Decrement(child);
                }
            }
        }

        Settle();
        return collected;
    }

    /// <summary>
    /// A collection begins that chooses itself what of the garbage it takes. Its finalizers are reported one by one; no
    /// garbage dies before <see cref="EndChoice"/>.
    /// </summary>
    public void BeginChoice(List<Node> garbage) => _held = [.. garbage];

    /// <summary>The collection has taken these. Returns how many of them count as collected.</summary>
    public long EndChoice(List<Node> dead, bool isOneSet)
    {
        // Finalizers have let others go: those died while the set was still held.
        Settle();
        _held = null;
        return BurySet(dead, isOneSet);
    }

    /// <summary>The members of a set that nothing outside the set holds, neither themselves nor through other members.</summary>
    public static List<Node> ClosedPart(List<Node> set)
    {
        var members = new HashSet<Node>(set);
        var inside = new Dictionary<Node, long>();
        foreach (Node node in set)
        {
            foreach (Node? child in node.Slots)
            {
                if (child is not null && members.Contains(child))
                {
                    inside[child] = inside.GetValueOrDefault(child) + 1;
                }
            }
        }

        var held = new HashSet<Node>();
        var pending = new Stack<Node>(set.FindAll(node => node.Count > inside.GetValueOrDefault(node)));
        while (pending.TryPop(out Node? node))
        {
            if (members.Contains(node) && held.Add(node))
            {
                node.Slots.FindAll(child => child is not null).ForEach(child => pending.Push(child!));
            }
        }

        return set.FindAll(node => !held.Contains(node));
    }

    public static bool IsFinalizerDue(Node node) => node.Kind.HasFinalizer() && !node.IsFinalized;

    private List<Node> FinalizeSet(List<Node> set)
    {
        foreach (Node node in set)
        {
            node.Count++;
        }

        foreach (Node node in set.FindAll(IsFinalizerDue))
        {
            RunFinalizer(node);
        }

        Settle();

        foreach (Node node in set)
        {
            node.Count--;
        }

        List<Node> dead = ClosedPart(set);
        Resurrected += (ulong)(set.Count - dead.Count);
        return dead;
    }

    private static void Increment(Node? node)
    {
        if (node is not null)
        {
            node.Count++;
        }
    }

    private void Decrement(Node? node)
    {
        if (node is null)
        {
            return;
        }

        node.Count--;
        if (node.Count == 0 && !node.IsImmortal && _held?.Contains(node) != true)
        {
            _zero.Push(node);
        }
    }

    /// <summary>Lets everything die whose count is zero.</summary>
    private void Settle()
    {
        while (_zero.TryPop(out Node? node))
        {
            // A finalizer that ran meanwhile may have brought it back, or it is in the list twice.
            if (node.IsAlive && node.Count == 0)
            {
                Die(node);
            }
        }
    }

    private void Die(Node node)
    {
        if (IsFinalizerDue(node))
        {
            node.Count = 1;
            RunFinalizer(node);
            node.Count--;
            if (node.Count > 0)
            {
                Resurrected++;
                return;
            }
        }

        if (node is { HasCallback: true, Target: not null })
        {
            Expected.MaybeCallbacks.Add((node, node.Target));
        }

        Detach(node);
        ClearWeakReferences(node);
        Bury(node);
        foreach (Node? child in node.Slots)
        {
            Decrement(child);
        }
    }

    private void Bury(Node node)
    {
        node.IsAlive = false;
        Live.Remove(node);
        Expected.Dead.Add(node);
        if (node.Kind.HasDestroy())
        {
            Expected.Destroyed.Add(node);
        }
    }

    private static void Detach(Node weak)
    {
        weak.Target?.WeakReferences.Remove(weak);
        weak.Target = null;
    }

    private void ClearWeakReferences(Node node)
    {
        for (int i = node.WeakReferences.Count - 1; i >= 0; i--)
        {
            Node weak = node.WeakReferences[i];
            weak.Target = null;
            if (weak.HasCallback)
            {
                Expected.Callbacks.Add((weak, node));
            }
        }

        node.WeakReferences.Clear();
    }

    public void RunFinalizer(Node node)
    {
        node.IsFinalized = true;
        FinalizersRun++;
        Expected.Finalized.Add(node);
        switch (node.Behaviour)
        {
            case Behaviour.Resurrect:
                AddHandle(node);
                Expected.Returned.Add(node);
                break;
            case Behaviour.Cut:
                for (int i = 0; i < node.Slots.Count; i++)
                {
                    Node? child = node.Slots[i];
                    node.Slots[i] = null;
                    Decrement(child);
                }

                break;
            case Behaviour.SpawnInside:
                node.Spawn = Add(Kind.Node, Kind.Node.FixedSlots());
                Node? old = node.Slots[0];
                node.Slots[0] = node.Spawn;
                node.Spawn.Count = 1;
                Decrement(old);
                break;
            case Behaviour.SpawnOutside:
                node.Spawn = Add(Kind.Node, Kind.Node.FixedSlots());
                AddHandle(node.Spawn);
                Expected.Returned.Add(node.Spawn);
                node.Spawn.Slots[0] = node;
                node.Count++;
                break;
            case Behaviour.DropVictim:
                node.DropsVictim = node.Victim is { Handles: > 0 } && node.Victim != Pinned && !Expected.Returned.Contains(node.Victim);
                if (node.DropsVictim)
                {
                    ForgetHandle(node.Victim!);
                    Decrement(node.Victim);
                }

                break;
        }
    }

    private void ForgetHandle(Node node)
    {
        Handles.RemoveAt(Handles.LastIndexOf(node));
        node.Handles--;
    }
}

/// <summary>What must happen in one step, as sets: the order is checked apart from them.</summary>
internal sealed class Expectations
{
    public List<Node> Finalized { get; } = [];

    public List<Node> Destroyed { get; } = [];

    public List<Node> Dead { get; } = [];

    /// <summary>Who got a handle by a finalizer. It is not given back in the same step: whether it was there in time would depend on the order.</summary>
    public HashSet<Node> Returned { get; } = [];

    /// <summary>Callbacks of weak references, newest first per target. One whose weak reference dies in the same step may be dropped.</summary>
    public List<(Node Weak, Node Target)> Callbacks { get; } = [];

    /// <summary>Weak references that died by counting. If the target does so in the same step, who went first is the library's choice.</summary>
    public List<(Node Weak, Node Target)> MaybeCallbacks { get; } = [];

    public void Clear()
    {
        Finalized.Clear();
        Destroyed.Clear();
        Dead.Clear();
        Callbacks.Clear();
        MaybeCallbacks.Clear();
        Returned.Clear();
    }
}
