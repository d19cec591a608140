// The machine inside callbacks: is this callback due, is the object as it should be, and what the oracle has decided.

using System;
using System.Collections.Generic;
using RefRuntime.Abi;
using RefRuntime.Core;
using RefRuntime.Cycles;
using RefRuntime.Heap;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Model;

internal sealed unsafe partial class Machine
{
    private (long Collected, long Resurrected) _collection;

    /// <summary>While an automatic collection runs: all that it may take.</summary>
    private List<Node>? _garbage;

    /// <summary>What an automatic collection takes is one set: nothing dies by counting since it did not look so far.</summary>
    private bool _isOneSet;

    public void OnFinalize(nint payload)
    {
        if (!_byAddress.TryGetValue(payload, out Node? node))
        {
            Fail($"a finalizer runs for 0x{payload:x}, which is no object of the program");
            return;
        }

        if (_isClosing)
        {
            _failure ??= node.IsFinalized ? $"{node} is finalized again" : null;
            node.IsFinalized = true;
            return;
        }

        Note(EventKind.Finalize, node);
        if (_garbage is not null && !node.IsFinalized)
        {
            _oracle.RunFinalizer(node);
        }

        if (!_oracle.Expected.Finalized.Contains(node))
        {
            Fail($"{node} is finalized, which is not its turn");
            return;
        }

        CheckIntact(node);
        Probe(node);
        Behave(node);
    }

    public void OnDestroy(nint payload)
    {
        if (!_byAddress.TryGetValue(payload, out Node? node))
        {
            Fail($"destroy runs for 0x{payload:x}, which is no object of the program");
            return;
        }

        _failure ??= node.IsDestroyed ? $"{node} is destroyed again" : null;
        node.IsDestroyed = true;
        if (!_isClosing)
        {
            Note(EventKind.Destroy, node);
            if (_garbage is null && !_oracle.Expected.Destroyed.Contains(node))
            {
                Fail($"{node} is destroyed, which is not its turn");
                return;
            }
        }

        if (ObjectOperations.Alloc(_heap, TypeId.Tuple) != null || CountOperations.Incref((void*)payload) != Status.Busy
            || ObjectOperations.IsObject((void*)payload) != 1)
        {
            Fail($"the destroy callback of {node} may allocate, or revive its object, or not look at it");
        }

        if (node.Kind.HasStorage())
        {
            ReleaseStorage(node);
        }
    }

    public void OnWeak(nint weak, nint user)
    {
        if (!_byAddress.TryGetValue(weak, out Node? node) || node.Kind != Kind.WeakRef)
        {
            Fail($"a weak callback runs for 0x{weak:x}, which is no weak reference of the program");
            return;
        }

        Note(EventKind.WeakCallback, node);
        _failure ??= user != node.TargetId ? $"the callback of {node} gets another's user pointer" : null;
        _failure ??= WeakRefOperations.Get((void*)weak) != null ? $"{node} still gives its target in its callback" : null;
    }

    public void OnCollection(GcEvent* gcEvent)
    {
        bool isStart = gcEvent->Phase == GcPhase.Start;
        if (gcEvent->Reason == GcReason.Step)
        {
            // CollectStep compares what all slices of a step have done.
            return;
        }

        if (gcEvent->Reason == GcReason.Requested)
        {
            _collection = isStart ? _oracle.Collect(_oracle.Garbage()) : _collection;
        }
        else if (isStart)
        {
            BeginChoice();
        }
        else
        {
            _collection = (EndChoice(_isOneSet), (long)gcEvent->Resurrected);
        }

        _story?.Add($"    collection ({gcEvent->Reason}) {gcEvent->Phase}");
        // What dies by counting, since an automatic collection did not look that far, is not counted.
        bool isCounted = gcEvent->Reason == GcReason.Requested
            ? gcEvent->Collected == (ulong)_collection.Collected
            : gcEvent->Collected <= (ulong)_collection.Collected;
        if (!isStart && (!isCounted || gcEvent->Resurrected != (ulong)_collection.Resurrected))
        {
            Fail($"a collection ({gcEvent->Reason}) says {gcEvent->Collected} collected and {gcEvent->Resurrected} resurrected, "
                + $"which should be {_collection.Collected} and {_collection.Resurrected}");
        }
    }

    private void BeginChoice()
    {
        List<Node> garbage = _oracle.Garbage();
        _oracle.BeginChoice(garbage);
        _garbage = [.. garbage];

        // A trial that can look at all there is finds all that its candidates belong to. A round that began before may find
        // its dead one after the other.
        _isOneSet = _oracle.Live.Count <= Config.LeastTrialReach && !Round.IsUnderWay((HeapState*)_heap);
    }

    /// <summary>
    /// An automatic collection may leave garbage. What it took must be garbage that only it held; and whom it finalized is
    /// either among it, or came back.
    /// </summary>
    private long EndChoice(bool isOneSet)
    {
        List<Node> dead = _garbage!.FindAll(IsGone);
        if (Oracle.ClosedPart(dead).Count != dead.Count)
        {
            Fail($"an automatic collection took [{string.Join(", ", dead)}], of which some were held");
        }

        _garbage = null;
        long collected = _oracle.EndChoice(dead, isOneSet);
        while (!isOneSet && _oracle.Garbage().Exists(IsGone))
        {
            // What was held by something that collections pass by, until that died.
            collected += _oracle.EndChoice(_oracle.Garbage().FindAll(IsGone), isOneSet);
        }

        List<Node> left = _oracle.Garbage();
        foreach (Event entry in _log)
        {
            if (entry.Kind == EventKind.Finalize && entry.Node.IsAlive && left.Contains(entry.Node))
            {
                Fail($"an automatic collection finalized {entry.Node} and left it, though nothing holds it");
            }
        }

        return collected;
    }

    private bool IsGone(Node node) => _byAddress[node.Address] != node || ObjectOperations.IsObject((void*)node.Address) == 0;

    private void Note(EventKind kind, Node node)
    {
        _log.Add(new Event(kind, node));
        _story?.Add($"    {kind} {node}");
    }

    /// <summary>The object that a finalizer sees is whole: its type, its count, and whatever its slots refer to.</summary>
    private void CheckIntact(Node node)
    {
        void* payload = (void*)node.Address;
        if (TypeOperations.Of(payload) != KindTypes.TypeOf(node.Kind) || CountOperations.GetRefCount(payload) < 1
            || TrackOperations.IsFinalized(payload) != 1)
        {
            Fail($"{node} is not itself in its finalizer");
            return;
        }

        for (int i = 0; i < node.Slots.Count; i++)
        {
            void* child = KindTypes.Read(node.Kind, payload, i);
            if (child != null && CountOperations.GetRefCount(child) < 1)
            {
                Fail($"{node} is not intact in its finalizer: slot {i} refers to 0x{(nint)child:x}");
            }
        }
    }

    /// <summary>What is refused in a finalizer, and what may always be asked.</summary>
    private void Probe(Node node)
    {
        bool isFine = (node.Id % 8) switch
        {
            0 => CollectOperations.Collect(_heap) == 0,
            1 => HeapOperations.Free(_heap) == Status.Busy,
            2 => HeapOperations.Verify(_heap) == Status.Ok,
            3 => InspectOperations.GetReferrers((void*)node.Address, null, 0) >= 0,
            4 => InspectOperations.GetPath((void*)node.Address, null, 0) >= 0,
            5 => HeapOperations.Trim(_heap) == Status.Ok,
            _ => true,
        };
        if (!isFine)
        {
            Fail($"in the finalizer of {node}, probe {node.Id % 8}: {NativeText.LastError()}");
        }
    }

    private void Behave(Node node)
    {
        void* payload = (void*)node.Address;
        switch (node.Behaviour)
        {
            case Behaviour.Resurrect:
                Require(CountOperations.Incref(payload), node);
                break;
            case Behaviour.Cut:
                for (int i = 0; i < node.Slots.Count; i++)
                {
                    WriteReal(node, i, null, isMove: false);
                }

                break;
            case Behaviour.SpawnInside:
            {
                void* spawn = SpawnReal(node);
                Require(CountOperations.Store((void**)KindTypes.Slot(node.Kind, payload, 0), spawn), node);
                Require(CountOperations.Decref(spawn), node);
                break;
            }

            case Behaviour.SpawnOutside:
            {
                void* spawn = SpawnReal(node);
                *(void**)KindTypes.Slot(Kind.Node, spawn, 0) = CountOperations.NewRef(payload);
                break;
            }

            case Behaviour.DropVictim when node.DropsVictim:
                Require(CountOperations.Decref((void*)node.Victim!.Address), node);
                break;
        }
    }

    private void* SpawnReal(Node node)
    {
        void* spawn = ObjectOperations.Alloc(_heap, KindTypes.TypeOf(Kind.Node));
        if (spawn == null)
        {
            Fail($"the finalizer of {node} can't allocate: {NativeText.LastError()}");
            throw new InvalidOperationException("a finalizer of the model needs memory");
        }

        Bind(node.Spawn!, spawn);
        return spawn;
    }

    private void Require(Status status, Node node)
    {
        if (status != Status.Ok)
        {
            Fail($"in a callback of {node}: {NativeText.LastError()}");
        }
    }

    private void ReleaseStorage(Node node)
    {
        ulong* words = (ulong*)node.Address;
        void** storage = (void**)words[1];
        for (ulong i = 0; node.Kind == Kind.Releasing && i < words[2]; i++)
        {
            Require(CountOperations.Decref(storage[i]), node);
        }

        Require(RawOperations.Free(_heap, storage), node);
        words[2] = Callbacks.Destroyed;
    }
}
