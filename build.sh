#!/usr/bin/env bash
# Builds, shows, tests, measures and installs RefRuntime. See `./build.sh help`.
#
# Everything that is made lies in dist/ (the product: a prefix as /usr/local is one), build/ (CMake, logs, test results)
# and the projects' bin/ and obj/. Each step is skipped by its own tool when nothing changed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

readonly root=$PWD dist=$PWD/dist work=$PWD/build
readonly soname=librefruntime.so.1 results=$work/test-results
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 MSBUILDDISABLENODEREUSE=1
export PKG_CONFIG_PATH=$dist/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}

usage() {
    cat <<'USAGE'
usage: ./build.sh [COMMAND]
  build              the library, the header and the bindings into dist/ (the default)
  demo               builds what is missing, then runs the article line by line and the document graph
  test               everything that must pass; ends with the line "N passed, M failed"
  bench [quick]      builds and runs the benchmarks; quick takes a tenth of all sizes
  bench looking      referrers and retaining paths, beside CPython's gc.get_referrers
  bench fork         how much memory a collection in a forked child makes private, beside CPython's gc
  soak [MINUTES] ... a program with all kinds of structures for an hour, or so long; verified, measured and drawn. Before it a warm-up.
                     Further options go to it: --seed N, --flat-out (without pauses), --warm-up MINUTES (of ticks), --tolerance PERCENT
  fuzz [SECONDS]     random programs of API calls against a model, steered by the library's code that they reach; an hour
  fuzz threads [S]   random calls of several threads to one heap, under ThreadSanitizer; ten minutes
  mutate [NAME...]   makes deliberate faults in a copy and sees which test notices; of a NAME's area, or all (an hour or two)
  valgrind [REGEX]   the C tests under memcheck, heaps unchecked and checked; REGEX chooses among memcheck.SECTION[.checked]
  sanitize           the C tests compiled with AddressSanitizer and UBSan, those of threads with ThreadSanitizer
  static             makes the archive dist/lib/librefruntime.a too, links C tests with it, and measures its calls
  arm64              the library for linux-arm64, cross-built into build/arm64, and the C tests of it under qemu-user; a quarter of an hour
  parity             compares the header as clang reads it with the C# metadata; needs the package ClangSharp.Interop
  install --prefix P copies what is in dist/ to P (below $DESTDIR, if set)
  package [twice]    wheel, .deb, tarball and the packages of the bindings into build/packages: the same bytes from the same commit;
                     twice makes them in another place too, and compares
  generate           writes the header and the raw bindings anew from the C# exports
  clean              removes all that was built
USAGE
}

say() { printf '== %s\n' "$*"; }

die() {
    printf 'build.sh: %s\n' "$*" >&2
    exit 1
}

# ---- Tools ------------------------------------------------------------------------------------------------------------

# need PACKAGES TEST...: unless the test command succeeds, these Debian packages are missing. As root, installs them.
need() {
    local debian=$1
    shift
    "$@" >/dev/null 2>&1 && return
    if [[ $(id -u) != 0 ]] || ! command -v apt-get >/dev/null; then
        die "the Debian package(s) $debian are missing: sudo apt-get install $debian"
    fi
    say "Installing $debian"
    mkdir -p "$work/logs"
    # shellcheck disable=SC2086 # a list of packages
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -y --no-install-recommends $debian >"$work/logs/apt.log" 2>&1 ||
        { apt-get update && DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=600 install -y --no-install-recommends $debian; } \
            >"$work/logs/apt.log" 2>&1 ||
        die "the Debian package(s) $debian could not be installed: see build/logs/apt.log"
    "$@" >/dev/null 2>&1 || die "$debian got installed, but '$*' still fails"
}

need_dotnet() {
    command -v dotnet >/dev/null || die "dotnet is missing: install the .NET SDK 10.0 (https://dot.net/download)"
    dotnet --version >/dev/null 2>&1 || die "the .NET SDK 10.0 that global.json asks for is missing: $(dotnet --version 2>&1 | head -n 1)"
}

need_build_tools() {
    need_dotnet
    need "gcc libc6-dev" command -v gcc
    need binutils command -v objcopy
}

need_native_tools() {
    need cmake command -v cmake
    need make command -v make
    need pkg-config command -v pkg-config
    need libcmocka-dev pkg-config --exists cmocka
}

# run LOG SENTENCE COMMAND...: keeps the output in build/logs/LOG.log and shows it, with the sentence, only on failure.
run() {
    local log=$work/logs/$1.log sentence=$2
    shift 2
    mkdir -p "$work/logs"
    "$@" >"$log" 2>&1 && return
    tail -n 40 "$log" >&2
    printf 'build.sh: %s; the whole output is in %s\n' "$sentence" "${log#"$root"/}" >&2
    return 1
}

# ---- Build ------------------------------------------------------------------------------------------------------------

compile_library() {
    say "Compiling librefruntime.so (NativeAOT)"
    run publish "the library does not compile" dotnet publish src/RefRuntime/RefRuntime.csproj -c Release
}

generate() {
    say "Generating header and raw bindings from the exports"
    run generate "the generator failed" dotnet run --project src/RefRuntime.AbiGen -c Release -- "$@" || return
    grep -v ' is up to date$' "$work/logs/generate.log" || true
}

version() {
    sed -n 's/^#define RR_VERSION  *"\([^"]*\)".*/\1/p' include/refruntime.h | grep . || die "include/refruntime.h has no RR_VERSION"
}

# write_pkgconfig PREFIX VERSION
write_pkgconfig() {
    cat >"$1/lib/pkgconfig/refruntime.pc" <<PC
prefix=\${pcfiledir}/../..
includedir=\${prefix}/include
libdir=\${prefix}/lib

Name: refruntime
Description: Reference counting with a cycle collector, weak references and finalizers
Version: $2
Cflags: -I\${includedir}
Libs: -L\${libdir} -lrefruntime
PC
}

# Makes dist/ anew. Nothing in it names the place where it lies.
fill_dist() {
    local published=src/RefRuntime/bin/Release/net10.0/linux-x64/publish
    local version python=$dist/share/refruntime/python/refruntime cmake=$dist/lib/cmake/RefRuntime
    version=$(version)
    say "Filling dist/ with RefRuntime $version"

    rm -rf "$dist"
    mkdir -p "$dist/include" "$dist/lib/pkgconfig" "$dist/lib/.debug" "$python"
    install -m 644 include/*.h bindings/cpp/refruntime.hpp "$dist/include/"
    install -m 644 -D -t "$dist/include/refruntime" bindings/cpp/refruntime/*.hpp
    install -m 755 "$published/librefruntime.so" "$dist/lib/librefruntime.so.$version"
    install -m 644 "$published/librefruntime.so.dbg" "$dist/lib/.debug/"
    ln -s "librefruntime.so.$version" "$dist/lib/$soname"
    ln -s "$soname" "$dist/lib/librefruntime.so"
    write_pkgconfig "$dist" "$version"
    mkdir -p "$cmake"
    install -m 644 bindings/packaging/cmake/RefRuntimeConfig.cmake "$cmake/"
    sed "s/@VERSION@/$version/" bindings/packaging/cmake/RefRuntimeConfigVersion.cmake.in >"$cmake/RefRuntimeConfigVersion.cmake"
    install -m 644 -D bindings/packaging/refruntime.3 "$dist/share/man/man3/refruntime.3"
    cp bindings/python/refruntime/{*.py,py.typed} "$python/"
    ln -s "../../../../lib/$soname" "$python/$soname"
    install -m 644 -D -t "$dist/share/refruntime/lua" bindings/lua/refruntime.lua
    install -m 644 -D -t "$dist/share/refruntime/lua/refruntime" bindings/lua/refruntime/*.lua
    install -m 644 bindings/gdb/refruntime_gdb.py "$dist/lib/librefruntime.so.$version-gdb.py"
    install -m 644 -t "$dist/share/refruntime" bindings/tools/*.supp
    install -m 644 -D LICENSE "$dist/share/doc/refruntime/LICENSE"
    install -m 644 -D -t "$dist/share/doc/refruntime/examples" native-tests/c/examples/{hello,walkthrough}.c \
        bindings/{cpp,lua,python}/examples/walkthrough.*
}

build() {
    need_build_tools
    compile_library || exit 1
    generate || exit 1
    fill_dist
    say "Built $(du -h --apparent-size "$dist/lib/$soname" -L | cut -f 1) of library: dist/lib/$soname"
}

# The archive, for programs that are to need no library at run time, with its own .pc file; see "Static linking" in README.md.
static() {
    need_build_tools
    need_native_tools
    build
    say "Making librefruntime.a"
    run archive "the archive can't be made" dotnet publish src/RefRuntime/RefRuntime.csproj -c Release -p:RefRuntimeArchive=true || exit 1
    install -m 644 src/RefRuntime/obj/Release/net10.0/linux-x64/native/librefruntime.a "$dist/lib/"
    sed -e 's/^Name: .*/Name: refruntime-static/' -e 's/^Libs: .*/Libs: ${libdir}\/librefruntime.a -lm -lpthread -ldl/' \
        "$dist/lib/pkgconfig/refruntime.pc" >"$dist/lib/pkgconfig/refruntime-static.pc"
    say "Testing it, beside the shared library"
    native-tests/static/run.sh "$work/static" || die "the archive does not pass its tests"
}

# native TARGET: builds a target of native-tests/ against dist/, as much of it as compiles.
native() {
    run cmake "CMake can't configure native-tests" cmake -S native-tests -B "$work/native-tests" -G "Unix Makefiles" || return
    run native "native-tests do not compile" cmake --build "$work/native-tests" -j "$(nproc)" --target "$1" -- -k
}

. bindings/packaging/packages.sh
. native-tests/arm64/arm64.sh

# ---- Demo, bench, install ---------------------------------------------------------------------------------------------

demo() {
    need python3 command -v python3
    need graphviz command -v dot
    need_native_tools
    build
    say "Restoring all projects: what this leaves is the demo's document"
    run restore "the projects can't be restored" dotnet restore RefRuntime.sln || exit 1
    say "Compiling the document graph example"
    native json_graph || exit 1

    say "The article, line by line (bindings/python/examples/walkthrough.py)"
    PYTHONPATH=$dist/share/refruntime/python python3 bindings/python/examples/walkthrough.py build/pictures || die "the walkthrough failed"

    local document
    document=$(find src tests -path '*/obj/project.assets.json' -printf '%s %p\n' | sort -n | tail -n 1 | cut -d ' ' -f 2-)
    say "A document graph in C (native-tests/c/examples/json_graph.c) of $document"
    "$(find "$work/native-tests" -type f -name json_graph -perm -u+x | head -n 1)" "$document" || die "the document graph failed"
}

# Contenders that are missing here are named and left out: none is installed for this.
bench() {
    local program status=0 outside=$work/bench-python.txt
    need python3 command -v python3
    need_native_tools
    build
    if [[ ${1:-} == looking ]]; then
        say "Looking at graphs of a million objects"
        PYTHONPATH=$dist/share/refruntime/python python3 native-tests/bench/looking.py "${@:2}" || die "the benchmark failed, or a requirement is missed"
        return
    fi
    if [[ ${1:-} == fork ]]; then
        say "Collecting in forked children"
        PYTHONPATH=$dist/share/refruntime/python python3 native-tests/bench/fork_pages.py "${@:2}" || die "the benchmark failed, or a requirement is missed"
        return
    fi
    say "Compiling the benchmarks"
    native rr_bench || exit 1
    program=$(find "$work/native-tests" -type f -name rr_bench -perm -u+x | head -n 1)
    if [[ " $* " == *" --only "* ]]; then
        set -- --json "$work/bench.json" "$@"
    else
        say "Measuring from Python"
        PYTHONPATH=$dist/share/refruntime/python python3 native-tests/bench/python_batch.py "$@" >"$outside" ||
            die "the benchmark from Python failed"
        set -- --add "$outside" --json "$work/bench.json" "$@"
    fi
    say "Measuring"
    rm -f "$work/bench.json"
    "$program" "$@" || status=$?
    [[ ! -e $work/bench.json ]] || python3 native-tests/bench/chart.py "$work/bench.json" "$work/bench.svg" || die "the chart can't be drawn"
    [[ $status == 0 ]] || die "the benchmark failed, or a requirement is missed"
    say "All numbers: build/bench.json; as a picture: build/bench.svg"
}

# An hour of a program, at a tenth of a processor, after some minutes at a whole one. What CI runs of it is a few seconds: the test soak.seconds.
soak() {
    local minutes=60 program status=0
    if [[ ${1:-} =~ ^[0-9.]+$ ]]; then
        minutes=$1
        shift
    fi
    need python3 command -v python3
    need_native_tools
    build
    say "Compiling the soak"
    native soak || exit 1
    program=$(find "$work/native-tests" -type f -name soak -perm -u+x | head -n 1)
    say "Soaking for $minutes minutes"
    "$program" --minutes "$minutes" --csv "$work/soak.csv" "$@" || status=$?
    python3 native-tests/soak/plot.py "$work/soak.csv" "$work/soak.svg" || die "the picture can't be drawn"
    [[ $status == 0 ]] || die "the soak failed"
    say "All samples: build/soak.csv; as a picture: build/soak.svg"
}

# Not part of test: the package is not to be had everywhere. CLANGSHARP_PROJECT names a ClangSharp.Interop.csproj to build instead.
parity() {
    need_build_tools
    need gcc command -v gcc
    say "The header as clang reads it"
    local project=tests/RefRuntime.ClangParity sources=-p:ClangSharpProject=${CLANGSHARP_PROJECT:-}
    run parity-restore "the packages of $project can't be had; without ClangSharp.Interop, set CLANGSHARP_PROJECT to the ClangSharp.Interop.csproj of its sources" \
        dotnet restore "$project" "$sources" || exit 1
    dotnet test "$project" -c Release --no-restore "$sources" || die "header and metadata differ, or the comparison does not compile"
}

need_fuzzer() {
    need clang command -v clang
    need libclang-rt-dev eval 'test -e "$(clang -print-resource-dir)/lib/linux/libclang_rt.fuzzer-x86_64.a"'
}

fuzz() {
    need_build_tools
    need_fuzzer
    [[ -e $dist/lib/$soname ]] || build
    say "Fuzzing: see native-tests/fuzz/README.md"
    native-tests/fuzz/fuzz.sh "$@" || die "there are findings, or the fuzzer could not run"
}

mutate() {
    need_build_tools
    need_native_tools
    need g++ command -v g++
    need clang command -v clang++
    need python3 command -v python3
    python3 native-tests/mutation/mutate.py "$@"
}

install_to() {
    [[ $# == 2 && $1 == --prefix && $2 == /* ]] || die "install needs --prefix and an absolute path: ./build.sh install --prefix /usr/local"
    local prefix=${DESTDIR:-}$2
    [[ -e $dist/lib/$soname ]] || build
    say "Installing to $prefix"
    mkdir -p "$prefix" && cp -a "$dist/." "$prefix/" || die "$prefix can't be written"
    # Only a system prefix is in the loader's list, and only root may bring its cache up to date.
    if [[ -z ${DESTDIR:-} && $(id -u) == 0 ]] && grep -qsx "$2/lib" /etc/ld.so.conf /etc/ld.so.conf.d/*.conf; then ldconfig; fi
}

clean() {
    say "Removing dist/, build/, bin/ and obj/"
    rm -rf "$dist" "$work"
    find src tests bindings native-tests -type d \( -name bin -o -name obj -o -name __pycache__ -o -name TestResults \) -prune -exec rm -rf {} +
}

# ---- Test -------------------------------------------------------------------------------------------------------------

# Each suite leaves lines "PASSED FAILED SKIPPED SUITE" in this file. No suite stops another one.
readonly tally=$results/tally

# count SUITE 0|1: one check as one test.
count() {
    if [[ $2 == 0 ]]; then echo "1 0 0 $1"; else echo "0 1 0 $1"; fi >>"$tally"
}

# check SUITE FUNCTION-OR-COMMAND...: runs one check and counts it.
check() {
    local suite=$1 status=0
    shift
    "$@" || status=1
    count "$suite" $status
    return $status
}

test_managed() {
    local project name
    for project in tests/*/*.csproj; do
        name=$(basename "$project" .csproj)
        grep -q "$name.csproj" RefRuntime.sln || continue
        say "NUnit: $name"
        dotnet test "$project" -c Release --no-build --logger "trx;LogFileName=$results/$name.trx" || true
        python3 native-tests/tally.py nunit "$results/$name.trx" >>"$tally"
    done
}

test_native() {
    say "C: header, symbols, host manners, API"
    check "C programs compile" native all || true
    ctest --test-dir "$work/native-tests" -j "$(nproc)" --output-on-failure --no-tests=error \
        --test-output-size-passed 10000000 --test-output-size-failed 10000000 --output-junit "$results/ctest.xml" || true
    python3 native-tests/tally.py ctest "$results/ctest.xml" >>"$tally"
}

# Publishes the library that goes one way always (src/RefRuntime/Core/Config.cs), into build/ alone, and runs the C tests against it.
test_variant() {
    local variant=$1 place=$work/variants/$1
    say "C: all collections $2"
    check "$variant library compiles" run "publish-$variant" "the $variant library does not compile" \
        dotnet publish src/RefRuntime/RefRuntime.csproj -c Release -p:RefRuntimeVariant="$variant" --artifacts-path "$place" || return 0
    ln -sf "publish/RefRuntime/release_linux-x64/librefruntime.so" "$place/$soname"
    LD_LIBRARY_PATH=$place RR_TEST_VARIANT=$variant ctest --test-dir "$work/native-tests" -j "$(nproc)" --output-on-failure \
        --no-tests=error --tests-regex '^c\.' --exclude-regex 'inline' \
        --test-output-size-passed 10000000 --test-output-size-failed 10000000 --output-junit "$results/ctest-$variant.xml" || true
    python3 native-tests/tally.py ctest "$results/ctest-$variant.xml" "$variant " >>"$tally"
}

test_python() {
    say "Python $(python3 -c 'import platform; print(platform.python_version())')"
    PYTHONPATH=$root/bindings/python REFRUNTIME_LIBRARY=$dist/lib/$soname \
        python3 native-tests/tally.py unittest bindings/python/tests "$results/python" || true
    cat "$results/python" >>"$tally" 2>/dev/null || count "Python" 1
}

# Each binding but Python's has its tests in a script of its own, run with this script's functions and variables; its last line is
# "N passed, M failed". A script that ends otherwise is a failed test. Most of what they do is compiling: two run at a time.
test_bindings() {
    local script
    for script in bindings/*/test.sh; do
        while [[ $(jobs -rp | wc -l) -ge 2 ]]; do wait -n || true; done
        test_binding "$script" "$(basename "$(dirname "$script")")" &
    done
    wait
}

# shellcheck disable=SC1090,SC2030,SC2031 # the script is given; its variables are its own
test_binding() {
    local output=$results/binding-$2 log=$work/logs/binding-$2.log place=$work/bindings/$2 count
    mkdir -p "$place"
    (. "$1") >"$output" 2>"$log" || echo "$1 ended with an error" >>"$output"
    count=$(sed -n '$s/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$output")
    echo "${count:-0 1} 0 Binding $2" >>"$tally"
    say "Binding: $2: $(tail -n 1 "$output")"
    if [[ $count != *" 0" ]]; then tail -n 60 "$output" "$log"; fi
}

# A reader of heap snapshots that is not ours: memlab, from npm. Fetched once, as its lock file says, into build/.
test_snapshots() {
    local place=$work/snapshot count
    say "memlab: what a snapshot tells a viewer"
    mkdir -p "$place"
    cp native-tests/snapshot/{package.json,package-lock.json,.npmrc,test_memlab.js} "$place/"
    if ! cmp -s "$place/package-lock.json" "$place/node_modules/fetched"; then
        check "memlab is fetched" run npm "npm can't fetch what native-tests/snapshot/package-lock.json names" \
            npm ci --prefix "$place" || return 0
        cp "$place/package-lock.json" "$place/node_modules/fetched"
    fi
    node "$place/test_memlab.js" "$work/native-tests/snapshot/planted_heap" "$place" >"$results/memlab" 2>"$work/logs/memlab.log" || true
    grep -E '^(ok|not ok)|^ ' "$results/memlab" || true
    count=$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p' "$results/memlab")
    echo "${count:-0 1} 0 memlab" >>"$tally"
}

# What was found before is replayed by test_native; here a short search for more, with the library that says which code ran.
test_fuzz() {
    say "Fuzzing for a moment"
    check "Fuzzing finds nothing" run fuzz "the fuzzer found something, or could not run" native-tests/fuzz/fuzz.sh 10 || true
    check "Threads keep the invariants" run fuzz-threads "threads broke something" native-tests/fuzz/fuzz.sh threads 4 || true
    grep -h -E ' blocks of the library ran$| executions in | threads$' "$work/logs/fuzz.log" "$work/logs/fuzz-threads.log" || true
}

test_all() {
    need_build_tools
    need_native_tools
    need g++ command -v g++
    need clang command -v clang++
    need libclang-rt-dev eval 'test -e "$(clang -print-resource-dir)/lib/linux/libclang_rt.asan-x86_64.a"'
    need_fuzzer
    need valgrind command -v valgrind
    need gdb command -v gdb
    need python3 command -v python3
    need graphviz command -v dot
    need nodejs command -v node
    need npm command -v npm
    rm -rf "$results"
    mkdir -p "$results"

    say "Building all projects: compiler, analyzers and code style without a warning"
    check "solution builds" run solution "the solution does not build" dotnet build RefRuntime.sln -c Release || true
    check "generated files are fresh" generate --check || true
    check "deliberate faults apply" python3 native-tests/mutation/mutate.py --check || true
    # Without a library of these sources there is none: the suites below then fail instead of testing an old one.
    if check "library compiles" compile_library; then fill_dist; else rm -rf "$dist"; fi
    test_managed
    test_native
    test_variant RR_SLICED "in slices of one unit of work"
    test_variant RR_SWEEP "by sweeps"
    test_python
    say "Bindings"
    mkdir -p "$work/logs"
    test_bindings
    test_packages
    test_snapshots
    test_fuzz

    say "Result"
    awk '{ suite = $4; for (i = 5; i <= NF; i++) suite = suite " " $i
           printf "%6d passed %4d failed %4d skipped  %s\n", $1, $2, $3, suite }' "$tally"
    awk '{ passed += $1; failed += $2 } END { printf "%d passed, %d failed\n", passed, failed; exit failed > 0 || passed == 0 }' "$tally"
}

# ---- Under tools that see each access ------------------------------------------------------------------------------------

# What takes no part, and why, stands in native-tests/sanitizers/CMakeLists.txt.
valgrind_all() {
    need_native_tools
    need valgrind command -v valgrind
    build
    say "Compiling the C tests"
    native all || exit 1
    say "The C tests under memcheck: this takes its time"
    ctest --test-dir "$work/native-tests" -C Memcheck -j "$(nproc)" --output-on-failure --no-tests=error -R "${1:-^memcheck\.}"
}

# sanitize_with LIST TESTS: builds the C tests with -fsanitize=LIST in a place of its own and runs those that TESTS matches.
sanitize_with() {
    local place=$work/sanitize-$1 part
    say "Compiling the C tests with -fsanitize=$1"
    run "cmake-$1" "CMake can't configure native-tests" \
        cmake -S native-tests -B "$place" -G "Unix Makefiles" -DRR_SANITIZE="$1" || return
    for part in c callbacks conformance sanitizers; do
        run "native-$1" "native-tests do not compile with -fsanitize=$1" make -C "$place/$part" -k -j "$(nproc)" || return
    done
    ctest --test-dir "$place" -j "$(nproc)" --output-on-failure --no-tests=error -R "$2"
}

# Heaps are what they are elsewhere, and in the tests "checked." checked ones, whose freed objects AddressSanitizer knows. The library itself
# is not compiled with a sanitizer: what is seen are the tests, the inline calls, and what the library does by libc.
sanitize_all() {
    local status=0
    need_native_tools
    build
    export LSAN_OPTIONS=suppressions=$dist/share/refruntime/lsan.supp
    REFRUNTIME_CHECK=0 sanitize_with address,undefined '^(c|checked)\.' || status=1
    # Some kernels place memory where older versions of the tool do not expect it.
    REFRUNTIME_CHECK=0 sanitize_with thread '^(tsan\.|c\.(threads|regressions|fast_calls))' || status=1
    return $status
}

# ---- Commands ---------------------------------------------------------------------------------------------------------

command=${1:-build}
[[ $# == 0 ]] || shift
case $command in
    build) build ;;
    demo) demo ;;
    test) test_all ;;
    bench) bench "$@" ;;
    soak) soak "$@" ;;
    fuzz) fuzz "$@" ;;
    mutate) mutate "$@" ;;
    valgrind) valgrind_all "$@" ;;
    sanitize) sanitize_all ;;
    static) static ;;
    arm64) arm64 ;;
    parity) parity ;;
    install) install_to "$@" ;;
    package) build && if [[ ${1:-} == twice ]]; then packages_again; else package_all; fi ;;
    generate) need_build_tools && generate ;;
    clean) clean ;;
    help | --help | -h) usage ;;
    *)
        usage >&2
        die "there is no command '$command'"
        ;;
esac
