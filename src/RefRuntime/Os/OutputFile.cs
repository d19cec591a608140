// A file that is written through a buffer, and is whole or not there: see native/output_file.c, which says how. Nothing
// managed is allocated; names and buffer lie in memory straight from the system.
//
//   OutputFile file = default;
//   Status status = file.Open("rr_...", path);        // null: standard error, as far as the caller allows it
//   file.Write("text"u8); file.Write(17); ...
//   return status == Status.Ok ? file.Close() : status;      // or Abandon, when it is not to be
//
// Errors stick: after the first, writes do nothing and Close tells it. Open must be paired with Close or Abandon, unless it failed.

using System;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;

namespace RefRuntime.Os;

internal unsafe struct OutputFile
{
    private const int NamesBytes = 2 * 4096;
    private const int BufferBytes = 64 * 1024;
    private const int ErrorTextBytes = 128;
    private const int StandardError = 2;

    /// <summary>No errno: the buffer found no memory.</summary>
    private const int NoBuffer = -1;

    private string _function;
    private byte* _path;
    private byte* _names;
    private byte* _buffer;
    private int _used;
    private int _descriptor;
    private int _error;

    /// <summary>False after an error: what is written from now on is lost, so that a long job may stop.</summary>
    public readonly bool IsSound => _error == 0;

    /// <summary>Who began the file; null if nobody has.</summary>
    public readonly string Function => _function;

    /// <summary>Begins a file; null means standard error. The path is read again for error messages, so it must stay.</summary>
    public Status Open(string function, byte* path) => Tell(function, path, OpenQuietly(function, path));

    /// <summary>The same for who holds a lock: the result is for <see cref="Tell"/>, when the lock has been left.</summary>
    public int OpenQuietly(string function, byte* path)
    {
        this = default;
        _function = function;
        _path = path;
        _names = Memory.Reserve(NamesBytes + BufferBytes, 16);
        if (_names == null)
        {
            return NoBuffer;
        }

        _buffer = _names + NamesBytes;
        _descriptor = path == null ? StandardError : rrhost_output_open(path, _names);
        if (_descriptor >= 0)
        {
            return 0;
        }

        Memory.Release(_names, NamesBytes + BufferBytes);
        return -_descriptor;
    }

    /// <summary>Ends the file: it gets its name, unless something went wrong, which the result and the last error then say.</summary>
    public Status Close() => Tell(_function, _path, CloseQuietly());

    /// <summary>The same for who holds a lock: the result is for <see cref="Tell"/>, when the lock has been left.</summary>
    public int CloseQuietly()
    {
        Flush();
        return End(isWhole: _error == 0);
    }

    /// <summary>Makes what opening or closing came to the last error.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status Tell(string function, byte* path, int error)
    {
        if (error == 0)
        {
            return Status.Ok;
        }

        if (error == NoBuffer)
        {
            return LastError.Number(Status.NoMemory, function, "writing through a buffer of", BufferBytes, "bytes needs memory that the system does not have");
        }

        byte* text = stackalloc byte[ErrorTextBytes];
        rrhost_error_text(error, text, ErrorTextBytes);
        return LastError.File(function, path, text);
    }

    /// <summary>Gives up: nothing is left of the file. For who has met an error of another kind.</summary>
    public void Abandon() => End(isWhole: false);

    /// <summary>Leaves the file to somebody else, without writing to it: to the parent, in a forked child.</summary>
    public void Forsake()
    {
        // Without a temporary name closing is all that is done.
        _names[NamesBytes / 2] = 0;
        _used = 0;
        Abandon();
    }

    public void Write(ReadOnlySpan<byte> text)
    {
        while (text.Length > BufferBytes - _used)
        {
            int room = BufferBytes - _used;
            text[..room].CopyTo(new Span<byte>(_buffer + _used, room));
            _used = BufferBytes;
            text = text[room..];
            Flush();
        }

        text.CopyTo(new Span<byte>(_buffer + _used, text.Length));
        _used += text.Length;
    }

    /// <summary>Text that ends with zero.</summary>
    public void Write(byte* text) => Write(CString.Text(text));

    public void Write(byte character)
    {
        if (_used == BufferBytes)
        {
            Flush();
        }

        _buffer[_used++] = character;
    }

    public void Write(ulong number)
    {
        MakeRoom(20);
        _ = number.TryFormat(new Span<byte>(_buffer + _used, 20), out int written, default, CultureInfo.InvariantCulture);
        _used += written;
    }

    public void Write(long number)
    {
        if (number < 0)
        {
            Write((byte)'-');
        }

        Write(number < 0 ? 0 - (ulong)number : (ulong)number);
    }

    /// <summary>0x and the digits that it takes.</summary>
    public void WriteHex(ulong number)
    {
        MakeRoom(18);
        _buffer[_used] = (byte)'0';
        _buffer[_used + 1] = (byte)'x';
        _ = number.TryFormat(new Span<byte>(_buffer + _used + 2, 16), out int written, "x", CultureInfo.InvariantCulture);
        _used += written + 2;
    }

    /// <summary>Text as a JSON string, quotes included. Bytes that are no UTF-8 become U+FFFD, so that parsers take the file.</summary>
    public void WriteJson(ReadOnlySpan<byte> text)
    {
        Write((byte)'"');
        while (!text.IsEmpty)
        {
            System.Buffers.OperationStatus status = System.Text.Rune.DecodeFromUtf8(text, out System.Text.Rune rune, out int consumed);
            if (status != System.Buffers.OperationStatus.Done)
            {
                Write("\uFFFD"u8);
            }
            else if (rune.Value is '"' or '\\')
            {
                Write((byte)'\\');
                Write((byte)rune.Value);
            }
            else if (rune.Value < ' ')
            {
                Write("\\u00"u8);
                Write("0123456789abcdef"u8[rune.Value >> 4]);
                Write("0123456789abcdef"u8[rune.Value & 15]);
            }
            else
            {
                Write(text[..consumed]);
            }

            text = text[consumed..];
        }

        Write((byte)'"');
    }

    /// <summary>The same for text that ends with zero.</summary>
    public void WriteJson(byte* text) => WriteJson(CString.Text(text));

    /// <summary>Writes out what the buffer holds.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Flush()
    {
        if (_error == 0)
        {
            _error = rrhost_output_write(_descriptor, _buffer, (nuint)_used);
        }

        _used = 0;
    }

    private void MakeRoom(int bytes)
    {
        if (BufferBytes - _used < bytes)
        {
            Flush();
        }
    }

    private int End(bool isWhole)
    {
        if (_descriptor != StandardError || _path != null)
        {
            int error = rrhost_output_close(_descriptor, _names, isWhole ? 1 : 0);
            _error = _error != 0 ? _error : error;
        }

        Memory.Release(_names, NamesBytes + BufferBytes);
        return _error;
    }

    [DllImport("rrhost")]
    private static extern int rrhost_output_open(byte* path, byte* names);

    [DllImport("rrhost")]
    private static extern int rrhost_output_write(int descriptor, byte* bytes, nuint count);

    [DllImport("rrhost")]
    private static extern int rrhost_output_close(int descriptor, byte* names, int isWhole);

    [DllImport("rrhost")]
    private static extern void rrhost_error_text(int error, byte* buffer, nuint capacity);
}
