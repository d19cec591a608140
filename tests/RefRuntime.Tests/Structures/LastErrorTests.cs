// The sentence of the last error: whole, or cut off and still a string.

using System.Text;
using System.Threading;
using NUnit.Framework;
using RefRuntime.Abi;
using RefRuntime.Operations;
using RefRuntime.Os;

namespace RefRuntime.Tests.Structures;

public sealed unsafe class LastErrorTests
{
    [Test]
    public void It_names_function_argument_and_value()
    {
        LastError.Pointer(Status.NotObject, "rr_f", "object", (void*)0xAB0, "is no object");
        Assert.That(NativeText.LastError(), Is.EqualTo("rr_f: object 0xab0 is no object"));
        Assert.That(LibraryOperations.LastStatus(), Is.EqualTo(Status.NotObject));
        LastError.Number(Status.Type, "rr_f", "type", uint.MaxValue, "is no type");
        Assert.That(NativeText.LastError(), Is.EqualTo("rr_f: type 4294967295 is no type"));
        LastError.Signed(Status.Overflow, "rr_f", "delta", long.MinValue, "is too small");
        Assert.That(NativeText.LastError(), Is.EqualTo("rr_f: delta -9223372036854775808 is too small"));
        LastError.Bound(Status.Argument, "rr_f", "index", ulong.MaxValue, "is not less than", 7);
        Assert.That(NativeText.LastError(), Is.EqualTo("rr_f: index 18446744073709551615 is not less than 7"));
    }

    [TestCase(0)]
    [TestCase(900)]
    [TestCase(1000)]
    [TestCase(1010)]
    [TestCase(1015)]
    [TestCase(1016)]
    [TestCase(5000)]
    public void A_long_sentence_is_cut_off_and_shows_nothing_of_an_older_one(int length)
    {
        LastError.Pointer(Status.Corrupt, new string('o', 980), "old", null, "old");
        LastError.Number(Status.Argument, "rr_f", new string('x', length), 1, "is wrong");
        string expected = $"rr_f: {new string('x', length)} 1 is wrong";
        string actual = NativeText.LastError();
        Assert.That(Encoding.UTF8.GetByteCount(actual), Is.LessThan(HostThread.ErrorBufferBytes - 8));
        Assert.That(expected, Does.StartWith(actual));
        Assert.That(actual, Does.StartWith("rr_f: "));
        Assert.That(LibraryOperations.LastStatus(), Is.EqualTo(Status.Argument));
    }

    /// <summary>It stood in the message as the system has it, which follows the locale that the host has set.</summary>
    [Test]
    public void The_reason_of_the_system_was_not_utf_8()
    {
        byte[] latin1 = Encoding.Latin1.GetBytes("Acc\u00E8s refus\u00E9\0");
        fixed (byte* path = "/nowhere"u8, reason = latin1)
        {
            Assert.That(LastError.File("rr_f", path, reason), Is.EqualTo(Status.Io));
        }

        byte[] expected = Encoding.UTF8.GetBytes("rr_f: path /nowhere can't be written: Acc\uFFFDs refus\uFFFD");
        Assert.That(CString.Text(LastError.Text).ToArray(), Is.EqualTo(expected));
    }

    [Test]
    public void Each_thread_has_its_own()
    {
        LastError.Number(Status.Type, "rr_f", "type", 1, "is no type");
        string other = "unset";
        Status otherStatus = Status.Corrupt;
        var thread = new Thread(() =>
        {
            other = NativeText.LastError();
            otherStatus = LibraryOperations.LastStatus();
        });
        thread.Start();
        thread.Join();
        Assert.That((other, otherStatus), Is.EqualTo(("", Status.Ok)));
        Assert.That(NativeText.LastError(), Is.EqualTo("rr_f: type 1 is no type"));
    }
}
