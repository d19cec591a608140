// Text that is put together in memory of the caller's, without managed allocation: reports, lines, files.
//
// Invariants: always ends with a zero that Length does not count; what does not fit is cut off and IsCut says so.

using System;
using System.Text.Unicode;

namespace RefRuntime.Os;

internal unsafe struct TextBuffer
{
    private readonly byte* _memory;
    private readonly int _capacity;

    /// <summary>Writes into <paramref name="bytes"/> bytes of memory, at least one.</summary>
    public TextBuffer(byte* memory, int bytes)
    {
        _memory = memory;
        _capacity = bytes - 1;
        _memory[0] = 0;
    }

    public int Length { get; private set; }

    public bool IsCut { get; private set; }

    public readonly byte* Text => _memory;

    private readonly Span<byte> Rest => new(_memory + Length, _capacity - Length);

    public void Clear()
    {
        Length = 0;
        IsCut = false;
        _memory[0] = 0;
    }

    public void Append(string text) => Finish(Utf8.TryWrite(Rest, $"{text}", out int written), written);

    public void Append(ulong number) => Finish(Utf8.TryWrite(Rest, $"{number}", out int written), written);

    public void Append(long number) => Finish(Utf8.TryWrite(Rest, $"{number}", out int written), written);

    public void AppendHex(ulong number) => Finish(Utf8.TryWrite(Rest, $"0x{number:x}", out int written), written);

    public void Append(ReadOnlySpan<byte> text)
    {
        bool fits = text.Length <= Rest.Length;
        text = fits ? text : text[..Rest.Length];
        text.CopyTo(Rest);
        Finish(fits, text.Length);
    }

    /// <summary>A string of C's.</summary>
    public void Append(byte* text) => Append(CString.Text(text));

    private void Finish(bool isWhole, int written)
    {
        IsCut |= !isWhole;

        // What the formatter wrote of a piece that does not fit is no text to rely on.
        Length += isWhole || written <= _capacity - Length ? written : 0;
        _memory[Length] = 0;
    }
}
