// What the host's process is: its number, where it stands, and how it ends.

using System;
using System.Globalization;
using System.Runtime.InteropServices;

namespace RefRuntime.Os;

internal static unsafe class HostProcess
{
    public const int PathBytes = 4096;

    public static int Id => getpid();

    /// <summary>Has the function called at normal exit.</summary>
    public static void AtExit(delegate* unmanaged[Cdecl]<void> function) => _ = rrhost_at_exit(function);

    /// <summary>The path as it leads from the root, wherever the process goes, into <paramref name="result"/>, which has PathBytes bytes; %p in it
    /// becomes the process's number. False if it is too long.</summary>
    public static bool TryMakeAbsolute(byte* path, byte* result)
    {
        int length = 0;
        if (path[0] is not ((byte)'/' or 0))
        {
            if (getcwd(result, PathBytes) == null)
            {
                return false;
            }

            length = CString.Text(result).Length;
            result[length++] = (byte)'/';
        }

        for (byte* next = path; *next != 0; next++)
        {
            if (length > PathBytes - 16)
            {
                return false;
            }

            if (next[0] == '%' && next[1] == 'p')
            {
                _ = Id.TryFormat(new Span<byte>(result + length, 12), out int written, default, CultureInfo.InvariantCulture);
                length += written;
                next++;
            }
            else
            {
                result[length++] = *next;
            }
        }

        result[length] = 0;
        return true;
    }

    [DllImport("rrhost")]
    private static extern int rrhost_at_exit(delegate* unmanaged[Cdecl]<void> function);

    [DllImport("libc")]
    private static extern int getpid();

    [DllImport("libc")]
    private static extern byte* getcwd(byte* buffer, nuint size);
}
