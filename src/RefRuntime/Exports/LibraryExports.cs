// Exports: the library as a whole, and the errors of the calling thread.

using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using RefRuntime.Abi;
using RefRuntime.Operations;

namespace RefRuntime.Exports;

/// <summary>Versions, status codes, and what went wrong last. These functions work from any thread at any time. A program
/// that loads the library at run time compares rr_abi_version() with RR_ABI_VERSION before anything else.</summary>
[Section(Section.Library)]
internal static unsafe class LibraryExports
{
    /// <summary>The version of the ABI that the loaded library has.</summary>
    /// <returns>A number to compare with RR_ABI_VERSION.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_abi_version", CallConvs = [typeof(CallConvCdecl)])]
    public static uint AbiVersion() => LibraryOperations.AbiVersion();

    /// <summary>The release of the loaded library.</summary>
    /// <returns>A string such as "1.0.0"; it is never freed.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_version", CallConvs = [typeof(CallConvCdecl)])]
    [return: Const]
    public static byte* Version() => LibraryOperations.Version();

    /// <summary>The name of <paramref name="status"/> and what it means.</summary>
    /// <returns>A string such as "RR_E_NOT_OBJECT: ..."; it is never freed. For a number that is no rr_status, a string that
    /// says so. Never NULL.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_status_string", CallConvs = [typeof(CallConvCdecl)])]
    [return: Const]
    public static byte* StatusString(Status status) => LibraryOperations.StatusString(status);

    /// <summary>What was wrong in the last call of this thread that failed.</summary>
    /// <remarks>A call that succeeds leaves it as it is, so look at it only after a failure.</remarks>
    /// <returns>One sentence in UTF-8 that names the function, the argument and its value; "" before the first error, never
    /// NULL. It is valid until the next failing call of this thread.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_last_error", CallConvs = [typeof(CallConvCdecl)])]
    [return: Const]
    public static byte* LastError() => LibraryOperations.LastError();

    /// <summary>The code that belongs to rr_last_error().</summary>
    /// <returns>RR_OK before the first error of this thread.</returns>
    /// <cost>Constant time.</cost>
    [UnmanagedCallersOnly(EntryPoint = "rr_last_status", CallConvs = [typeof(CallConvCdecl)])]
    public static Status LastStatus() => LibraryOperations.LastStatus();
}
