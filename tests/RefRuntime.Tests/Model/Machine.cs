// Runs a program on the library and on the oracle in lock step, and compares them after each operation.
//
// Where foreign code may run, the oracle goes first and says what must happen (Oracle.Expected); then the library acts, and
// its callbacks do to the real heap what the oracle did to its own. A collection announces itself by the heap's callback,
// if the heap has one; then the oracle collects at that moment.

using System;
using System.Collections.Generic;
using RefRuntime.Abi;
using RefRuntime.Operations;

namespace RefRuntime.Tests.Model;

internal sealed class ModelException(string message) : Exception(message);

internal sealed unsafe partial class Machine
{
    private const int StepsPerFullCheck = 16;

    [ThreadStatic]
    private static Machine? s_current;

    private readonly Program _program;
    private readonly Oracle _oracle = new();
    private readonly Dictionary<nint, Node> _byAddress = [];
    private readonly List<Node> _finalizable = [];
    private readonly List<Event> _log = [];
    private readonly HeapHandle* _heap;
    private readonly List<string>? _story;
    private string? _failure;
    private bool _isClosing;
    private ulong _external;

    private Machine(Program program, List<string>? story)
    {
        _program = program;
        _story = story;
        var options = new HeapOptions
        {
            StructSize = (uint)sizeof(HeapOptions),
            Flags = program.Profile.Flags,
            MaxBytes = program.Profile.MaxBytes,
        };
        _heap = HeapOperations.New(&options);
        Demand(_heap != null, "rr_heap_new: {0}", NativeText.LastError());

        // An automatic collection ends with what it began, however slow the machine is: the oracle knows no half-dead sets.
        Demand(CollectOperations.SetPauseGoal(_heap, 0) == Status.Ok, "rr_gc_set_pause_goal: {0}", NativeText.LastError());
        if (program.Profile.IsWatched)
        {
            CollectOperations.SetCallback(_heap, &Callbacks.Collection, null);
        }
    }

    private enum EventKind
    {
        Finalize,
        WeakCallback,
        Destroy,
    }

    private readonly record struct Event(EventKind Kind, Node Node);

    /// <summary>The machine that runs on this thread.</summary>
    public static Machine? Current => s_current;

    /// <summary>
    /// Null if library and oracle agree from the first operation to the end of the heap; else what went wrong, and where.
    /// A <paramref name="story"/> gets a line for each thing that happens.
    /// </summary>
    public static string? Run(Program program, List<string>? story = null)
    {
        int step = 0;
        try
        {
            var machine = new Machine(program, story);
            s_current = machine;
            for (; step < program.Operations.Count; step++)
            {
                machine.Step(step);
            }

            machine.Finish();
            return null;
        }
        catch (ModelException exception)
        {
            // The heap stays as it is: it may be too broken to be taken apart.
            string operation = step < program.Operations.Count ? program.Operations[step].Code.ToString() : "the end of the heap";
            return $"step {step}, {operation}: {exception.Message}";
        }
        finally
        {
            s_current = null;
        }
    }

    /// <summary>Notes a failure where nothing can be thrown: inside a callback. The first counts.</summary>
    public void Fail(string message) => _failure ??= message;

    private static void Demand(bool condition, string format, params object?[] arguments)
    {
        if (!condition)
        {
            throw new ModelException(string.Format(System.Globalization.CultureInfo.InvariantCulture, format, arguments));
        }
    }

    private void Step(int step)
    {
        Begin();
        Execute(_program.Operations[step]);
        CheckEvents();
        CheckCounts();
        if (step % StepsPerFullCheck == 0)
        {
            CheckEverything();
        }
    }

    private void Begin()
    {
        _oracle.Expected.Clear();
        _log.Clear();
    }

    /// <summary>Lets go of everything: all garbage must be found. What is left then, passed by, is finalized and destroyed with the heap.</summary>
    private void Finish()
    {
        while (_oracle.Handles.Count != 0)
        {
            Begin();
            Drop(_oracle.Handles[^1]);
            CheckEvents();
        }

        FreeRaw();
        Begin();
        CollectAll();
        CheckEvents();
        CheckCounts();
        CheckEverything();
        CheckVerifies();

        Begin();
        _isClosing = true;
        Status status = HeapOperations.Free(_heap);
        Demand(status == Status.Ok, "rr_heap_free: {0}", NativeText.LastError());
        Demand(_failure is null, "{0}", _failure);
        foreach (Node node in _finalizable)
        {
            Demand(!node.Kind.HasFinalizer() || node.IsFinalized, "{0} was never finalized", node);
            Demand(!node.Kind.HasDestroy() || node.IsDestroyed, "{0} was never destroyed", node);
        }
    }

    /// <summary>The oracle's node lies at this address from now on.</summary>
    private void Bind(Node node, void* payload)
    {
        if (_byAddress.TryGetValue((nint)payload, out Node? old) && old.IsAlive && _garbage is null)
        {
            Fail($"a new object lies where {old} lives");
        }

        node.Address = (nint)payload;
        _story?.Add($"    new {node} {node.Behaviour} with {node.Slots.Count} slots");
        _byAddress[(nint)payload] = node;
        if (node.Kind.HasFinalizer() || node.Kind.HasDestroy())
        {
            _finalizable.Add(node);
        }
    }
}
