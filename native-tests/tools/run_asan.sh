#!/bin/sh
# run_asan.sh COMPILER LIBDIR extern|inline CASE SOURCES: builds with AddressSanitizer and runs: the clean program, and misuse.c without a
# mistake; or misuse.c with the mistake that CASE names, which has to be found at the line that it marks.
set -eu
compiler=$1 libdir=$2 header=$3 case=$4 sources=$5
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
output=$place/output
echo 'int main(void) { return 0; }' >"$place/empty.c"
"$compiler" -fsanitize=address "$place/empty.c" -o "$place/empty" 2>"$output" || {
    cat "$output"
    echo "SKIPPED: $compiler has no AddressSanitizer"
    exit 77
}
define=
[ "$header" = extern ] || define=-DUSE_INLINE

fail() {
    cat "$output"
    echo "FAILED: $1"
    exit 1
}

# runs NAME [ARGUMENT]: builds the program and keeps what it says, and its status.
runs() {
    # shellcheck disable=SC2086 # no definition is no argument
    "$compiler" -std=c11 -g -O1 -fno-omit-frame-pointer -fsanitize=address $define -I "$libdir/../include" "$sources/$1.c" \
        -o "$place/$1" -L "$libdir" -lrefruntime -Wl,-rpath,"$libdir"
    status=0
    LSAN_OPTIONS=suppressions=$libdir/../share/refruntime/lsan.supp "$place/$@" >"$output" 2>&1 || status=$?
}

# stops KIND FRAME: the program was stopped by the sanitizer, its first frame so and the marked line among the first two.
stops() {
    line=$(grep -n "HERE: $case" "$sources/misuse.c" | cut -d : -f 1)
    [ "$status" != 0 ] || fail "nothing was found"
    grep -q "ERROR: AddressSanitizer: use-after-poison" "$output" || fail "the sanitizer did not stop it"
    grep -q "^$1" "$output" || fail "no '$1'"
    grep -Eq "^    #0 .* $2 " "$output" || fail "the first frame is not $2"
    grep -E "^    #[01] " "$output" | head -n 2 | grep -Eq " $case .*/misuse.c:$line(:|$)" || fail "not at line $line"
}

case $case in
    clean)
        for program in clean misuse; do
            runs $program
            [ "$status" = 0 ] || fail "$program ended with $status"
            ! grep -q "ERROR:" "$output" || fail "$program has an error"
            grep -Eq "^(clean|through)$" "$output" || fail "$program did not come to its end"
        done
        ;;
    loses_object) # LeakSanitizer knows of malloc's memory alone
        runs misuse "$case"
        [ "$status" = 0 ] || fail "ended with $status"
        ;;
    *)
        runs misuse "$case"
        case $case in
            reads_freed_*) stops "READ of size 8" "$case" ;;
            writes_freed_object) stops "WRITE of size 8" "$case" ;;
            writes_past_*) stops "WRITE of size 1" "$case" ;;
            retains_freed_object)
                if [ "$header" = inline ]; then
                    stops "READ of size 8" rr_inline_incref
                else # the library reads the header, and its own checks find it
                    grep -Eq "rr_incref: object 0x[0-9a-f]+ is no live object: it was freed before" "$output" || fail "it was not found"
                    grep -q "      #0 retains_freed_object" "$output" || fail "the first frame is not the caller's"
                fi
                ;;
            *) fail "unknown case $case" ;;
        esac
        ;;
esac
cat "$output"
