# shellcheck shell=bash disable=SC2154 # sourced by build.sh, with its variables and functions
# What `./build.sh package` makes of dist/, and how that is tested.
#
# The same commit gives the same bytes, wherever and whenever the same tools build it: files are sorted, belong to root and have the time
# of the commit. The packages of a binding are made by its bindings/NAME/package.sh, which puts them into $packages, and tested by its
# bindings/NAME/test_package.sh. Both run with the variables and functions of build.sh, and SOURCE_DATE_EPOCH.
#
# What runs from an installed package is above all the article's walkthrough, which prints tests/walkthrough/expected.txt in each language:
# native-tests/c/examples/walkthrough.c, bindings/{cpp,lua,node,python}/examples/walkthrough.*, bindings/rust/refruntime/examples/walkthrough.rs,
# bindings/dotnet/examples/walkthrough/Program.cs.

packages=$work/packages

package_all() {
    need python3 command -v python3
    need dpkg command -v dpkg-deb
    need xz-utils command -v xz
    local version script
    version=$(version) || return
    if [[ -z ${SOURCE_DATE_EPOCH:-} ]]; then
        SOURCE_DATE_EPOCH=$(git log -1 --format=%ct) || die "packages have the time of their commit, and this is no checkout: set SOURCE_DATE_EPOCH"
    fi
    export SOURCE_DATE_EPOCH
    rm -rf "$packages"
    mkdir -p "$packages"

    say "Packing"
    bindings/packaging/tarball.sh "$dist" "$version" "$packages" || return
    bindings/packaging/deb.sh "$dist" "$version" "$packages" || return
    python3 bindings/packaging/wheel.py "$dist/lib/$soname" "$packages" || return
    for script in bindings/*/package.sh; do
        [[ ! -e $script ]] || in_binding package "$script" || return
    done
    (cd "$packages" && LC_ALL=C && sha256sum -- *) >"$work/SHA256SUMS" || return
    mv "$work/SHA256SUMS" "$packages/"
    cat "$packages/SHA256SUMS"
    say "The packages are in build/packages"
}

# in_binding WHAT SCRIPT: runs a script of a binding in a shell of its own, with $place for what it makes.
in_binding() {
    local name place
    name=$(basename "$(dirname "$2")")
    place=$work/bindings/$name
    mkdir -p "$place"
    run "$1-$name" "$2 failed" source_apart "$2"
}

# shellcheck disable=SC1090 # it is given
source_apart() (. "$1")

# ---- Test -------------------------------------------------------------------------------------------------------------

# Each package is installed into an empty place, and the walkthrough in its language runs from there.
test_packages() {
    say "Packages: made, installed, used"
    need man-db command -v man
    need luajit command -v luajit
    need g++ command -v g++
    need python3-venv python3 -c 'import ensurepip'
    need mypy command -v mypy
    local script
    check "Packages are made" package_all || return 0
    check "Package: install" run package-install "what is installed does not work" test_install || true
    check "Package: tarball" run package-tarball "the tarball does not work" test_tarball || true
    check "Package: Debian" run package-deb "the Debian package does not work" test_deb || true
    check "Package: wheel" run package-wheel "the wheel does not work" bindings/packaging/tests/wheel.sh "$packages"/*.whl || true
    for script in bindings/*/package.sh; do
        script=${script%package.sh}test_package.sh
        check "Package: $(basename "$(dirname "$script")")" in_binding test-package "$script" || true
    done
}

# Are they the same, byte for byte, made in another place under another umask? A command of its own: it builds everything a second time.
packages_again() {
    local again=$work/again
    package_all || return
    say "Packing once more, elsewhere"
    rm -rf "$again"
    mkdir -p "$again"
    tar -c --exclude=./dist --exclude=./build --exclude=bin --exclude=obj . | tar -x -C "$again" || return
    run packages-again "packages can't be made in another place" in_other_place "$again" || return
    diff "$packages/SHA256SUMS" "$again/build/packages/SHA256SUMS" || return
    say "The same bytes"
    rm -rf "$again"
}

in_other_place() (umask 077 && cd "$1" && ./build.sh package)

# empty NAME: an empty place to install into.
empty() {
    rm -rf "$work/installed/$1"
    mkdir -p "$work/installed/$1"
    echo "$work/installed/$1"
}

test_install() {
    local place
    place=$(empty prefix)
    ./build.sh install --prefix "$place/before" || return
    mv "$place/before" "$place/after" || return
    bindings/packaging/tests/prefix.sh "$place/after"
}

test_tarball() {
    local place
    place=$(empty tarball)
    tar -C "$place" -xf "$packages"/refruntime-*.tar.gz || return
    bindings/packaging/tests/prefix.sh "$place"/refruntime-*
}

# By dpkg, with a database of its own. The C library is not known there, an ordinary user may own the files, and nothing of Debian lies in the
# place to run the package's script with.
test_deb() {
    local place database wrong
    place=$(empty deb)
    database=$place/var/lib/dpkg
    mkdir -p "$database"/{info,updates,triggers}
    touch "$database"/{status,available}
    local dpkg=(dpkg --root="$place" --log=/dev/null --force-depends --force-not-root --force-bad-path --force-script-chrootless)
    "${dpkg[@]}" --install "$packages"/refruntime_*.deb || return
    wrong=$("${dpkg[@]}" --verify refruntime; "${dpkg[@]}" --audit)
    [[ -z $wrong ]] || { echo "$wrong" && return 1; }
    bindings/packaging/tests/prefix.sh "$place/usr" || return
    bindings/packaging/tests/walkthrough.sh "$place/usr" \
        env PYTHONDONTWRITEBYTECODE='' PYTHONPATH="$place/usr/lib/python3/dist-packages" python3 || return
    "${dpkg[@]}" --purge refruntime || return
    [[ -z $(find "$place" -mindepth 1 -path "$place/var" -prune -o -print) ]] || { find "$place/usr" && return 1; }
}
