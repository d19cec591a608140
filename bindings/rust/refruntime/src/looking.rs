//! Who refers to whom, how much there is, and who forgot to let go.

use crate::any::Any;
use crate::error::{check, count, Error, Result, Status};
use crate::heap::Heap;
use crate::mode::Mode;
use crate::object::Referent;
use crate::reference::Ref;
use refruntime_sys as sys;
use std::ffi::{c_char, c_void, CString};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr::{self, NonNull};

/// What a heap holds and what happened in it: the fields of `rr_stats`.
pub use refruntime_sys::rr_stats as Stats;

impl<T: ?Sized, M: Mode> Ref<T, M> {
    /// The objects that this one refers to by slots or items, one for each.
    pub fn referents(this: &Self) -> Result<Vec<Ref<Any, M>>> {
        // SAFETY: a live object, as below.
        look(this.link(), |out, capacity| unsafe { sys::rr_get_referents(this.as_ptr(), out, capacity) })
    }

    /// The objects that refer to this one by slots or items. Walks the heap.
    pub fn referrers(this: &Self) -> Result<Vec<Ref<Any, M>>> {
        look(this.link(), |out, capacity| unsafe { sys::rr_get_referrers(this.as_ptr(), out, capacity) })
    }

    /// A shortest chain of references from an object that is held from outside the heap to this one, both included. Walks the heap.
    pub fn path(this: &Self) -> Result<Vec<Ref<Any, M>>> {
        look(this.link(), |out, capacity| unsafe { sys::rr_get_path(this.as_ptr(), out, capacity) })
    }
}

impl<M: Mode> Heap<M> {
    /// The live objects of type `T`, or all: `heap.objects::<Any>()`. Walks the heap.
    pub fn objects<T: Referent<M>>(&self) -> Result<Vec<Ref<T, M>>> {
        let number = T::type_id()?;
        // SAFETY: a live heap, as below; all that it names are of this type.
        let found =
            look(self.link(), |out, capacity| unsafe { sys::rr_get_objects(self.raw(), number, out, capacity) })?;
        Ok(found.into_iter().map(|object| unsafe { object.cast() }).collect())
    }

    /// What the heap holds and what happened in it.
    pub fn stats(&self) -> Stats {
        let _entered = M::enter(self.link());
        let mut stats = Stats::default();
        unsafe { sys::rr_heap_stats(self.raw(), &mut stats) };
        stats
    }

    /// Checks every invariant.
    ///
    /// # Errors
    /// [`Status::Corrupt`] names the first that is broken.
    pub fn verify(&self) -> Result<()> {
        let _entered = M::enter(self.link());
        check(unsafe { sys::rr_heap_verify(self.raw()) })
    }

    /// Tells who holds what is left, into a file, or on standard error: for the question which reference was forgotten. A path that ends in
    /// `.json` gets JSON.
    ///
    /// # Errors
    /// [`Status::Io`]; [`Status::Busy`] in a finalizer, `Drop` or callback.
    pub fn leak_report(&self, path: Option<&Path>) -> Result<()> {
        self.write(path, |heap, path| unsafe { sys::rr_leak_report(heap, path) })
    }

    /// Writes a heap snapshot, which the Memory panel of Chrome's DevTools opens.
    ///
    /// # Errors
    /// As [`leak_report`](Heap::leak_report).
    pub fn snapshot(&self, path: &Path) -> Result<()> {
        self.write(Some(path), |heap, path| unsafe { sys::rr_heap_snapshot(heap, path) })
    }

    /// Draws at most so many objects for Graphviz; 0 stands for 200.
    ///
    /// # Errors
    /// As [`leak_report`](Heap::leak_report).
    pub fn dot(&self, path: &Path, max_objects: u32) -> Result<()> {
        self.write(Some(path), |heap, path| unsafe { sys::rr_heap_dot(heap, path, max_objects) })
    }

    /// Writes a page of statistics for people, to a file or to standard error.
    ///
    /// # Errors
    /// [`Status::Io`].
    pub fn print_stats(&self, path: Option<&Path>) -> Result<()> {
        self.write(path, |heap, path| unsafe { sys::rr_heap_print_stats(heap, path) })
    }

    fn write(
        &self,
        path: Option<&Path>,
        call: impl FnOnce(*mut sys::rr_heap, *const c_char) -> sys::rr_status,
    ) -> Result<()> {
        let path = path.map(|path| CString::new(path.as_os_str().as_bytes())).transpose();
        let path = path.map_err(|_| Error::new(Status::Argument, "path: there is a NUL in it".into()))?;
        let _entered = M::enter(self.link());
        check(call(self.raw(), path.as_ref().map_or(ptr::null(), |path| path.as_ptr())))
    }
}

/// Asks for the number, then for the objects, of which we take references. Nothing runs in between.
fn look<M: Mode>(link: M::Link, ask: impl Fn(*mut *mut c_void, usize) -> i64) -> Result<Vec<Ref<Any, M>>> {
    let _entered = M::enter(link);
    let expected = count(ask(ptr::null_mut(), 0))? as usize;
    let mut out = vec![ptr::null_mut(); expected];
    let found = count(ask(out.as_mut_ptr(), expected))? as usize;
    out.truncate(found);
    // SAFETY: objects of this heap. Those that are dying are passed by.
    let objects = out.into_iter().filter(|&object| unsafe { sys::rr_try_incref(object) } != 0);
    Ok(objects.filter_map(|object| unsafe { Some(Ref::own(NonNull::new(object)?, link)) }).collect())
}
