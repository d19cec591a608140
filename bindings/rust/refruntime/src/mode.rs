//! Who may use a heap, as a type: one thread, or all.

use crate::heap::Retired;
use crate::lock::{self, Entered, Lock};
use crate::weak::Callbacks;
use refruntime_sys as sys;
use std::cell::RefCell;
use std::sync::{Mutex, PoisonError};

/// The mode of heaps that belong to the thread that made them. Their references are neither [`Send`] nor [`Sync`].
///
/// ```compile_fail,E0277
/// # use refruntime::*;
/// # struct Leaf; object!(Leaf);
/// let heap = Heap::new();
/// let leaf = heap.alloc(Leaf);
/// std::thread::spawn(move || drop(leaf)); // `NonNull<c_void>` cannot be sent between threads safely
/// ```
///
/// ```compile_fail,E0277
/// # use refruntime::*;
/// let heap = Heap::new();
/// std::thread::scope(|scope| drop(scope.spawn(|| heap.collect()))); // nor can a heap be shared
/// ```
///
/// ```compile_fail,E0308
/// # use refruntime::*;
/// # struct Leaf; object!(Leaf); object!(shared Leaf);
/// let mut leaf: Ref<Leaf> = Heap::new().alloc(Leaf);
/// leaf = Heap::new_shared().alloc(Leaf); // expected `Local`, found `Shared`
/// ```
#[derive(Debug)]
pub enum Local {}

/// The mode of heaps that any thread may use at any time: each call takes the lock of the heap, which stays held while
/// finalizers, `Drop` and callbacks run. They must not wait for a thread that uses the heap.
///
/// Objects of such a heap are [`Send`] and [`Sync`], and so are the references to them.
///
/// The lock is this crate's, and the heap is made with `RR_HEAP_SERIALIZED`: to read a slot and to count what it holds has to be one step,
/// which the library's own lock (`RR_HEAP_SYNCHRONIZED`) does not offer. So only Rust may use such a heap.
///
/// ```
/// # use refruntime::*;
/// # use std::sync::atomic::{AtomicU32, Ordering};
/// struct Counter(AtomicU32);
/// object!(shared Counter);
///
/// let heap = Heap::new_shared();
/// let counter = heap.alloc(Counter(AtomicU32::new(0)));
/// let other = counter.clone();
/// std::thread::spawn(move || other.0.fetch_add(1, Ordering::Relaxed)).join().unwrap();
/// assert_eq!(counter.0.load(Ordering::Relaxed), 1);
/// ```
///
/// ```compile_fail,E0277
/// # use refruntime::*;
/// struct Counter(std::cell::Cell<u32>);
/// object!(shared Counter); // `Cell<u32>` cannot be shared between threads safely
/// ```
#[derive(Debug)]
pub enum Shared {}

/// [`Local`] or [`Shared`].
pub trait Mode: Access + Callbacks {}

impl Mode for Local {}
impl Mode for Shared {}

/// What the modes differ in. Not nameable outside, so that there are no other modes.
pub trait Access: Sized + 'static {
    /// The way from a reference to the lock of its heap.
    type Link: Copy + PartialEq + 'static;
    /// Held while the heap is used.
    type Guard;
    /// `RR_HEAP_...` flags.
    const FLAGS: u32;
    /// The link of a slot that is in no object.
    const NOWHERE: Self::Link;

    fn new_link() -> Self::Link;
    fn recycle_link(link: Self::Link);
    fn enter(link: Self::Link) -> Self::Guard;
    /// Keeps a heap that is dropped while it is still referred to.
    fn keep(heap: Retired<Self>)
    where
        Self: Mode;
    /// Takes out what was kept.
    fn take_kept() -> Vec<Retired<Self>>
    where
        Self: Mode;
}

impl Access for Local {
    type Link = ();
    type Guard = ();
    const FLAGS: u32 = 0;
    const NOWHERE: () = ();

    fn new_link() {}
    fn recycle_link((): ()) {}
    #[inline(always)]
    fn enter((): ()) {}

    fn keep(heap: Retired<Local>) {
        // When the thread is past even this, the heap is left to the end of the process.
        let _ = KEPT_HERE.try_with(|kept| kept.0.borrow_mut().push(heap));
    }

    fn take_kept() -> Vec<Retired<Local>> {
        KEPT_HERE.try_with(|kept| kept.0.take()).unwrap_or_default()
    }
}

/// The retired heaps of a thread, which get a last look when it ends.
struct KeptHere(RefCell<Vec<Retired<Local>>>);

thread_local!(static KEPT_HERE: KeptHere = const { KeptHere(RefCell::new(Vec::new())) });

impl Drop for KeptHere {
    fn drop(&mut self) {
        for heap in self.0.take() {
            drop(heap.try_free());
        }
    }
}

impl Access for Shared {
    type Link = Option<LockLink>;
    type Guard = Option<Entered>;
    const FLAGS: u32 = sys::RR_HEAP_SERIALIZED;
    const NOWHERE: Option<LockLink> = None;

    fn new_link() -> Option<LockLink> {
        Some(LockLink(lock::obtain()))
    }

    fn recycle_link(link: Option<LockLink>) {
        if let Some(LockLink(lock)) = link {
            lock::give_back(lock);
        }
    }

    #[inline]
    fn enter(link: Option<LockLink>) -> Option<Entered> {
        link.map(|LockLink(lock)| lock.enter())
    }

    fn keep(heap: Retired<Shared>) {
        KEPT.lock().unwrap_or_else(PoisonError::into_inner).push(heap);
    }

    fn take_kept() -> Vec<Retired<Shared>> {
        std::mem::take(&mut *KEPT.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

static KEPT: Mutex<Vec<Retired<Shared>>> = Mutex::new(Vec::new());

/// A lock, compared by identity.
#[derive(Clone, Copy)]
pub struct LockLink(&'static Lock);

impl PartialEq for LockLink {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}
