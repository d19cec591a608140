//! How a heap is made.

use crate::error::Result;
use crate::heap::Heap;
use crate::mode::{Access, Local, Mode, Shared};
use refruntime_sys as sys;

/// How a heap is made: `Options::new().max_bytes(1 << 20).build()?`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    flags: u32,
    max_bytes: u64,
    report_leaks: bool,
}

impl Options {
    /// The defaults: no limit, collections by themselves.
    pub const fn new() -> Self {
        Options { flags: 0, max_bytes: 0, report_leaks: false }
    }

    /// The most memory that the heap may use; 0 = no limit. At the limit it collects, then allocations fail.
    pub const fn max_bytes(mut self, max_bytes: u64) -> Self {
        self.max_bytes = max_bytes;
        self
    }

    /// No automatic collection, not even at the limit.
    pub const fn manual_gc(self) -> Self {
        self.with(sys::RR_HEAP_MANUAL_GC)
    }

    /// Automatic collections in short slices.
    pub const fn bounded(self) -> Self {
        self.with(sys::RR_HEAP_BOUNDED)
    }

    /// Finds misuse, above all by code that is not safe Rust, at the price of speed and memory: it is reported on standard error, and ends the
    /// process. Misuse is also what else is an error: an object of another heap in a slot, an allocation in `Drop`.
    pub const fn checked(self) -> Self {
        self.with(sys::RR_HEAP_CHECKED)
    }

    /// A heap that is dropped with references left says on standard error who holds them.
    pub const fn report_leaks(mut self) -> Self {
        self.report_leaks = true;
        self
    }

    /// A heap for this thread.
    ///
    /// # Errors
    /// [`Status::NoMemory`](crate::Status::NoMemory).
    pub fn build(&self) -> Result<Heap<Local>> {
        self.make()
    }

    /// A heap for all threads.
    ///
    /// # Errors
    /// [`Status::NoMemory`](crate::Status::NoMemory).
    pub fn build_shared(&self) -> Result<Heap<Shared>> {
        self.make()
    }

    const fn with(mut self, flag: u32) -> Self {
        self.flags |= flag;
        self
    }

    fn make<M: Mode>(&self) -> Result<Heap<M>> {
        let options = sys::rr_heap_options {
            flags: self.flags | <M as Access>::FLAGS,
            max_bytes: self.max_bytes,
            ..Default::default()
        };
        Heap::with(&options, self.report_leaks)
    }
}
