// What a call answers: rr_status. Zero is success, errors are negative, so that a count and an error share one int64_t.

namespace RefRuntime.Abi;

/// <summary>The outcome of a call: RR_OK, or a negative error. rr_last_error() says the rest.</summary>
[CName("rr_status")]
[CPrefix("RR_E_")]
[Section(Section.Library)]
public enum Status : int
{
    /// <summary>Success.</summary>
    [CName("RR_OK")]
    Ok = 0,

    /// <summary>An argument is out of range, or NULL where it may not be.</summary>
    Argument = -1,

    /// <summary>The pointer is no live object of this library: it never was, was freed already, or points inside one.</summary>
    NotObject = -2,

    /// <summary>The heap's limit or the system's memory is used up; nothing changed.</summary>
    NoMemory = -3,

    /// <summary>A thread-owned heap was used from another thread.</summary>
    WrongThread = -4,

    /// <summary>Not allowed inside this callback: a destroy callback allocates, a callback frees its heap.</summary>
    Busy = -5,

    /// <summary>The type is unknown, or the object is of another type than the function needs.</summary>
    Type = -6,

    /// <summary>A size computation overflowed.</summary>
    Overflow = -7,

    /// <summary>A file could not be written.</summary>
    Io = -8,

    /// <summary>The caller's header and the library do not fit together.</summary>
    Abi = -9,

    /// <summary>An invariant of the heap is broken.</summary>
    Corrupt = -10,
}
