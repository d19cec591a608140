//! The collector of a heap.

use crate::error::{check, count, Result};
use crate::heap::Heap;
use crate::mode::Mode;
use refruntime_sys as sys;
use std::time::Duration;

impl<M: Mode> Heap<M> {
    /// Collects everything that is unreachable. Returns how many containers were dead; 0 in a finalizer, `Drop` or callback, where
    /// nothing is done.
    ///
    /// # Errors
    /// [`Status::NoMemory`](crate::Status::NoMemory) when the system has none for the collection itself.
    pub fn collect(&self) -> Result<u64> {
        let _entered = M::enter(self.link());
        // SAFETY: a live heap, as everywhere below.
        count(unsafe { sys::rr_collect(self.raw()) })
    }

    /// Does one slice of a collection, of about this length; zero = the least that makes progress. Returns how many containers it
    /// freed. Nothing is left to do when that is 0 and [`is_pending`](Heap::is_pending) says no.
    ///
    /// # Errors
    /// As [`collect`](Heap::collect).
    pub fn collect_step(&self, budget: Duration) -> Result<u64> {
        let _entered = M::enter(self.link());
        count(unsafe { sys::rr_collect_step(self.raw(), nanoseconds(budget)) })
    }

    /// Whether a step would have work.
    pub fn is_pending(&self) -> bool {
        let _entered = M::enter(self.link());
        unsafe { sys::rr_gc_pending(self.raw()) != 0 }
    }

    /// Switches automatic collections on or off. A heap with [`manual_gc`](crate::Options::manual_gc) has none.
    pub fn set_automatic(&self, automatic: bool) {
        let _entered = M::enter(self.link());
        unsafe {
            if automatic {
                sys::rr_gc_enable(self.raw());
            } else {
                sys::rr_gc_disable(self.raw());
            }
        }
    }

    /// Whether collections begin by themselves.
    pub fn is_automatic(&self) -> bool {
        let _entered = M::enter(self.link());
        unsafe { sys::rr_gc_is_enabled(self.raw()) != 0 }
    }

    /// Sets with how many candidates an automatic collection is due; 0 = their number never matters.
    pub fn set_threshold(&self, candidates: u64) {
        let _entered = M::enter(self.link());
        unsafe { sys::rr_gc_set_threshold(self.raw(), candidates) };
    }

    /// With how many candidates an automatic collection is due.
    pub fn threshold(&self) -> u64 {
        let _entered = M::enter(self.link());
        unsafe { sys::rr_gc_get_threshold(self.raw()) }
    }

    /// Sets how long an automatic collection may take at a time; zero = as long as it needs.
    pub fn set_pause_goal(&self, goal: Duration) {
        let _entered = M::enter(self.link());
        unsafe { sys::rr_gc_set_pause_goal(self.raw(), nanoseconds(goal)) };
    }

    /// How long an automatic collection may take at a time.
    pub fn pause_goal(&self) -> Duration {
        let _entered = M::enter(self.link());
        Duration::from_nanos(unsafe { sys::rr_gc_get_pause_goal(self.raw()) })
    }

    /// How many possible roots of dead cycles are logged.
    pub fn candidates(&self) -> u64 {
        let _entered = M::enter(self.link());
        unsafe { sys::rr_gc_get_candidates(self.raw()) }
    }

    /// Leaves all objects that are there now out of collections.
    ///
    /// # Errors
    /// [`Status::Busy`](crate::Status::Busy) where a callback may not do this.
    pub fn freeze(&self) -> Result<()> {
        let _entered = M::enter(self.link());
        check(unsafe { sys::rr_gc_freeze(self.raw()) })
    }

    /// Gives all frozen objects back to the collector.
    ///
    /// # Errors
    /// As [`freeze`](Heap::freeze).
    pub fn unfreeze(&self) -> Result<()> {
        let _entered = M::enter(self.link());
        check(unsafe { sys::rr_gc_unfreeze(self.raw()) })
    }

    /// How many objects are frozen.
    pub fn frozen(&self) -> Result<u64> {
        let _entered = M::enter(self.link());
        count(unsafe { sys::rr_gc_freeze_count(self.raw()) })
    }

    /// Says that objects keep so many bytes more, or less, alive that the heap does not see: they make collections come sooner, and
    /// count towards the limit.
    ///
    /// # Errors
    /// [`Status::Overflow`](crate::Status::Overflow) if the sum is not representable.
    pub fn report_external(&self, delta_bytes: i64) -> Result<()> {
        let _entered = M::enter(self.link());
        check(unsafe { sys::rr_report_external(self.raw(), delta_bytes) })
    }

    /// Gives free pages back to the system.
    ///
    /// # Errors
    /// [`Status::Busy`](crate::Status::Busy) where a callback may not do this.
    pub fn trim(&self) -> Result<()> {
        let _entered = M::enter(self.link());
        check(unsafe { sys::rr_heap_trim(self.raw()) })
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
