//! Weak references, with and without a callback.

use crate::containers::WeakRef;
use crate::counts;
use crate::error::{Error, Result};
use crate::mode::{Local, Mode, Shared};
use crate::panics::guarded;
use crate::reference::Ref;
use refruntime_sys as sys;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::c_void;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex, PoisonError};

/// A reference that does not keep its object alive. Made by [`Ref::downgrade`].
///
/// All weak references of one object share an object of their own, which counts as one in [`Stats::live_objects`](crate::Stats).
pub struct Weak<T: ?Sized, M: Mode = Local> {
    weakref: NonNull<c_void>,
    link: M::Link,
    refers_to: PhantomData<*const T>,
}

// SAFETY: as for Ref.
unsafe impl<T: ?Sized + Send + Sync> Send for Weak<T, Shared> {}
unsafe impl<T: ?Sized + Send + Sync> Sync for Weak<T, Shared> {}

impl<T: ?Sized, M: Mode> Weak<T, M> {
    pub(crate) fn new(target: &Ref<T, M>) -> Result<Self> {
        Self::with_callback(target, None, ptr::null_mut())
    }

    fn with_callback(target: &Ref<T, M>, callback: sys::rr_weakref_fn, user: *mut c_void) -> Result<Self> {
        let link = target.link();
        let _entered = M::enter(link);
        // SAFETY: a live object.
        let made = unsafe { sys::rr_weakref_new(target.as_ptr(), callback, user) };
        let weakref = NonNull::new(made).ok_or_else(Error::last)?;
        Ok(Weak { weakref, link, refers_to: PhantomData })
    }

    /// A strong reference to the object, if it is alive.
    pub fn upgrade(&self) -> Option<Ref<T, M>> {
        let _entered = M::enter(self.link);
        // SAFETY: ours, and a weak reference; what it gives is a new reference to its target, which was a T.
        let target = unsafe { sys::rr_weakref_get(self.weakref.as_ptr()) };
        NonNull::new(target).map(|object| unsafe { Ref::own(object, self.link) })
    }

    /// Whether the object is alive.
    pub fn is_alive(&self) -> bool {
        self.upgrade().is_some()
    }

    /// The weak reference as the object that it is, for slots and lists.
    pub fn to_object(&self) -> Ref<WeakRef, M> {
        let this = ManuallyDrop::new(self.clone());
        // SAFETY: the clone's reference goes over.
        unsafe { Ref::own(this.weakref, this.link) }
    }
}

impl<T: ?Sized, M: Mode> Clone for Weak<T, M> {
    fn clone(&self) -> Self {
        let _entered = M::enter(self.link);
        // SAFETY: a live object, since we hold it.
        unsafe { counts::incref(self.weakref.as_ptr()) };
        Weak { weakref: self.weakref, link: self.link, refers_to: PhantomData }
    }
}

impl<T: ?Sized, M: Mode> Drop for Weak<T, M> {
    fn drop(&mut self) {
        let _entered = M::enter(self.link);
        // SAFETY: the reference is ours.
        unsafe { counts::decref(self.weakref.as_ptr()) }
    }
}

impl<T: ?Sized, M: Mode> fmt::Debug for Weak<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Weak(..)")
    }
}

/// A weak reference with a callback, made by [`Ref::watch`]. Dropped before its object dies, it is never called.
pub struct Watch<T: ?Sized, M: Mode = Local> {
    weak: ManuallyDrop<Weak<T, M>>,
    token: usize,
}

impl<T: ?Sized, M: Mode> Watch<T, M> {
    fn with(target: &Ref<T, M>, callback: M::Callback) -> Result<Self> {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        let token = NEXT.fetch_add(1, Ordering::Relaxed);
        M::register(token, callback);
        match Weak::with_callback(target, Some(target_died::<M>), ptr::without_provenance_mut(token)) {
            Ok(weak) => Ok(Watch { weak: ManuallyDrop::new(weak), token }),
            Err(error) => {
                drop(M::unregister(token));
                Err(error)
            }
        }
    }

    /// A strong reference to the object, if it is alive.
    pub fn upgrade(&self) -> Option<Ref<T, M>> {
        self.weak.upgrade()
    }

    /// The weak reference as the object that it is, for slots and lists. The callback stays with the `Watch`.
    pub fn to_object(&self) -> Ref<WeakRef, M> {
        self.weak.to_object()
    }

    /// Gives up the `Watch` and keeps the callback: it is called as long as the weak reference lives [as an object](Watch::to_object). If that dies
    /// first, what the callback captured is never dropped.
    pub fn detach(self) {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: not used again.
        unsafe { ManuallyDrop::drop(&mut this.weak) };
    }

    /// Whether the object is alive.
    pub fn is_alive(&self) -> bool {
        self.weak.is_alive()
    }
}

impl<T: ?Sized, M: Mode> Drop for Watch<T, M> {
    fn drop(&mut self) {
        let callback = M::unregister(self.token);
        // SAFETY: not used again.
        unsafe { ManuallyDrop::drop(&mut self.weak) };
        drop(callback); // after all else, since it may do anything
    }
}

impl<T: ?Sized, M: Mode> fmt::Debug for Watch<T, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Watch(..)")
    }
}

impl<T: ?Sized, M: Mode> Ref<T, M> {
    /// A weak reference whose callback runs when the object has died, if the [`Watch`] still is there. The newest of an object is called first.
    ///
    /// The callback belongs to no object: what it captures is held from outside the heap. In a [`Shared`] heap it is [`Send`], and runs on the
    /// thread that releases the last reference, or that collects.
    ///
    /// # Errors
    /// As [`try_downgrade`](Ref::try_downgrade).
    pub fn watch(this: &Self, callback: impl FnOnce() + Callback<M>) -> Result<Watch<T, M>> {
        Watch::with(this, callback.boxed())
    }
}

/// What [`Ref::watch`] takes: any `FnOnce()`, which for [`Shared`] heaps is [`Send`].
pub trait Callback<M: Mode>: 'static {
    #[doc(hidden)]
    fn boxed(self) -> M::Callback;
}

impl<F: FnOnce() + 'static> Callback<Local> for F {
    fn boxed(self) -> Box<dyn FnOnce()> {
        Box::new(self)
    }
}

impl<F: FnOnce() + Send + 'static> Callback<Shared> for F {
    fn boxed(self) -> Box<dyn FnOnce() + Send> {
        Box::new(self)
    }
}

unsafe extern "C" fn target_died<M: Mode>(_weakref: *mut c_void, token: *mut c_void) {
    if let Some(callback) = M::unregister(token as usize) {
        guarded(move || M::call(callback));
    }
}

/// The callbacks that wait, by a number that the library keeps for us: it may know a weak reference for longer than we do, and a
/// number that is not there any more harms nobody.
pub trait Callbacks: Sized + 'static {
    type Callback;
    fn register(token: usize, callback: Self::Callback);
    fn unregister(token: usize) -> Option<Self::Callback>;
    fn call(callback: Self::Callback);
}

type Waiting<F> = HashMap<usize, Box<F>>;

thread_local!(static LOCAL: RefCell<Waiting<dyn FnOnce()>> = RefCell::default());

static SHARED: LazyLock<Mutex<Waiting<dyn FnOnce() + Send>>> = LazyLock::new(Mutex::default);

impl Callbacks for Local {
    type Callback = Box<dyn FnOnce()>;

    fn register(token: usize, callback: Self::Callback) {
        LOCAL.with_borrow_mut(|waiting| waiting.insert(token, callback));
    }

    /// None, too, when the thread has come so far in its end that there are no callbacks any more.
    fn unregister(token: usize) -> Option<Self::Callback> {
        LOCAL.try_with(|waiting| waiting.try_borrow_mut().ok()?.remove(&token)).ok().flatten()
    }

    fn call(callback: Self::Callback) {
        callback();
    }
}

impl Callbacks for Shared {
    type Callback = Box<dyn FnOnce() + Send>;

    fn register(token: usize, callback: Self::Callback) {
        SHARED.lock().unwrap_or_else(PoisonError::into_inner).insert(token, callback);
    }

    fn unregister(token: usize) -> Option<Self::Callback> {
        SHARED.lock().unwrap_or_else(PoisonError::into_inner).remove(&token)
    }

    fn call(callback: Self::Callback) {
        callback();
    }
}
