// A string of C. The framework's search for its end reads whole vectors, and so what lies behind the string: harmless, but memcheck
// reports it, in a program of the user's. None of these strings is long.

using System;

namespace RefRuntime.Os;

internal static unsafe class CString
{
    /// <summary>The bytes before the zero.</summary>
    public static ReadOnlySpan<byte> Text(byte* text)
    {
        int length = 0;
        while (text[length] != 0)
        {
            length++;
        }

        return new ReadOnlySpan<byte>(text, length);
    }
}
