// One message of Protocol Buffers while it is put together: fields are a number and a value, and a message within another has its
// length before it, so that it has to be whole first. Messages that may be long are written field by field to the file instead.
//
// Invariant: what is put in fits; the callers' messages are bounded, see ProfileWriter.

using System;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using RefRuntime.Os;

namespace RefRuntime.Diagnostics;

internal unsafe struct ProtobufMessage
{
    private const int Capacity = 1024;
    private const int VarintBytes = 10;

    // Wire types.
    private const uint Varint = 0;
    private const uint Bytes = 2;

    private fixed byte _bytes[Capacity];
    private int _used;

    [MethodImpl(MethodImplOptions.NoInlining)] // the message is on the stack, and so it is for one call at a time
    public static void WriteField(ref OutputFile file, uint field, ulong value)
    {
        ProtobufMessage message = default;
        message.Add(field, value);
        message.WriteContent(ref file);
    }

    [MethodImpl(MethodImplOptions.NoInlining)] // the message is on the stack, and so it is for one call at a time
    public static void WriteField(ref OutputFile file, uint field, ReadOnlySpan<byte> bytes)
    {
        ProtobufMessage head = default;
        head.AddVarint((field << 3) | Bytes);
        head.AddVarint((ulong)bytes.Length);
        head.WriteContent(ref file);
        file.Write(bytes);
    }

    /// <summary>Empties the message; it begins anew.</summary>
    [UnscopedRef]
    public ref ProtobufMessage Clear()
    {
        _used = 0;
        return ref this;
    }

    public void Add(uint field, ulong value)
    {
        AddVarint((field << 3) | Varint);
        AddVarint(value);
    }

    public void Add(uint field, ref ProtobufMessage inner)
    {
        AddVarint((field << 3) | Bytes);
        AddVarint((ulong)inner._used);
        for (int i = 0; i < inner._used; i++)
        {
            _bytes[_used++] = inner._bytes[i];
        }
    }

    /// <summary>An element of a packed field.</summary>
    public void AddVarint(ulong value)
    {
        if (_used > Capacity - VarintBytes)
        {
            return;
        }

        for (; value >= 0x80; value >>= 7)
        {
            _bytes[_used++] = (byte)(value | 0x80);
        }

        _bytes[_used++] = (byte)value;
    }

    /// <summary>Writes the message as a field of the file's.</summary>
    public void Write(ref OutputFile file, uint field)
    {
        fixed (byte* bytes = _bytes)
        {
            WriteField(ref file, field, new ReadOnlySpan<byte>(bytes, _used));
        }
    }

    private void WriteContent(ref OutputFile file)
    {
        fixed (byte* bytes = _bytes)
        {
            file.Write(new ReadOnlySpan<byte>(bytes, _used));
        }
    }
}
