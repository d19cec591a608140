// C strings of the library as managed ones.

using System.Runtime.InteropServices;
using RefRuntime.Operations;

namespace RefRuntime.Tests;

internal static unsafe class NativeText
{
    public static string LastError() => Of(LibraryOperations.LastError());

    public static string Of(byte* text) => Marshal.PtrToStringUTF8((nint)text) ?? "";
}
