// The last error of each thread: a status and one sentence "function: argument value problem", as UTF-8 that ends with
// zero, in the thread's buffer. Formatting allocates nothing.
//
// Buffer: int32 status, four unused bytes, then the text.

using System;
using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Unicode;
using RefRuntime.Abi;

namespace RefRuntime.Os;

internal static unsafe class LastError
{
    private const int TextOffset = 8;

    public static Status Status => *(Status*)HostThread.ErrorBuffer;

    public static byte* Text => HostThread.ErrorBuffer + TextOffset;

    /// <summary>Keeps a sentence without telling the host: the caller does, in more words.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Note(Status status, ReadOnlySpan<byte> sentence)
    {
        Keep(status, complete: true, CopySound(sentence, Space));
    }

    /// <summary>Forgets an error that is none of the thread's caller.</summary>
    public static void Clear()
    {
        if (Status != Status.Ok)
        {
            Keep(Status.Ok, complete: true, written: 0);
        }
    }

    /// <summary>A pointer argument that is wrong.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Pointer(Status status, string function, string argument, void* value, string problem) =>
        Finish(status, value, Utf8.TryWrite(Space, $"{function}: {argument} 0x{(ulong)value:x} {problem}", out int written), written);

    /// <summary>A number that is wrong.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Number(Status status, string function, string argument, ulong value, string problem) =>
        Finish(status, null, Utf8.TryWrite(Space, $"{function}: {argument} {value} {problem}", out int written), written);

    /// <summary>A signed number that is wrong.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Signed(Status status, string function, string argument, long value, string problem) =>
        Finish(status, null, Utf8.TryWrite(Space, $"{function}: {argument} {value} {problem}", out int written), written);

    /// <summary>A number that is wrong with regard to another one, which ends the sentence.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Bound(Status status, string function, string argument, ulong value, string problem, ulong bound) =>
        Finish(status, null, Utf8.TryWrite(Space, $"{function}: {argument} {value} {problem} {bound}", out int written), written);

    /// <summary>A file that can't be written, and why; null is standard error.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status File(string function, byte* path, byte* problem)
    {
        // The reason has to fit behind the path. It is text of the system's, in the encoding of the host's locale.
        const int MaxName = HostThread.ErrorBufferBytes / 2;
        const int MaxReason = HostThread.ErrorBufferBytes / 4;
        byte* memory = stackalloc byte[MaxName + MaxReason];
        Span<byte> name = new(memory, MaxName);
        Span<byte> reason = new(memory + MaxName, MaxReason);
        name = name[..CopySound(path == null ? "(standard error)"u8 : CString.Text(path), name)];
        reason = reason[..CopySound(CString.Text(problem), reason)];
        return Finish(Status.Io, null, Utf8.TryWrite(Space, $"{function}: path {name} can't be written: {reason}", out int written), written);
    }

    private static Span<byte> Space => new(HostThread.ErrorBufferToWrite + TextOffset, HostThread.ErrorBufferBytes - TextOffset - 1);

    /// <summary>Copies text of the host's as UTF-8: bytes that are none become U+FFFD, what does not fit is cut off behind a character. Returns how many bytes that makes.</summary>
    private static int CopySound(ReadOnlySpan<byte> text, Span<byte> copy)
    {
        int length = 0;
        while (!text.IsEmpty)
        {
            bool isSound = Rune.DecodeFromUtf8(text, out _, out int consumed) == OperationStatus.Done;
            ReadOnlySpan<byte> character = isSound ? text[..consumed] : "\uFFFD"u8;
            if (character.Length > copy.Length - length)
            {
                break;
            }

            character.CopyTo(copy[length..]);
            length += character.Length;
            text = text[consumed..];
        }

        return length;
    }

    private static Status Finish(Status status, void* value, bool complete, int written)
    {
        Keep(status, complete, written);
        if (ErrorHandler.IsSet)
        {
            Tell(status, value);
        }

        return status;
    }

    /// <summary>Tells the handler of the last error. What it does wrong itself changes neither what it reads nor what the caller asks for later.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Tell(Status status, void* value)
    {
        byte* copy = stackalloc byte[HostThread.ErrorBufferBytes];
        Buffer.MemoryCopy(HostThread.ErrorBuffer, copy, HostThread.ErrorBufferBytes, HostThread.ErrorBufferBytes);
        if (ErrorHandler.TryCall(status, copy + TextOffset, value))
        {
            Buffer.MemoryCopy(copy, HostThread.ErrorBuffer, HostThread.ErrorBufferBytes, HostThread.ErrorBufferBytes);
        }
    }

    /// <summary>The text was put into <see cref="Space"/>.</summary>
    private static void Keep(Status status, bool complete, int written)
    {
        byte* buffer = HostThread.ErrorBuffer;
        buffer[TextOffset + (complete ? written : HostThread.ErrorBufferBytes - TextOffset - 1)] = 0;
        *(Status*)buffer = status;
    }
}
