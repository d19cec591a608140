#!/bin/sh
# check_library.sh PROPERTY LIBRARY EXPORTED_SYMBOLS: one property of the shared library as the dynamic linker sees it.
set -eu
property=$1 library=$2 golden=$3

dynamic=$(LC_ALL=C readelf --wide --dynamic "$library")
symbols=$(LC_ALL=C nm --dynamic --defined-only --with-symbol-versions "$library" | awk '$2 != "A" { print $3 }' | LC_ALL=C sort)

fail() {
    echo "$1"
    exit 1
}

# What the dynamic section says under a tag, without brackets.
tagged() {
    printf '%s\n' "$dynamic" | sed -n "s/.*($1).*\\[\\(.*\\)\\]/\\1/p"
}

case $property in
    exports) # nothing but rr_*, and exactly what is promised
        printf '%s\n' "$symbols" | sed 's/@.*//' | diff "$golden" - ||
            fail "< promised in $golden, > exported by $library"
        ;;
    soname)
        [ "$(tagged SONAME)" = librefruntime.so.1 ] || fail "the SONAME is '$(tagged SONAME)'"
        ;;
    version_node)
        others=$(printf '%s\n' "$symbols" | grep -v '@@REFRUNTIME_1$' || true)
        [ -z "$others" ] || fail "not of the version node REFRUNTIME_1: $others"
        [ -n "$symbols" ] || fail "no symbol is exported"
        ;;
    dependencies) # every glibc system since 2.34 has them
        others=$(tagged NEEDED | grep -vxE 'lib[cm]\.so\.6|ld-linux-[a-z0-9-]+\.so\.[12]' || true)
        [ -z "$others" ] || fail "needs $others"
        newest=$(LC_ALL=C readelf --wide --version-info "$library" | grep -oE 'GLIBC_2\.[0-9.]+' | sort -uV | tail -n 1)
        [ "$(printf '%s\nGLIBC_2.34\n' "$newest" | sort -V | tail -n 1)" = GLIBC_2.34 ] || fail "needs $newest"
        ;;
    flags)
        printf '%s\n' "$dynamic" | grep -q 'FLAGS_1.*NODELETE' || fail "dlclose would unload it: no NODELETE"
        printf '%s\n' "$dynamic" | grep -q 'FLAGS.*BIND_NOW' || fail "a symbol could be missing until it is called: no BIND_NOW"
        # With it, dlopen fails in a process that has no static TLS left.
        ! printf '%s\n' "$dynamic" | grep -q STATIC_TLS || fail "it wants static TLS"
        ! printf '%s\n' "$dynamic" | grep -q TEXTREL || fail "it has relocations in its code"
        LC_ALL=C readelf --wide --program-headers "$library" | grep GNU_STACK | grep -q ' RW ' || fail "it wants an executable stack"
        ;;
    *)
        fail "unknown property $property"
        ;;
esac
