// What the library says of itself, and of this thread's last error.

using System;
using System.Runtime.CompilerServices;
using RefRuntime.Abi;

namespace RefRuntime.Operations;

internal static unsafe class LibraryOperations
{
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static uint AbiVersion() => AbiConstants.AbiVersion;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static byte* Version() => Literal("1.0.0\0"u8);

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static byte* LastError() => Os.LastError.Text;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status LastStatus() => Os.LastError.Status;

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static byte* StatusString(Status status) => status switch
    {
        Status.Ok => Literal("RR_OK: success\0"u8),
        Status.Argument => Literal("RR_E_ARGUMENT: an argument is out of range, or NULL where it may not be\0"u8),
        Status.NotObject => Literal("RR_E_NOT_OBJECT: the pointer is no live object of this library\0"u8),
        Status.NoMemory => Literal("RR_E_NO_MEMORY: the heap's limit or the system's memory is used up\0"u8),
        Status.WrongThread => Literal("RR_E_WRONG_THREAD: a thread-owned heap was used from another thread\0"u8),
        Status.Busy => Literal("RR_E_BUSY: not allowed inside this callback\0"u8),
        Status.Type => Literal("RR_E_TYPE: unknown type, or the object is of another type than the function needs\0"u8),
        Status.Overflow => Literal("RR_E_OVERFLOW: a size computation overflowed\0"u8),
        Status.Io => Literal("RR_E_IO: a file could not be written\0"u8),
        Status.Abi => Literal("RR_E_ABI: the caller's header and the library do not fit together\0"u8),
        Status.Corrupt => Literal("RR_E_CORRUPT: an invariant of the heap is broken\0"u8),
        _ => Unknown(status),
    };

    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Status SetErrorHandler(delegate* unmanaged[Cdecl]<Status, byte*, void*, void*, void> handler, void* user)
    {
        Os.ErrorHandler.Set(handler, user);
        return Status.Ok;
    }

    private static byte* Unknown(Status status)
    {
        Os.LastError.Signed(Status.Argument, "rr_status_string", "status", (long)status, "is no status of this library");
        return Literal("unknown status\0"u8);
    }

    /// <summary>A UTF-8 literal lies in the image: its address stays.</summary>
    private static byte* Literal(ReadOnlySpan<byte> text) =>
        (byte*)Unsafe.AsPointer(ref Unsafe.AsRef(in text[0]));
}
