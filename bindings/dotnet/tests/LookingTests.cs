// What a heap shows of itself, and the collector's settings.

using System;
using System.IO;
using System.Linq;
using NUnit.Framework;

namespace RefRuntime.Native.Tests;

public sealed class LookingTests
{
    private Heap _heap = null!;
    private string _directory = "";

    [SetUp]
    public void MakeHeap()
    {
        _heap = new Heap();
        _directory = Directory.CreateTempSubdirectory("refruntime-").FullName;
    }

    [TearDown]
    public void FreeHeap()
    {
        _heap.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Test]
    public void Who_refers_to_whom_is_told()
    {
        using HeapObject<long> first = _heap.New(Types.Node, 1);
        using HeapObject<long> second = _heap.New(Types.Node, 2);
        first.Set("left", second);
        first.Set("right", second);
        AreThese(first.GetReferents(), second, second);
        AreThese(second.GetReferrers(), first);
        AreThese(second.GetRetainingPath(), first, second);
        AreThese(first.GetRetainingPath());
        AreThese(_heap.GetObjects(Types.Node), first, second);
        AreThese(_heap.GetObjects(Types.Leaf));
        Assert.That(first.ReferenceCount, Is.EqualTo(1));
    }

    [Test]
    public void More_objects_are_told_than_fit_at_first()
    {
        using HeapList list = _heap.NewList();
        for (int i = 0; i < 100; i++)
        {
            list.Add(list);
        }

        Assert.That(list.GetReferents().Count(item => item.Equals(list)), Is.EqualTo(100));
        list.Clear();
    }

    [Test]
    public void Statistics_follow_what_happens()
    {
        using HeapObject<long> node = _heap.New(Types.Node);
        using HeapWeakReference weak = _heap.NewWeakReference(node);
        _heap.Collect();
        HeapStatistics statistics = _heap.GetStatistics();
        Assert.That(statistics.LiveObjects, Is.EqualTo(2));
        Assert.That(statistics.LiveWeakReferences, Is.EqualTo(1));
        Assert.That(statistics.Collections, Is.EqualTo(1));
        Assert.That(statistics.CommittedBytes, Is.GreaterThanOrEqualTo(statistics.LiveBytes).And.LessThanOrEqualTo(statistics.PeakBytes));
        Assert.That(statistics.CollectionTime, Is.GreaterThanOrEqualTo(statistics.LongestPause));
    }

    [Test]
    public void Reports_are_written()
    {
        using HeapObject<long> node = _heap.New(Types.Node);
        string Name(string file) => Path.Combine(_directory, file);
        _heap.WriteLeakReport(Name("ö.json"));
        _heap.WriteSnapshot(Name("a.heapsnapshot"));
        _heap.WriteDot(Name("a.dot"));
        _heap.WriteStatistics(Name("a.txt"));
        using var report = System.Text.Json.JsonDocument.Parse(File.ReadAllText(Name("ö.json")));
        Assert.That(report.RootElement.GetProperty("held")[0].GetProperty("type").GetString(), Is.EqualTo("node"));
        Assert.That(File.ReadAllText(Name("a.heapsnapshot")), Does.StartWith("{\"snapshot\"").And.Contain("\"left\""));
        Assert.That(File.ReadAllText(Name("a.dot")), Does.StartWith("digraph"));
        Assert.That(File.ReadAllText(Name("a.txt")), Does.Contain("node"));
    }

    [Test]
    public void The_collector_has_settings()
    {
        Assert.That(_heap.CollectsAutomatically, Is.True);
        _heap.CollectsAutomatically = false;
        Assert.That(_heap.CollectsAutomatically, Is.False);
        _heap.CollectionThreshold = 77;
        Assert.That(_heap.CollectionThreshold, Is.EqualTo(77));
        Assert.That(_heap.PauseGoal, Is.EqualTo(TimeSpan.FromMilliseconds(5)));
        _heap.PauseGoal = TimeSpan.FromMicroseconds(300);
        Assert.That(_heap.PauseGoal, Is.EqualTo(TimeSpan.FromMicroseconds(300)));
        _heap.ReportExternal(1000);
        Assert.That(_heap.GetStatistics().ExternalBytes, Is.EqualTo(1000));
        _heap.Trim();
        using HeapList list = _heap.NewList();
        list.MakeImmortal();
        Assert.That(list.IsImmortal, Is.True);
        Assert.That(list.ReferenceCount, Is.EqualTo(long.MaxValue));
    }

    private static void AreThese(HeapObject[] handles, params HeapObject[] expected)
    {
        Assert.That(handles, Is.EqualTo(expected));
        Array.ForEach(handles, handle => handle.Dispose());
    }
}
