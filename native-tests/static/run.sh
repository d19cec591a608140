#!/usr/bin/env bash
# Links programs with librefruntime.a as a user would, by pkg-config, and runs them: the smallest example, sections of the C tests, and the cost
# of calls beside that through the shared library. The last line is "N passed, M failed".
#
#     PKG_CONFIG_PATH=dist/lib/pkgconfig native-tests/static/run.sh build/static
#
# Left out are the sections that take long, and those that look for the program's own functions in stacks: there are none, see the README.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
place=$1
tests=$here/../c
mkdir -p "$place"
passed=0 failed=0

# linked NAME PACKAGE SOURCES...: compiles and links.
linked() {
    local name=$1 package=$2
    shift 2
    # shellcheck disable=SC2046 # lists of options
    cc -std=gnu11 -O2 -Wall -I"$tests" -o "$place/$name" "$@" $(pkg-config --cflags --libs "$package" cmocka)
}

# passes NAME COMMAND...
passes() {
    local log=$place/$1.log
    if "${@:2}" >"$log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "failed: $1"
        tail -n 20 "$log"
    fi
}

needs_no_library() { ! ldd "$place/hello" | grep refruntime; }
exports_nothing_else() {
    diff <(nm -g --defined-only "$(pkg-config --variable=libdir refruntime-static)/librefruntime.a" | awk 'NF == 3 { print $3 }' | LC_ALL=C sort) \
        "$here/../abi/exported_symbols.txt"
}
says_goodbye() { "$place/hello" | grep -q 'collected: 2'; }

passes hello linked hello refruntime-static "$tests/examples/hello.c"
passes goodbye says_goodbye
passes alone needs_no_library
passes exports exports_nothing_else
passes no-pie linked hello-no-pie refruntime-static -no-pie -Wl,--gc-sections "$tests/examples/hello.c"
passes no-pie-runs "$place/hello-no-pie"
for section in batches collections counts cycles death heaps library lists looking objects raw_memory regressions stats threads types usage weakrefs wrong_calls; do
    passes "$section-links" linked "$section" refruntime-static "$tests/test_$section.c" "$tests/support.c"
    passes "$section" "$place/$section"
done

linked cost-static refruntime-static "$here/cost.c"
linked cost-shared refruntime "$here/cost.c"
echo "Nanoseconds, linked with the archive:" && "$place/cost-static"
echo "Nanoseconds, with the shared library:" && LD_LIBRARY_PATH=$(pkg-config --variable=libdir refruntime) "$place/cost-shared"
echo "$passed passed, $failed failed"
[[ $failed == 0 && $passed != 0 ]]
