//! The lock of a shared heap: a thread that holds it may take it again, since callbacks of the heap use the heap.
//! (The standard library has one, not yet for stable Rust.)

use std::cell::Cell;
use std::panic::RefUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};

/// Free, or held by one thread, `depth` times.
///
/// A waiter announces itself before it looks at `owner`, and who leaves clears `owner` before it looks for waiters; both
/// sequentially consistent, so one of the two sees the other.
pub struct Lock {
    owner: AtomicUsize,
    waiters: AtomicUsize,
    /// The owner's alone.
    depth: Cell<usize>,
    queue: Mutex<()>,
    free: Condvar,
}

// SAFETY: `depth` is touched by the thread in `owner` alone, which Acquire and Release order.
unsafe impl Sync for Lock {}

// It is free again when a panic has passed.
impl RefUnwindSafe for Lock {}

impl Lock {
    fn new() -> Self {
        Lock {
            owner: AtomicUsize::new(0),
            waiters: AtomicUsize::new(0),
            depth: Cell::new(0),
            queue: Mutex::new(()),
            free: Condvar::new(),
        }
    }

    #[inline]
    pub fn enter(&'static self) -> Entered {
        let me = this_thread();
        if self.owner.load(Ordering::Relaxed) != me && !self.try_own(me) {
            self.wait(me);
        }
        self.depth.set(self.depth.get() + 1);
        Entered(self)
    }

    #[inline]
    fn try_own(&self, me: usize) -> bool {
        self.owner.compare_exchange(0, me, Ordering::SeqCst, Ordering::Relaxed).is_ok()
    }

    #[cold]
    fn wait(&self, me: usize) {
        let mut place = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        self.waiters.fetch_add(1, Ordering::SeqCst);
        while !self.try_own(me) {
            place = self.free.wait(place).unwrap_or_else(PoisonError::into_inner);
        }
        self.waiters.fetch_sub(1, Ordering::SeqCst);
    }

    #[inline]
    fn leave(&self) {
        let depth = self.depth.get() - 1;
        self.depth.set(depth);
        if depth == 0 {
            self.owner.store(0, Ordering::SeqCst);
            if self.waiters.load(Ordering::SeqCst) != 0 {
                self.wake();
            }
        }
    }

    #[cold]
    fn wake(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner));
        self.free.notify_one();
    }
}

/// Holds the lock until it is dropped. Stays in its thread.
pub struct Entered(&'static Lock);

impl Drop for Entered {
    #[inline]
    fn drop(&mut self) {
        self.0.leave();
    }
}

/// A number for the calling thread: the address of something that only it has. Not 0.
#[inline]
fn this_thread() -> usize {
    thread_local!(static MARK: u8 = const { 0 });
    MARK.with(|mark| mark as *const u8 as usize)
}

/// Locks without a heap. References copy a `&'static Lock`, so a lock is never freed; it is used again.
static UNUSED: Mutex<Vec<&'static Lock>> = Mutex::new(Vec::new());

pub fn obtain() -> &'static Lock {
    let unused = UNUSED.lock().unwrap_or_else(PoisonError::into_inner).pop();
    unused.unwrap_or_else(|| Box::leak(Box::new(Lock::new())))
}

pub fn give_back(lock: &'static Lock) {
    UNUSED.lock().unwrap_or_else(PoisonError::into_inner).push(lock);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::UnsafeCell;

    struct Counter(UnsafeCell<u64>);
    // SAFETY: used with the lock held.
    unsafe impl Sync for Counter {}

    #[test]
    fn threads_exclude_each_other_and_none_is_forgotten() {
        let lock = obtain();
        let counter = Counter(UnsafeCell::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let counter = &counter;
                    for _ in 0..20_000 {
                        let _outer = lock.enter();
                        let _inner = lock.enter();
                        unsafe { *counter.0.get() += 1 };
                    }
                });
            }
        });
        assert_eq!(counter.0.into_inner(), 80_000);
    }
}
