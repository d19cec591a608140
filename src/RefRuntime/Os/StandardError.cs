// Standard error, for what the host has asked to be told.

using System.Runtime.InteropServices;

namespace RefRuntime.Os;

internal static unsafe class StandardError
{
    public static void Write(byte* text, int length) => write(2, text, (nuint)length);

    [DllImport("libc")]
    private static extern nint write(int descriptor, byte* text, nuint length);
}
