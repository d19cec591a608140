//! Heaps, and making objects in them.

use crate::containers::{made, Bytes, List, Tuple};
use crate::error::{check, Error, Result, Status};
use crate::mode::{Local, Mode, Shared};
use crate::object::{type_id, Object, Payload};
use crate::options::Options;
use crate::reference::Ref;
use crate::slot;
use refruntime_sys as sys;
use std::fmt;
use std::ptr::{self, NonNull};

/// A heap: an island of objects that refer to each other, with a collector of its own.
///
/// A `Heap` belongs to the thread that made it; a `Heap<Shared>` to all ([`Local`], [`Shared`]). Neither can be cloned: borrow it, or put it
/// into an `Rc` or `Arc`.
///
/// References keep working when their heap is dropped. The drop collects; if nothing is left, all memory goes back at once. Otherwise
/// the heap is *retired*: its objects go on to live and die by their references, and its memory is given back when a heap of the
/// same mode is made or dropped next (of the same thread, for [`Local`]) and finds it empty, at the latest when that thread ends. So dead
/// cycles, and their `Drop`, may have to wait until then. [`close`](Heap::close) says whether something is left.
pub struct Heap<M: Mode = Local> {
    retired: Option<Retired<M>>,
}

// SAFETY: all calls take the lock; objects are Send and Sync.
unsafe impl Send for Heap<Shared> {}
unsafe impl Sync for Heap<Shared> {}

impl Heap<Local> {
    /// A heap for this thread.
    ///
    /// # Panics
    /// If the system has no memory. [`Options`] has more ways to make a heap, and errors.
    #[allow(clippy::new_without_default)] // what would be the default of a thing that is an identity?
    pub fn new() -> Self {
        Options::new().build().unwrap_or_else(|error| panic!("{error}"))
    }
}

impl Heap<Shared> {
    /// A heap for all threads.
    ///
    /// # Panics
    /// If the system has no memory.
    pub fn new_shared() -> Self {
        Options::new().build_shared().unwrap_or_else(|error| panic!("{error}"))
    }
}

impl<M: Mode> Heap<M> {
    pub(crate) fn with(options: &sys::rr_heap_options, report_leaks: bool) -> Result<Self> {
        free_retired::<M>();
        // SAFETY: the options are complete.
        let raw = NonNull::new(unsafe { sys::rr_heap_new(options) }).ok_or_else(Error::last)?;
        Ok(Heap { retired: Some(Retired { raw, link: M::new_link(), report_leaks }) })
    }

    fn inner(&self) -> &Retired<M> {
        self.retired.as_ref().expect("only drop takes it")
    }

    pub(crate) fn raw(&self) -> *mut sys::rr_heap {
        self.inner().raw.as_ptr()
    }

    pub(crate) fn link(&self) -> M::Link {
        self.inner().link
    }

    /// Makes an object of a value. It may collect first, so finalizers, `Drop` and callbacks may run.
    ///
    /// # Panics
    /// If [`try_alloc`](Heap::try_alloc) fails.
    #[inline]
    #[track_caller]
    pub fn alloc<T: Object<M>>(&self, value: T) -> Ref<T, M> {
        self.try_alloc(value).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`alloc`](Heap::alloc). If it fails the value is dropped.
    ///
    /// # Errors
    /// [`Status::NoMemory`] at the heap's limit; [`Status::Busy`] while `Drop` of an object of this heap runs; [`Status::Argument`] if a slot of the value
    /// has been in another object.
    #[inline]
    pub fn try_alloc<T: Object<M>>(&self, value: T) -> Result<Ref<T, M>> {
        let number = type_id::<T, M>()?;
        let base = ptr::from_ref(&value);
        // SAFETY: SLOTS are slots of T.
        if !T::SLOTS.iter().all(|field| unsafe { slot::is_unattached(base.byte_add(field.offset).cast()) }) {
            return Err(used_slot(T::NAME));
        }
        let link = self.link();
        let _entered = M::enter(link);
        // SAFETY: the new object has room for the payload, and nobody knows it before it is complete.
        unsafe {
            let object = sys::rr_alloc(self.raw(), number);
            let Some(place) = NonNull::new(object) else { return Err(Error::last()) };
            place.cast::<Payload<T, M>>().write(Payload { value, link });
            for field in T::SLOTS {
                slot::attach::<M>(object, field.offset, link);
            }
            Ok(Ref::own(place, link))
        }
    }

    /// An empty list.
    ///
    /// # Errors
    /// [`Status::NoMemory`], [`Status::Busy`] as for [`try_alloc`](Heap::try_alloc).
    pub fn list(&self) -> Result<Ref<List, M>> {
        let _entered = M::enter(self.link());
        // SAFETY: a live heap.
        unsafe { made(sys::rr_list_new(self.raw()), self.link()) }
    }

    /// A tuple with `count` empty places.
    ///
    /// # Errors
    /// As [`list`](Heap::list); [`Status::Overflow`].
    pub fn tuple(&self, count: usize) -> Result<Ref<Tuple, M>> {
        let _entered = M::enter(self.link());
        // SAFETY: a live heap.
        unsafe { made(sys::rr_alloc_items(self.raw(), sys::RR_TYPE_TUPLE, count), self.link()) }
    }

    /// Bytes with this content.
    ///
    /// # Errors
    /// As [`list`](Heap::list); [`Status::Overflow`].
    pub fn bytes(&self, content: &[u8]) -> Result<Ref<Bytes, M>> {
        let _entered = M::enter(self.link());
        // SAFETY: a live heap.
        let bytes: Ref<Bytes, M> =
            unsafe { made(sys::rr_alloc_items(self.raw(), sys::RR_TYPE_BYTES, content.len()), self.link())? };
        bytes.write(0, content)?;
        Ok(bytes)
    }

    /// Drops the heap and says whether it is gone.
    ///
    /// # Errors
    /// [`Status::Busy`] if references to its objects are left, or if a finalizer, `Drop` or callback is what calls: the heap is retired then.
    pub fn close(mut self) -> Result<()> {
        let heap = self.retired.take().expect("only drop takes it");
        match heap.try_free() {
            Ok(()) => Ok(()),
            Err((heap, error)) => {
                M::keep(heap);
                Err(error)
            }
        }
    }
}

#[cold]
fn used_slot(name: &str) -> Error {
    Error::new(Status::Argument, format!("Heap::alloc: value: a slot of this {name} has been in another object"))
}

impl<M: Mode> Drop for Heap<M> {
    fn drop(&mut self) {
        free_retired::<M>();
        if let Some(heap) = self.retired.take() {
            if let Err((heap, _)) = heap.try_free() {
                M::keep(heap);
            }
        }
    }
}

impl<M: Mode> fmt::Debug for Heap<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Heap({:p})", self.raw())
    }
}

/// A heap that nobody can make objects in any more.
pub struct Retired<M: Mode> {
    raw: NonNull<sys::rr_heap>,
    link: M::Link,
    report_leaks: bool,
}

// SAFETY: as for the heap that it was.
unsafe impl Send for Retired<Shared> {}

/// How often a dropped heap collects: finalizers may make new garbage, without end if they like.
const ROUNDS: u32 = 16;

impl<M: Mode> Retired<M> {
    /// Frees the heap if nothing lives in it: then nobody has a reference into it either, as references count, weak ones too.
    pub fn try_free(self) -> std::result::Result<(), (Self, Error)> {
        let entered = M::enter(self.link);
        let heap = self.raw.as_ptr();
        let mut stats = sys::rr_stats::default();
        // SAFETY: a live heap, which this thread may use.
        let outcome = unsafe {
            sys::rr_gc_unfreeze(heap);
            for _ in 0..ROUNDS {
                if sys::rr_collect(heap) <= 0 {
                    break;
                }
            }
            check(sys::rr_heap_stats(heap, &mut stats)).and_then(|()| match stats.live_objects {
                0 => check(sys::rr_heap_free(heap)),
                left => {
                    if self.report_leaks {
                        sys::rr_leak_report(heap, ptr::null());
                    }
                    Err(Error::new(Status::Busy, format!("Heap::close: {left} objects are still held")))
                }
            })
        };
        drop(entered);
        match outcome {
            Ok(()) => {
                M::recycle_link(self.link);
                Ok(())
            }
            Err(error) => Err((self, error)),
        }
    }
}

/// Has another look at the heaps that were dropped while they were still referred to.
fn free_retired<M: Mode>() {
    for heap in M::take_kept() {
        if let Err((heap, _)) = heap.try_free() {
            M::keep(Retired { report_leaks: false, ..heap });
        }
    }
}
