//! Objects of a type that is known at run time.

use crate::error::{Error, Result, Status};
use crate::mode::Mode;
use crate::object::Referent;
use crate::reference::Ref;
use refruntime_sys as sys;
use std::ffi::CStr;

/// Stands for every type: a `Ref<Any>` may name any object, a `Slot<Any>` hold one.
///
/// ```
/// # use refruntime::*;
/// struct Leaf(u8);
/// object!(Leaf);
/// let heap = Heap::new();
/// let any: Ref<Any> = heap.alloc(Leaf(7)).erase();
/// assert!(Ref::is::<Leaf>(&any) && !Ref::is::<List>(&any));
/// assert_eq!(any.downcast::<Leaf>()?.0, 7);
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug)]
pub struct Any {
    _private: (),
}

// SAFETY: every object is an Any; no type in particular has this number.
unsafe impl<M: Mode> Referent<M> for Any {
    fn type_id() -> Result<sys::rr_type> {
        Ok(sys::RR_TYPE_NONE)
    }
}

impl<M: Mode> Ref<Any, M> {
    /// The same reference, with its type.
    ///
    /// # Errors
    /// [`Status::Type`] if the object is of another type; the reference is dropped then. [`Ref::is`] asks first.
    pub fn downcast<T: Referent<M>>(self) -> Result<Ref<T, M>> {
        if Ref::is::<T>(&self) {
            // SAFETY: its type says so.
            Ok(unsafe { self.cast() })
        } else {
            Err(Error::new(
                Status::Type,
                format!(
                    "Ref::downcast: {:p} is a {}, not a {}",
                    self.as_ptr(),
                    Ref::type_name(&self),
                    name_of::<T, M>()
                ),
            ))
        }
    }
}

fn name_of<T: Referent<M>, M: Mode>() -> &'static str {
    let known = T::type_id().map(|id| unsafe { sys::rr_type_name(id) });
    match known {
        // SAFETY: a name is never freed.
        Ok(name) if !name.is_null() => unsafe { CStr::from_ptr(name) }.to_str().unwrap_or("?"),
        _ => std::any::type_name::<T>(),
    }
}
