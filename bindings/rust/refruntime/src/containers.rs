//! The library's own types: lists, tuples, bytes, weak references as objects. Their items may be of any type, so they come out as [`Any`].

use crate::any::Any;
use crate::error::{check, Error, Result, Status};
use crate::mode::Mode;
use crate::object::Referent;
use crate::reference::Ref;
use refruntime_sys as sys;
use std::ffi::c_void;
use std::ptr::{self, NonNull};

macro_rules! built_in {
    ($name:ident, $number:ident, $doc:literal) => {
        #[doc = $doc]
        #[derive(Debug)]
        pub struct $name {
            _private: (),
        }

        // SAFETY: the number of this type.
        unsafe impl<M: Mode> Referent<M> for $name {
            fn type_id() -> Result<sys::rr_type> {
                Ok(sys::$number)
            }
        }
    };
}

built_in!(
    List,
    RR_TYPE_LIST,
    "A growable sequence of objects of any type. Used as `Ref<List>`; made by [`Heap::list`](crate::Heap::list)."
);
built_in!(
    Tuple,
    RR_TYPE_TUPLE,
    "A fixed number of places for objects. Used as `Ref<Tuple>`; made by [`Heap::tuple`](crate::Heap::tuple)."
);
built_in!(
    Bytes,
    RR_TYPE_BYTES,
    "A fixed number of bytes. Used as `Ref<Bytes>`; made by [`Heap::bytes`](crate::Heap::bytes)."
);

built_in!(
    WeakRef,
    RR_TYPE_WEAKREF,
    "A weak reference as an object, to be put into slots and lists. Used as `Ref<WeakRef>`; made by [`Weak::to_object`](crate::Weak::to_object)."
);

impl<M: Mode> Ref<WeakRef, M> {
    /// A strong reference to the target, if it is alive.
    pub fn upgrade(&self) -> Option<Ref<Any, M>> {
        let _entered = M::enter(self.link());
        // SAFETY: a weak reference; what it gives is a new reference.
        NonNull::new(unsafe { sys::rr_weakref_get(self.as_ptr()) })
            .map(|target| unsafe { Ref::own(target, self.link()) })
    }
}

/// Changes are made first, then what was there is released: finalizers, `Drop` and callbacks see the list as it is now.
impl<M: Mode> Ref<List, M> {
    /// How many items there are.
    pub fn len(&self) -> usize {
        let _entered = M::enter(self.link());
        // SAFETY: a list.
        unsafe { sys::rr_list_count(self.as_ptr()) as usize }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts an object behind the last item.
    ///
    /// # Errors
    /// [`Status::Argument`] if it is of another heap; [`Status::NoMemory`].
    pub fn push<T: ?Sized>(&self, item: &Ref<T, M>) -> Result<()> {
        self.with(item, |list, item| unsafe { sys::rr_list_append(list, item) })
    }

    /// Puts an object before the item at `index`, or at the end.
    ///
    /// # Errors
    /// [`Status::Argument`] if `index` is greater than the number of items, or the object is of another heap; [`Status::NoMemory`].
    pub fn insert<T: ?Sized>(&self, index: usize, item: &Ref<T, M>) -> Result<()> {
        self.with(item, |list, item| unsafe { sys::rr_list_insert(list, index, item) })
    }

    /// Replaces the item at `index`.
    ///
    /// # Errors
    /// [`Status::Argument`] if there is none, or the object is of another heap.
    pub fn set<T: ?Sized>(&self, index: usize, item: &Ref<T, M>) -> Result<()> {
        self.with(item, |list, item| unsafe { sys::rr_list_set(list, index, item) })
    }

    /// Takes the item at `index` out.
    ///
    /// # Errors
    /// [`Status::Argument`] if there is none.
    pub fn remove(&self, index: usize) -> Result<()> {
        let _entered = M::enter(self.link());
        // SAFETY: a list.
        check(unsafe { sys::rr_list_remove(self.as_ptr(), index) })
    }

    /// Takes all items out.
    pub fn clear(&self) -> Result<()> {
        let _entered = M::enter(self.link());
        // SAFETY: a list.
        check(unsafe { sys::rr_list_clear(self.as_ptr()) })
    }

    /// The item at `index`.
    ///
    /// # Errors
    /// [`Status::Argument`] if there is none.
    pub fn get(&self, index: usize) -> Result<Ref<Any, M>> {
        let _entered = M::enter(self.link());
        // SAFETY: a list, which keeps the item until we have a reference of our own.
        unsafe { Ref::try_share(sys::rr_list_get(self.as_ptr(), index), self.link()) }.ok_or_else(Error::last)
    }

    /// The items, one after the other. What is put in or taken out meanwhile is seen as it is when the iterator gets there.
    pub fn iter(&self) -> impl Iterator<Item = Ref<Any, M>> + '_ {
        (0..).map_while(|index| if index < self.len() { self.get(index).ok() } else { None })
    }

    fn with<T: ?Sized>(
        &self,
        item: &Ref<T, M>,
        call: impl FnOnce(*mut c_void, *mut c_void) -> sys::rr_status,
    ) -> Result<()> {
        same_heap(self, item)?;
        let _entered = M::enter(self.link());
        check(call(self.as_ptr(), item.as_ptr()))
    }
}

impl<M: Mode> Ref<Tuple, M> {
    /// How many places there are.
    pub fn len(&self) -> usize {
        let _entered = M::enter(self.link());
        // SAFETY: a live object.
        unsafe { sys::rr_item_count(self.as_ptr()) }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The object at `index`, if the place has one.
    ///
    /// # Errors
    /// [`Status::Argument`] if there is no such place.
    pub fn get(&self, index: usize) -> Result<Option<Ref<Any, M>>> {
        let slot = self.slot(index)?;
        let _entered = M::enter(self.link());
        // SAFETY: a slot of the tuple, which is alive.
        Ok(unsafe { Ref::try_share(*slot, self.link()) })
    }

    /// Puts an object into the place at `index`, or none, and releases what was there.
    ///
    /// # Errors
    /// [`Status::Argument`] if there is no such place, or the object is of another heap.
    pub fn set<T: ?Sized>(&self, index: usize, item: Option<&Ref<T, M>>) -> Result<()> {
        let slot = self.slot(index)?;
        item.map_or(Ok(()), |item| same_heap(self, item))?;
        let _entered = M::enter(self.link());
        // SAFETY: a slot of the tuple.
        check(unsafe { sys::rr_store(slot, item.map_or(ptr::null_mut(), Ref::as_ptr)) })
    }

    fn slot(&self, index: usize) -> Result<*mut *mut c_void> {
        if index >= self.len() {
            return Err(out_of_range("Tuple", index, self.len(), "places"));
        }
        // SAFETY: within the payload.
        Ok(unsafe { self.as_ptr().cast::<*mut c_void>().add(index) })
    }
}

/// Bytes are copied in and out, since others may change them.
impl<M: Mode> Ref<Bytes, M> {
    /// How many bytes there are.
    pub fn len(&self) -> usize {
        let _entered = M::enter(self.link());
        // SAFETY: a live object.
        unsafe { sys::rr_size(self.as_ptr()) }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Copies the bytes from `offset` on into `out`.
    ///
    /// # Errors
    /// [`Status::Argument`] if there are not so many.
    pub fn read(&self, offset: usize, out: &mut [u8]) -> Result<()> {
        let from = self.place(offset, out.len())?;
        let _entered = M::enter(self.link());
        // SAFETY: within the payload, of which nobody has a Rust reference.
        unsafe { ptr::copy_nonoverlapping(from, out.as_mut_ptr(), out.len()) };
        Ok(())
    }

    /// Copies `content` over the bytes from `offset` on.
    ///
    /// # Errors
    /// [`Status::Argument`] if there are not so many.
    pub fn write(&self, offset: usize, content: &[u8]) -> Result<()> {
        let to = self.place(offset, content.len())?;
        let _entered = M::enter(self.link());
        // SAFETY: as in `read`.
        unsafe { ptr::copy_nonoverlapping(content.as_ptr(), to, content.len()) };
        Ok(())
    }

    /// A copy of all bytes.
    pub fn to_vec(&self) -> Vec<u8> {
        let mut copy = vec![0; self.len()];
        self.read(0, &mut copy).expect("all bytes are there");
        copy
    }

    fn place(&self, offset: usize, length: usize) -> Result<*mut u8> {
        match offset.checked_add(length) {
            Some(end) if end <= self.len() => Ok(unsafe { self.as_ptr().cast::<u8>().add(offset) }),
            end => Err(out_of_range("Bytes", end.unwrap_or(usize::MAX), self.len(), "bytes")),
        }
    }
}

/// A local heap's objects are known to the library; those of shared heaps are checked here, under no lock yet.
fn same_heap<T: ?Sized, U: ?Sized, M: Mode>(container: &Ref<T, M>, item: &Ref<U, M>) -> Result<()> {
    if container.link() == item.link() {
        return Ok(());
    }
    Err(Error::new(Status::Argument, format!("object: {:p} belongs to another heap", item.as_ptr())))
}

#[cold]
fn out_of_range(what: &str, index: usize, count: usize, of: &str) -> Error {
    Error::new(Status::Argument, format!("{what}: index: {index} is out of range, there are {count} {of}"))
}

/// The reference that a function of the library returned.
pub(crate) unsafe fn made<T: ?Sized, M: Mode>(object: *mut c_void, link: M::Link) -> Result<Ref<T, M>> {
    NonNull::new(object).map(|object| unsafe { Ref::own(object, link) }).ok_or_else(Error::last)
}
