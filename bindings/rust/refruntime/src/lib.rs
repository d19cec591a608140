//! Reference counting with a cycle collector, weak references and finalizers.
//!
//! [`Ref`] is used as [`Rc`](std::rc::Rc); objects refer to each other by [`Slot`]s, which the collector knows, so that cycles die too.
//!
//! ```
//! #![forbid(unsafe_code)]
//! use refruntime::{object, Heap, Ref, Slot};
//!
//! struct Person {
//!     name: String,
//!     friend: Slot<Person>,
//! }
//! object!(Person { friend });
//!
//! let heap = Heap::new();
//! let ada = heap.alloc(Person { name: "Ada".into(), friend: Slot::empty() });
//! let bob = heap.alloc(Person { name: "Bob".into(), friend: Slot::empty() });
//! ada.friend.set(bob.clone());
//! bob.friend.set(ada.clone());
//! assert_eq!(ada.friend.get().unwrap().name, "Bob");
//! assert_eq!(Ref::count(&ada), 2);
//!
//! let weak = Ref::downgrade(&ada);
//! drop((ada, bob)); // each still holds the other
//! assert_eq!(heap.collect()?, 2);
//! assert!(weak.upgrade().is_none());
//! # Ok::<(), refruntime::Error>(())
//! ```
//!
//! # Order at death
//!
//! For one object whose last reference goes, and for all that a collection finds dead: finalizers run, on intact objects, and may bring
//! back whom they keep a clone of; weak references are cleared; callbacks of [`Watch`] run; values are dropped; their memory is free.
//!
//! `Drop` of a value runs when others of the same dead cycle may be dropped already, so it finds its slots empty. It can't make objects in
//! its heap ([`Status::Busy`]). What has to look at others is a finalizer. Both may use all else, and both may run in any call that
//! releases a reference or makes an object.
//!
//! # Panics
//!
//! A panic in a finalizer, in `Drop` of an object or in a callback ends it and nothing else: see [`take_panic`].
//!
//! # Threads
//!
//! A [`Heap`] and its references stay in their thread, as an `Rc` does; those of a [`Shared`] heap go anywhere, as an `Arc` does, and each
//! call takes the heap's lock. The compiler keeps them apart: a `Ref<T>` is not a `Ref<T, Shared>`.

mod any;
mod collector;
mod containers;
mod counts;
mod error;
mod heap;
mod lock;
mod looking;
mod mode;
mod object;
mod options;
mod panics;
mod reference;
mod slot;
mod weak;

pub use any::Any;
pub use containers::{Bytes, List, Tuple, WeakRef};
pub use error::{Error, Result, Status};
pub use heap::Heap;
pub use looking::Stats;
pub use mode::{Local, Mode, Shared};
pub use object::{Object, Referent};
pub use options::Options;
pub use panics::take_panic;
pub use reference::Ref;
pub use slot::Slot;
pub use weak::{Callback, Watch, Weak};

/// For what [`object!`] writes.
#[doc(hidden)]
pub mod __private {
    pub use crate::object::{type_id, SlotField, TypeCell};
}

/// The version of the library that is loaded.
pub fn version() -> &'static str {
    // SAFETY: a string that is never freed.
    unsafe { std::ffi::CStr::from_ptr(refruntime_sys::rr_version()) }.to_str().unwrap_or("?")
}
