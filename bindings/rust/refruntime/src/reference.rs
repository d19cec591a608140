//! Strong references.

use crate::any::Any;
use crate::counts;
use crate::error::{count, Result};
use crate::mode::{Local, Mode};
use crate::object::{Object, Payload, Referent};
use crate::weak::Weak;
use refruntime_sys as sys;
use std::ffi::c_void;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;

/// A strong reference to an object: it lives as long as anybody has one. Used as an [`Rc`](std::rc::Rc), or, in a [`Shared`](crate::Shared) heap,
/// as an [`Arc`](std::sync::Arc).
///
/// The value is reached by `Deref`, shared: what is to change in it is a [`Slot`](crate::Slot), a `Cell`, an atomic. There is no way to a
/// `&mut`.
///
/// To clone and to drop one that is not the last costs what the inline calls of C cost. The last one destroys the object, and all that
/// only it held, however deep, before `drop` returns: finalizers, `Drop` and callbacks run in it. So don't hold a `RefCell` borrowed, that these use,
/// while dropping references.
///
/// A reference that was dropped can't be used:
///
/// ```compile_fail,E0382
/// # use refruntime::*;
/// # struct Leaf(u8); object!(Leaf);
/// let heap = Heap::new();
/// let leaf = heap.alloc(Leaf(1));
/// drop(leaf);
/// leaf.0; // borrow of moved value: `leaf`
/// ```
pub struct Ref<T: ?Sized, M: Mode = Local> {
    object: NonNull<c_void>,
    link: M::Link,
    refers_to: PhantomData<*const T>,
}

// SAFETY: all calls that concern the heap take its lock, and the value is Sync; the last reference drops it, so it is Send.
unsafe impl<T: ?Sized + Send + Sync> Send for Ref<T, crate::Shared> {}
unsafe impl<T: ?Sized + Send + Sync> Sync for Ref<T, crate::Shared> {}

impl<T: ?Sized, M: Mode> Ref<T, M> {
    /// Takes over the caller's reference.
    ///
    /// # Safety
    /// `object` is a live object that is a `T`, of a heap with this link, which the caller may use.
    #[inline]
    pub(crate) unsafe fn own(object: NonNull<c_void>, link: M::Link) -> Self {
        Ref { object, link, refers_to: PhantomData }
    }

    /// A reference of its own; `None` if the object is NULL or beyond saving.
    ///
    /// # Safety
    /// As [`own`](Ref::own), but for that; the lock is held.
    #[inline]
    pub(crate) unsafe fn try_share(object: *mut c_void, link: M::Link) -> Option<Self> {
        let object = NonNull::new(object)?;
        unsafe { counts::incref(object.as_ptr()).then(|| Ref::own(object, link)) }
    }

    #[inline]
    pub(crate) fn link(&self) -> M::Link {
        self.link
    }

    /// The address of the object, which is that of the value; for the library's own tools, and to print.
    #[inline]
    pub fn as_ptr(&self) -> *mut c_void {
        self.object.as_ptr()
    }

    /// Whether two references name one object.
    pub fn ptr_eq<U: ?Sized>(this: &Self, other: &Ref<U, M>) -> bool {
        this.object == other.object
    }

    /// How many strong references the object has; `i64::MAX` once there were too many to count, which makes it immortal.
    pub fn count(this: &Self) -> i64 {
        let _entered = M::enter(this.link);
        // SAFETY: a live object.
        unsafe { sys::rr_getrefcount(this.as_ptr()) }
    }

    /// Whether this is the object's only strong reference.
    pub fn is_unique(this: &Self) -> bool {
        let _entered = M::enter(this.link);
        // SAFETY: a live object.
        unsafe { sys::rr_is_unique(this.as_ptr()) != 0 }
    }

    /// How many weak references name the object. (All that [`downgrade`](Ref::downgrade) makes count as one.)
    pub fn weak_count(this: &Self) -> Result<u64> {
        let _entered = M::enter(this.link);
        // SAFETY: a live object.
        count(unsafe { sys::rr_weakref_count(this.as_ptr()) })
    }

    /// Whether the finalizer of the object has run, so that it won't again.
    pub fn is_finalized(this: &Self) -> bool {
        let _entered = M::enter(this.link);
        // SAFETY: a live object.
        unsafe { sys::rr_is_finalized(this.as_ptr()) != 0 }
    }

    /// A weak reference, which does not keep the object alive. It may collect first.
    ///
    /// # Panics
    /// If [`try_downgrade`](Ref::try_downgrade) fails.
    #[track_caller]
    pub fn downgrade(this: &Self) -> Weak<T, M> {
        Ref::try_downgrade(this).unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`downgrade`](Ref::downgrade).
    ///
    /// # Errors
    /// [`Status::NoMemory`](crate::Status::NoMemory); [`Status::Busy`](crate::Status::Busy) while `Drop` of an object of the heap runs.
    pub fn try_downgrade(this: &Self) -> Result<Weak<T, M>> {
        Weak::new(this)
    }

    /// Forgets the type.
    #[inline]
    pub fn erase(self) -> Ref<Any, M> {
        let this = ManuallyDrop::new(self);
        // SAFETY: the reference goes over.
        unsafe { Ref::own(this.object, this.link) }
    }

    /// # Safety
    /// The object is a `U`.
    pub(crate) unsafe fn cast<U: ?Sized>(self) -> Ref<U, M> {
        let this = ManuallyDrop::new(self);
        unsafe { Ref::own(this.object, this.link) }
    }

    /// The name of the object's type.
    pub fn type_name(this: &Self) -> &'static str {
        let _entered = M::enter(this.link);
        // SAFETY: a live object has a type, whose name is never freed.
        let name = unsafe { std::ffi::CStr::from_ptr(sys::rr_type_name(sys::rr_type_of(this.as_ptr()))) };
        name.to_str().unwrap_or("?")
    }

    /// Whether the object is a `U`.
    pub fn is<U: Referent<M>>(this: &Self) -> bool {
        let _entered = M::enter(this.link);
        // SAFETY: a live object.
        U::type_id()
            .is_ok_and(|wanted| wanted == sys::RR_TYPE_NONE || wanted == unsafe { sys::rr_type_of(this.as_ptr()) })
    }
}

impl<T: Object<M>, M: Mode> Deref for Ref<T, M> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        // SAFETY: the object is a T, which nobody has a `&mut` to before it dies.
        unsafe { &self.object.cast::<Payload<T, M>>().as_ref().value }
    }
}

impl<T: ?Sized, M: Mode> Clone for Ref<T, M> {
    #[inline]
    fn clone(&self) -> Self {
        let _entered = M::enter(self.link);
        // SAFETY: a live object.
        unsafe {
            if !counts::incref(self.as_ptr()) {
                refused();
            }
            Ref::own(self.object, self.link)
        }
    }
}

#[cold]
fn refused() -> ! {
    panic!("{}", crate::error::Error::last())
}

impl<T: ?Sized, M: Mode> Drop for Ref<T, M> {
    #[inline]
    fn drop(&mut self) {
        let _entered = M::enter(self.link);
        // SAFETY: the reference is ours.
        unsafe { counts::decref(self.as_ptr()) }
    }
}

impl<T: ?Sized, M: Mode> fmt::Debug for Ref<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ref({} at {:p})", Ref::type_name(self), self.as_ptr())
    }
}
