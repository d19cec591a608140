// What each operation of a program does, to the oracle and to the library.

using System;
using System.Collections.Generic;
using System.Linq;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Cycles;
using RefRuntime.Heap;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Model;

internal sealed unsafe partial class Machine
{
    private static readonly Kind[] s_kinds = [.. Enum.GetValues<Kind>().Where(kind => kind != Kind.WeakRef)];
    private static readonly Kind[] s_quietKinds = [.. s_kinds.Where(kind => !kind.HasFinalizer() && !kind.HasDestroy())];

    private void Execute(Operation operation)
    {
        Node? node = Handle(operation.A);
        if (node is null && operation.Code is not (Code.Alloc or Code.SelfLoop or Code.Collect or Code.Trim or Code.Verify))
        {
            operation = operation with { Code = Code.Alloc };
        }

        if (operation.Code is Code.Alloc or Code.AllocInto or Code.Incref && _oracle.Handles.Count > _program.Profile.Handles)
        {
            operation = operation with { Code = Code.Decref };
        }

        _story?.Add($"{operation.Code} {node}, {operation.B}, {Handle(operation.C)}");
        switch (operation.Code)
        {
            case Code.Alloc:
                Allocate(KindOf(operation.B), operation.A, operation.C);
                break;
            case Code.AllocInto:
                AllocateInto(operation);
                break;
            case Code.SelfLoop:
                AllocateLoop(operation);
                break;
            case Code.Incref:
                AddReference(node!, operation.B);
                break;
            case Code.Decref:
                Drop(node!);
                break;
            case Code.Store:
                Write(node!, operation.B, Handle(operation.C), isMove: false);
                break;
            case Code.StoreNull:
                Write(node!, operation.B, null, isMove: false);
                break;
            case Code.Take:
                Write(node!, operation.B, Handle(operation.C), isMove: true);
                break;
            case Code.ListInsert or Code.ListSet or Code.ListRemove or Code.ListClear:
                ChangeList(operation);
                break;
            case Code.WeakNew when !_program.Profile.IsQuiet || operation.C % 16 == 0:
                NewWeak(node!, operation.B % 2 == 0);
                break;
            case Code.WeakGet:
                FollowWeak(operation.A);
                break;
            case Code.Immortal:
                MakeImmortal(node!);
                break;
            case Code.Freeze or Code.Unfreeze:
                Freeze(operation.Code == Code.Freeze);
                break;
            case Code.Track or Code.Untrack:
                Track(node!, operation.Code == Code.Track);
                break;
            case Code.Candidate:
                Require(TrackOperations.Candidate((void*)node!.Address), node);
                break;
            case Code.Collect:
                Collect(operation);
                break;
            case Code.Threshold:
                SetThreshold(operation);
                break;
            case Code.Trim:
                Demand(HeapOperations.Trim(_heap) == Status.Ok, "rr_heap_trim: {0}", NativeText.LastError());
                break;
            case Code.Verify:
                CheckVerifies();
                break;
            case Code.Look:
                CheckLooks(node!);
                break;
            case Code.External:
                ReportExternal(operation);
                break;
            case Code.RawAlloc or Code.RawRealloc or Code.RawFree:
                ChangeRaw(operation);
                break;
        }
    }

    private Kind KindOf(uint operand)
    {
        Kind[] kinds = _program.Profile.IsQuiet ? s_quietKinds : s_kinds;
        return kinds[operand % (uint)kinds.Length];
    }

    private Node? Handle(uint operand) =>
        _oracle.Handles.Count == 0 ? null : _oracle.Handles[(int)(operand % (uint)_oracle.Handles.Count)];

    /// <summary>A handle to an object of this kind, if there is one.</summary>
    private Node? Handle(Kind kind, uint operand)
    {
        List<Node> candidates = _oracle.Handles.FindAll(node => node.Kind == kind);
        return candidates.Count == 0 ? null : candidates[(int)(operand % (uint)candidates.Count)];
    }

    private Node? Allocate(Kind kind, uint a, uint c)
    {
        if (_program.Profile.CollectsBeforeAllocation)
        {
            CollectAll();
        }

        // One in 64 is too large for a page; bytes then sometimes too large for a segment.
        bool isLarge = c % 64 == 0;
        uint count = (c >> 6) % 6;
        if (isLarge && kind.HasItems())
        {
            uint bytes = kind == Kind.Bytes ? (c >> 6) % (Config.SegmentSize * 3 / 4) : Config.MaxSmallBlock + (16 * count);
            count = bytes / (uint)KindTypes.ItemBytes(kind);
        }

        void* payload = kind switch
        {
            Kind.List when c % 2 == 0 => ListOperations.New(_heap),
            _ when kind.HasItems() && count != 0 => ObjectOperations.AllocItems(_heap, KindTypes.TypeOf(kind), count),
            _ => ObjectOperations.Alloc(_heap, KindTypes.TypeOf(kind)),
        };
        if (payload == null)
        {
            DemandNoMemory();
            return null;
        }

        CheckFresh(kind, payload, kind.HasItems() ? count : 0);
        uint stored = kind.HasStorage() ? AllocateStorage(payload, 1 + count) : 0;
        int slots = kind.FixedSlots() + (int)(kind.HasItems() && kind != Kind.Bytes ? count : stored);
        Node node = _oracle.Add(kind, slots);
        node.Behaviour = BehaviourOf(kind, a);
        node.Victim = node.Behaviour == Behaviour.DropVictim ? Handle(c) : null;
        _oracle.AddHandle(node);
        Bind(node, payload);
        return node;
    }

    private Behaviour BehaviourOf(Kind kind, uint a)
    {
        var behaviour = (Behaviour)((a >> 8) % 6);
        bool isPossible = behaviour switch
        {
            Behaviour.SpawnInside => kind == Kind.Mortal && _program.Profile.MaxBytes == 0,
            Behaviour.SpawnOutside => kind.HasFinalizer() && _program.Profile.MaxBytes == 0,
            _ => kind.HasFinalizer(),
        };
        return isPossible ? behaviour : Behaviour.Look;
    }

    private uint AllocateStorage(void* payload, uint count)
    {
        void* storage = RawOperations.Alloc(_heap, count * 8);
        if (storage == null)
        {
            DemandNoMemory();
            return 0;
        }

        new Span<byte>(storage, (int)count * 8).Clear();
        ((void**)payload)[1] = storage;
        ((ulong*)payload)[2] = count;
        return count;
    }

    /// <summary>A new object whose slots are written plainly: references are added, or the first one is moved in.</summary>
    private void AllocateInto(Operation operation)
    {
        Node? node = Allocate(KindOf(operation.B), operation.A, operation.C | 1);
        for (int i = 0; node is not null && node.Kind != Kind.List && i < node.Slots.Count; i++)
        {
            Node value = Handle(operation.C + (operation.A * (uint)i))!;
            bool isMove = i == 0 && operation.A % 4 == 0 && value != node;
            if (!isMove)
            {
                Demand(CountOperations.Incref((void*)value.Address) == Status.Ok, "rr_incref: {0}", NativeText.LastError());
            }
            else
            {
                _oracle.MoveHandle(value);
            }

            _story?.Add($"    slot {i} := {value}{(isMove ? ", moved" : "")}");
            KindTypes.Write(node.Kind, (void*)node.Address, i, (void*)value.Address, odd: false);
            _oracle.SetSlot(node, i, value);
        }
    }

    /// <summary>A new object that refers to itself by a plain write and is let go without any decrement: garbage that nothing logs.</summary>
    private void AllocateLoop(Operation operation)
    {
        Kind kind = (operation.B % 4) switch
        {
            0 => Kind.Node,
            1 => Kind.Boxed,
            2 => Kind.Union,
            _ => _program.Profile.IsQuiet ? Kind.Tuple : Kind.Mortal,
        };
        Node? node = Allocate(kind, operation.A, operation.C | 1);
        if (node is { Slots.Count: > 0 })
        {
            _oracle.MoveHandle(node);
            KindTypes.Write(node.Kind, (void*)node.Address, 0, (void*)node.Address, odd: false);
            _oracle.SetSlot(node, 0, node);
        }
    }

    private void AddReference(Node node, uint how)
    {
        void* payload = (void*)node.Address;
        bool isAdded = (how % 3) switch
        {
            0 => CountOperations.Incref(payload) == Status.Ok,
            1 => CountOperations.NewRef(payload) == payload,
            _ => CountOperations.TryIncref(payload) == 1,
        };
        Demand(isAdded, "a reference to {0} is refused", node);
        _oracle.AddHandle(node);
    }

    private void Drop(Node node)
    {
        _oracle.DropHandle(node);
        Demand(CountOperations.Decref((void*)node.Address) == Status.Ok, "rr_decref of {0}: {1}", node, NativeText.LastError());
    }

    private void Write(Node node, uint operand, Node? value, bool isMove)
    {
        if (node.Slots.Count == 0 || node.Kind == Kind.List)
        {
            return;
        }

        int slot = (int)(operand % (uint)node.Slots.Count);
        _story?.Add($"    slot {slot} := {value}");
        if (isMove)
        {
            _oracle.MoveHandle(value!);
        }

        _oracle.SetSlot(node, slot, value);
        WriteReal(node, slot, value, isMove);
    }

    /// <summary>Plain slots by rr_store and rr_take; all others as their owners do it: count up, write, count down.</summary>
    private void WriteReal(Node node, int slot, Node? value, bool isMove)
    {
        void* payload = (void*)node.Address;
        void* target = (void*)(value?.Address ?? 0);
        if (KindTypes.IsPlain(node.Kind, slot))
        {
            void** address = (void**)KindTypes.Slot(node.Kind, payload, slot);
            Require(isMove ? CountOperations.Take(address, target) : CountOperations.Store(address, target), node);
            return;
        }

        void* old = KindTypes.Read(node.Kind, payload, slot);
        if (!isMove)
        {
            Require(CountOperations.Incref(target), node);
        }

        KindTypes.Write(node.Kind, payload, slot, target, odd: (node.Id & 1) != 0);
        if (isMove)
        {
            Require(TrackOperations.Candidate(target), node);
        }

        Require(CountOperations.Decref(old), node);
    }

    private void ChangeList(Operation operation)
    {
        Node? list = Handle(Kind.List, operation.A);
        if (list is null)
        {
            return;
        }

        void* payload = (void*)list.Address;
        int count = list.Slots.Count;
        uint index = operation.B % (uint)(count + 1);
        Node item = Handle(operation.C)!;
        if (operation.Code == Code.ListInsert)
        {
            Status inserted = index == count && operation.A % 2 == 0
                ? ListOperations.Append(payload, (void*)item.Address)
                : ListOperations.Insert(payload, index, (void*)item.Address);
            if (inserted == Status.Ok)
            {
                Oracle.InsertItem(list, (int)index, item);
                return;
            }

            DemandNoMemory();
            return;
        }

        if (operation.Code == Code.ListClear)
        {
            _oracle.ClearList(list);
            Require(ListOperations.Clear(payload), list);
            return;
        }

        if (index == count)
        {
            Status refused = operation.Code == Code.ListSet
                ? ListOperations.Set(payload, index, (void*)item.Address)
                : ListOperations.Remove(payload, index);
            Demand(refused == Status.Argument, "an index that is the count is accepted");
        }
        else if (operation.Code == Code.ListSet)
        {
            _oracle.SetSlot(list, (int)index, item);
            Require(ListOperations.Set(payload, index, (void*)item.Address), list);
        }
        else
        {
            _oracle.RemoveItem(list, (int)index);
            Require(ListOperations.Remove(payload, index), list);
        }
    }

    private void NewWeak(Node target, bool hasCallback)
    {
        Node? shared = hasCallback ? null : target.WeakReferences.FindLast(weak => !weak.HasCallback);
        _oracle.Pinned = target;
        if (shared is null && _program.Profile.CollectsBeforeAllocation)
        {
            CollectAll();
        }

        void* payload = WeakRefOperations.New((void*)target.Address, hasCallback ? &Callbacks.Weak : null, (void*)target.Id);
        _oracle.Pinned = null;
        if (payload == null)
        {
            DemandNoMemory();
            return;
        }

        if (shared is not null)
        {
            Demand((nint)payload == shared.Address, "the shared weak reference of {0} is made again", target);
            _oracle.AddHandle(shared);
            return;
        }

        Node node = _oracle.Add(Kind.WeakRef, 0);
        node.Target = target;
        node.TargetId = target.Id;
        node.HasCallback = hasCallback;
        target.WeakReferences.Add(node);
        _oracle.AddHandle(node);
        Bind(node, payload);
    }

    private void FollowWeak(uint operand)
    {
        Node? weak = Handle(Kind.WeakRef, operand);
        if (weak is null)
        {
            return;
        }

        void* target = WeakRefOperations.Get((void*)weak.Address);
        Demand((nint)target == (weak.Target?.Address ?? 0), "{0} gives 0x{1:x} instead of {2}", weak, (nint)target, weak.Target);
        if (weak.Target is not null)
        {
            _oracle.AddHandle(weak.Target);
        }
    }

    private void MakeImmortal(Node node)
    {
        Require(CountOperations.MakeImmortal((void*)node.Address), node);
        node.IsImmortal = true;
    }

    private void Freeze(bool isFrozen)
    {
        Status status = isFrozen ? TrackOperations.Freeze(_heap) : TrackOperations.Unfreeze(_heap);
        Demand(status == Status.Ok, "rr_gc_freeze: {0}", NativeText.LastError());
        _oracle.Live.ForEach(node => node.IsFrozen = isFrozen);
    }

    private void Track(Node node, bool isTracked)
    {
        Require(isTracked ? TrackOperations.Track((void*)node.Address) : TrackOperations.Untrack((void*)node.Address), node);
        node.IsUntracked = !isTracked;
    }

    private void Collect(Operation operation)
    {
        if (operation.B % 2 == 0)
        {
            CollectAll();
        }
        else
        {
            CollectStep(operation.B % 8 == 1 ? ulong.MaxValue : 0);
        }
    }

    /// <summary>A complete collection: what it finds is exactly what no reference from outside leads to.</summary>
    private void CollectAll()
    {
        // A collection in slices that is committed is finished first, and counts.
        if (!_program.Profile.IsWatched)
        {
            _collection = _oracle.Collect(_oracle.Garbage());
        }

        long collected = CollectOperations.Collect(_heap);
        IEnumerable<Node> left = _oracle.Expected.Dead.Where(node => ObjectOperations.IsObject((void*)node.Address) == 1);
        Demand(
            collected == _collection.Collected,
            "a collection returns {0} instead of {1}; left are: {2}", collected, _collection.Collected, string.Join(", ", left));
    }

    /// <summary>
    /// A slice, short or without an end: it chooses itself what it takes. Slices follow as long as a set is dying, so that the
    /// oracle need not know half-dead sets; between all others the program goes on.
    /// </summary>
    private void CollectStep(ulong budget)
    {
        BeginChoice();
        ulong resurrected = Resurrected();
        long collected = 0;
        do
        {
            long more = CollectOperations.CollectStep(_heap, budget);
            Demand(more >= 0, "a step fails: {0}", NativeText.LastError());
            collected += more;
        }
        while (Round.IsInDeath((HeapState*)_heap));
        _oracle.Resurrected += _program.Profile.IsWatched ? 0 : Resurrected() - resurrected;
        long expected = EndChoice(isOneSet: false);
        Demand(collected <= expected, "a step returns {0}, but only {1} containers have died", collected, expected);
        Demand(
            budget == 0 || CollectOperations.Pending(_heap) == 1 || _oracle.Garbage().Count == 0,
            "a step that takes its time leaves garbage, and says that nothing is pending");
    }

    private ulong Resurrected()
    {
        Stats stats = new() { StructSize = (uint)sizeof(Stats) };
        Demand(HeapOperations.Stats(_heap, &stats) == Status.Ok, "rr_heap_stats: {0}", NativeText.LastError());
        return stats.ObjectsResurrected;
    }

    private void SetThreshold(Operation operation)
    {
        if (!_program.Profile.IsWatched)
        {
            return;
        }

        Status status = (operation.B % 8) switch
        {
            0 => CollectOperations.Disable(_heap),
            1 or 2 => CollectOperations.Enable(_heap),
            _ => CollectOperations.SetThreshold(_heap, operation.C % 24),
        };
        Demand(status == Status.Ok, "{0}", NativeText.LastError());
    }

    private void ReportExternal(Operation operation)
    {
        long delta = (int)operation.B % 100_000;
        if (_program.Profile.MaxBytes != 0)
        {
            return;
        }

        Demand(CollectOperations.ReportExternal(_heap, delta) == Status.Ok, "rr_report_external: {0}", NativeText.LastError());
        _external = (ulong)long.Max(0, (long)_external + delta);
    }

    private void DemandNoMemory() =>
        Demand(_program.Profile.MaxBytes != 0 && LibraryOperations.LastStatus() == Status.NoMemory,
            "an allocation fails: {0}", NativeText.LastError());
}
