# shellcheck shell=bash disable=SC2154 # sourced by build.sh, with its functions and variables
# The crates, unpacked into an empty place, are all that a project needs beside the library: it runs the program of README.md.
set -e
project=$place/installed
export CARGO_TARGET_DIR=$place/installed-target CARGO_TERM_COLOR=never CARGO_NET_OFFLINE=true REFRUNTIME_LIB_DIR=$dist/lib CARGO_BUILD_JOBS=2
rm -rf "$project"
mkdir -p "$project/src"
for crate in "$packages"/*.crate; do tar -C "$project" -xf "$crate"; done
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
cd "$project"
cargo run -q >output || exit 1
grep -qx 'home was seen 1 times' output || exit 1
