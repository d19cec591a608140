// One conformance program while it runs: its heaps, its handles, its counters, and what each step does.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using NUnit.Framework;

namespace RefRuntime.Native.Tests;

internal sealed class ConformanceProgram : IDisposable
{
    private static readonly ObjectType<long> s_leaf = ObjectType.Define<long>("leaf");
    private static readonly ObjectType<long> s_node = ObjectType.Define<long>("node", ["left", "right"]);
    private static readonly ObjectType<long> s_finalized =
        ObjectType.Define<long>("finalized", ["left", "right"], self => s_running!._finalized.Add(self.Value));

    private static readonly ObjectType<long> s_lazarus = ObjectType.Define<long>("lazarus", ["left", "right"], self =>
    {
        s_running!._finalized.Add(self.Value);
        s_running._handles["saved"] = self.Duplicate();
    });

    private static ConformanceProgram? s_running;

    private readonly Dictionary<string, HeapObject> _handles = [];
    private readonly List<long> _finalized = [];
    private readonly List<Exception> _thrown = [];
    private readonly Heap[] _heaps;
    private int _callbacks;
    private Heap _heap;

    public ConformanceProgram(string[] header)
    {
        HeapOptions options = new() { ManualCollection = true };
        foreach (string option in header.Skip(2))
        {
            Assert.That(option, Does.StartWith("max_bytes="));
            options = options with { MaxBytes = ulong.Parse(option["max_bytes=".Length..], CultureInfo.InvariantCulture) };
        }

        _heaps = [new Heap(options), new Heap(options)];
        foreach (Heap heap in _heaps)
        {
            heap.CallbackException += (_, arguments) => _thrown.Add(arguments.Exception);
        }

        _heap = _heaps[0];
        s_running = this;
    }

    public void Run(string[] step)
    {
        if (step is ["fails", string kind, ..])
        {
            Fails(kind, step[2..]);
        }
        else if (!Make(step) && !Change(step) && !Collect(step))
        {
            Look(step);
        }
    }

    /// <summary>Drops what is left and collects: nothing may live.</summary>
    public void End()
    {
        Assert.That(_thrown, Is.Empty);
        foreach (Heap heap in _heaps.Where(heap => !heap.IsDisposed))
        {
            do
            {
                HeapObject[] left = [.. _handles.Values];
                _handles.Clear();
                Array.ForEach(left, handle => handle.Dispose());
            }
            while (heap.Collect() > 0 || _handles.Count > 0);
            heap.Verify();
            Assert.That(heap.GetStatistics().LiveObjects, Is.Zero, "what lives when all handles are dropped");
        }
    }

    public void Dispose()
    {
        foreach (Heap heap in _heaps)
        {
            heap.Dispose();
        }

        s_running = null;
    }

    private void Fails(string kind, string[] step)
    {
        Type expected = kind switch
        {
            "argument" or "heap" => typeof(ArgumentException),
            "type" => typeof(InvalidCastException),
            "memory" => typeof(InsufficientMemoryException),
            "released" or "closed" => typeof(ObjectDisposedException),
            _ => throw new NotSupportedException($"there is no error of kind {kind}"),
        };
        Exception? thrown = null;
        try
        {
            Run(step);
        }
        catch (Exception exception) when (expected.IsInstanceOfType(exception))
        {
            thrown = exception;
        }

        Assert.That(thrown, Is.Not.Null, string.Join(' ', step));
        if (thrown is ObjectDisposedException disposed)
        {
            Assert.That(disposed.ObjectName == typeof(Heap).FullName, Is.EqualTo(kind == "closed"), disposed.Message);
        }
    }

    private bool Make(string[] step)
    {
        (string Name, HeapObject? Object) made = step switch
        {
            ["node", string h] => (h, _heap.New(s_node)),
            ["leaf", string h] => (h, _heap.New(s_leaf)),
            ["finalized", string h] => (h, _heap.New(s_finalized)),
            ["lazarus", string h] => (h, _heap.New(s_lazarus)),
            ["list", string h] => (h, _heap.NewList()),
            ["tuple", string h, .. string[] items] => (h, _heap.NewTuple([.. items.Select(OrNull)])),
            ["bytes", string h, string n] => (h, _heap.NewBytes(int.Parse(n, CultureInfo.InvariantCulture))),
            ["alias", string k, string h] => (k, _handles[h].Duplicate()),
            ["get", string k, string h, string slot] => (k, Node(h).Get(slot)),
            ["item", string k, string x, string i] => (k, _handles[x] is HeapTuple tuple ? tuple.Get(Index(i)) : List(x).Get(Index(i))),
            ["weak", string w, string h] => (w, _heap.NewWeakReference(_handles[h])),
            ["watch", string w, string h] => (w, _heap.NewWeakReference(_handles[h], _ => _callbacks++)),
            ["upgrade", string k, string w] => (k, Target(w)),
            _ => ("", null),
        };
        if (made.Name.Length == 0)
        {
            return false;
        }

        Assert.That(made.Object, Is.Not.Null, string.Join(' ', step));
        _handles[made.Name] = made.Object!;
        return true;
    }

    private bool Change(string[] step)
    {
        switch (step)
        {
            case ["drop", string h]:
                _handles[h].Dispose();
                return true;
            case ["set", string h, string slot, string k]:
                Node(h).Set(slot, OrNull(k));
                return true;
            case ["write", string h, string n]:
                Node(h).Value = Number(n);
                return true;
            case ["append", string l, string k]:
                List(l).Add(OrNull(k)!);
                return true;
            case ["insert", string l, string i, string k]:
                List(l).Insert(Index(i), OrNull(k)!);
                return true;
            case ["put", string l, string i, string k]:
                List(l).Set(Index(i), OrNull(k)!);
                return true;
            case ["remove", string l, string i]:
                List(l).RemoveAt(Index(i));
                return true;
            case ["clear", string l]:
                List(l).Clear();
                return true;
            case ["close"]:
                _heap.Dispose();
                return true;
            case ["other"]:
                _heap = _heaps[1];
                return true;
            case ["mine"]:
                _heap = _heaps[0];
                return true;
            default:
                return false;
        }
    }

    private bool Collect(string[] step)
    {
        switch (step)
        {
            case ["collect", string n]:
                Expect(step, _heap.Collect(), Number(n));
                return true;
            case ["collect_in_steps", string n]:
                long found = 0;
                do
                {
                    found += _heap.CollectStep(TimeSpan.Zero);
                }
                while (_heap.IsCollectionPending);
                Expect(step, found, Number(n));
                return true;
            case ["freeze"]:
                _heap.Freeze();
                return true;
            case ["unfreeze"]:
                _heap.Unfreeze();
                return true;
            case ["frozen", string n]:
                Expect(step, _heap.FrozenCount, Number(n));
                return true;
            default:
                return false;
        }
    }

    private void Look(string[] step)
    {
        (object Actual, object Expected) outcome = step switch
        {
            ["empty", string h, string slot] => (Node(h).Get(slot) is null, true),
            ["read", string h, string n] => (Node(h).Value, Number(n)),
            ["length", string x, string n] => (Length(x), Number(n)),
            ["count", string h, string n] => (_handles[h].ReferenceCount, Number(n)),
            ["unique", string h, string answer] => (_handles[h].IsUnique, answer == "yes"),
            ["same", string h, string k] => (_handles[h].Equals(_handles[k]), true),
            ["differ", string h, string k] => (_handles[h].Equals(_handles[k]), false),
            ["alive", string w] => (Weak(w).IsAlive, true),
            ["dead", string w] => (Weak(w).IsAlive, false),
            ["weakrefs", string h, string n] => (_handles[h].WeakReferenceCount, Number(n)),
            ["referents", string h, string n] => (Count(_handles[h].GetReferents()), Number(n)),
            ["referrers", string h, string n] => (Count(_handles[h].GetReferrers()), Number(n)),
            ["live", string n] => (_heap.GetStatistics().LiveObjects, ulong.Parse(n, CultureInfo.InvariantCulture)),
            ["finalizers", string n] => ((long)_finalized.Count, Number(n)),
            ["callbacks", string n] => ((long)_callbacks, Number(n)),
            ["order", .. string[] values] => (string.Join(' ', _finalized), string.Join(' ', values)),
            _ => throw new NotSupportedException($"there is no step {string.Join(' ', step)}"),
        };
        Expect(step, outcome.Actual, outcome.Expected);
    }

    private static void Expect(string[] step, object actual, object expected) =>
        Assert.That(actual, Is.EqualTo(expected), string.Join(' ', step));

    private static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>An index that no int has is as far out of range as the largest.</summary>
    private static int Index(string text) => (int)long.Min(Number(text), int.MaxValue);

    /// <summary>How many handles there were; they are disposed of.</summary>
    private static long Count(HeapObject[] handles)
    {
        Array.ForEach(handles, handle => handle.Dispose());
        return handles.Length;
    }

    private long Length(string name) => _handles[name] switch
    {
        HeapTuple tuple => tuple.Count,
        HeapBytes bytes => bytes.Count,
        _ => List(name).Count,
    };

    private HeapObject<long> Node(string name) => (HeapObject<long>)_handles[name];

    private HeapList List(string name) => (HeapList)_handles[name];

    private HeapWeakReference Weak(string name) => (HeapWeakReference)_handles[name];

    private HeapObject? Target(string name) => Weak(name).TryGetTarget(out HeapObject? target) ? target : null;

    private HeapObject? OrNull(string name) => name == "null" ? null : _handles[name];
}
