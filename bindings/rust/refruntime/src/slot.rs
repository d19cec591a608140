//! Slots: the fields by which objects refer to each other.

use crate::counts;
use crate::error::{check, Error, Result, Status};
use crate::mode::{Local, Mode};
use crate::reference::Ref;
use refruntime_sys as sys;
use std::cell::UnsafeCell;
use std::ffi::c_void;
use std::fmt;
use std::marker::PhantomData;
use std::ptr;

/// What a slot holds until it is in an object: no address.
const UNATTACHED: usize = 1;

/// A field of an object that refers to another object of the same heap, or to none.
///
/// It begins [empty](Slot::empty), and can be set as soon as its object [is made](crate::Heap::alloc), through a shared reference, as a
/// [`Cell`](std::cell::Cell) can. The collector knows of a slot if [`object!`](crate::object) lists it; one that it does not list can't be set.
/// (A plain [`Ref`] in a field holds its object too, as one from outside the heap does: a cycle through it is never found.)
///
/// While `Drop` of its own object runs, a slot is empty: what it referred to may be gone already. Finalizers see it as it was.
pub struct Slot<T: ?Sized, M: Mode = Local> {
    pointer: UnsafeCell<*mut c_void>,
    link: UnsafeCell<M::Link>,
    /// Invariant: through a shared reference one can put in as well as get.
    refers_to: PhantomData<UnsafeCell<*const T>>,
}

// SAFETY: in an object, a slot is used with the lock of the heap held; elsewhere it does not change.
unsafe impl<T: ?Sized + Send + Sync> Send for Slot<T, crate::Shared> {}
unsafe impl<T: ?Sized + Send + Sync> Sync for Slot<T, crate::Shared> {}

impl<T: ?Sized, M: Mode> Slot<T, M> {
    /// A slot for a new object.
    pub const fn empty() -> Self {
        Slot {
            pointer: UnsafeCell::new(ptr::without_provenance_mut(UNATTACHED)),
            link: UnsafeCell::new(M::NOWHERE),
            refers_to: PhantomData,
        }
    }

    /// The object that the slot refers to, by a reference of the caller's own. Costs an incref.
    #[inline]
    pub fn get(&self) -> Option<Ref<T, M>> {
        // SAFETY: the link is written once, before anybody else knows the object. What a slot of an object holds is an object of its heap.
        unsafe {
            let link = *self.link.get();
            let _entered = M::enter(link);
            let object = *self.pointer.get();
            if is_object(object) {
                Ref::try_share(object, link)
            } else {
                None
            }
        }
    }

    /// Whether the slot refers to no object.
    pub fn is_empty(&self) -> bool {
        // SAFETY: as in `get`.
        unsafe {
            let _entered = M::enter(*self.link.get());
            !is_object(*self.pointer.get())
        }
    }

    /// Makes the slot refer to an object, or to none: `slot.set(node)`, `slot.set(None)`. What it referred to is released, and dies if that was
    /// the last reference: then finalizers, `Drop` and callbacks run, and see the slot as it is now.
    ///
    /// # Panics
    /// If [`try_set`](Slot::try_set) fails.
    #[inline]
    #[track_caller]
    pub fn set(&self, value: impl Into<Option<Ref<T, M>>>) {
        if let Err(error) = self.try_set(value) {
            panic!("{error}");
        }
    }

    /// As [`set`](Slot::set). If it fails the slot refers to what it did before.
    ///
    /// # Errors
    /// [`Status::Argument`] if the object is one of another heap, or if the slot is not in an object, or in one whose type does not list it.
    #[inline]
    pub fn try_set(&self, value: impl Into<Option<Ref<T, M>>>) -> Result<()> {
        let value = value.into();
        // SAFETY: as in `get`; the library takes over the reference when it succeeds.
        unsafe {
            let link = *self.link.get();
            let _entered = M::enter(link);
            if *self.pointer.get() as usize == UNATTACHED {
                return Err(no_slot());
            }
            let Some(value) = value else { return check(sys::rr_take(self.pointer.get(), ptr::null_mut())) };
            if value.link() != link {
                return Err(Error::new(
                    Status::Argument,
                    format!("Slot::set: value: {:p} belongs to another heap", value.as_ptr()),
                ));
            }
            check(sys::rr_take(self.pointer.get(), value.as_ptr()))?;
            std::mem::forget(value);
            Ok(())
        }
    }

    /// Empties the slot and returns what it referred to.
    pub fn take(&self) -> Option<Ref<T, M>> {
        // SAFETY: as in `get`.
        let _entered = unsafe { M::enter(*self.link.get()) };
        let was = self.get()?;
        self.set(None);
        Some(was)
    }
}

#[cold]
fn no_slot() -> Error {
    Error::new(
        Status::Argument,
        "Slot::set: the slot is in no object yet, or its object's type does not list it in object!()".into(),
    )
}

impl<T: ?Sized, M: Mode> Default for Slot<T, M> {
    fn default() -> Self {
        Slot::empty()
    }
}

impl<T: ?Sized, M: Mode> fmt::Debug for Slot<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_empty() { "Slot(empty)" } else { "Slot(..)" })
    }
}

#[inline]
fn is_object(pointer: *mut c_void) -> bool {
    pointer as usize > UNATTACHED
}

/// The slot at an offset, as the library sees it: a word.
pub(crate) unsafe fn pointer_at(object: *mut c_void, offset: usize) -> *mut *mut c_void {
    unsafe { object.byte_add(offset).cast() }
}

/// Whether a slot of a value is as [`Slot::empty`] made it.
pub(crate) unsafe fn is_unattached(slot: *const *mut c_void) -> bool {
    unsafe { *slot as usize == UNATTACHED }
}

/// Gives an object its slot at an offset.
pub(crate) unsafe fn attach<M: Mode>(object: *mut c_void, offset: usize, link: M::Link) {
    let slot = unsafe { &*object.byte_add(offset).cast::<Slot<(), M>>() };
    // SAFETY: nobody else knows the object yet.
    unsafe {
        *slot.pointer.get() = ptr::null_mut();
        *slot.link.get() = link;
    }
}

/// Gives back what a slot held.
pub(crate) unsafe fn release(pointer: *mut c_void) {
    if is_object(pointer) {
        unsafe { counts::decref(pointer) };
    }
}
