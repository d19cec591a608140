//! What can go wrong.

use refruntime_sys as sys;
use std::ffi::CStr;
use std::fmt;

/// The kind of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Status {
    /// An argument is out of range, or belongs to another heap.
    Argument,
    /// A pointer is no live object.
    NotObject,
    /// The heap's limit or the system's memory is used up; nothing changed.
    NoMemory,
    /// A heap was used by a thread that it does not belong to.
    WrongThread,
    /// Not allowed here: in this callback, or as long as references are left.
    Busy,
    /// The object is of another type.
    Type,
    /// A size is not representable.
    Overflow,
    /// A file could not be written.
    Io,
    /// The library and this crate do not fit together.
    Abi,
    /// An invariant of the heap is broken.
    Corrupt,
    /// A status that this release of the crate does not know.
    Other(i32),
}

impl Status {
    fn from_raw(status: sys::rr_status) -> Self {
        match status {
            sys::RR_E_ARGUMENT => Status::Argument,
            sys::RR_E_NOT_OBJECT => Status::NotObject,
            sys::RR_E_NO_MEMORY => Status::NoMemory,
            sys::RR_E_WRONG_THREAD => Status::WrongThread,
            sys::RR_E_BUSY => Status::Busy,
            sys::RR_E_TYPE => Status::Type,
            sys::RR_E_OVERFLOW => Status::Overflow,
            sys::RR_E_IO => Status::Io,
            sys::RR_E_ABI => Status::Abi,
            sys::RR_E_CORRUPT => Status::Corrupt,
            other => Status::Other(other),
        }
    }
}

/// Why a call failed: a [`Status`], and a sentence that names the function, the argument and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    status: Status,
    message: Box<str>,
}

/// The result of calls that can fail.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(status: Status, message: String) -> Self {
        Error { status, message: message.into() }
    }

    /// The last error of the library in this thread.
    #[cold]
    pub(crate) fn last() -> Self {
        // SAFETY: both may be called at any time; the text is valid until the next call that fails.
        let (status, message) = unsafe { (sys::rr_last_status(), CStr::from_ptr(sys::rr_last_error())) };
        Error::new(Status::from_raw(status), message.to_string_lossy().into_owned())
    }

    /// The kind of the error.
    pub fn status(&self) -> Status {
        self.status
    }

    /// The sentence.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// The outcome of a call that returns a status.
#[inline]
pub(crate) fn check(status: sys::rr_status) -> Result<()> {
    if status == sys::RR_OK {
        Ok(())
    } else {
        Err(Error::last())
    }
}

/// The outcome of a call that returns a number, or a negative status.
#[inline]
pub(crate) fn count(number: i64) -> Result<u64> {
    u64::try_from(number).map_err(|_| Error::last())
}
