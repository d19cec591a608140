# The crates refruntime-sys and refruntime as cargo packages them, in $place/package. build.sh sources this as it does test.sh. Each crate is
# built once from its package. From one commit the files are the same, byte for byte: cargo gives what is in them one date and no owner.
. "$root/bindings/rust/toolchain.sh"
export CARGO_TARGET_DIR=$place/package-target
rm -rf "$place/package" "$CARGO_TARGET_DIR/package"
mkdir -p "$place/package"
cargo package --locked --allow-dirty -q -p refruntime-sys -p refruntime
cp "$CARGO_TARGET_DIR"/package/*.crate "$place/package/"
ls "$place/package"/*.crate
