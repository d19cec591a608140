// What a refused call becomes. Where .NET has an exception for it, that one is thrown; the rest is a RefRuntimeException.

using System;
using System.IO;
using System.Runtime.InteropServices;

namespace RefRuntime.Native;

/// <summary>The library's own codes; the values are those of rr_status.</summary>
public enum Status
{
    /// <summary>No error.</summary>
    Ok = Raw.RR_OK,

    /// <summary>An argument is out of range, or of another heap: <see cref="ArgumentException"/>.</summary>
    Argument = Raw.RR_E_ARGUMENT,

    /// <summary>The address is no live object: <see cref="RefRuntimeException"/>.</summary>
    NotObject = Raw.RR_E_NOT_OBJECT,

    /// <summary>The heap's limit or the system's memory is used up: <see cref="InsufficientMemoryException"/>.</summary>
    NoMemory = Raw.RR_E_NO_MEMORY,

    /// <summary>The heap belongs to another thread: <see cref="InvalidOperationException"/>.</summary>
    WrongThread = Raw.RR_E_WRONG_THREAD,

    /// <summary>Not allowed in this callback: <see cref="InvalidOperationException"/>.</summary>
    Busy = Raw.RR_E_BUSY,

    /// <summary>The object is of another type than the call needs: <see cref="InvalidCastException"/>.</summary>
    Type = Raw.RR_E_TYPE,

    /// <summary>A size does not fit: <see cref="OverflowException"/>.</summary>
    Overflow = Raw.RR_E_OVERFLOW,

    /// <summary>A file could not be written: <see cref="IOException"/>.</summary>
    IO = Raw.RR_E_IO,

    /// <summary>Package and library do not fit together: <see cref="RefRuntimeException"/>.</summary>
    Abi = Raw.RR_E_ABI,

    /// <summary>An invariant of the heap is broken: <see cref="RefRuntimeException"/>.</summary>
    Corrupt = Raw.RR_E_CORRUPT,
}

/// <summary>An error of the library that .NET has no exception for. The message is the library's own sentence.</summary>
public sealed class RefRuntimeException : Exception
{
    /// <summary>An error without a code.</summary>
    public RefRuntimeException()
    {
    }

    /// <summary>An error without a code.</summary>
    public RefRuntimeException(string message)
        : base(message)
    {
    }

    /// <summary>An error without a code.</summary>
    public RefRuntimeException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal RefRuntimeException(Status status, string message)
        : base(message) => Status = status;

    /// <summary>What kind of error it is.</summary>
    public Status Status { get; }
}

/// <summary>From results to exceptions.</summary>
internal static unsafe class Errors
{
    /// <summary>A status or a count that is no error.</summary>
    public static long Check(long result) => result >= 0 ? result : throw Last();

    /// <summary>An address that is not NULL.</summary>
    public static void* Check(void* result) => result != null ? result : throw Last();

    /// <summary>The exception for this thread's last failed call.</summary>
    public static Exception Last() => Make((Status)Raw.rr_last_status(), LastSentence());

    /// <summary>The same for a call with an index: when that was out of range, .NET has an exception of its own for it. The library saw a
    /// negative one as a large one without a sign.</summary>
    public static Exception Last(int index, long count) =>
        index < 0 ? new ArgumentOutOfRangeException(nameof(index), index, $"index {index} is negative")
        : index >= count ? new ArgumentOutOfRangeException(nameof(index), index, LastSentence())
        : Last();

    /// <summary>Refuses a library of another ABI. A missing one is a <see cref="DllNotFoundException"/>.</summary>
    public static void CheckAbi()
    {
        uint abi = Raw.rr_abi_version();
        if (abi != Raw.RR_ABI_VERSION)
        {
            throw new RefRuntimeException(Status.Abi, $"the library has ABI {abi}; this package needs {Raw.RR_ABI_VERSION}");
        }
    }

    private static string LastSentence() => Marshal.PtrToStringUTF8((nint)Raw.rr_last_error())!;

    private static Exception Make(Status status, string sentence) => status switch
    {
        Status.Argument => new ArgumentException(sentence),
        Status.NoMemory => new InsufficientMemoryException(sentence),
        Status.WrongThread or Status.Busy => new InvalidOperationException(sentence),
        Status.Type => new InvalidCastException(sentence),
        Status.Overflow => new OverflowException(sentence),
        Status.IO => new IOException(sentence),
        _ => new RefRuntimeException(status, sentence),
    };
}
