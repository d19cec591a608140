#![doc = include_str!("../../README.md")]
//! (This crate has the README's program tested, and the conformance programs run.)
