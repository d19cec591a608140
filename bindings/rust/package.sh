# The crates refruntime-sys and refruntime as cargo packages them, in $packages. build.sh sources this as it does test.sh. Each crate is
# built once from its package. From one commit the files are the same, byte for byte: cargo gives what is in them one date and no owner.
. "$root/bindings/rust/toolchain.sh"
export CARGO_TARGET_DIR=$place/package-target
rm -rf "$CARGO_TARGET_DIR/package"
cargo package --locked --allow-dirty -q -p refruntime-sys -p refruntime
run copy-crates "the crates can't be copied" cp "$CARGO_TARGET_DIR"/package/*.crate "$packages/"
