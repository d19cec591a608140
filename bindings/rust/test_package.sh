# shellcheck shell=bash disable=SC2154 # sourced by build.sh, with its functions and variables
# The crates, unpacked into an empty place away from the checkout, are all that a project needs beside the library: it runs the program of
# README.md, and the walkthrough that is in the crate.
project=$(mktemp -d) || exit 1
trap 'rm -rf "$project"' EXIT
export CARGO_TARGET_DIR=$project/target CARGO_TERM_COLOR=never CARGO_NET_OFFLINE=true REFRUNTIME_LIB_DIR=$dist/lib CARGO_BUILD_JOBS=2
mkdir -p "$project/src/bin"
for crate in "$packages"/*.crate; do tar -C "$project" -xf "$crate" || exit 1; done
cp "$project"/refruntime-[0-9]*/examples/walkthrough.rs "$project/src/bin/" || exit 1
sed -n '/^```rust$/,/^```$/{//!p}' bindings/rust/README.md >"$project/src/main.rs"
cat >"$project/Cargo.toml" <<CARGO
[package]
name = "user"
version = "0.0.0"
edition = "2021"

[dependencies]
refruntime = "1"

[patch.crates-io]
refruntime = { path = "$(cd "$project" && echo refruntime-[0-9]*)" }
refruntime-sys = { path = "$(cd "$project" && echo refruntime-sys-[0-9]*)" }
CARGO
cd "$project" || exit 1
cargo run -q --bin user >output || exit 1
grep -qx 'home was seen 1 times' output || exit 1
"$root/tests/walkthrough/check.sh" cargo run -q --bin walkthrough || exit 1
