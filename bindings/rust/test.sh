# The tests of the Rust binding, sourced by build.sh (see test_bindings there). All that is made lies in $place. The network is not needed:
# there are no dependencies. Another file of conformance programs is named by RR_PROGRAMS.
. "$root/bindings/rust/toolchain.sh"
export CARGO_TARGET_DIR=$place/target
passed=0 failed=0

# counted NAME COMMAND...: one test; its output is shown if it fails.
counted() {
    local name=$1 log=$place/$1.log
    shift
    if "$@" >"$log" 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'failed: %s\n' "$name"
        tail -n 40 "$log"
    fi
}

# tally LOG PATTERN: adds up "N passed" and "M failed" in the lines that match.
tally() {
    local sums
    sums=$({ grep -E "$2" "$1" || true; } | sed 's/[.;,:]/ /g' |
        awk '{ for (i = 2; i <= NF; i++) { if ($i == "passed") p += $(i - 1); if ($i == "failed") f += $(i - 1) } } END { print p + 0, f + 0 }')
    passed=$((passed + ${sums% *}))
    failed=$((failed + ${sums#* }))
}

if cargo fmt --version >/dev/null 2>&1; then counted fmt cargo fmt --all --check; fi
if cargo clippy --version >/dev/null 2>&1; then counted clippy cargo clippy --locked --workspace --all-targets -q -- -D warnings; fi

counted build cargo test --locked --workspace --no-run
cargo test --locked --workspace --no-fail-fast >"$place/tests.log" 2>&1 || grep -E -A 20 '^(failures:|error)' "$place/tests.log" || true
tally "$place/tests.log" '^test result:'

programs=${RR_PROGRAMS:-$root/tests/conformance/programs.txt}
counted conformance cargo run --locked -q -p refruntime-conformance -- "$programs"
sed '$d' "$place/conformance.log"
tally <(tail -n 1 "$place/conformance.log") '^[0-9]+ passed'

# In checked heaps what the binding does wrong ends the program; so does, on purpose, what one test asks for.
REFRUNTIME_CHECK=1 counted checked cargo test --locked -q -p refruntime --test death --test heaps -- \
    --skip million --skip deep --skip threads_share --skip shared_heaps --skip drop_can_make_nothing

echo "$passed passed, $failed failed"
