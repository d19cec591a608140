# shellcheck shell=bash disable=SC2154 # sourced by build.sh or by test.sh, with their variables
# Packs the npm package into the folder $packages: refruntime-VERSION.tgz, the same bytes for the same sources.
stage=$work/bindings/node/stage
rm -rf "$stage"
mkdir -p "$stage/native" "$packages"
cp -R bindings/node/{package.json,README.md,lib,examples} LICENSE "$stage/"
cp -L "$dist/lib/$soname" "$stage/native/"
chmod -R u=rwX,go=rX "$stage"
chmod 755 "$stage/native/$soname"
(cd "$stage" && run pack-node "the npm package can't be packed" npm pack --ignore-scripts --pack-destination "$packages")
