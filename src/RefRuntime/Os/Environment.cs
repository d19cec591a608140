// The variables of the environment that the documentation names, and no others. Not read where the program runs with more
// rights than its user (secure_getenv): there a variable must not make it write files.

using System.Runtime.InteropServices;

namespace RefRuntime.Os;

internal static unsafe class Environment
{
    /// <summary>The value of a variable whose name is given in ASCII; null if it is not set.</summary>
    public static byte* Get(string name)
    {
        byte* text = stackalloc byte[64];
        for (int i = 0; i < name.Length; i++)
        {
            text[i] = (byte)name[i];
        }

        text[name.Length] = 0;
        return secure_getenv(text);
    }

    [DllImport("libc")]
    private static extern byte* secure_getenv(byte* name);
}
