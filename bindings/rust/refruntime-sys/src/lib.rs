//! The C ABI of RefRuntime, as Rust sees it.
//!
//! Names and docs are those of `refruntime.h`; the crate `refruntime` is the safe layer above.
//!
//! The build script looks for the library in `REFRUNTIME_LIB_DIR`, then where pkg-config says, then
//! in the `dist/lib` of the checkout that this crate lies in. `DEP_REFRUNTIME_LIB_DIR` tells build
//! scripts of dependent crates where it was, for an rpath.

#![no_std]
#![allow(non_camel_case_types)]

pub mod layout;
#[rustfmt::skip]
mod raw;

pub use raw::*;

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use core::ffi::CStr;

    #[test]
    fn the_library_is_the_one_that_this_crate_was_generated_for() {
        unsafe {
            assert_eq!(rr_abi_version(), RR_ABI_VERSION);
            assert_eq!(CStr::from_ptr(rr_version()).to_str(), Ok(RR_VERSION));
            assert_eq!(rr_layout_check(layout::RR_LAYOUT_FINGERPRINT), RR_OK);
        }
    }

    #[test]
    fn the_default_of_a_sized_struct_knows_its_size() {
        assert_eq!(rr_stats::default().struct_size as usize, size_of::<rr_stats>());
        assert!(rr_type_info::default().name.is_null());
    }
}
