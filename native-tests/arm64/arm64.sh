# shellcheck shell=bash disable=SC2154 # sourced by build.sh, with its variables and functions
# The library for linux-arm64, cross-built, and the C tests of it under qemu-user. Everything made lies in build/arm64:
#
#   prefix/   the product, as dist/ is for this machine    cmocka/   cmocka of Debian's arm64 packages, unpacked
#   library/  what dotnet makes                            tests/    the C tests
#
# The runtime is linked as Microsoft documents cross-compiling: by clang, for Debian's cross binutils and cross libc. The tests are
# compiled by gcc. What the run does not show stands in README.md, "Platforms".

readonly arm64=$work/arm64

arm64() {
    need_build_tools
    need_native_tools
    need python3 command -v python3
    need clang command -v clang
    need "gcc-aarch64-linux-gnu libc6-dev-arm64-cross" command -v aarch64-linux-gnu-gcc
    need qemu-user command -v qemu-aarch64
    mkdir -p "$arm64"
    arm64_library || exit 1
    arm64_prefix
    arm64_cmocka || exit 1
    arm64_test
}

arm64_library() {
    say "Cross-compiling librefruntime.so for linux-arm64 (NativeAOT)"
    run publish-arm64 "the library does not compile for linux-arm64" \
        dotnet publish src/RefRuntime/RefRuntime.csproj -c Release -r linux-arm64 --artifacts-path "$arm64/library" \
        -p:CppCompilerAndLinker=clang -p:ObjCopyName=aarch64-linux-gnu-objcopy
}

arm64_prefix() {
    local published=$arm64/library/publish/RefRuntime/release_linux-arm64 prefix=$arm64/prefix
    rm -rf "$prefix"
    mkdir -p "$prefix/lib/pkgconfig" "$prefix/lib/.debug"
    install -m 644 -D -t "$prefix/include" include/*.h
    install -m 755 "$published/librefruntime.so" "$prefix/lib/$soname"
    install -m 644 "$published/librefruntime.so.dbg" "$prefix/lib/.debug/"
    ln -s "$soname" "$prefix/lib/librefruntime.so"
    write_pkgconfig "$prefix" "$(version)"
}

# cmocka of the architecture arm64 without making it one of this system's: apt with lists of its own, and the packages unpacked, not installed.
arm64_cmocka() {
    local state=$arm64/apt own package
    [[ ! -e $arm64/cmocka/cmocka.pc ]] || return 0
    command -v apt-get >/dev/null || die "cmocka for arm64 is taken from Debian's packages, and there is no apt-get"
    say "Fetching cmocka for arm64"
    mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$arm64/cmocka"
    own=(-o APT::Architecture=arm64 -o APT::Architectures=arm64 -o APT::Sandbox::User= -o Dir::State::lists="$state/lists" -o Dir::Cache="$state/cache")
    run cmocka-lists "the list of Debian's arm64 packages can't be fetched" apt-get "${own[@]}" update || return
    (cd "$state" && run cmocka "cmocka for arm64 can't be fetched" apt-get "${own[@]}" download libcmocka0 libcmocka-dev) || return
    for package in "$state"/*.deb; do dpkg-deb --extract "$package" "$arm64/cmocka"; done
    sed "s|/usr|$arm64/cmocka/usr|g" "$arm64/cmocka/usr/lib/aarch64-linux-gnu/pkgconfig/cmocka.pc" >"$arm64/cmocka/cmocka.pc"
}

# Left out: c.shortage, which limits its memory. QEMU lets the limit pass and does not keep it: the test would take all that the machine has;
# c.inline_program, which calls the compilers of this machine; and native-tests/host, since signals, system-call filters and limits are QEMU's there, and what is tested would be QEMU.
arm64_test() {
    local tests=$arm64/tests part status=0
    export PKG_CONFIG_LIBDIR=$arm64/prefix/lib/pkgconfig:$arm64/cmocka PKG_CONFIG_PATH=
    say "Cross-compiling the C tests"
    run cmake-arm64 "CMake can't configure native-tests" cmake -S native-tests -B "$tests" -G "Unix Makefiles" \
        -DCMAKE_TOOLCHAIN_FILE="$root/native-tests/arm64/toolchain.cmake" || exit 1
    for part in c callbacks conformance; do
        run "native-arm64-$part" "native-tests/$part does not compile" make -C "$tests/$part" -k -j "$(nproc)" || exit 1
    done
    say "The library as a linker sees it, then the C tests under qemu-aarch64"
    rm -f "$arm64/ctest.xml"
    RR_TEST_VARIANT=QEMU ctest --test-dir "$tests" --output-on-failure --no-tests=error --tests-regex '^(abi\.library|c|checked)\.' --exclude-regex '^c\.(shortage|inline_program)' \
        --test-output-size-passed 10000000 --test-output-size-failed 10000000 --output-junit "$arm64/ctest.xml" || status=1
    python3 native-tests/tally.py ctest "$arm64/ctest.xml" "arm64 " |
        awk '{ passed += $1; failed += $2; skipped += $3; print } END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped; exit failed > 0 || passed == 0 }' || status=1
    return $status
}
