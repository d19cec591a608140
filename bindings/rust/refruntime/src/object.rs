//! Types of objects: what the library has to know of a Rust type, and the callbacks it gets.

use crate::error::{Error, Result};
use crate::mode::{Local, Mode};
use crate::panics::guarded;
use crate::reference::Ref;
use crate::slot::{self, Slot};
use refruntime_sys as sys;
use std::ffi::{c_void, CString};
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};

/// How many slots a type can have.
pub(crate) const MAX_SLOTS: usize = 64;

/// What a reference can name: types with [`object!`](crate::object), and [`Any`](crate::Any), [`List`](crate::List),
/// [`Tuple`](crate::Tuple), [`Bytes`](crate::Bytes).
///
/// # Safety
/// `type_id` answers a type all of whose objects are `Self`. Implemented by `object!`.
pub unsafe trait Referent<M: Mode = Local>: 'static {
    /// The library's number for the type.
    #[doc(hidden)]
    fn type_id() -> Result<sys::rr_type>;
}

/// A Rust type whose values can be objects of heaps of mode `M`. Implemented by [`object!`](crate::object).
///
/// # Safety
/// `SLOTS` are fields of exactly the type `Slot<_, M>`, `type_cell` is this type's and mode's alone; for `Shared` the type is `Send`
/// and `Sync`.
pub unsafe trait Object<M: Mode = Local>: Referent<M> + Sized {
    /// What snapshots, statistics and messages call the type.
    const NAME: &'static str;
    /// Where its slots are.
    #[doc(hidden)]
    const SLOTS: &'static [SlotField];
    /// Called once with each object before it dies, while it and all it refers to are intact.
    #[doc(hidden)]
    const FINALIZE: Option<fn(&Ref<Self, M>)>;

    #[doc(hidden)]
    fn type_cell() -> &'static TypeCell;
}

/// The place of a slot in a type.
#[doc(hidden)]
#[derive(Debug)]
pub struct SlotField {
    name: &'static str,
    pub(crate) offset: usize,
}

impl SlotField {
    /// `_proof` has the compiler look at the type of the field. Raw pointers do not coerce as references do, so it is a `Slot` itself
    /// and not a `Box` of one.
    pub const fn new<T, U, M: Mode>(
        name: &'static str,
        offset: usize,
        _proof: fn(*const T) -> *const Slot<U, M>,
    ) -> Self {
        SlotField { name, offset }
    }
}

/// The number of a type, once it is known to the library.
#[doc(hidden)]
#[derive(Debug)]
pub struct TypeCell(AtomicU32);

impl TypeCell {
    #[allow(clippy::new_without_default)]
    pub const fn new() -> Self {
        TypeCell(AtomicU32::new(sys::RR_TYPE_NONE))
    }
}

/// An object as it lies in the heap. The link is there for callbacks, which know nothing but the address; in a local heap it has no size.
#[repr(C)]
pub(crate) struct Payload<T, M: Mode> {
    pub value: T,
    pub link: M::Link,
}

/// Declares that values of a type can be objects, and which of its fields are [slots](crate::Slot).
///
/// ```
/// # use refruntime::*;
/// # use std::cell::Cell;
/// struct Node {
///     left: Slot<Node>,
///     right: Slot<Node>,
///     value: Cell<i64>,
/// }
/// object!(Node { left, right });
///
/// struct Text(String); // without slots
/// object!(Text);
///
/// struct File(u32);
/// impl File {
///     fn last_words(this: &Ref<File>) { println!("file {} goes", this.0) }
/// }
/// object!(File, finalize = File::last_words);
/// ```
///
/// `object!(shared Node { left, right })` is for heaps of all threads; the fields then are `Slot<_, Shared>`, and the type must be `Send`
/// and `Sync`. A generic type is declared for each of its instances: `object!(Pair<i32> { first })`.
///
/// What the compiler refuses:
///
/// ```compile_fail,E0308
/// # use refruntime::*;
/// struct Boxed { next: Box<Slot<Boxed>> }
/// object!(Boxed { next }); // expected `Slot<_, Local>`, found `Box<Slot<Boxed>>`
/// ```
///
/// ```compile_fail,E0080
/// # use refruntime::*;
/// #[repr(align(32))]
/// struct Wide(u8);
/// object!(Wide);
/// Heap::new().alloc(Wide(0)); // an object is aligned to 16 bytes
/// ```
#[macro_export]
macro_rules! object {
    (shared $type:ty $({ $($slot:ident),* $(,)? })? $(, finalize = $finalize:path)? $(,)?) => {
        $crate::__object!($crate::Shared, $type, [$($($slot),*)?], $($finalize)?);
        const _: () = {
            const fn send_and_sync<T: Send + Sync>() {}
            send_and_sync::<$type>()
        };
    };
    ($type:ty $({ $($slot:ident),* $(,)? })? $(, finalize = $finalize:path)? $(,)?) => {
        $crate::__object!($crate::Local, $type, [$($($slot),*)?], $($finalize)?);
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __object {
    ($mode:ty, $type:ty, [$($slot:ident),*], $($finalize:path)?) => {
        unsafe impl $crate::Referent<$mode> for $type {
            fn type_id() -> $crate::Result<u32> {
                $crate::__private::type_id::<Self, $mode>()
            }
        }

        unsafe impl $crate::Object<$mode> for $type {
            const NAME: &'static str = ::core::stringify!($type);
            const SLOTS: &'static [$crate::__private::SlotField] = &[$(
                $crate::__private::SlotField::new::<$type, _, $mode>(
                    ::core::stringify!($slot),
                    ::core::mem::offset_of!($type, $slot),
                    |object: *const $type| unsafe { &raw const (*object).$slot },
                )
            ),*];
            const FINALIZE: ::core::option::Option<fn(&$crate::Ref<Self, $mode>)> =
                $crate::__finalizer!($($finalize)?);

            fn type_cell() -> &'static $crate::__private::TypeCell {
                static CELL: $crate::__private::TypeCell = $crate::__private::TypeCell::new();
                &CELL
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __finalizer {
    () => {
        ::core::option::Option::None
    };
    ($finalize:path) => {
        ::core::option::Option::Some($finalize)
    };
}

/// The number of a type. The first call tells the library of it.
#[inline]
pub fn type_id<T: Object<M>, M: Mode>() -> Result<sys::rr_type> {
    match T::type_cell().0.load(Ordering::Acquire) {
        sys::RR_TYPE_NONE => register::<T, M>(),
        known => Ok(known),
    }
}

#[cold]
fn register<T: Object<M>, M: Mode>() -> Result<sys::rr_type> {
    const {
        assert!(align_of::<T>() <= 16, "an object is aligned to 16 bytes");
        assert!(size_of::<Payload<T, M>>() <= u32::MAX as usize, "an object is at most 4 GiB large");
        assert!(T::SLOTS.len() <= MAX_SLOTS, "a type has at most 64 slots");
    }
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let known = T::type_cell().0.load(Ordering::Acquire);
    if known != sys::RR_TYPE_NONE {
        return Ok(known);
    }
    let text = |name: &str| CString::new(name).expect("names of Rust have no NUL");
    let name = text(T::NAME);
    let offsets: Vec<u32> = T::SLOTS.iter().map(|slot| slot.offset as u32).collect();
    let names: Vec<CString> = T::SLOTS.iter().map(|slot| text(slot.name)).collect();
    let name_pointers: Vec<_> = names.iter().map(|name| name.as_ptr()).collect();
    let finalize: unsafe extern "C" fn(*mut c_void, *mut c_void) = finalize::<T, M>;
    let destroy: unsafe extern "C" fn(*mut c_void, *mut c_void) = destroy::<T, M>;
    let info = sys::rr_type_info {
        // A leaf is written as a whole when it is made.
        flags: if T::SLOTS.is_empty() { sys::RR_TYPE_UNZEROED } else { 0 },
        name: name.as_ptr(),
        size: size_of::<Payload<T, M>>() as u32,
        ref_offsets: if offsets.is_empty() { ptr::null() } else { offsets.as_ptr() },
        ref_count: offsets.len() as u32,
        ref_names: if offsets.is_empty() { ptr::null() } else { name_pointers.as_ptr() },
        finalize: T::FINALIZE.is_some().then_some(finalize),
        destroy: std::mem::needs_drop::<T>().then_some(destroy),
        ..Default::default()
    };
    // SAFETY: everything that `info` points to lives until the call returns.
    let made = unsafe { sys::rr_type_new(&info) };
    if made == sys::RR_TYPE_NONE {
        return Err(Error::last());
    }
    T::type_cell().0.store(made, Ordering::Release);
    Ok(made)
}

/// Hands the object to the user's function, under a reference of our own: whoever clones it brings the object back.
unsafe extern "C" fn finalize<T: Object<M>, M: Mode>(object: *mut c_void, _user: *mut c_void) {
    // SAFETY: the library calls with an intact object of the type, of a heap that this thread may use.
    let Some(this) = (unsafe { Ref::<T, M>::try_share(object, (*object.cast::<Payload<T, M>>()).link) }) else {
        return;
    };
    guarded(move || {
        if let Some(finalize) = T::FINALIZE {
            finalize(&this);
        }
    });
}

/// Drops the value. Its slots are out of sight meanwhile: what they refer to may be dropped already, as part of the same dead cycle,
/// and `Drop` gets a `&mut` by which it could move a slot elsewhere. The library then releases what was in them.
unsafe extern "C" fn destroy<T: Object<M>, M: Mode>(object: *mut c_void, _user: *mut c_void) {
    let mut hidden = [ptr::null_mut(); MAX_SLOTS];
    // SAFETY: nobody refers to the object any more, so it is ours alone; SLOTS are its slots.
    unsafe {
        for (place, field) in hidden.iter_mut().zip(T::SLOTS) {
            *place = slot::pointer_at(object, field.offset).replace(ptr::null_mut());
        }
        guarded(|| ptr::drop_in_place(object.cast::<T>()));
        for (place, field) in hidden.iter().zip(T::SLOTS) {
            let slot = slot::pointer_at(object, field.offset);
            slot::release(slot.replace(*place)); // what Drop has put there
        }
    }
}
