//! The inline calls of `refruntime_inline.h`, as far as Rust needs them: incref, and decref of what lives on or is a plain leaf. All
//! else is left to the library. They know the inside of one release, and ask the library once whether it is that one; if it is
//! not, every call goes to the library.
//!
//! Why it is safe to know so little: whenever the library has to hear of a call, it sees to it that the test here fails (a count
//! below 1, a log that is full, a page that has counted down to 0). The test comes first, the change after it.

use refruntime_sys::{self as sys, layout::*};
use std::ffi::c_void;
use std::sync::atomic::{AtomicU8, Ordering};

static FIT: AtomicU8 = AtomicU8::new(UNKNOWN);
const UNKNOWN: u8 = 0;
const YES: u8 = 1;
const NO: u8 = 2;

#[inline(always)]
fn fits() -> bool {
    FIT.load(Ordering::Relaxed) == YES || ask()
}

#[cold]
fn ask() -> bool {
    if FIT.load(Ordering::Relaxed) == UNKNOWN {
        // SAFETY: may be called at any time.
        let fit = unsafe { sys::rr_layout_check(RR_LAYOUT_FINGERPRINT) } == sys::RR_OK;
        FIT.store(if fit { YES } else { NO }, Ordering::Relaxed);
    }
    FIT.load(Ordering::Relaxed) == YES
}

/// The header is always accessed as a whole: a processor forwards a store to a load of the same size.
#[inline(always)]
unsafe fn header(object: *mut c_void) -> *mut u64 {
    unsafe { object.cast::<u64>().sub(1) }
}

#[inline(always)]
fn count(header: u64) -> i32 {
    header as u32 as i32
}

#[inline(always)]
fn segment(object: *mut c_void) -> *mut u8 {
    object.cast::<u8>().wrapping_sub(object as usize & RR_LAYOUT_SEGMENT_MASK as usize)
}

#[inline(always)]
fn page_index(object: *mut c_void) -> usize {
    (object as usize & RR_LAYOUT_SEGMENT_MASK as usize) >> RR_LAYOUT_PAGE_SHIFT
}

#[inline(always)]
fn page(object: *mut c_void) -> *mut u8 {
    segment(object).wrapping_add(RR_LAYOUT_SEGMENT_PAGES as usize + (page_index(object) << RR_LAYOUT_PAGE_ENTRY_SHIFT))
}

#[inline(always)]
unsafe fn field<T>(base: *mut u8, offset: u32) -> *mut T {
    unsafe { base.add(offset as usize).cast() }
}

/// Adds a reference. False: the library refuses, as it does for an object that is dying.
///
/// # Safety
/// `object` is a live object, or one that is dying, and the caller may use its heap.
#[inline]
pub unsafe fn incref(object: *mut c_void) -> bool {
    unsafe {
        if fits() {
            let next = (*header(object)).wrapping_add(1);
            if count(next) > 1 {
                *header(object) = next;
                return true;
            }
        }
        sys::rr_incref(object) == sys::RR_OK
    }
}

/// Gives a reference back. Runs finalizers, `Drop` and callbacks if it was the last.
///
/// # Safety
/// As [`incref`]; the reference is the caller's.
#[inline]
pub unsafe fn decref(object: *mut c_void) {
    unsafe {
        if !(fits() && try_decref(object)) {
            sys::rr_decref(object);
        }
    }
}

/// False: nothing changed.
#[inline(always)]
unsafe fn try_decref(object: *mut c_void) -> bool {
    const STATE: u32 = 64 - RR_LAYOUT_TYPE_SHIFT;
    unsafe {
        let now = *header(object);
        let next = now.wrapping_sub(1);
        if count(next) > 0 {
            if now & RR_LAYOUT_HEADER_QUIET == 0 {
                return try_log(object, next);
            }
            *header(object) = next;
            return true;
        }
        now << STATE == RR_LAYOUT_LEAF_VALUE << STATE && try_free(object)
    }
}

/// Gives back the block of a leaf. False if its page has to hear of it: nothing changed.
#[inline(always)]
unsafe fn try_free(object: *mut c_void) -> bool {
    unsafe {
        let first: *mut *mut c_void = field(page(object), RR_LAYOUT_PAGE_FREE);
        let countdown: *mut u16 = field(page(object), RR_LAYOUT_PAGE_COUNTDOWN);
        if *countdown == 1 {
            return false;
        }
        *countdown = (*countdown).wrapping_sub(1);
        *header(object) = 0;
        *object.cast() = *first;
        *first = object;
        true
    }
}

/// Logs the object, which is not, and gives it the header `next`. False if the library has to hear of it: nothing changed.
#[inline(never)]
unsafe fn try_log(object: *mut c_void, next: u64) -> bool {
    unsafe {
        let (segment, page) = (segment(object), page(object));
        let heap: *mut u8 = *field(segment, RR_LAYOUT_SEGMENT_HEAP);
        let in_page: *mut u16 = field(page, RR_LAYOUT_PAGE_CANDIDATES);
        let in_heap: *mut u64 = field(heap, RR_LAYOUT_HEAP_CANDIDATES);
        let trap: u64 = *field(heap, RR_LAYOUT_HEAP_TRAP);
        if *in_page == 0 || *in_heap + 1 >= trap {
            return false;
        }
        let start: *mut u8 = *field(page, RR_LAYOUT_PAGE_START);
        let reciprocal = u64::from(*field::<u32>(page, RR_LAYOUT_PAGE_RECIPROCAL));
        let index = ((header(object) as u64 - start as u64) * reciprocal) >> 32;
        let bitmap = segment.add(RR_LAYOUT_SEGMENT_BITMAPS as usize + (page_index(object) << RR_LAYOUT_BITMAP_SHIFT));
        let word = bitmap.cast::<u64>().add((index >> 6) as usize);
        let bit = 1u64 << (index & 63);
        *in_page += u16::from(*word & bit == 0); // or who was here before has left it behind
        *word |= bit;
        *in_heap += 1;
        *header(object) = next | RR_LAYOUT_HEADER_QUIET;
        true
    }
}
