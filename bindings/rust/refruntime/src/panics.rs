//! Panics in finalizers, in `Drop` and in callbacks. None may run through the library, which is no Rust.

use std::any::Any;
use std::cell::Cell;
use std::mem;
use std::panic::{catch_unwind, AssertUnwindSafe};

type Payload = Box<dyn Any + Send>;

thread_local!(static FIRST: Cell<Option<Payload>> = const { Cell::new(None) });

/// The first panic in a finalizer, in `Drop` of an object or in a callback of this thread since the last call; `None` if there was none.
///
/// Such a panic ends that function and nothing else: the collection, or whatever had it called, goes on. The panic hook has
/// reported it by then, as it does any other. Who wants it to go on calls [`std::panic::resume_unwind`] with what this returns.
pub fn take_panic() -> Option<Box<dyn Any + Send>> {
    FIRST.with(Cell::take)
}

/// Calls and keeps a panic for [`take_panic`].
pub(crate) fn guarded(callback: impl FnOnce()) {
    let Err(panic) = catch_unwind(AssertUnwindSafe(callback)) else { return };
    let surplus = FIRST.try_with(|first| match first.take() {
        None => {
            first.set(Some(panic));
            None
        }
        before => {
            first.set(before);
            Some(panic)
        }
    });
    // What a panic carries may panic itself when it is dropped; then nothing is left to do but to forget that.
    if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(surplus))) {
        mem::forget(again);
    }
}
