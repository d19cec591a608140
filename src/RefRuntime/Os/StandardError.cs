// Standard error, for what the host has asked to be told.

using System.Runtime.InteropServices;

namespace RefRuntime.Os;

internal static unsafe class StandardError
{
    /// <summary>Where it can't be written nobody can be told.</summary>
    public static void Write(byte* text, int length) => _ = rrhost_output_write(2, text, (nuint)length);

    [DllImport("rrhost")]
    private static extern int rrhost_output_write(int descriptor, byte* bytes, nuint count);
}
