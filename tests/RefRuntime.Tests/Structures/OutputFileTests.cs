// Files are whole or not there, and errors say what the system said.

using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Text;
using NUnit.Framework;
using RefRuntime.Abi;
using RefRuntime.Os;

namespace RefRuntime.Tests.Structures;

public sealed unsafe class OutputFileTests
{
    private string _directory = "";

    [SetUp]
    public void SetUp() => _directory = Directory.CreateTempSubdirectory("refruntime-").FullName;

    [TearDown]
    public void TearDown() => Directory.Delete(_directory, recursive: true);

    [Test]
    public void A_file_has_what_was_written_and_nothing_lies_beside_it()
    {
        string path = Path.Combine(_directory, "out");
        var expected = new StringBuilder();
        Status status = Write(path, (ref OutputFile file) =>
        {
            // More than the buffer holds, in pieces that don't divide it.
            for (int i = 0; i < 30000; i++)
            {
                file.Write("seven, "u8);
                file.Write((ulong)i);
                file.WriteHex((ulong)i);
                file.Write(-(long)i);
                file.Write((byte)'\n');
                expected.Append("seven, ").Append(i).Append("0x").Append(i.ToString("x", null)).Append(-i).Append('\n');
            }

            byte[] large = new byte[200_000];
            Array.Fill(large, (byte)'x');
            file.Write(large);
            expected.Append('x', large.Length);
            return true;
        });

        Assert.That(status, Is.EqualTo(Status.Ok));
        Assert.That(File.ReadAllText(path), Is.EqualTo(expected.ToString()));
        Assert.That(Directory.GetFiles(_directory), Has.Length.EqualTo(1));
    }

    [Test]
    public void Numbers_at_their_limits_are_written_whole()
    {
        string path = Path.Combine(_directory, "out");
        Write(path, (ref OutputFile file) =>
        {
            file.Write(ulong.MaxValue);
            file.Write((byte)' ');
            file.Write(long.MinValue);
            file.Write((byte)' ');
            file.WriteHex(ulong.MaxValue);
            return true;
        });
        Assert.That(File.ReadAllText(path), Is.EqualTo("18446744073709551615 -9223372036854775808 0xffffffffffffffff"));
    }

    [Test]
    public void A_file_that_is_given_up_is_not_there_and_an_older_one_stays()
    {
        string path = Path.Combine(_directory, "out");
        Write(path, (ref OutputFile file) => false);
        Assert.That(Directory.GetFiles(_directory), Is.Empty);

        File.WriteAllText(path, "older");
        Write(path, (ref OutputFile file) =>
        {
            file.Write(new byte[100_000]);
            Assert.That(File.ReadAllText(path), Is.EqualTo("older"));
            return false;
        });
        Assert.That(File.ReadAllText(path), Is.EqualTo("older"));
        Assert.That(Directory.GetFiles(_directory), Has.Length.EqualTo(1));
    }

    [Test]
    public void A_link_goes_on_pointing_to_what_it_points_to()
    {
        string target = Path.Combine(_directory, "target"), link = Path.Combine(_directory, "link");
        File.CreateSymbolicLink(link, "target");
        for (int i = 0; i < 2; i++)
        {
            // At first the target is not there.
            Write(link, (ref OutputFile file) =>
            {
                file.Write("new"u8);
                return true;
            });
            Assert.That(File.ReadAllText(target), Is.EqualTo("new"));
            Assert.That(new FileInfo(link).LinkTarget, Is.EqualTo("target"));
            File.WriteAllText(target, "older");
        }
    }

    [Test]
    public void A_full_device_is_an_error_and_stays_a_device()
    {
        Status status = Write("/dev/full", (ref OutputFile file) =>
        {
            file.Write(new byte[1_000_000]);
            Assert.That(file.IsSound, Is.False);
            return true;
        });
        Assert.That(status, Is.EqualTo(Status.Io));
        Assert.That(LastErrorText, Is.EqualTo("rr_test: path /dev/full can't be written: No space left on device"));
        Assert.That(Directory.GetFiles("/dev").Where(name => name.EndsWith(".part", StringComparison.Ordinal)), Is.Empty);
        Assert.That(() => File.WriteAllText("/dev/full", "x"), Throws.InstanceOf<IOException>());
    }

    [TestCase("missing/out", "No such file or directory")]
    [TestCase("", "Is a directory")]
    [TestCase("file/out", "Not a directory")]
    public void A_path_that_leads_nowhere_is_an_error_that_says_why(string name, string reason)
    {
        File.WriteAllText(Path.Combine(_directory, "file"), "");
        string path = name.Length == 0 ? _directory : Path.Combine(_directory, name);
        Assert.That(Write(path, (ref OutputFile file) => true), Is.EqualTo(Status.Io));
        Assert.That(LastErrorText, Is.EqualTo($"rr_test: path {path} can't be written: {reason}"));
        Assert.That(Directory.GetFiles(_directory), Has.Length.EqualTo(1));
    }

    [Test]
    public void A_path_that_is_too_long_is_an_error_whose_reason_is_not_cut_off()
    {
        string path = _directory + "/" + new string('x', 5000);
        Assert.That(Write(path, (ref OutputFile file) => true), Is.EqualTo(Status.Io));
        Assert.That(LastErrorText, Does.EndWith("can't be written: File name too long"));
    }

    [Test]
    public void Strings_are_escaped_for_JSON_and_bytes_that_are_no_text_are_replaced()
    {
        string path = Path.Combine(_directory, "out");
        Write(path, (ref OutputFile file) =>
        {
            file.WriteJson("a\"b\\c\n\u001fé😀"u8);
            file.WriteJson([0xff, (byte)'x', 0xc3]);
            return true;
        });
        Assert.That(File.ReadAllText(path), Is.EqualTo("\"a\\\"b\\\\c\\u000a\\u001fé😀\"\"\uFFFDx\uFFFD\""));
    }

    private delegate bool Job(ref OutputFile file);

    private static string LastErrorText => NativeText.LastError();

    /// <summary>Opens the path, does the job, and closes the file if that says so.</summary>
    private static Status Write(string path, Job job)
    {
        byte* text = (byte*)Marshal.StringToCoTaskMemUTF8(path);
        OutputFile file = default;
        Status status = file.Open("rr_test", text);
        if (status == Status.Ok && job(ref file))
        {
            status = file.Close();
        }
        else if (status == Status.Ok)
        {
            file.Abandon();
        }

        Marshal.FreeCoTaskMem((nint)text);
        return status;
    }
}
