// Stacks of the host: captured, kept once, named. That the first frame is the caller's and that static functions are named
// is shown by native-tests/misuse, where there are C callers.

using System;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using NUnit.Framework;
using RefRuntime.Os;

namespace RefRuntime.Tests.Structures;

public sealed unsafe class BacktraceTests
{
    [Test]
    public void A_stack_is_kept_once()
    {
        Assert.That(Backtrace.TryStart(), Is.True);
        uint[] traces = new uint[4];
        for (int i = 0; i < traces.Length; i++)
        {
            traces[i] = Here();
        }

        Assert.That(traces[0], Is.Not.Zero);
        Assert.That(traces, Is.All.EqualTo(traces[0]));
        Assert.That(TraceDepot.Frames(traces[0]).Length, Is.InRange(1, Backtrace.MaxFrames));
        Assert.That(TraceDepot.Frames(0).IsEmpty, Is.True);
    }

    [Test]
    public void A_place_has_module_function_and_offsets()
    {
        nint function = NativeLibrary.GetExport(NativeLibrary.Load("libc.so.6"), "qsort");
        CodePlace place;
        Backtrace.Describe((void*)(function + 3), &place);
        Assert.That(NativeText.Of(place.Module), Does.EndWith("libc.so.6"));
        Assert.That(Encoding.UTF8.GetString(place.Function), Is.EqualTo("qsort"));
        Assert.That(place.FunctionOffset, Is.EqualTo(2));
        Assert.That(place.ModuleOffset, Is.Not.Zero);
    }

    [Test]
    public void An_address_in_no_module_has_no_name()
    {
        byte* memory = stackalloc byte[16];
        CodePlace place;
        Backtrace.Describe(memory + 8, &place);
        Assert.That(NativeText.Of(place.Module), Is.Empty);
        Assert.That(place.Function.IsEmpty, Is.True);
        Assert.That(place.ModuleOffset, Is.EqualTo((ulong)(memory + 7)));
    }

    [Test]
    public void A_depot_gives_equal_strings_one_number_and_others_another()
    {
        const int Strings = 40_000;
        Depot depot = default;
        uint[] ids = new uint[Strings];
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < Strings; i++)
            {
                byte[] text = Text(i);
                uint id = depot.Intern(text);
                Assert.That(id, round == 0 ? Is.Not.Zero : Is.EqualTo(ids[i]));
                ids[i] = id;
            }
        }

        Assert.That(ids, Is.Unique);
        Assert.That(depot.Count, Is.EqualTo(Strings));
        for (int i = 0; i < Strings; i++)
        {
            Assert.That(depot.Get(ids[i]).SequenceEqual(Text(i)), Is.True);
        }
    }

    [Test]
    public void A_depot_keeps_neither_nothing_nor_more_than_fits()
    {
        Depot depot = default;
        Assert.That(depot.Intern(default), Is.Zero);
        Assert.That(depot.Intern(new byte[1 << 20]), Is.Zero);
        Assert.That(depot.Get(0).IsEmpty, Is.True);
    }

    [Test]
    public void Without_memory_a_string_has_no_number()
    {
        Depot depot = default;
        FaultInjection.Arm(1);
        uint refused = depot.Intern("text"u8);
        FaultInjection.Disarm();
        Assert.That(refused, Is.Zero);
        Assert.That(depot.Intern("text"u8), Is.Not.Zero);
    }

    [Test]
    public void Text_that_does_not_fit_is_cut_and_says_so()
    {
        byte* memory = stackalloc byte[12];
        TextBuffer text = new(memory, 11);
        memory[11] = 0xEE;
        text.Append("object ");
        text.Append(42ul);
        Assert.That((NativeText.Of(text.Text), text.IsCut), Is.EqualTo(("object 42", false)));
        text.Append("/heap"u8);
        Assert.That((NativeText.Of(text.Text), text.IsCut), Is.EqualTo(("object 42/", true)));
        Assert.That(memory[11], Is.EqualTo(0xEE));
        text.Clear();
        text.AppendHex(0xAB0);
        text.Append(-1L);
        Assert.That((NativeText.Of(text.Text), text.IsCut, text.Length), Is.EqualTo(("0xab0-1", false, 7)));
    }

    /// <summary>From one megabyte of chunks into the next.</summary>
    private static byte[] Text(int i) => Encoding.UTF8.GetBytes(new string((char)('a' + (i % 26)), i % 60) + i);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static uint Here() => TraceDepot.Capture();
}
