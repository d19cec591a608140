#!/usr/bin/env bash
# Builds what fuzzes, and fuzzes: fuzz.sh [SECONDS] | threads [SECONDS]. Called by build.sh, after the library was built.
#
# Everything made lies in build/fuzz: the library with counters, the programs, corpus/ (which grows from run to run) and new/
# (what ended a run: a program that shows a mistake, or one that takes longer than a minute).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

readonly place=$PWD/build/fuzz fuzz=$PWD/native-tests/fuzz
readonly library=$place/library/publish/RefRuntime/release_linux-x64

build_library() {
    local tool=$fuzz/Instrument/bin/Release/net10.0/Instrument.dll
    dotnet build "$fuzz/Instrument/Instrument.csproj" -c Release || return
    dotnet publish src/RefRuntime/RefRuntime.csproj -c Release -p:RefRuntimeVariant=RR_COVERAGE --artifacts-path "$place/library" \
        -p:RefRuntimeInstrument="$tool" -p:RefRuntimeCoverageMap="$place/coverage.map" || return
    ln -sf librefruntime.so "$library/librefruntime.so.1"
}

# compile OUT MAIN FLAGS...: the model and the calls around a main program. Not instrumented: what libFuzzer counts is the library's alone.
compile() {
    local out=$place/$1 main=$2 objects=$place/objects-$1 file
    shift 2
    mkdir -p "$objects"
    for file in program operations containers heap_calls looking wrong_calls callbacks check graph payload shapes calls "$main"; do
        clang -std=c11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror -Iinclude -c "$fuzz/$file.c" -o "$objects/$file.o" || return
    done
    clang -std=c11 -D_GNU_SOURCE -DFUZZ_INLINE -O1 -g -Wall -Wextra -Werror -Iinclude -c "$fuzz/calls.c" -o "$objects/calls_inline.o" || return
    clang -g "$objects"/*.o -o "$out" -L"$library" -lrefruntime -Wl,-rpath,"$library" -lpthread "$@"
}

# Against the library as it is installed. What ThreadSanitizer sees of it is said in threads.c.
compile_threads() {
    clang -std=c11 -D_GNU_SOURCE -O1 -g -Wall -Wextra -Werror -fsanitize=thread -Idist/include "$fuzz/threads.c" -o "$place/threads" \
        -Ldist/lib -lrefruntime -Wl,-rpath,"$PWD/dist/lib" -lpthread
}

quietly() {
    mkdir -p "$place"
    "$@" >"$place/build.log" 2>&1 || { tail -n 30 "$place/build.log" >&2; echo "fuzz.sh: $* failed; the whole output is in build/fuzz/build.log" >&2; exit 1; }
}

# A run ends at its first finding; then another one begins, until the time is over.
fuzz() {
    local end=$((SECONDS + $1)) executions=0 findings=0 left before
    mkdir -p "$place/corpus" "$place/new"
    before=$(find "$place/new" -type f | wc -l)
    while left=$((end - SECONDS)) && [[ $left -gt 0 && $findings -lt 20 ]]; do
        "$place/fuzzer" "$place/corpus" "$fuzz/corpus" "$fuzz/found" -max_total_time=$left -max_len=1000 -len_control=0 -timeout=60 -report_slow_units=100 \
            -rss_limit_mb=1500 -print_pcs=0 -print_final_stats=1 -artifact_prefix="$place/new/" >"$place/run.log" 2>&1 || true
        executions=$((executions + $(sed -n 's/^stat::number_of_executed_units: *//p' "$place/run.log")))
        grep -E '^fuzz: |ERROR: libFuzzer' "$place/run.log" | head -n 1 || true
        findings=$(($(find "$place/new" -type f | wc -l) - before))
    done
    "$place/replay" "$fuzz/corpus" "$fuzz/found" "$place/corpus" 2>&1 | tail -n 1
    echo "$executions executions in $1 s, $findings findings$([[ $findings == 0 ]] || echo ": see build/fuzz/new")"
    [[ $findings == 0 && $executions -gt 0 ]]
}

case ${1:-} in
    threads)
        quietly compile_threads
        "$place/threads" "${2:-600}"
        ;;
    *)
        quietly build_library
        quietly compile replay replay
        quietly compile fuzzer libfuzzer -fsanitize=fuzzer
        fuzz "${1:-3600}"
        ;;
esac
