#!/bin/sh
# run_valgrind.sh VALGRIND SHARE CASE PROGRAM [SOURCE]: runs the program under memcheck, as a user would, with the suppressions
# that the package has, and looks for what the case asks for: clean, or one of the mistakes in SOURCE, at the line that it marks.
set -eu
valgrind=$1 share=$2 case=$3
program=$4 source=${5:-}
output=$(mktemp)
trap 'rm -f "$output"' EXIT

argument=$case
[ "$case" != clean ] || argument=none
status=0
"$valgrind" --suppressions="$share/valgrind.supp" --leak-check=full --num-callers=25 --error-exitcode=99 \
    "$program" "$argument" >"$output" 2>&1 || status=$?
cat "$output"

fail() {
    echo "FAILED: $1"
    exit 1
}

# says PATTERN: the output has a line that matches.
says() {
    grep -Eq -e "$1" "$output" || fail "no line matches: $1"
}

# at_line KIND: the first error is of the kind, and was found at the marked line.
at_line() {
    line=$(grep -n "HERE: $case" "$source" | cut -d : -f 1)
    grep -E -A 1 -e "^==[0-9]+== $1" "$output" | head -n 2 | grep -q "$case ($(basename "$source"):$line)" ||
        fail "no '$1' at line $line"
}

# Valgrind has read the debug information of the library that the package brings along, instead of stopping at it.
! grep -Eq "unhandled dwarf|debuginfo reader|can't recover" "$output" || fail "Valgrind can't read the library's debug information"

case $case in
    clean)
        [ "$status" = 0 ] || fail "ended with $status"
        says '^(clean|through)$'
        says 'ERROR SUMMARY: 0 errors'
        says 'definitely lost: 0 bytes'
        ;;
    reads_freed_object)
        at_line "Invalid read of size 8"
        says "is 16 bytes inside a block of size 32 free'd"
        says 'by .*: release_somebody \(misuse.c:'
        says "Block was alloc'd at"
        says 'by .*: make_somebody \(misuse.c:'
        ;;
    writes_freed_object)
        at_line "Invalid write of size 8"
        says "is 16 bytes inside a block of size 32 free'd"
        ;;
    writes_past_end | writes_past_raw_memory)
        at_line "Invalid write of size 1"
        ;;
    reads_freed_raw_memory)
        at_line "Invalid read of size 8"
        says "is 24 bytes inside a block of size 200 free'd"
        ;;
    decides_by_unwritten_memory)
        at_line "Conditional jump or move depends on uninitialised"
        ;;
    decides_by_what_a_block_has_grown_by) # each time
        at_line "Conditional jump or move depends on uninitialised"
        says 'ERROR SUMMARY: 3 errors'
        ;;
    retains_freed_object) # memcheck does not see it: the heap's own checks do
        says "rr_incref: object 0x[0-9a-f]+ is no live object: it was freed before"
        says "release_somebody"
        [ "$status" = 134 ] || fail "ended with $status instead of by abort()"
        ;;
    loses_object)
        says "32 bytes in 1 blocks are definitely lost"
        says 'by .*: make_somebody \(misuse.c:'
        [ "$status" = 99 ] || fail "ended with $status"
        ;;
    *)
        fail "unknown case $case"
        ;;
esac
