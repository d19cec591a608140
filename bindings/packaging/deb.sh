#!/bin/sh
# deb.sh DIST VERSION DIRECTORY: the prefix DIST as a Debian package in DIRECTORY: the library, what is needed to compile for it, and the
# Python package, where Debian's python3 finds it.
set -eu
version=$2
stage=$(mktemp -d)
trap 'rm -rf "$stage"' EXIT

mkdir -p "$stage/DEBIAN" "$stage/usr/lib/python3/dist-packages"
cp -a "$1/." "$stage/usr/"
ln -s ../../../share/refruntime/python/refruntime "$stage/usr/lib/python3/dist-packages/refruntime"
mv "$stage/usr/share/doc/refruntime/LICENSE" "$stage/usr/share/doc/refruntime/copyright"
gzip -9n "$stage"/usr/share/man/man3/*.3

cat >"$stage/DEBIAN/control" <<CONTROL
Package: refruntime
Version: $version
Architecture: amd64
Maintainer: RefRuntime maintainers <maintainers@users.noreply.r-seed-6ab23d54.example>
Installed-Size: $(find "$stage/usr" -type f -printf '%s\n' | awk '{ kib += int(($1 + 1023) / 1024) } END { print kib }')
Depends: libc6 (>= 2.34)
Suggests: python3 (>= 3.9), pkg-config, cmake
Section: libdevel
Priority: optional
Description: reference counting with a cycle collector, for every language
 Python's way of managing memory as a native library: prompt reference
 counting, a collector for cycles, weak references, finalizers, and a look at
 all of it. With headers for C and C++ and the Python package.
CONTROL
# What Python compiles when root runs it is no file of the package, and would keep the folders from being removed.
cat >"$stage/DEBIAN/prerm" <<'PRERM'
#!/bin/sh
set -e
rm -rf "$DPKG_ROOT/usr/share/refruntime/python/refruntime/__pycache__"
PRERM
chmod 755 "$stage/DEBIAN/prerm"
echo "activate-noawait ldconfig" >"$stage/DEBIAN/triggers"
echo "librefruntime 1 refruntime (>= $version)" >"$stage/DEBIAN/shlibs"
(cd "$stage" && find usr -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum) >"$stage/DEBIAN/md5sums"

# What dpkg-deb takes as it finds it. Of several threads xz makes another file than of one.
chmod -R u=rwX,go=rX "$stage"
find "$stage" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
DPKG_DEB_THREADS_MAX=1 dpkg-deb --root-owner-group -Zxz --build "$stage" "$3/refruntime_${version}_amd64.deb" >/dev/null
